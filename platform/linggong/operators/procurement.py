"""How the service was bought (R015): the record of a procurement, its offers, its award. Bought is outside; here it is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.money import MAX_FEN, fen, format_yuan
from linggong.kernel.paths import tenant_path
from linggong.offices import rules as offices_rules
from linggong.offices.models import Operator
from linggong.operators import dossier, place_rules
from linggong.operators.codes import EVIDENCE_PROCUREMENT, LEAST_BIDDERS, ROUTES
from linggong.operators.dossier import actor
from linggong.operators.models import Procurement, ProcurementBidder
from linggong.people.identity_numbers import BadNumber, parse_uscc
from tenants import evidence
from tenants.evidence import Photo

_TWO = 2
_MOST_PAPERS = 20


class ProcurementForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A procurement of a county: budget in fen."""

    path: Annotated[str, Meta(max_length=120)]
    number: Annotated[str, Meta(max_length=60)] = ""
    title: Annotated[str, Meta(max_length=80)] = ""
    route: Annotated[str, Meta(max_length=20)] = ""
    budget_fen: int = 0
    opened_on: date | None = None
    words: Annotated[str, Meta(max_length=300)] = ""


class BidderForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An offer, in fen."""

    name: Annotated[str, Meta(max_length=80)] = ""
    uscc: Annotated[str, Meta(max_length=30)] = ""
    bid_fen: int = 0
    note: Annotated[str, Meta(max_length=200)] = ""


class AwardForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who won, when, and the papers of it, each by name and number."""

    operator_id: UUID | None = None
    awarded_on: date | None = None
    papers: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=_MOST_PAPERS)] = []


async def open_one(uow: UnitOfWork, form: ProcurementForm) -> Procurement:
    """Enter a procurement. Raises NotFound for the place, Invalid with every fault, Conflict for a number that is taken."""
    node = await offices_rules.place(uow, form.path, uow.scope)
    faults: list[Fault] = []
    if node.kind.value not in ("city", "county", "zone"):
        faults.append(Fault("path", "采购记在县（区）或市，请选县（区）。", "kind"))
    if not form.number.strip():
        faults.append(Fault("number", "请填采购编号。", "required"))
    if len(form.title.strip()) < _TWO:
        faults.append(Fault("title", "请填采购项目名称。", "required"))
    if form.route not in ROUTES:
        faults.append(Fault("route", f"没有这种采购方式。请选：{'、'.join(ROUTES.values())}。", "choice"))
    elif form.route == "single" and len(form.words.strip()) < _TWO:
        faults.append(Fault("words", "单一来源要写明理由和批准文号。", "required"))
    if form.opened_on is None or offices_rules.is_far(form.opened_on, clock.business_date(uow.now)):
        faults.append(Fault("opened_on", "请填开始采购的日期。", "required"))
    budget = (await place_rules.at(uow, node.path)).budget
    if not 0 < form.budget_fen <= MAX_FEN:
        faults.append(Fault("budget_fen", "请填预算，要大于 0。", "range"))
    elif budget is not None and form.budget_fen > budget:
        words = f"预算 {format_yuan(form.budget_fen)} 元超过了本地设定的项目预算 {format_yuan(budget)} 元。"
        faults.append(Fault("budget_fen", words, "ceiling"))
    if faults or form.opened_on is None:
        raise Invalid(faults)
    row = Procurement(
        id=new_id(), tenant=node.path, number=form.number.strip(), title=form.title.strip(), route=form.route,
        budget_fen=fen(form.budget_fen), opened_on=form.opened_on, state="open", papers=[], words=form.words.strip(),
        created_at=uow.now, created_by=actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await _flush(uow, "这个采购编号已经登记过，请核对。")
    await _tell(uow, "procurement.opened", row, number=row.number, route=row.route, budget_fen=row.budget_fen)
    return row


async def add_bidder(uow: UnitOfWork, procurement_id: UUID, form: BidderForm) -> ProcurementBidder:
    """Enter an offer. Raises NotFound, Invalid with every fault, Conflict once it is over or for a second offer of one bidder."""
    row = await managed(uow, procurement_id)
    if row.state != "open":
        raise Conflict("采购已经有结果，不能再登记报价。")
    faults: list[Fault] = []
    uscc = ""
    if len(form.name.strip()) < _TWO:
        faults.append(Fault("name", "请填供应商全称。", "required"))
    try:
        uscc = parse_uscc(form.uscc).code
    except BadNumber as error:
        faults.append(Fault("uscc", str(error), "uscc"))
    if not 0 < form.bid_fen <= MAX_FEN:
        faults.append(Fault("bid_fen", "请填报价，要大于 0。", "range"))
    if faults:
        raise Invalid(faults)
    bidder = ProcurementBidder(
        id=new_id(), procurement_id=row.id, tenant=row.tenant, name=form.name.strip(), uscc=uscc, bid_fen=fen(form.bid_fen),
        note=form.note.strip(), noted_at=uow.now, noted_by=actor(uow),
    )  # fmt: skip
    uow.session.add(bidder)
    await _flush(uow, "这家供应商已经登记过报价。")
    await _tell(uow, "procurement.bid", row, bidder=bidder.id, bid_fen=bidder.bid_fen)
    return bidder


async def award(
    uow: UnitOfWork, procurement_id: UUID, form: AwardForm, photos: list[Photo] | None = None
) -> Procurement:
    """Enter who won, at what he offered. Raises NotFound, Conflict once it is over, Invalid with every fault at once:

    nobody chosen, no offer of his, more than the budget, too few offers for the route, a file that does not hold on that day.
    """
    row = await managed(uow, procurement_id)
    if row.state != "open":
        raise Conflict("采购已经有结果，不能再改。")
    today = clock.business_date(uow.now)
    faults: list[Fault] = []
    if form.awarded_on is None or not row.opened_on <= form.awarded_on <= today:
        faults.append(Fault("awarded_on", f"请填成交日期：{row.opened_on} 到今天之间。", "range"))
    papers = [paper.strip() for paper in form.papers if paper.strip()]
    if not papers:
        faults.append(Fault("papers", "请写明成交文件的名称和文号（公告、评审记录、成交通知书）。", "required"))
    offers = await bidders(uow, row.id)
    least = LEAST_BIDDERS.get(row.route, _TWO)
    if len(offers) < least:
        faults.append(
            Fault("papers", f"“{ROUTES[row.route]}”至少要有 {least} 家报价，现在只登记了 {len(offers)} 家。", "few")
        )
    operator = None
    if form.operator_id is not None:
        operator = await uow.session.scalar(
            sa.select(Operator).where(Operator.id == form.operator_id, uow.scope.clause(Operator.tenant))
        )
    bid = None
    if operator is None:
        faults.append(Fault("operator_id", "请选成交的运营方；没有登记过的，先登记运营方。", "required"))
    else:
        bid = next((offer.bid_fen for offer in offers if offer.uscc == operator.uscc), None)
        if bid is None:
            faults.append(Fault("operator_id", f"没有登记过“{operator.name}”的报价。", "offer"))
        elif bid > row.budget_fen:
            words = f"成交价 {format_yuan(bid)} 元超过预算 {format_yuan(row.budget_fen)} 元。"
            faults.append(Fault("operator_id", words, "ceiling"))
        day = form.awarded_on or today
        faults += [Fault("operator_id", words, "dossier") for words in await dossier.lacks(uow, operator, day)]
    for photo in photos or []:
        evidence.check(photo, faults, now=uow.now)
    if faults or operator is None:
        raise Invalid(faults)
    row.state, row.operator_id, row.bid_fen, row.awarded_on, row.papers = (
        "awarded",
        operator.id,
        bid,
        form.awarded_on,
        papers,
    )
    await uow.flush()
    for photo in photos or []:
        await evidence.keep(uow, tenant_path(row.tenant), EVIDENCE_PROCUREMENT, row.id, photo)
    await _tell(uow, "procurement.awarded", row, operator=operator.id, bid_fen=bid, awarded_on=row.awarded_on)
    return row


async def fail(uow: UnitOfWork, procurement_id: UUID, *, words: str) -> Procurement:
    """Enter that a procurement came to nothing. Raises NotFound, Conflict, Invalid without a reason."""
    row = await managed(uow, procurement_id)
    if row.state != "open":
        raise Conflict("采购已经有结果，不能再改。")
    if len(words.strip()) < _TWO:
        raise Invalid([Fault("words", "请写明为什么流标。", "required")])
    row.state, row.words = "failed", words.strip()[:300]
    await uow.flush()
    await _tell(uow, "procurement.failed", row, reason=row.words)
    return row


async def bidders(uow: UnitOfWork, procurement_id: UUID) -> list[ProcurementBidder]:
    """Return the offers, the lowest first."""
    statement = sa.select(ProcurementBidder).where(ProcurementBidder.procurement_id == procurement_id)
    order = statement.order_by(ProcurementBidder.bid_fen, ProcurementBidder.name)
    return list((await uow.execute(order)).scalars())


async def managed(uow: UnitOfWork, procurement_id: UUID) -> Procurement:
    """Return a procurement of the scope, alone until the transaction ends. Raises NotFound."""
    statement = sa.select(Procurement).where(Procurement.id == procurement_id, uow.scope.clause(Procurement.tenant))
    found = await uow.session.scalar(
        statement if uow.read_only else statement.with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def _flush(uow: UnitOfWork, taken: str) -> None:
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict(taken) from None


async def _tell(uow: UnitOfWork, event: str, row: Procurement, **body: object) -> None:
    await uow.emit(NewEvent(type=event, chain=f"procurement:{row.id}", subject_id=row.id, tenant=row.tenant, body=body))
