"""Handing an operator's places to the next one (R011): what is open, what people went through, who follows without a gap.

The accounts of the old operator end by themselves with the contract's last day (`offices.operators`); here it is shown.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.cases.machines import OPEN_DISPUTE
from linggong.cases.models import Case
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import in_subtree, is_under, tenant_path
from linggong.market.closing import ENDED
from linggong.market.models import Order
from linggong.offices import operators as offices
from linggong.offices.models import Operator, OperatorContract
from linggong.offices.operators import ContractForm
from linggong.operators import terms
from linggong.operators.codes import HANDED_OVER
from linggong.operators.dossier import actor
from linggong.operators.models import OperatorExport, OperatorHandover, OperatorHandoverItem
from linggong.stations.models import Screen
from linggong.wages.models import Bill
from rbac.models import RoleAssignment
from tenants import queries

_TWO = 2
_BILLS_OPEN = ("OPEN", "CLAIMED")


class ItemForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One point that was gone through, and what was found."""

    key: Annotated[str, Meta(max_length=20)]
    words: Annotated[str, Meta(max_length=300)] = ""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One point of the list as it stands."""

    key: str
    label: str
    open_now: int | None
    """What the machine counts at this moment; None for what only people see."""
    done_by: UUID | None = None
    done: bool = False
    words: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over as it stands: what is missing is said in words."""

    contract_id: UUID
    opened: bool
    closed: bool
    points: list[Point]
    exports: int
    posts: int
    """Posts that hang on the old contract and still run."""
    posts_end_on: date
    successor_id: UUID | None
    successor: str
    missing: list[str]


async def begin(uow: UnitOfWork, contract_id: UUID) -> OperatorHandover:
    """Open the hand-over of a contract; again changes nothing. Raises NotFound."""
    contract = await terms.managed(uow, contract_id)
    row = await uow.session.get(OperatorHandover, contract.id)
    if row is None:
        row = OperatorHandover(
            id=contract.id, tenant=contract.tenant, successor_id=None, opened_at=uow.now, opened_by=actor(uow), closed_at=None
        )  # fmt: skip
        uow.session.add(row)
        await uow.flush()
        await _tell(uow, "handover.opened", contract)
    return row


async def go_through(uow: UnitOfWork, contract_id: UUID, form: ItemForm) -> OperatorHandoverItem:
    """Note that a point was gone through, with what is open at this moment. Raises NotFound, Conflict, Invalid."""
    contract, row = await _open(uow, contract_id)
    faults = []
    if form.key not in HANDED_OVER:
        faults.append(Fault("key", "清单里没有这一项。", "choice"))
    if len(form.words.strip()) < _TWO:
        faults.append(Fault("words", "请写明交给了谁、交了什么；没有的写“没有”。", "required"))
    if faults:
        raise Invalid(faults)
    known = await uow.session.scalar(
        sa.select(OperatorHandoverItem).where(
            OperatorHandoverItem.handover_id == row.id, OperatorHandoverItem.key == form.key
        )
    )
    item = known or OperatorHandoverItem(id=new_id(), handover_id=row.id, tenant=row.tenant, key=form.key)
    item.open_count = (await counts(uow, await terms.covered(uow, contract.id))).get(form.key)
    item.words, item.done_at, item.done_by = form.words.strip(), uow.now, actor(uow)
    uow.session.add(item)
    await uow.flush()
    await _tell(uow, "handover.point", contract, key=item.key, open=item.open_count)
    return item


async def follow(uow: UnitOfWork, contract_id: UUID, successor_id: UUID | None) -> OperatorHandover:
    """Name the contract that follows: it begins the day after the last one and covers every place (no gap, no overlap).

    Raises NotFound, Conflict, Invalid with every fault.
    """
    contract, row = await _open(uow, contract_id)
    if successor_id is None:
        raise Invalid([Fault("successor_id", "请选接手的合同。", "required")])
    next_one = await terms.managed(uow, successor_id)
    faults = []
    first = contract.ends_on + timedelta(days=1)
    if next_one.starts_on != first:
        what = "中间没有人管" if next_one.starts_on > first else "两份合同重叠"
        words = f"接手的合同 {next_one.number} 从 {next_one.starts_on} 起，应当从 {first} 起，{what}。"
        faults.append(Fault("successor_id", words, "gap" if next_one.starts_on > first else "overlap"))
    tops = await terms.covered(uow, next_one.id)
    left = [p for p in await terms.covered(uow, contract.id) if not any(is_under(p, top) for top in tops)]
    if left:
        names = "、".join((await queries.names(uow, left)).values())
        faults.append(Fault("successor_id", f"接手的合同没有包括：{names}。", "places"))
    if next_one.status != "signed":
        faults.append(Fault("successor_id", f"合同 {next_one.number} 已经终止。", "ended"))
    if faults:
        raise Invalid(faults)
    row.successor_id = next_one.id
    await uow.flush()
    await _tell(uow, "handover.follows", contract, successor=next_one.id, starts_on=next_one.starts_on)
    return row


async def sign_successor(uow: UnitOfWork, contract_id: UUID, operator_id: UUID, number: str, years: int = 1) -> UUID:
    """Sign the contract that follows: from the next day, the same places. Returns its id. Raises what signing raises."""
    contract, _ = await _open(uow, contract_id)
    starts_on = contract.ends_on + timedelta(days=1)
    made = await offices.sign_contract(
        uow, operator_id,
        ContractForm(
            number=number, starts_on=starts_on, ends_on=terms.last_day(starts_on, years),
            places=await terms.covered(uow, contract.id), note=f"接手 {contract.number}",
        ),
    )  # fmt: skip
    await follow(uow, contract_id, made)
    return made


async def close(uow: UnitOfWork, contract_id: UUID) -> OperatorHandover:
    """Close a hand-over. Raises NotFound, Conflict with all that is missing."""
    contract, row = await _open(uow, contract_id)
    found = await status(uow, contract_id)
    if found.missing:
        raise Conflict("还不能结束移交：" + "".join(found.missing))
    row.closed_at, row.closed_by = uow.now, actor(uow)
    await uow.flush()
    await _tell(uow, "handover.closed", contract, successor=row.successor_id)
    return row


async def status(uow: UnitOfWork, contract_id: UUID) -> Status:
    """Return how a hand-over stands. Raises NotFound."""
    contract = await terms.managed(uow, contract_id)
    row = await uow.session.get(OperatorHandover, contract.id)
    known = {}
    if row is not None:
        of = sa.select(OperatorHandoverItem).where(OperatorHandoverItem.handover_id == row.id)
        known = {item.key: item for item in (await uow.execute(of)).scalars()}
    open_now = await counts(uow, await terms.covered(uow, contract.id))
    points = [
        Point(
            key=key, label=label, open_now=open_now.get(key), done=key in known,
            done_by=known[key].done_by if key in known else None, words=known[key].words if key in known else "",
        )
        for key, label in HANDED_OVER.items()
    ]  # fmt: skip
    number = sa.select(sa.func.count()).select_from(OperatorExport).where(OperatorExport.contract_id == contract.id)
    exports = int(await uow.session.scalar(number) or 0)
    successor = None
    if row is not None and row.successor_id is not None:
        successor = await terms.managed(uow, row.successor_id)
    missing = [f"“{point.label}”还没有核对。" for point in points if not point.done]
    if not exports:
        missing.append("数据还没有导出。")
    if successor is None:
        missing.append("还没有接手的合同。")
    held = sa.select(sa.func.count()).where(
        RoleAssignment.contract_id == contract.id,
        sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
    )
    return Status(
        contract_id=contract.id, opened=row is not None, closed=row is not None and row.closed_at is not None, points=points,
        exports=exports, posts=int(await uow.session.scalar(held) or 0), posts_end_on=contract.ends_on,
        successor_id=None if successor is None else successor.id,
        successor="" if successor is None else await _called(uow, successor), missing=missing,
    )  # fmt: skip


async def counts(uow: UnitOfWork, places: list[str]) -> dict[str, int]:
    """Return what is open at places: orders, bills, cases, screens that are still registered."""
    tops = [tenant_path(place) for place in places]

    async def number(model: type[Order | Bill | Case | Screen], *where: sa.ColumnElement[bool]) -> int:
        here = sa.or_(*(in_subtree(model.tenant, top) for top in tops))
        return int(await uow.session.scalar(sa.select(sa.func.count()).select_from(model).where(here, *where)) or 0)

    return {
        "orders": await number(Order, Order.state.not_in(ENDED), Order.state != "O_DRAFT"),
        "bills": await number(Bill, Bill.state.in_(_BILLS_OPEN)),
        "cases": await number(Case, Case.state.in_(OPEN_DISPUTE)),
        "screens": await number(Screen, Screen.ended_at.is_(None)),
    }


async def _called(uow: UnitOfWork, contract: OperatorContract) -> str:
    operator = await uow.session.get_one(Operator, contract.operator_id)
    return f"{contract.number} {operator.name}（{contract.starts_on} 起）"


async def _open(uow: UnitOfWork, contract_id: UUID) -> tuple[OperatorContract, OperatorHandover]:
    contract = await terms.managed(uow, contract_id)
    row = await uow.session.get(OperatorHandover, contract.id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    if row.closed_at is not None:
        raise Conflict(f"移交 {clock.business_date(row.closed_at)} 已经办完，不能再改。")
    return contract, row


async def _tell(uow: UnitOfWork, event: str, contract: OperatorContract, **body: object) -> None:
    body["contract"] = contract.id
    await uow.emit(
        NewEvent(
            type=event, chain=f"operator:{contract.operator_id}", subject_id=contract.operator_id, tenant=contract.tenant,
            body=body,
        )
    )  # fmt: skip
