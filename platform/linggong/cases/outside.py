"""Who comes from outside: for which authority or insurer somebody sits at his post, and what an authority writes back (R016, 75).

What was referred is seen by the authority to which it was referred, in the county where its desk stands, and by no other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import codes, common, referrals
from linggong.cases.forms import RulingForm
from linggong.cases.models import Case, CaseReferral, OutsideDesk
from linggong.cover.models import CoverProduct
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.market.models import BoardPost
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants.models import Node

Kind = Literal["department", "insurer"]
_ROLES: dict[str, Kind] = {Role.DEPARTMENT_VIEWER: "department", Role.INSURER: "insurer"}


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody from outside at his post, and for whom he stands; '' until it is set."""

    staff_id: UUID
    name: str
    kind: Kind
    place: str
    place_name: str
    stands_for: str
    words: str


class ReferredView(msgspec.Struct, frozen=True, kw_only=True):
    """A case as the authority sees it to which it was referred: the matter, the clocks, what was written back."""

    id: UUID
    receipt: str
    kind_words: str
    number: str
    reason: str
    place: str
    phone: str
    claimant: str
    claim: str
    wanted: str
    amount_fen: int | None
    title: str
    employer_name: str
    referred_at: datetime
    accept_due_at: datetime | None
    decide_due_at: datetime | None
    asked: int
    asked_at: datetime | None
    accepted_at: datetime | None
    answered_at: datetime | None
    outcome: str
    document: str
    late: bool


async def stands_for(uow: UnitOfWork, kind: Kind) -> str:
    """Return for which body or insurer the actor sits at his post; '' where nobody has said so."""
    found = await uow.session.scalar(
        sa.select(OutsideDesk.stands_for).where(
            OutsideDesk.staff_id == uow.actor.id, OutsideDesk.tenant == uow.actor.post, OutsideDesk.kind == kind
        )
    )
    return found or ""


async def desks(uow: UnitOfWork) -> list[DeskView]:
    """Return everybody from outside whose post lies in the scope, those without an authority first."""
    rows = await uow.execute(
        sa.select(
            RoleAssignment.role, RoleAssignment.tenant, Staff.id, Staff.name, Node.name.label("at"), OutsideDesk.stands_for
        )
        .join(Staff, Staff.id == RoleAssignment.staff_id)
        .join(Node, Node.path == RoleAssignment.tenant)
        .outerjoin(
            OutsideDesk,
            sa.and_(OutsideDesk.staff_id == RoleAssignment.staff_id, OutsideDesk.tenant == RoleAssignment.tenant),
        )
        .where(
            uow.scope.clause(RoleAssignment.tenant),
            RoleAssignment.role.in_(list(_ROLES)),
            RoleAssignment.starts_at <= uow.now,
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
        )
        .order_by(OutsideDesk.stands_for.is_not(None), RoleAssignment.tenant, Staff.name, Staff.id)
    )  # fmt: skip
    return [
        DeskView(
            staff_id=r.id, name=r.name, kind=_ROLES[r.role], place=r.tenant, place_name=r.at, stands_for=r.stands_for or "",
            words=codes.BODIES.get(r.stands_for or "", r.stands_for or ""),
        )
        for r in rows
    ]  # fmt: skip


async def insurers(uow: UnitOfWork) -> list[str]:
    """Return the insurers whose products are offered, as they are named there."""
    names = await uow.session.scalars(sa.select(CoverProduct.insurer).distinct().order_by(CoverProduct.insurer))
    return list(names)


async def set_desk(uow: UnitOfWork, staff_id: UUID, place: str, whom: str) -> OutsideDesk:
    """Say for whom somebody from outside sits at a place. Raises NotFound for nobody of the scope, Invalid for no such body."""
    held = await uow.session.scalar(
        sa.select(RoleAssignment.role).where(
            RoleAssignment.staff_id == staff_id,
            RoleAssignment.tenant == place,
            uow.scope.clause(RoleAssignment.tenant),
            RoleAssignment.role.in_(list(_ROLES)),
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
        )
    )
    if held is None or not uow.scope.covers(place):
        raise NotFound
    kind = _ROLES[held]
    known = list(codes.BODIES) if kind == "department" else await insurers(uow)
    if whom not in known:
        raise Invalid([Fault("stands_for", "请从名单里选他代表哪一家。", "unknown")])
    row = await uow.session.scalar(
        sa.select(OutsideDesk)
        .where(OutsideDesk.staff_id == staff_id, OutsideDesk.tenant == place)
        .with_for_update()
    )  # fmt: skip
    if row is None:
        row = OutsideDesk(id=new_id(), tenant=place, staff_id=staff_id, kind=kind, stands_for=whom, set_at=uow.now)
        uow.session.add(row)
    row.kind, row.stands_for, row.set_at = kind, whom, uow.now
    row.set_by = None if uow.actor.id == NOBODY else uow.actor.id
    await uow.flush()
    body = {"staff": str(staff_id), "kind": kind, "stands_for": whom}
    await uow.emit(
        NewEvent(type="outside.desk_set", chain=f"staff:{staff_id}", subject_id=row.id, tenant=row.tenant, body=body)
    )
    return row


async def referred(uow: UnitOfWork, *, open_only: bool = True, limit: int = 200) -> list[ReferredView]:
    """Return what was referred to the actor's authority, the clock that runs out first on top; nothing without an authority."""
    body = await stands_for(uow, "department")
    if not body:
        return []
    tests: list[sa.ColumnElement[bool]] = [uow.scope.clause(CaseReferral.tenant), CaseReferral.body == body]
    if open_only:
        tests.append(CaseReferral.answered_at.is_(None))
    due = sa.func.coalesce(
        sa.case((CaseReferral.accepted_at.is_(None), CaseReferral.accept_due_at), else_=CaseReferral.decide_due_at),
        CaseReferral.decide_due_at,
    )
    rows = await uow.execute(
        _select().where(*tests).order_by(CaseReferral.answered_at.desc().nulls_first(), due.asc().nulls_last(), CaseReferral.referred_at).limit(limit)
    )  # fmt: skip
    return [_view(uow, *r) for r in rows]


async def referred_one(uow: UnitOfWork, referral_id: UUID) -> ReferredView:
    """Return one of them; NotFound for what was referred to another authority, in another county or not at all."""
    await _own(uow, referral_id)
    row = (await uow.execute(_select().where(CaseReferral.id == referral_id))).one_or_none()
    if row is None:
        raise NotFound
    return _view(uow, *row)


async def accept(uow: UnitOfWork, referral_id: UUID, *, number: str) -> CaseReferral:
    """The authority takes it on under a number of its own. Raises Conflict when it has done so, or has answered."""
    row = await _own(uow, referral_id, lock=True)
    if row.answered_at is not None or row.accepted_at is not None:
        raise Conflict("这件已经受理过了。")
    faults: list[Fault] = []
    own = common.words(faults, "number", number, least=2, most=60)
    if faults:
        raise Invalid(faults)
    row.accepted_at, row.number = uow.now, own
    case = await common.case(uow, row.case_id)
    await common.note(uow, case, "note", f"{codes.BODIES[row.body]}受理了，登记号 {own}")
    await common.tell(uow, case, "case.referral_accepted", None, referral=str(row.id), body=row.body, number=own)
    await common.notify_both(uow, case, f"受理号{case.receipt}：{codes.BODIES[row.body]}已受理，登记号{own}。")
    return row


async def answer(uow: UnitOfWork, referral_id: UUID, form: RulingForm) -> CaseReferral:
    """The authority writes back what it decided, with its document (75); what it takes on by that alone counts as accepted.

    Legal aid stands beside the case: its answer ends nothing. Raises Conflict when it was answered, Invalid with every fault.
    """
    row = await _own(uow, referral_id, lock=True)
    if row.answered_at is not None:
        raise Conflict("这件已经答复过了。")
    if row.body != "legal_aid":
        await referrals.rule(uow, row.case_id, form, referral_id=row.id)
    else:
        faults: list[Fault] = []
        outcome = common.words(faults, "outcome", form.outcome, least=4)
        document = common.words(faults, "document", form.document, least=2, most=100)
        if faults:
            raise Invalid(faults)
        row.answered_at, row.outcome, row.document = uow.now, outcome, document
        case = await common.case(uow, row.case_id)
        await common.note(uow, case, "note", f"{codes.BODIES[row.body]}：{outcome}（{document}）")
        await common.tell(uow, case, "case.referral_answered", None, referral=str(row.id), document=document)
    row.accepted_at = row.accepted_at or uow.now
    row.answered_by = uow.actor.id
    await uow.flush()
    return row


async def _own(uow: UnitOfWork, referral_id: UUID, *, lock: bool = False) -> CaseReferral:
    body = await stands_for(uow, "department")
    found = sa.select(CaseReferral).where(
        CaseReferral.id == referral_id, CaseReferral.body == body, uow.scope.clause(CaseReferral.tenant)
    )
    row = await uow.session.scalar(found.with_for_update() if lock else found)
    if row is None or not body:
        raise NotFound
    return row


def _select() -> Any:
    return (
        sa.select(CaseReferral, Case, BoardPost.title, BoardPost.employer_name, Node.name, Node.phone)
        .join(Case, Case.id == CaseReferral.case_id)
        .outerjoin(BoardPost, BoardPost.order_id == Case.order_id)
        .join(Node, Node.path == CaseReferral.tenant)
    )


def _view(
    uow: UnitOfWork, r: CaseReferral, case: Case, title: str | None, employer: str | None, place: str, phone: str | None
) -> ReferredView:
    due = r.accept_due_at if r.accepted_at is None else r.decide_due_at
    return ReferredView(
        id=r.id, receipt=case.receipt, kind_words=codes.KINDS[case.kind], number=r.number, reason=r.reason, place=place,
        phone=phone or "", claimant=veil_name(case.claimant_name) or codes.CLAIMANTS[case.claimant], claim=case.claim,
        wanted=case.wanted, amount_fen=case.amount_fen, title=title or "", employer_name=employer or "",
        referred_at=r.referred_at, accept_due_at=r.accept_due_at, decide_due_at=r.decide_due_at, asked=r.asked,
        asked_at=r.asked_at, accepted_at=r.accepted_at, answered_at=r.answered_at, outcome=r.outcome, document=r.document,
        late=r.answered_at is None and due is not None and due < uow.now,
    )  # fmt: skip
