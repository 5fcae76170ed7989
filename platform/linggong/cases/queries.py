"""Cases as each side sees them: lists with clocks, the whole of one, the roster of mediators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import codes, common, handling, money
from linggong.cases.machines import DISPUTE, OPEN_DISPUTE
from linggong.cases.models import Case, CaseMaterial, CaseNote, CaseOffer, CaseReferral, Mediator, OutsideDesk
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.market.models import BoardPost
from rbac.roles import Role

Which = Literal["open", "late", "all"]
ANSWERS = ("offer", "sign", "decline")


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One case in a list: whose turn it is and until when."""

    id: UUID
    receipt: str
    kind: str
    kind_words: str
    channel: str
    state: str
    state_words: str
    claimant: str
    claimant_name: str
    against: str
    order_id: UUID | None
    title: str
    employer_name: str
    amount_fen: int | None
    created_at: datetime
    acked_at: datetime | None
    next_due: str
    next_due_at: datetime | None
    is_late: bool
    breaches: list[str]
    breach_words: list[str]
    owner_id: UUID | None
    handler_id: UUID | None


class NoteView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done or said."""

    kind: str
    words: str
    by_kind: str
    at: datetime
    inside: bool


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """One offer, with who has signed it."""

    id: UUID
    side: str
    amount_fen: int
    words: str
    state: str
    made_at: datetime
    worker_signed: bool
    employer_signed: bool


class MaterialView(msgspec.Struct, frozen=True, kw_only=True):
    """One paper that is asked for."""

    id: UUID
    name: str
    batch: int
    received_at: datetime | None
    note: str


class ReferralView(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over to an authority."""

    id: UUID
    case_id: UUID
    body: str
    body_words: str
    number: str
    reason: str
    referred_at: datetime
    accept_due_at: datetime | None
    decide_due_at: datetime | None
    extended_at: datetime | None
    extension_reason: str
    asked: int
    answered_at: datetime | None
    outcome: str
    document: str


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a case, with what the reader may do next."""

    line: CaseLine
    claim: str
    wanted: str
    legal_form: str
    asks: str
    bill_id: UUID | None
    assignment_id: UUID | None
    engagement_id: UUID | None
    held_fen: int
    settled_fen: int | None
    mediate_until: datetime | None
    withdraw_asked_at: datetime | None
    outcome: str
    ended_how: str
    resolved_at: datetime | None
    closed_at: datetime | None
    worker_stars: int | None
    employer_stars: int | None
    reopened: int
    side: str
    actions: list[str]
    notes: list[NoteView]
    offers: list[OfferView]
    materials: list[MaterialView]
    referrals: list[ReferralView]


class MediatorView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the roster."""

    id: UUID
    staff_id: UUID
    name: str
    tenant: str
    certificate: str
    issued_by: str
    valid_from: date
    valid_to: date
    ended_at: datetime | None


def _next_due(row: Case) -> tuple[str, datetime | None]:
    if row.state in ("D_RESOLVED", "D_WITHDRAWN"):
        return "", None
    if row.acked_at is None:
        return "受理", row.ack_due_at
    if row.contacted_at is None and row.state in ("D_OPEN", "D_REOPENED"):
        return "联系双方", row.first_due_at
    if row.state == "D_MEDIATING":
        return "调解", row.mediate_until
    if row.state == "D_REFERRED":
        return "等对方部门", None
    return "办结", row.close_due_at


def _line(row: Case, title: str | None, employer: str | None, now: datetime) -> CaseLine:
    due, due_at = _next_due(row)
    return CaseLine(
        id=row.id, receipt=row.receipt, kind=row.kind, kind_words=codes.KINDS[row.kind], channel=row.channel,
        state=row.state, state_words=DISPUTE.labels[row.state], claimant=row.claimant, claimant_name=row.claimant_name,
        against=row.against, order_id=row.order_id, title=title or "", employer_name=employer or "",
        amount_fen=row.amount_fen, created_at=row.created_at, acked_at=row.acked_at, next_due=due, next_due_at=due_at,
        is_late=due_at is not None and due_at < now, breaches=list(row.breaches),
        breach_words=[codes.BREACHES.get(b, b) for b in row.breaches], owner_id=row.owner_id, handler_id=row.handler_id,
    )  # fmt: skip


def _mine(uow: UnitOfWork) -> list[sa.ColumnElement[bool]]:
    seen: list[sa.ColumnElement[bool]] = [common.visible(uow, Case), common.not_own(uow)]
    if uow.actor.kind == "worker":
        seen.append(Case.worker_id == uow.actor.id)
    elif uow.actor.kind == "employer":
        seen.append(Case.employer_id == uow.actor.employer_id)
    return seen


def late(now: datetime) -> sa.ColumnElement[bool]:
    """Return the test that a case's clock has run out (R097)."""
    return sa.and_(
        Case.state.in_(OPEN_DISPUTE),
        sa.or_(
            sa.and_(Case.acked_at.is_(None), Case.ack_due_at < now),
            sa.and_(Case.contacted_at.is_(None), Case.state.in_(("D_OPEN", "D_REOPENED")), Case.first_due_at < now),
            sa.and_(Case.state == "D_MEDIATING", Case.mediate_until < now),
            sa.and_(Case.state != "D_REFERRED", Case.close_due_at < now),
        ),
    )


async def cases_page(
    uow: UnitOfWork, *, which: Which = "open", kind: str | None = None, cursor: str | None, limit: int
) -> Page[CaseLine]:
    """Return cases within sight: the open ones by the clock that runs out first, all by the newest.

    `late` is the overdue list (R097). Raises Invalid for a cursor that is not ours.
    """
    conditions = _mine(uow)
    if which == "open":
        conditions.append(Case.state.in_(OPEN_DISPUTE))
    elif which == "late":
        conditions.append(late(uow.now))
    if kind is not None:
        conditions.append(Case.kind == kind)
    if cursor is not None:
        at, key = decode_cursor(cursor, datetime, UUID)
        after = sa.tuple_(Case.created_at, Case.id) < sa.tuple_(
            sa.literal(cast(datetime, at)), sa.literal(cast(UUID, key))
        )
        conditions.append(after)
    rows = (
        await uow.execute(
            sa.select(Case, BoardPost.title, BoardPost.employer_name)
            .outerjoin(BoardPost, BoardPost.order_id == Case.order_id)
            .where(*conditions)
            .order_by(Case.created_at.desc(), Case.id.desc())
            .limit(limit + 1)
        )
    ).all()
    items = [_line(row, title, employer, uow.now) for row, title, employer in rows[:limit]]
    more = len(rows) > limit
    return Page(items, encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if more else None)


async def open_on_bills(uow: UnitOfWork, bill_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Return by bill the id and receipt number of the reader's own case that is open about it: there is one at most."""
    rows = await uow.execute(
        sa.select(Case.bill_id, Case.id, Case.receipt).where(
            *_mine(uow), Case.bill_id.in_(bill_ids), Case.claimant == uow.actor.kind, Case.state.in_(OPEN_DISPUTE)
        )
    )
    return {bill: (key, receipt) for bill, key, receipt in rows}


async def one(uow: UnitOfWork, case_id: UUID) -> CaseView:
    """Return a case whole; NotFound for what the reader may not see."""
    found = (
        await uow.execute(
            sa.select(Case, BoardPost.title, BoardPost.employer_name)
            .outerjoin(BoardPost, BoardPost.order_id == Case.order_id)
            .where(Case.id == case_id, *_mine(uow))
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    row, title, employer = found
    of = [CaseNote.case_id == case_id]
    notes = await uow.session.scalars(sa.select(CaseNote).where(*of).order_by(CaseNote.at, CaseNote.id))
    offers = (
        await uow.session.scalars(
            sa.select(CaseOffer).where(CaseOffer.case_id == case_id).order_by(CaseOffer.made_at.desc())
        )
    ).all()
    papers = await uow.session.scalars(
        sa.select(CaseMaterial).where(CaseMaterial.case_id == case_id).order_by(CaseMaterial.batch, CaseMaterial.id)
    )
    sent = await uow.session.scalars(
        sa.select(CaseReferral).where(CaseReferral.case_id == case_id).order_by(CaseReferral.referred_at)
    )
    held = await money.held(uow, row.id)
    two_sided = row.worker_id is not None and row.employer_id is not None
    return CaseView(
        line=_line(row, title, employer, uow.now), claim=row.claim, wanted=row.wanted, legal_form=row.legal_form, asks=row.asks,
        bill_id=row.bill_id, assignment_id=row.assignment_id, engagement_id=row.engagement_id, held_fen=held,
        settled_fen=row.settled_fen, mediate_until=row.mediate_until, withdraw_asked_at=row.withdraw_asked_at,
        outcome=row.outcome, ended_how=codes.ENDED_HOW.get(row.ended_how or "", ""), resolved_at=row.resolved_at,
        closed_at=row.closed_at, worker_stars=row.worker_stars, employer_stars=row.employer_stars, reopened=row.reopened,
        side=common.side_of(uow, row) or "", actions=actions(uow, row, any(o.state == "open" for o in offers), held),
        notes=[
            NoteView(kind=n.kind, words=n.words, by_kind=n.by_kind, at=n.at,
                     inside=two_sided and n.worker_id is None)
            for n in notes
        ],
        offers=[_offer(o) for o in offers],
        materials=[
            MaterialView(id=m.id, name=m.name, batch=m.batch, received_at=m.received_at, note=m.note) for m in papers
        ],
        referrals=[_referral(r) for r in sent],
    )  # fmt: skip


def actions(uow: UnitOfWork, row: Case, has_offer: bool, held: int) -> list[str]:
    """Return what the reader may do now: the machine's events for his hand, and what belongs to them."""
    if common.is_own_case(uow, row):
        return []
    staff = uow.actor.kind == "staff"
    may = common.allowed(uow, DISPUTE, row.state)
    if row.worker_id is None or row.employer_id is None:
        may = [a for a in may if a not in ("settle", "mediate")]
    else:
        may = [a for a in may if a != "answer" or not held]
        if row.state in ("D_OPEN", "D_NEGOTIATING", "D_MEDIATING", "D_REOPENED"):
            may.append("offer")
    if "settle" in may:
        may.remove("settle")
        may += ["sign", "decline"] if has_offer else []
    if row.state == "D_RESOLVED" and (row.closed_at is not None or not handling.asked_still(row)):
        may = [a for a in may if a != "rate"]
    if "withdraw" in may and row.withdraw_asked_at is None:
        may.remove("withdraw")
    if not staff and row.claimant != uow.actor.kind:
        may = [a for a in may if a != "ask_withdraw"]
    if staff and row.state in OPEN_DISPUTE:
        may += ["hand_over", "ask_papers", "note"] + (["acknowledge"] if row.acked_at is None else [])
        may += ["ask"] if row.state == "D_REFERRED" else []
    elif not staff and row.state in OPEN_DISPUTE:
        may.append("note")
    return [a for a in dict.fromkeys(may) if a not in ("close", "paid")]


def _offer(o: CaseOffer) -> OfferView:
    return OfferView(
        id=o.id, side=o.side, amount_fen=o.amount_fen, words=o.words, state=o.state, made_at=o.made_at,
        worker_signed=o.worker_signed_at is not None, employer_signed=o.employer_signed_at is not None,
    )  # fmt: skip


def _referral(r: CaseReferral) -> ReferralView:
    return ReferralView(
        id=r.id, case_id=r.case_id, body=r.body, body_words=codes.BODIES[r.body], number=r.number, reason=r.reason,
        referred_at=r.referred_at, accept_due_at=r.accept_due_at, decide_due_at=r.decide_due_at, asked=r.asked,
        extended_at=r.extended_at, extension_reason=r.extension_reason,
        answered_at=r.answered_at, outcome=r.outcome, document=r.document,
    )  # fmt: skip


async def referrals_page(uow: UnitOfWork, *, open_only: bool, cursor: str | None, limit: int) -> Page[ReferralView]:
    """Return what was handed to authorities from here, the newest first (R016)."""
    conditions = [common.visible(uow, CaseReferral)]
    if uow.actor.role == Role.DEPARTMENT_VIEWER:
        # An authority reads what was referred to itself.
        of_his = sa.select(OutsideDesk.stands_for).where(
            OutsideDesk.staff_id == uow.actor.id, OutsideDesk.tenant == uow.actor.post, OutsideDesk.kind == "department"
        )
        conditions.append(CaseReferral.body.in_(of_his))
    if open_only:
        conditions.append(CaseReferral.answered_at.is_(None))
    if cursor is not None:
        at, key = decode_cursor(cursor, datetime, UUID)
        conditions.append(
            sa.tuple_(CaseReferral.referred_at, CaseReferral.id)
            < sa.tuple_(sa.literal(cast(datetime, at)), sa.literal(cast(UUID, key)))
        )
    rows = (
        await uow.session.scalars(
            sa.select(CaseReferral)
            .where(*conditions)
            .order_by(CaseReferral.referred_at.desc(), CaseReferral.id.desc())
            .limit(limit + 1)
        )
    ).all()
    items = [_referral(r) for r in rows[:limit]]
    more = len(rows) > limit
    return Page(items, encode_cursor(items[-1].referred_at.isoformat(), str(items[-1].id)) if more else None)


async def roster(uow: UnitOfWork) -> list[MediatorView]:
    """Return the mediators of the places within the scope, those still listed first."""
    rows = await uow.session.scalars(
        sa.select(Mediator)
        .where(uow.scope.clause(Mediator.tenant))
        .order_by(Mediator.ended_at.is_not(None), Mediator.valid_to)
    )
    return [
        MediatorView(
            id=m.id, staff_id=m.staff_id, name=m.name, tenant=m.tenant, certificate=m.certificate,
            issued_by=m.issued_by, valid_from=m.valid_from, valid_to=m.valid_to, ended_at=m.ended_at,
        )
        for m in rows
    ]  # fmt: skip
