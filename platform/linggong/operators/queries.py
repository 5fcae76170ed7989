"""What the pages and the API show of operators' files, procurements, contracts' money and instalments."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import Event
from linggong.offices.models import Operator, OperatorContract
from linggong.operators import dossier, grades, money, outcome, place_rules, planning, procurement, settlements, terms
from linggong.operators.codes import (
    CHECKS,
    EVIDENCE_DOSSIER,
    EVIDENCE_PROCUREMENT,
    EVIDENCE_SETTLEMENT,
    LICENCES,
    ROUTES,
)
from linggong.operators.machines import SETTLEMENT, label
from linggong.operators.models import ContractTerms, OperatorCheck, OperatorLicence, Procurement, Settlement
from linggong.operators.money import Tail
from linggong.operators.outcome import Outcome
from linggong.operators.terms import Eligibility
from linggong.people.models import Staff
from tenants import evidence

_MOST = 200
_OPEN = ("P_PLANNED", "P_RETURNED")


class LicenceView(msgspec.Struct, frozen=True, kw_only=True):
    """A licence that counts."""

    kind: str
    label: str
    number: str
    scope: str
    legal_person: str
    issued_on: date
    expires_on: date | None
    days_left: int | None


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration or a re-check."""

    kind: str
    label: str
    day: date
    independent: bool
    controlled: bool
    violation: bool
    years: int
    words: str


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """The file of a contractor as it stands today."""

    operator_id: UUID
    name: str
    uscc: str
    county: str
    licences: list[LicenceView]
    checks: list[CheckView]
    lacks: list[str]
    """What would stand against an award today."""
    no_violation_years: int | None
    photos: list[UUID]


class BidderView(msgspec.Struct, frozen=True, kw_only=True):
    """An offer."""

    name: str
    uscc: str
    bid_fen: int
    note: str


class ProcurementView(msgspec.Struct, frozen=True, kw_only=True):
    """A procurement with its offers."""

    id: UUID
    path: str
    number: str
    title: str
    route: str
    route_label: str
    budget_fen: int
    opened_on: date
    state: str
    operator_id: UUID | None
    operator: str
    bid_fen: int | None
    awarded_on: date | None
    papers: list[str]
    words: str
    bidders: list[BidderView] = []
    photos: list[UUID] = []


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A budget line."""

    kind: str
    title: str
    amount_fen: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an instalment, by whom and when."""

    event: str
    at: datetime
    name: str


class SettlementView(msgspec.Struct, frozen=True, kw_only=True):
    """An instalment."""

    id: UUID
    contract_id: UUID
    contract: str
    operator: str
    part: int
    percent: int
    by_grade: bool
    due_on: date | None
    planned_fen: int
    amount_fen: int | None
    grade: str
    reading: str
    state: str
    state_label: str
    words: str
    reason: str
    order_number: str
    paid_on: date | None
    voucher: str
    allowed: list[str]
    """Steps that the acting role may try; the service may still refuse."""
    photos: list[UUID] = []
    steps: list[Step] = []
    own_first: bool = False
    """Who reads this gave the first approval: the second is somebody else's."""
    own_asked: bool = False
    """Who reads this asked for it, entered it or drafted it: nothing of it is his to decide."""
    outcome: Outcome | None = None
    """What the final grade leaves of the last part, while that part is not asked for."""
    outcome_lacks: str = ""
    """Why that cannot be told yet."""


class ContractMoney(msgspec.Struct, frozen=True, kw_only=True):
    """The money of a contract: its terms, lines, plan, what the grade leaves, and whether it may be renewed."""

    contract_id: UUID
    number: str
    operator_id: UUID
    operator: str
    starts_on: date
    ends_on: date
    price_fen: int | None
    signed_on: date | None
    go_live_on: date | None
    cycle_year: int | None
    renews_id: UUID | None
    consent: str
    procurement_id: UUID | None
    lines: list[LineView]
    settlements: list[SettlementView]
    grade: str
    reading: str
    tails: dict[str, Tail]
    renewal: Eligibility | None
    unset: list[str]
    """Titles of the parameters that the place has not set."""


async def file_of(uow: UnitOfWork, operator_id: UUID) -> Dossier:
    """Return the file of a contractor. Raises NotFound."""
    operator = await dossier.managed(uow, operator_id)
    await dossier.require_own(uow, operator.id)
    today = clock.business_date(uow.now)
    checks = await uow.execute(
        sa.select(OperatorCheck)
        .where(OperatorCheck.operator_id == operator_id)
        .order_by(OperatorCheck.day.desc(), OperatorCheck.id.desc())
        .limit(20)
    )
    photos = (await evidence.of(uow, EVIDENCE_DOSSIER, [operator.id]))[operator.id]
    return Dossier(
        operator_id=operator.id, name=operator.name, uscc=operator.uscc, county=operator.tenant,
        licences=[_licence(row, today) for row in (await dossier.licences(uow, operator.id)).values()],
        checks=[
            CheckView(
                kind=r.kind, label=CHECKS[r.kind], day=r.day, independent=r.independent, controlled=r.controlled,
                violation=r.violation, years=r.years, words=r.words,
            )
            for r in checks.scalars()
        ],
        lacks=await dossier.lacks(uow, operator, today),
        no_violation_years=(await place_rules.at(uow, operator.tenant)).no_violation_years,
        photos=[photo.id for photo in photos],
    )  # fmt: skip


async def procurements(uow: UnitOfWork) -> list[ProcurementView]:
    """Return the procurements of the scope, the latest first."""
    rows = await uow.execute(
        sa.select(Procurement, Operator.name)
        .outerjoin(Operator, Operator.id == Procurement.operator_id)
        .where(uow.scope.clause(Procurement.tenant))
        .order_by(Procurement.opened_on.desc(), Procurement.id.desc())
        .limit(_MOST)
    )
    return [_procurement(row, name or "") for row, name in rows.all()]


async def one_procurement(uow: UnitOfWork, procurement_id: UUID) -> ProcurementView:
    """Return one with its offers and photos. Raises NotFound."""
    row = await procurement.managed(uow, procurement_id)
    name = "" if row.operator_id is None else (await uow.session.get_one(Operator, row.operator_id)).name
    offers = [
        BidderView(name=b.name, uscc=b.uscc, bid_fen=b.bid_fen, note=b.note)
        for b in await procurement.bidders(uow, row.id)
    ]
    photos = (await evidence.of(uow, EVIDENCE_PROCUREMENT, [row.id]))[row.id]
    return msgspec.structs.replace(_procurement(row, name), bidders=offers, photos=[p.id for p in photos])


async def money_of(uow: UnitOfWork, contract_id: UUID) -> ContractMoney:
    """Return the money of a contract that was signed in the scope. Raises NotFound."""
    contract = await terms.managed(uow, contract_id)
    await dossier.require_own(uow, contract.operator_id)
    operator = await uow.session.get_one(Operator, contract.operator_id)
    row = await uow.session.get(ContractTerms, contract.id)
    now = await place_rules.at(uow, contract.tenant)
    rules = now if row is None else place_rules.kept(row.rules, now)
    grade = await grades.final(uow, contract.id)
    tails: dict[str, Tail] = {}
    if row is not None and grade is not None:
        tails = money.tails(rules, planning.assessed(row), grade.name)
    return ContractMoney(
        contract_id=contract.id, number=contract.number, operator_id=operator.id, operator=operator.name,
        starts_on=contract.starts_on, ends_on=contract.ends_on,
        price_fen=None if row is None else row.price_fen, signed_on=None if row is None else row.signed_on,
        go_live_on=None if row is None else row.go_live_on, cycle_year=None if row is None else row.cycle_year,
        renews_id=None if row is None else row.renews_id, consent="" if row is None else row.consent,
        procurement_id=None if row is None else row.procurement_id,
        lines=[LineView(kind=x.kind, title=x.title, amount_fen=x.amount_fen) for x in await terms.lines(uow, contract.id)],
        settlements=await listed(uow, Settlement.contract_id == contract.id),
        grade="" if grade is None else grade.name, reading=rules.reading, tails=tails,
        renewal=None if row is None else await terms.eligibility(uow, contract.id), unset=list(now.unset),
    )  # fmt: skip


async def listed(uow: UnitOfWork, *where: sa.ColumnElement[bool]) -> list[SettlementView]:
    """Return the instalments that the scope shows: by contract, in their order."""
    rows = await uow.execute(
        sa.select(Settlement, OperatorContract.number, Operator.name)
        .join(OperatorContract, OperatorContract.id == Settlement.contract_id)
        .join(Operator, Operator.id == Settlement.operator_id)
        .where(await settlements.seen(uow), *where)
        .order_by(OperatorContract.starts_on.desc(), OperatorContract.number, Settlement.part)
        .limit(_MOST)
        .execution_options(populate_existing=True)
    )
    views = []
    for row, number, name in rows.all():
        view = _settlement(uow, row, number, name)
        if row.by_grade and row.state in _OPEN:
            try:
                view = msgspec.structs.replace(view, outcome=await outcome.reckon(uow, row))
            except Conflict as lack:
                view = msgspec.structs.replace(view, outcome_lacks=lack.detail)
        views.append(view)
    return views


async def one(uow: UnitOfWork, settlement_id: UUID) -> SettlementView:
    """Return an instalment with its proofs and what was done about it. Raises NotFound."""
    found = await listed(uow, Settlement.id == settlement_id)
    if not found:
        raise NotFound
    photos = (await evidence.of(uow, EVIDENCE_SETTLEMENT, [settlement_id]))[settlement_id]
    told = await uow.execute(
        sa.select(Event.type, Event.occurred_at, Staff.name)
        .outerjoin(Staff, Staff.id == Event.actor_id)
        .where(Event.subject_id == settlement_id, Event.type.startswith("settlement."))
        .order_by(Event.occurred_at, Event.id)
    )
    steps = [Step(event=kind.removeprefix("settlement."), at=at, name=name or "") for kind, at, name in told.all()]
    return msgspec.structs.replace(found[0], photos=[p.id for p in photos], steps=steps)


def _licence(row: OperatorLicence, today: date) -> LicenceView:
    left = None if row.expires_on is None else (row.expires_on - today).days
    return LicenceView(
        kind=row.kind, label=LICENCES[row.kind], number=row.number, scope=row.scope, legal_person=row.legal_person,
        issued_on=row.issued_on, expires_on=row.expires_on, days_left=left,
    )  # fmt: skip


def _procurement(row: Procurement, operator: str) -> ProcurementView:
    return ProcurementView(
        id=row.id, path=row.tenant, number=row.number, title=row.title, route=row.route, route_label=ROUTES[row.route],
        budget_fen=row.budget_fen, opened_on=row.opened_on, state=row.state, operator_id=row.operator_id, operator=operator,
        bid_fen=row.bid_fen, awarded_on=row.awarded_on, papers=list(row.papers), words=row.words,
    )  # fmt: skip


def _settlement(uow: UnitOfWork, row: Settlement, number: str, operator: str) -> SettlementView:
    return SettlementView(
        id=row.id, contract_id=row.contract_id, contract=number, operator=operator, part=row.part, percent=row.percent,
        by_grade=row.by_grade, due_on=row.due_on, planned_fen=row.planned_fen, amount_fen=row.amount_fen, grade=row.grade,
        reading=row.reading, state=row.state, state_label=label(row.state, row.amount_fen), words=row.words, reason=row.reason,
        order_number=row.order_number, paid_on=row.paid_on, voucher=row.voucher,
        allowed=SETTLEMENT.allowed(row.state, settlements.hand_of(uow)), own_first=row.approved_by == uow.actor.id,
        own_asked=row.requested_by == uow.actor.id,
    )  # fmt: skip
