"""Injuries and incidents over HTTP: `/api/v1/injuries`, `/api/v1/incidents`, hidden disputes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.cases import arrears, claims, incidents, indicators, injuries, injury_queries
from linggong.cases.arrears import ArrearsFile
from linggong.cases.forms import InjuryForm, MateForm, Money, Short, Words
from linggong.cases.incidents import IncidentCount, IncidentView
from linggong.cases.indicators import HiddenLine, ServiceLevel
from linggong.cases.injuries import FirstHelp
from linggong.cases.injury_queries import InjuryLine, InjuryView
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paging import Page
from rbac.permissions import Permission

Cursor = Annotated[str | None, QueryParameter(max_length=400)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class Said(msgspec.Struct, forbid_unknown_fields=True):
    """Some words."""

    words: Words


class Insurer(msgspec.Struct, forbid_unknown_fields=True):
    """The insurer's case number, and the policy."""

    ref: Short = ""
    policy_no: Short = ""


class Statement(msgspec.Struct, forbid_unknown_fields=True):
    """Who saw what."""

    name: Short
    role: Literal["worker", "employer", "co_worker", "leader", "passer_by"]
    words: Words


class Paper(msgspec.Struct, forbid_unknown_fields=True):
    """A receipt or a diagnosis, with the consent for health data."""

    kind: Literal["receipt", "diagnosis", "record", "disability", "other"]
    content: Words
    consent: bool = False
    evidence: Short = ""
    amount_fen: Money | None = None


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """What the insurer decided."""

    decision: Words
    accepted: bool
    amount_fen: Money | None = None


class Paid(msgspec.Struct, forbid_unknown_fields=True):
    """What was paid."""

    amount_fen: Money


class Civil(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked of the employer."""

    claim: Words
    amount_fen: Money | None = None


class Opened(msgspec.Struct, frozen=True):
    """A paper's content, opened for this reader, with a record."""

    content: str


class IncidentForm(msgspec.Struct, forbid_unknown_fields=True):
    """What happened."""

    kind: Literal[
        "fight", "extortion", "forced_trade", "provocation", "fraud", "false_recruitment", "child_labour", "other"
    ]
    words: Words
    happened_at: Annotated[datetime, msgspec.Meta(tz=True)]
    order_id: UUID | None = None


class Finding(msgspec.Struct, forbid_unknown_fields=True):
    """Whether it is true."""

    confirmed: bool
    findings: Words


async def _view(uow: UnitOfWork, injury_id: UUID) -> InjuryView:
    await uow.flush()
    return await injury_queries.one(uow, injury_id)


class Injuries(Controller):
    """Injuries at work."""

    path = "/api/v1/injuries"
    tags = ("injuries",)

    @post("/", opt={"permission": Permission.INJURY_REPORT})
    async def report(self, uow: NamedDependency[UnitOfWork], data: JSONBody[InjuryForm]) -> FirstHelp:
        """Report an injury (79): answered with 120 and the station's telephone."""
        row = await injuries.report(uow, data)
        return await injuries.first_help(uow, row.tenant, row.id)

    @get("/", opt={"permission": Permission.INJURY_READ})
    async def injuries(
        self,
        uow: NamedDependency[UnitOfWork],
        open_only: FromQuery[bool] = True,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[InjuryLine]:
        """Injuries within sight."""
        return await injury_queries.page(uow, open_only=open_only, cursor=cursor, limit=limit)

    @post("/mates/{assignment_id:uuid}", opt={"permission": Permission.INJURY_REPORT})
    async def report_mate(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        assignment_id: FromPath[UUID],
        data: JSONBody[MateForm],
    ) -> FirstHelp:
        """Report a co-worker of one's own shift as hurt, by the name he goes by there (79)."""
        form = InjuryForm(
            assignment_id=assignment_id, happened_minutes_ago=data.happened_minutes_ago, place=data.place,
            words=data.words, can_go_on=data.can_go_on,
        )  # fmt: skip
        return await injuries.report_mate(uow, database, assignment_id, data.name, form)

    @get("/{injury_id:uuid}", opt={"permission": Permission.INJURY_READ})
    async def read(self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID]) -> InjuryView:
        """One injury with what may be done next."""
        return await injury_queries.one(uow, injury_id)

    @post("/{injury_id:uuid}/called", status_code=200, opt={"permission": Permission.INJURY_HANDLE})
    async def called(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Said]
    ) -> InjuryView:
        """He was called (80)."""
        await injuries.called(uow, injury_id, words=data.words)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/visited", status_code=200, opt={"permission": Permission.INJURY_HANDLE})
    async def visited(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Said]
    ) -> InjuryView:
        """Somebody went there (80)."""
        await injuries.visited(uow, injury_id, words=data.words)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/statements", opt={"permission": Permission.INJURY_HANDLE})
    async def state(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Statement]
    ) -> InjuryView:
        """Take down what somebody saw (80)."""
        await injuries.state(uow, injury_id, name=data.name, role=data.role, words=data.words)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/verify", status_code=200, opt={"permission": Permission.INJURY_HANDLE})
    async def verify(self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID]) -> InjuryView:
        """It is established what happened (80)."""
        await injuries.verify(uow, injury_id)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/insurer", status_code=200, opt={"permission": Permission.INJURY_REPORT})
    async def insurer(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Insurer]
    ) -> InjuryView:
        """The insurer was told by telephone (81)."""
        await injuries.notify_insurer(uow, injury_id, ref=data.ref, policy_no=data.policy_no)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/claim", status_code=200, opt={"permission": Permission.INJURY_REPORT})
    async def claim(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Insurer]
    ) -> InjuryView:
        """The claim is made (81)."""
        await claims.claim(uow, injury_id, policy_no=data.policy_no, ref=data.ref)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/papers", opt={"permission": Permission.INJURY_REPORT})
    async def hand_in(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        injury_id: FromPath[UUID],
        data: JSONBody[Paper],
    ) -> InjuryView:
        """Hand in a paper (83)."""
        await claims.hand_in(
            uow, secrets.sealer, injury_id, kind=data.kind, content=data.content, consent=data.consent,
            evidence=data.evidence, amount_fen=data.amount_fen,
        )  # fmt: skip
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/papers/{paper_id:uuid}", status_code=200, opt={"permission": Permission.INJURY_HEALTH})
    async def open_paper(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        injury_id: FromPath[UUID],
        paper_id: FromPath[UUID],
    ) -> Opened:
        """Open a paper with health data; recorded."""
        return Opened(await claims.open_paper(uow, secrets.sealer, injury_id, paper_id))

    @post("/{injury_id:uuid}/decision", status_code=200, opt={"permission": Permission.CLAIM_DECIDE})
    async def decide(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Decision]
    ) -> InjuryView:
        """The insurer decides (84)."""
        await claims.decide(
            uow, injury_id, decision=data.decision, accepted=data.accepted, amount_fen=data.amount_fen
        )  # fmt: skip
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/insurer-letter", status_code=200, opt={"permission": Permission.INJURY_HANDLE})
    async def letter(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Decision]
    ) -> InjuryView:
        """Enter the insurer's letter (84)."""
        await claims.decide(
            uow, injury_id, decision=data.decision, accepted=data.accepted, amount_fen=data.amount_fen
        )  # fmt: skip
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/paid", status_code=200, opt={"permission": Permission.INJURY_HANDLE})
    async def paid(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Paid]
    ) -> InjuryView:
        """The money came (85)."""
        await claims.paid(uow, injury_id, amount_fen=data.amount_fen)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/appeal", status_code=200, opt={"permission": Permission.INJURY_REPORT})
    async def appeal(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Said]
    ) -> InjuryView:
        """Appeal against a refusal (86)."""
        await claims.appeal(uow, injury_id, words=data.words)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/civil", status_code=200, opt={"permission": Permission.CASE_OPEN})
    async def civil(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Civil]
    ) -> InjuryView:
        """No cover, or refused: ask the employer (82)."""
        await claims.civil(uow, injury_id, claim=data.claim, amount_fen=data.amount_fen)
        return await _view(uow, injury_id)

    @post("/{injury_id:uuid}/close", status_code=200, opt={"permission": Permission.INJURY_HANDLE})
    async def close(
        self, uow: NamedDependency[UnitOfWork], injury_id: FromPath[UUID], data: JSONBody[Said]
    ) -> InjuryView:
        """Close it, all money settled (87)."""
        await claims.close(uow, injury_id, summary=data.words)
        return await _view(uow, injury_id)


class Incidents(Controller):
    """The register of incidents, and what the bureau looks at beside the cases."""

    path = "/api/v1"
    tags = ("incidents",)

    @post("/incidents", opt={"permission": Permission.INCIDENT_RECORD})
    async def record(self, uow: NamedDependency[UnitOfWork], data: JSONBody[IncidentForm]) -> IncidentView:
        """Write an incident down (R112)."""
        row = await incidents.record(
            uow, kind=data.kind, words=data.words, happened_at=data.happened_at, order_id=data.order_id
        )
        return incidents.view(uow, row)

    @get("/incidents", opt={"permission": Permission.INCIDENT_READ})
    async def register(
        self,
        uow: NamedDependency[UnitOfWork],
        status: FromQuery[Literal["reported", "confirmed", "unfounded"] | None] = None,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[IncidentView]:
        """The register."""
        return await incidents.page(uow, status=status, cursor=cursor, limit=limit)

    @get("/incidents/counts", opt={"permission": Permission.INCIDENT_READ})
    async def counts(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date]
    ) -> list[IncidentCount]:
        """Numbers of a period by kind: only the confirmed ones count."""
        return await incidents.counts(uow, first, last)

    @post("/incidents/{incident_id:uuid}/decision", status_code=200, opt={"permission": Permission.INCIDENT_CONFIRM})
    async def decide(
        self, uow: NamedDependency[UnitOfWork], incident_id: FromPath[UUID], data: JSONBody[Finding]
    ) -> IncidentView:
        """Confirm it, or find it unfounded."""
        row = await incidents.decide(uow, incident_id, confirmed=data.confirmed, findings=data.findings)
        return incidents.view(uow, row)

    @get("/cases/{case_id:uuid}/file", opt={"permission": Permission.CASE_READ})
    async def file(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]) -> ArrearsFile:
        """The file of a wage case: contract, attendance, bill, payments, reminders (65)."""
        return await arrears.file(uow, case_id)

    @get("/hidden-disputes", opt={"permission": Permission.OVERVIEW_READ})
    async def hidden(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date]
    ) -> list[HiddenLine]:
        """What looks like a dispute that nobody brought, by station."""
        return await indicators.hidden(uow, first, last)

    @get("/case-service", opt={"permission": Permission.OVERVIEW_READ})
    async def service(
        self, uow: NamedDependency[UnitOfWork], first: FromQuery[date], last: FromQuery[date]
    ) -> ServiceLevel:
        """Dispute rate and time limits kept (M14)."""
        return await indicators.service_level(uow, first, last)


CONTROLLERS: list[Any] = [Injuries, Incidents]
