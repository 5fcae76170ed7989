"""What happens on site over HTTP: pauses, early ends, disputed records, absences, void and transfer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.work import absence, attend, differing, evidence, queries, recognising, stopping, transferring
from linggong.work.proofs import Point
from linggong.work.queries import WorkView
from linggong.work.site_forms import (
    Absence,
    Answer,
    Contest,
    CrewHere,
    CrewWaits,
    Decision,
    Difference,
    EarlyEnd,
    EarlyLeave,
    NobodyThere,
    NoWork,
    PartDone,
    Record,
    Refusal,
    Shown,
    Stop,
    Transfer,
    Voiding,
)
from linggong.work.site_queries import VoidView, void_reports
from linggong.work.weather import orders as weather
from rbac.permissions import Permission


async def _view(uow: UnitOfWork, engagement_id: UUID) -> WorkView:
    await uow.flush()
    return await queries.engagement(uow, engagement_id)


class OnSite(Controller):
    """Steps of a shift on site."""

    path = "/api/v1/assignments/{assignment_id:uuid}"
    tags = ("work",)

    @post("/pause", status_code=200, opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def pause(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Stop]
    ) -> WorkView:
        """Stop work (41): the employer for any cause, the worker for heat and safety."""
        await stopping.pause(
            uow, assignment_id, cause=data.cause, note=data.note, fault=data.fault, alert_id=data.alert_id
        )
        return await _of(uow, assignment_id)

    @post("/resume", status_code=200, opt={"permission": Permission.ASSIGNMENT_START})
    async def resume(self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID]) -> WorkView:
        """Go on (42)."""
        row = await stopping.resume(uow, assignment_id)
        return await _view(uow, row.engagement_id)

    @post("/end-pause", status_code=200, opt={"permission": Permission.ASSIGNMENT_START})
    async def end_pause(self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID]) -> WorkView:
        """End the shift in part, because work does not go on (43)."""
        row = await stopping.end_pause(uow, assignment_id)
        return await _view(uow, row.engagement_id)

    @post("/leave", status_code=200, opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def leave(self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID]) -> WorkView:
        """A waiting worker leaves, without any effect on his credit (ruling 10)."""
        row = await stopping.leave(uow, assignment_id)
        return await _view(uow, row.engagement_id)

    @post("/end-early", status_code=200, opt={"permission": Permission.ASSIGNMENT_START})
    async def end_early(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[EarlyEnd]
    ) -> WorkView:
        """The employer ends the shift early (45)."""
        row = await attend.end_early(
            uow, assignment_id, reason=data.reason, task_done=data.task_done, quantity=data.quantity
        )
        return await _view(uow, row.engagement_id)

    @post("/leave-early", status_code=200, opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def leave_early(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[EarlyLeave]
    ) -> WorkView:
        """The worker leaves early (46)."""
        row = await attend.leave_early(uow, assignment_id, reason=data.reason, words=data.words, quantity=data.quantity)
        return await _view(uow, row.engagement_id)

    @post("/finish-part", status_code=200, opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def finish_part(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[PartDone]
    ) -> WorkView:
        """Work by the piece ends in part (47)."""
        row = await attend.finish_part(uow, assignment_id, quantity=data.quantity, note=data.note)
        return await _view(uow, row.engagement_id)

    @post("/record", status_code=200, opt={"permission": Permission.ASSIGNMENT_ACCEPT})
    async def propose_record(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Record]
    ) -> WorkView:
        """Name fewer hours or pieces than the record (ruling 5)."""
        row = await recognising.propose_record(
            uow, assignment_id, minutes=data.minutes, quantity=data.quantity, reason=data.reason
        )
        return await _view(uow, row.engagement_id)

    @post("/record/answer", status_code=200, opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def answer_record(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Answer]
    ) -> WorkView:
        """The worker's word on it (51)."""
        row = await recognising.answer_record(uow, assignment_id, agree=data.agree, consent=data)
        return await _view(uow, row.engagement_id)

    @post("/accept-part", status_code=200, opt={"permission": Permission.ASSIGNMENT_ACCEPT})
    async def accept_part(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Refusal]
    ) -> WorkView:
        """Recognise all but a named part (53)."""
        row = await recognising.accept_part(
            uow,
            assignment_id,
            reason=data.reason,
            words=data.words,
            amount_fen=data.amount_fen,
            quantity=data.quantity,
        )
        return await _view(uow, row.engagement_id)

    @post("/evidence", status_code=200, opt={"permission": Permission.ASSIGNMENT_ACCEPT})
    async def give_evidence(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        assignment_id: FromPath[UUID],
        data: JSONBody[Shown],
    ) -> WorkView:
        """Show what is not recognised, within its time (53)."""
        row = await evidence.give(uow, assignment_id, photo=data.photo, words=data.words, secrets=secrets)
        return await _view(uow, row.engagement_id)

    @get("/evidence/{report_id:uuid}", opt={"permission": Permission.ASSIGNMENT_READ})
    async def evidence_photo(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        assignment_id: FromPath[UUID],
        report_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One photo of it, for both sides and the desks that serve them."""
        media_type, content = await evidence.photo(uow, secrets, assignment_id, report_id)
        return Response(content, media_type=media_type, headers={"cache-control": "no-store"})

    @post("/no-show", status_code=200, opt={"permission": Permission.ASSIGNMENT_ACCEPT})
    async def no_show(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Absence]
    ) -> WorkView:
        """Say that the worker did not come (38)."""
        row = await absence.no_show(uow, assignment_id, call_note=data.call_note, statement=data.statement)
        return await _view(uow, row.engagement_id)

    @post("/no-show/contest", status_code=200, opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def contest(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Contest]
    ) -> WorkView:
        """The worker contests it (38a)."""
        await absence.contest(uow, assignment_id, reason=data.reason, words=data.words)
        return await _of(uow, assignment_id)

    @post("/no-show/decision", status_code=200, opt={"permission": Permission.ASSIGNMENT_DECIDE})
    async def decide(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Decision]
    ) -> WorkView:
        """Decide the contest (38b)."""
        await absence.decide(uow, assignment_id, outcome=data.outcome, note=data.note, came_at=data.came_at)
        return await _of(uow, assignment_id)

    @post("/employer-no-show", status_code=200, opt={"permission": Permission.ASSIGNMENT_ARRIVE})
    async def employer_no_show(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        assignment_id: FromPath[UUID],
        data: JSONBody[NobodyThere],
    ) -> WorkView:
        """Nobody receives the worker (39)."""
        row = await absence.employer_no_show(
            uow,
            assignment_id,
            calls=data.calls,
            statement=data.statement,
            point=Point(data.point.latitude, data.point.longitude) if data.point else None,
            photo=data.photo,
            secrets=secrets,
        )
        return await _view(uow, row.engagement_id)

    @post("/differs", status_code=200, opt={"permission": Permission.ASSIGNMENT_ARRIVE})
    async def differs(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        assignment_id: FromPath[UUID],
        data: JSONBody[Difference],
    ) -> WorkView:
        """The work differs from the post, and the worker leaves (39b)."""
        row = await differing.differs(
            uow, assignment_id, what=data.what, statement=data.statement, photo=data.photo, secrets=secrets
        )
        return await _view(uow, row.engagement_id)

    @post("/void", status_code=200, opt={"permission": Permission.ASSIGNMENT_VOID})
    async def void(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Voiding]
    ) -> WorkView:
        """Stop a child's, a stranger's or illegal work (49)."""
        await differing.void(uow, assignment_id, reason=data.reason, proof=data.proof)
        return await _of(uow, assignment_id)

    @post("/transfer", status_code=200, opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def transfer(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Transfer]
    ) -> WorkView:
        """Bring the worker to another order (50); answers with the new engagement."""
        row = await transferring.transfer(
            uow,
            assignment_id,
            to_order_id=data.to_order_id,
            agreed_how=data.agreed_how,
            quantity=data.quantity,
        )
        return await _view(uow, row.id)

    @post("/no-work", status_code=200, opt={"permission": Permission.ASSIGNMENT_START})
    async def no_work(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[NoWork]
    ) -> WorkView:
        """He came, and the weather lets nobody begin (33)."""
        row = await weather.no_work(uow, assignment_id, alert_id=data.alert_id, note=data.note)
        return await _view(uow, row.engagement_id)


async def _of(uow: UnitOfWork, assignment_id: UUID) -> WorkView:
    return await _view(uow, await queries.engagement_of(uow, assignment_id))


class CrewOnSite(Controller):
    """A crew at the gate."""

    path = "/api/v1/orders/{order_id:uuid}/crew-arrival"
    tags = ("work",)

    @post("/", status_code=200, opt={"permission": Permission.ASSIGNMENT_ARRIVE})
    async def arrive(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
        data: JSONBody[CrewHere],
    ) -> CrewWaits:
        """The leader brings his people (36); each of them then checks in with method `crew`."""
        return CrewWaits(len(await attend.crew_arrives(uow, order_id, code=data.code, secrets=secrets)))


class Inspectorate(Controller):
    """What the labour inspectorate is told."""

    path = "/api/v1/inspectorate/voids"
    tags = ("work",)

    @get("/", opt={"permission": Permission.INSPECTION_READ})
    async def voids(self, uow: NamedDependency[UnitOfWork]) -> list[VoidView]:
        """Children, false identities and illegal work that were found on site (49), the latest first."""
        return await void_reports(uow)


CONTROLLERS: list[Any] = [OnSite, CrewOnSite, Inspectorate]
