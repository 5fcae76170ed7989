"""Cases over HTTP: `/api/v1/cases`, their steps, referrals, the roster of mediators."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.cases import codes, handling, intake, mediation, queries, referrals, reporting, status, talks
from linggong.cases.forms import CaseForm, OfferForm, ReferForm, RulingForm, Short, SignForm, Words
from linggong.cases.queries import CaseLine, CaseView, MediatorView, ReferralView, Which
from linggong.cases.reporting import ReportForm
from linggong.cases.status import PublicStatus
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paging import Page
from linggong.kernel.paths import EVERYWHERE
from linggong.people.door_guards import address_of
from rbac.permissions import Permission

Cursor = Annotated[str | None, QueryParameter(max_length=400)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class Said(msgspec.Struct, forbid_unknown_fields=True):
    """Some words."""

    words: Words


class NoteForm(msgspec.Struct, forbid_unknown_fields=True):
    """A note; `inside` keeps it from the parties (staff)."""

    words: Words
    inside: bool = False


class HandOver(msgspec.Struct, forbid_unknown_fields=True):
    """To whom, and why."""

    staff_id: UUID
    reason: Words


class Papers(msgspec.Struct, forbid_unknown_fields=True):
    """What to bring, all at once."""

    names: Annotated[list[Short], msgspec.Meta(max_length=20)]


class Remark(msgspec.Struct, forbid_unknown_fields=True):
    """A remark, if any."""

    note: Short = ""


class ForSide(msgspec.Struct, forbid_unknown_fields=True):
    """For which side staff say it."""

    side: Literal["worker", "employer"] | None = None


class CallBack(msgspec.Struct, forbid_unknown_fields=True):
    """What the claimant said on the telephone about his withdrawal."""

    words: Words
    forced: bool = False


class Stars(msgspec.Struct, forbid_unknown_fields=True):
    """How content a side is with the handling."""

    stars: Annotated[int, msgspec.Meta(ge=1, le=5)]
    side: Literal["worker", "employer", "claimant"] | None = None


class Enrolment(msgspec.Struct, forbid_unknown_fields=True):
    """A mediator and his certificate."""

    staff_id: UUID
    path: Short
    certificate: Short
    issued_by: Short
    valid_from: date
    valid_to: date


class Receipt(msgspec.Struct, frozen=True):
    """What the claimant takes home: the number, and four digits for whoever left no telephone."""

    receipt: str
    digits: str
    id: UUID | None = None


class Asking(msgspec.Struct, forbid_unknown_fields=True):
    """The receipt's number and the last four digits of the telephone, or those on the slip."""

    receipt: Annotated[str, msgspec.Meta(max_length=20)]
    digits: Annotated[str, msgspec.Meta(max_length=10)]


async def _view(uow: UnitOfWork, case_id: UUID) -> CaseView:
    await uow.flush()
    return await queries.one(uow, case_id)


class Cases(Controller):
    """Complaints and disputes."""

    path = "/api/v1/cases"
    tags = ("cases",)

    @post("/", opt={"permission": Permission.CASE_OPEN})
    async def open(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[CaseForm],
    ) -> Receipt:
        """Complain, dispute or report (70)."""
        return await open_anywhere(uow, database, secrets, data)

    @get("/", opt={"permission": Permission.CASE_READ})
    async def cases(
        self,
        uow: NamedDependency[UnitOfWork],
        which: FromQuery[Which] = "open",
        kind: Annotated[str | None, QueryParameter(max_length=20)] = None,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[CaseLine]:
        """Cases within sight; `which=late` is the overdue list."""
        return await queries.cases_page(uow, which=which, kind=kind, cursor=cursor, limit=limit)

    @post("/status", status_code=200, opt={"permission": Permission.PUBLIC_USE})
    async def public(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[Asking],
    ) -> PublicStatus:
        """How far a case is, for whoever holds its receipt."""
        return await status.look_up(database, secrets, data.receipt, data.digits, address_of(request))

    @get("/{case_id:uuid}", opt={"permission": Permission.CASE_READ})
    async def read(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]) -> CaseView:
        """One case with what may be done next."""
        return await queries.one(uow, case_id)

    @post("/{case_id:uuid}/acknowledge", status_code=200, opt={"permission": Permission.CASE_HANDLE})
    async def acknowledge(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]) -> CaseView:
        """Take it: the first receiver stays its owner (R096)."""
        await handling.acknowledge(uow, case_id)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/hand-over", status_code=200, opt={"permission": Permission.CASE_HANDLE})
    async def hand_over(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[HandOver]
    ) -> CaseView:
        """Give it to a colleague."""
        await handling.hand_over(uow, case_id, data.staff_id, reason=data.reason)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/contact", status_code=200, opt={"permission": Permission.CASE_HANDLE})
    async def contact(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Said]
    ) -> CaseView:
        """Both sides were called (71)."""
        await handling.contact(uow, case_id, words=data.words)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/notes", opt={"permission": Permission.CASE_NOTE})
    async def note(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[NoteForm]
    ) -> CaseView:
        """Write something down."""
        await handling.add_note(uow, case_id, words=data.words, inside=data.inside)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/papers", opt={"permission": Permission.CASE_HANDLE})
    async def papers(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Papers]
    ) -> CaseView:
        """Ask for papers, all at once (R098)."""
        await handling.ask_papers(uow, case_id, data.names)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/papers/{material_id:uuid}", status_code=200, opt={"permission": Permission.CASE_HANDLE})
    async def paper(
        self,
        uow: NamedDependency[UnitOfWork],
        case_id: FromPath[UUID],
        material_id: FromPath[UUID],
        data: JSONBody[Remark],
    ) -> CaseView:
        """A paper was handed in."""
        await handling.receive_paper(uow, case_id, material_id, note=data.note)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/offers", opt={"permission": Permission.CASE_ANSWER})
    async def offer(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[OfferForm]
    ) -> CaseView:
        """Offer an amount."""
        await talks.offer(uow, case_id, data)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/offers/decline", status_code=200, opt={"permission": Permission.CASE_ANSWER})
    async def decline(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[ForSide]
    ) -> CaseView:
        """Not take the open offer."""
        await talks.decline(uow, case_id, side=data.side)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/offers/{offer_id:uuid}/sign", status_code=200, opt={"permission": Permission.CASE_ANSWER})
    async def sign(
        self,
        uow: NamedDependency[UnitOfWork],
        case_id: FromPath[UUID],
        offer_id: FromPath[UUID],
        data: JSONBody[SignForm],
    ) -> CaseView:
        """Sign the open offer; with both signatures the case is settled (72)."""
        await talks.sign(uow, case_id, offer_id, data)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/mediate", status_code=200, opt={"permission": Permission.CASE_MEDIATE})
    async def mediate(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]) -> CaseView:
        """Begin to mediate (73)."""
        await mediation.mediate(uow, case_id)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/hearings", opt={"permission": Permission.CASE_MEDIATE})
    async def hear(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Said]) -> CaseView:
        """Write down a hearing (73)."""
        await mediation.hear(uow, case_id, words=data.words)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/referrals", opt={"permission": Permission.CASE_REFER})
    async def refer(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[ReferForm]
    ) -> CaseView:
        """Hand it to an authority, or to legal aid beside it (74)."""
        await referrals.refer(uow, case_id, data)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/ask", status_code=200, opt={"permission": Permission.CASE_HANDLE})
    async def ask(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Said]) -> CaseView:
        """The authority was asked how far it is."""
        await referrals.ask(uow, case_id, words=data.words)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/extension", status_code=200, opt={"permission": Permission.CASE_HANDLE})
    async def extend(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Said]) -> CaseView:
        """The authority takes longer, once, with its reason (66)."""
        await referrals.extend(uow, case_id, reason=data.words)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/ruling", status_code=200, opt={"permission": Permission.CASE_HANDLE})
    async def rule(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[RulingForm]
    ) -> CaseView:
        """Write back what was decided (75)."""
        await referrals.rule(uow, case_id, data)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/answer", status_code=200, opt={"permission": Permission.CASE_CLOSE})
    async def answer(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Said]) -> CaseView:
        """Answer and close."""
        await handling.answer(uow, case_id, outcome=data.words)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/ask-withdraw", status_code=200, opt={"permission": Permission.CASE_ANSWER})
    async def ask_withdraw(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Said]
    ) -> CaseView:
        """Want to withdraw (76)."""
        await handling.ask_withdraw(uow, case_id, reason=data.words)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/withdraw", status_code=200, opt={"permission": Permission.CASE_HANDLE})
    async def withdraw(
        self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[CallBack]
    ) -> CaseView:
        """The claimant was called back about it (76)."""
        await handling.withdraw(uow, case_id, words=data.words, forced=data.forced)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/reopen", status_code=200, opt={"permission": Permission.CASE_ANSWER})
    async def reopen(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Said]) -> CaseView:
        """Not kept, or new evidence (77)."""
        await handling.reopen(uow, case_id, reason=data.words)
        return await _view(uow, case_id)

    @post("/{case_id:uuid}/satisfaction", opt={"permission": Permission.CASE_ANSWER})
    async def rate(self, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], data: JSONBody[Stars]) -> CaseView:
        """How content a side is with the handling (78)."""
        await handling.rate(uow, case_id, stars=data.stars, side=data.side)
        return await _view(uow, case_id)


async def open_anywhere(uow: UnitOfWork, database: Database, secrets: Secrets, form: CaseForm) -> Receipt:
    """Open a case where it belongs: what is said against a station stands with its bureau, out of the station's sight.

    The receiver of such a case keeps its number and stays accountable; he and his colleagues do not read on.
    """
    if uow.actor.kind == "staff" and form.against in codes.OFFICES:
        await intake.linked(uow, form)  # the system would see what he may not
        async with database.begin(uow.actor.as_system(), EVERYWHERE) as own:
            row = await intake.open_case(own, secrets.sealer, form, at=uow.actor.post)
        return Receipt(row.receipt, row.digits)
    row = await intake.open_case(uow, secrets.sealer, form)
    return Receipt(row.receipt, row.digits, row.id)


class Reports(Controller):
    """Reports by anybody."""

    path = "/api/v1/reports"
    tags = ("cases",)

    @post("/", opt={"permission": Permission.PUBLIC_USE})
    async def report(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        data: JSONBody[ReportForm],
    ) -> Receipt:
        """Report arrears, a false post or a hidden agency without an account; a few times an hour from one address."""
        row = await reporting.report(database, secrets, data, address_of(request))
        return Receipt(row.receipt, row.digits)


class Roster(Controller):
    """Mediators and referrals."""

    path = "/api/v1"
    tags = ("cases",)

    @get("/referrals", opt={"permission": Permission.REFERRAL_READ})
    async def referrals(
        self,
        uow: NamedDependency[UnitOfWork],
        open_only: FromQuery[bool] = True,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[ReferralView]:
        """What was handed to authorities."""
        return await queries.referrals_page(uow, open_only=open_only, cursor=cursor, limit=limit)

    @get("/mediators", opt={"permission": Permission.CASE_READ})
    async def roster(self, uow: NamedDependency[UnitOfWork]) -> list[MediatorView]:
        """The roster here."""
        return await queries.roster(uow)

    @post("/mediators", opt={"permission": Permission.MEDIATOR_MANAGE})
    async def enrol(self, uow: NamedDependency[UnitOfWork], data: JSONBody[Enrolment]) -> list[MediatorView]:
        """Put somebody with a certificate on the roster (R118)."""
        await mediation.enrol(
            uow, staff_id=data.staff_id, path=data.path, certificate=data.certificate, issued_by=data.issued_by,
            valid_from=data.valid_from, valid_to=data.valid_to,
        )  # fmt: skip
        return await queries.roster(uow)

    @post("/mediators/{mediator_id:uuid}/strike", status_code=200, opt={"permission": Permission.MEDIATOR_MANAGE})
    async def strike(self, uow: NamedDependency[UnitOfWork], mediator_id: FromPath[UUID]) -> list[MediatorView]:
        """Take somebody off it."""
        await mediation.strike(uow, mediator_id)
        return await queries.roster(uow)


CONTROLLERS: list[Any] = [Cases, Reports, Roster]
