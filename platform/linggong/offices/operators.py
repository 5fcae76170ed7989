"""Operators of markets and stations (R020): who they are, what their contracts cover, and what follows when one ends.

Several operators may work in one county; a place has one at a time. The posts of an operator's people hang on its contract:
they lie inside its places and end with its last day, whichever way that day moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import is_under
from linggong.offices import posts, queries, rules
from linggong.offices.models import Operator, OperatorContract, OperatorContractNode
from linggong.people.identity_numbers import BadNumber, parse_uscc
from rbac.models import RoleAssignment
from rbac.roles import HELD_AT, Role
from tenants.service import resolved

_LONGEST_DAYS = 3660
_MOST_NODES = 200
_TERM = "contract.term_years"


class OperatorForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A company or social body, and the county that deals with it."""

    name: Annotated[str, Meta(max_length=80)]
    uscc: Annotated[str, Meta(max_length=30)]
    path: Annotated[str, Meta(max_length=120)]


class ContractForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A contract: its number, first and last day, and the paths of the places that it covers with all below them."""

    number: Annotated[str, Meta(max_length=60)]
    starts_on: date
    ends_on: date
    places: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=_MOST_NODES)]
    note: Annotated[str, Meta(max_length=200)] = ""


class LastDayForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Another last day, and why."""

    ends_on: date
    reason: Annotated[str, Meta(max_length=200)]


class PlacesForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The places that a contract covers from now on, all of them, and why."""

    places: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=_MOST_NODES)]
    reason: Annotated[str, Meta(max_length=200)]


async def register_operator(uow: UnitOfWork, form: OperatorForm) -> UUID:
    """Register an operator at its county; returns its id. Raises NotFound for the place, Invalid, Conflict when known."""
    node = await rules.place(uow, form.path, uow.scope)
    faults: list[Fault] = []
    if node.kind.value not in ("city", "county", "zone"):
        faults.append(Fault("path", "运营方登记在县（区）或市，请选县（区）。", "kind"))
    name, uscc = form.name.strip(), ""
    if not 2 <= len(name) <= 80:
        faults.append(Fault("name", "请填运营方全称。", "required"))
    try:
        uscc = parse_uscc(form.uscc).code
    except BadNumber as error:
        faults.append(Fault("uscc", str(error), "uscc"))
    if faults:
        raise Invalid(faults)
    row = Operator(id=new_id(), tenant=node.path, name=name, uscc=uscc, created_at=uow.now, created_by=_actor(uow))
    uow.session.add(row)
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict("这个运营方在这里已经登记过，直接签合同就行。") from None
    await _tell(uow, "operator.registered", row.id, row.tenant, name=name)
    return row.id


async def sign_contract(uow: UnitOfWork, operator_id: UUID, form: ContractForm) -> UUID:
    """Record a contract with the places that it covers; returns its id.

    Raises NotFound for the operator or a place outside the scope, Invalid with every fault, Conflict for a number that is
    taken and for a place that another contract covers in that time.
    """
    operator = await uow.session.scalar(
        sa.select(Operator).where(Operator.id == operator_id, uow.scope.clause(Operator.tenant))
    )
    if operator is None:
        raise NotFound
    faults = _period_faults(uow, form.starts_on, form.ends_on)
    faults += [] if faults else await _term_faults(uow, operator.tenant, form.starts_on, form.ends_on)
    number = form.number.strip()
    if not number:
        faults.append(Fault("number", "请填合同编号。", "required"))
    places = await _places(uow, form.places, operator.tenant, faults)
    if faults:
        raise Invalid(faults)
    contract = OperatorContract(
        id=new_id(),
        operator_id=operator_id,
        tenant=operator.tenant,
        number=number,
        starts_on=form.starts_on,
        ends_on=form.ends_on,
        note=form.note.strip(),
        created_at=uow.now,
        created_by=_actor(uow),
    )
    await _alone(uow, operator.tenant)
    await _free(uow, contract.id, places, form.starts_on, form.ends_on)
    uow.session.add(contract)
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict("这个合同编号已经登记过，请核对。") from None
    uow.session.add_all(_nodes(contract, places))
    await uow.flush()
    await _tell(
        uow, "contract.signed", operator_id, operator.tenant, contract=contract.id, number=number,
        starts_on=form.starts_on, ends_on=form.ends_on, places=places,
    )  # fmt: skip
    return contract.id


async def move_last_day(uow: UnitOfWork, contract_id: UUID, form: LastDayForm) -> int:
    """Shorten or extend a contract; posts that end with it move along, none outlives it. Returns how many moved.

    Raises NotFound, Invalid, Conflict for one that was terminated, that is over, or whose places another contract covers in
    the longer time.
    """
    contract = await _managed(uow, contract_id)
    faults = _period_faults(uow, contract.starts_on, form.ends_on) + _reason_faults(form.reason)
    today = clock.business_date(uow.now)
    if form.ends_on < today:
        faults.append(Fault("ends_on", "最后一天不能早于今天；要马上结束请用“终止合同”。", "past"))
    if faults:
        raise Invalid(faults)
    if contract.status != "signed" or contract.ends_on < today:
        raise Conflict("合同已经结束，不能改期。请登记新的合同。")
    if form.ends_on > contract.ends_on and (
        faults := await _term_faults(uow, contract.tenant, contract.starts_on, form.ends_on)
    ):
        raise Invalid(faults)
    if form.ends_on > contract.ends_on:
        await _alone(uow, contract.tenant)
        await _free(uow, contract.id, await _covered(uow, contract.id), contract.starts_on, form.ends_on)
    before = contract.ends_on
    contract.ends_on = form.ends_on
    moved = await _move_posts(uow, contract.id, before, form.ends_on)
    await uow.flush()
    await _tell(
        uow, "contract.extended" if form.ends_on > before else "contract.shortened", contract.operator_id,
        contract.tenant, contract=contract.id, ends_on=form.ends_on, reason=form.reason.strip(), posts=moved,
        **{"from": before},
    )  # fmt: skip
    return moved


async def terminate_contract(uow: UnitOfWork, contract_id: UUID, form: posts.ReasonForm) -> int:
    """End a contract at once: yesterday was its last day, or its first if it had not begun; every post under it is over.

    Returns how many ended.

    Raises NotFound, Invalid without a reason, Conflict for one that is over.
    """
    contract = await _managed(uow, contract_id)
    if faults := _reason_faults(form.reason):
        raise Invalid(faults)
    today = clock.business_date(uow.now)
    if contract.status != "signed" or contract.ends_on < today:
        raise Conflict("合同已经结束，不用再终止。")
    before = contract.ends_on
    contract.status = "terminated"
    contract.ends_on = max(contract.starts_on, today - timedelta(days=1))
    ended = 0
    for row in await _live_posts(uow, contract.id):
        posts.close(uow, row, f"合同终止：{form.reason.strip()}")
        await posts.tell(uow, "staff.post_ended", row, reason=row.end_reason)
        ended += 1
    await uow.flush()
    await _tell(
        uow, "contract.terminated", contract.operator_id, contract.tenant, contract=contract.id,
        reason=form.reason.strip(), posts=ended, **{"from": before},
    )  # fmt: skip
    return ended


async def cover(uow: UnitOfWork, contract_id: UUID, form: PlacesForm) -> int:
    """Change the places that a contract covers; posts outside of them end now. Returns how many ended.

    Raises NotFound for the contract or a place outside the scope, Invalid, Conflict.
    """
    contract = await _managed(uow, contract_id)
    faults = _reason_faults(form.reason)
    places = await _places(uow, form.places, contract.tenant, faults)
    if faults:
        raise Invalid(faults)
    if contract.status != "signed" or contract.ends_on < clock.business_date(uow.now):
        raise Conflict("合同已经结束，不能改服务站点。")
    await _alone(uow, contract.tenant)
    await _free(uow, contract.id, places, contract.starts_on, contract.ends_on)
    before = await _covered(uow, contract.id)
    await uow.execute(sa.delete(OperatorContractNode).where(OperatorContractNode.contract_id == contract.id))
    uow.session.add_all(_nodes(contract, places))
    ended = 0
    for row in await _live_posts(uow, contract.id):
        if not rules.inside(row.tenant, places):
            posts.close(uow, row, "合同不再服务这个站点")
            await posts.tell(uow, "staff.post_ended", row, reason=row.end_reason)
            ended += 1
    await uow.flush()
    await _tell(
        uow, "contract.covers", contract.operator_id, contract.tenant, contract=contract.id, to=places,
        reason=form.reason.strip(), posts=ended, **{"from": before},
    )  # fmt: skip
    return ended


async def _managed(uow: UnitOfWork, contract_id: UUID) -> OperatorContract:
    found = await uow.session.scalar(
        sa.select(OperatorContract)
        .where(OperatorContract.id == contract_id, uow.scope.clause(OperatorContract.tenant))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def _places(uow: UnitOfWork, paths: Sequence[str], county: str, faults: list[Fault]) -> list[str]:
    """Return the topmost of the wanted places; NotFound for one outside the scope or the county."""
    wanted = sorted(set(paths), key=lambda p: (len(p), p))
    if not wanted:
        faults.append(Fault("places", "请至少选一个服务站点。", "required"))
    tops: list[str] = []
    for path in wanted:
        node = await rules.place(uow, path, uow.scope)
        if not is_under(node.path, county):
            raise NotFound
        if node.kind.value not in HELD_AT[Role.COUNTY_OPERATOR]:
            words = f"{node.kind_label}“{node.name}”不能单独签给运营方，请选县（区）、街道或站点。"
            faults.append(Fault("places", words, "kind"))
        elif not rules.inside(node.path, tops):
            tops.append(node.path)
    return tops


_OVER = sa.text("SELECT contract_over(:contract, :tenant, :from_, :to)")


async def _free(uow: UnitOfWork, contract_id: UUID, places: Sequence[str], from_: date, to: date) -> None:
    """Refuse a place that another contract covers in that time: whose people would it be?"""
    for path in places:
        values = {"contract": contract_id, "tenant": path, "from_": from_, "to": to}
        number = await uow.session.scalar(_OVER, values)
        if number is not None:
            name = (await queries.place_names(uow, [path])).get(path, path)
            raise Conflict(f"“{name}”在这段时间已经由合同 {number} 服务，同一个站点不能同时签给两家。")


async def _alone(uow: UnitOfWork, county: str) -> None:
    """Let one contract of a county at a time be checked against the others."""
    top = "/".join(county.split("/")[:2])
    await uow.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"contracts:{top}", 0))))


async def _covered(uow: UnitOfWork, contract_id: UUID) -> list[str]:
    rows = await uow.execute(
        sa.select(OperatorContractNode.tenant)
        .where(OperatorContractNode.contract_id == contract_id)
        .order_by(OperatorContractNode.tenant)
    )
    return list(rows.scalars())


async def _live_posts(uow: UnitOfWork, contract_id: UUID) -> list[RoleAssignment]:
    rows = await uow.execute(
        sa.select(RoleAssignment)
        .where(RoleAssignment.contract_id == contract_id, rules.not_over(uow.now))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows.scalars())


async def _move_posts(uow: UnitOfWork, contract_id: UUID, before: date, ends_on: date) -> int:
    """Move the ends of posts that ended with the contract; cut those that would outlive it."""
    was, end = clock.day_bounds(before)[1], clock.day_bounds(ends_on)[1]
    moved = 0
    for row in await _live_posts(uow, contract_id):
        if row.ends_at is None or row.ends_at > end or (row.ends_at == was and row.stands_in_for is None):
            row.ends_at = max(end, row.starts_at)
            moved += 1
    return moved


def _nodes(contract: OperatorContract, places: Sequence[str]) -> list[OperatorContractNode]:
    return [
        OperatorContractNode(id=new_id(), contract_id=contract.id, operator_id=contract.operator_id, tenant=path)
        for path in places
    ]


def _period_faults(uow: UnitOfWork, starts_on: date, ends_on: date) -> list[Fault]:
    today = clock.business_date(uow.now)
    if rules.is_far(starts_on, today):
        return [Fault("starts_on", "第一天离今天太远，请核对年份。", "far")]
    if rules.is_far(ends_on, today):
        return [Fault("ends_on", "最后一天离今天太远，请核对年份。", "far")]
    if ends_on < starts_on:
        return [Fault("ends_on", "最后一天不能早于第一天。", "order")]
    if (ends_on - starts_on).days > _LONGEST_DAYS:
        return [Fault("ends_on", "合同最长十年，请核对年份。", "far")]
    return []


async def _term_faults(uow: UnitOfWork, county: str, starts_on: date, ends_on: date) -> list[Fault]:
    """Hold a contract's length against the years that its county has set (R012); a further year is a contract of its own."""
    years = (await resolved(uow, county, _TERM))[_TERM].value
    if not isinstance(years, int) or ends_on < years_after(starts_on, years):
        return []
    words = f"本地规定合同一次签 {years} 年，从 {starts_on} 起最晚到 {years_after(starts_on, years) - timedelta(days=1)}；满了再续签。"
    return [Fault("ends_on", words, "term")]


def years_after(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _reason_faults(reason: str) -> list[Fault]:
    return [] if len(reason.strip()) >= 2 else [Fault("reason", "请写明原因或文件号。", "required")]


def _actor(uow: UnitOfWork) -> UUID | None:
    return None if uow.actor.id == NOBODY else uow.actor.id


async def _tell(uow: UnitOfWork, event: str, operator_id: UUID, tenant: str, **body: Any) -> None:
    await uow.emit(
        NewEvent(type=event, chain=f"operator:{operator_id}", subject_id=operator_id, tenant=tenant, body=body)
    )
