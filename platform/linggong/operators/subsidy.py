"""What a subsidy is reckoned from (R135, R136): number served, effect and cost of a market, workload and professionalism of a point.

The figures come from the measures with their versions; the rates are people's, with the document that sets them. Nothing is
paid from here. That a market, a point or an operator leaves is a decision with its reasons.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.money import MAX_FEN, fen
from linggong.kernel.paths import tenant_path
from linggong.measures import answers, liveliness
from linggong.measures.shape import VERSION as MEASURED
from linggong.offices import rules as offices_rules
from linggong.offices.models import OperatorContractNode
from linggong.operators import terms
from linggong.operators.dossier import actor
from linggong.operators.models import EXITS, SUBSIDY_KINDS, ExitDecision, Settlement, SubsidyRecord
from tenants.views import NodeView

VERSION: Final = 1
"""Of the list below: another list, or another meaning of a line, is another version."""
SERVED, EFFECT, COST, WORKLOAD, SKILL = "服务人数", "服务效果", "运营成本", "工作量", "专业性"
KINDS: Final = {"market": "零工市场", "point": "服务点（驿站）"}
_POINTS: Final = ("station", "service_point", "contact_point", "counter", "community")
_MARKETS: Final = ("market_comprehensive", "market_trade", "county", "zone")
_MEASURED: Final = ("M04", "M07", "M22")
_TWO = 2
_MOST_REASONS = 10


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: what it is, where it comes from, and whether it may be given a rate."""

    key: str
    part: str
    label: str
    unit: str
    value: float | None
    source: str
    """The measure with its version, or the register."""
    rated: bool = False


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a place and period."""

    path: str
    name: str
    kind: str
    first: date
    last: date
    version: int
    lines: list[Input]


class RateForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What one unit of a figure is worth, in fen."""

    key: Annotated[str, Meta(max_length=20)]
    rate_fen: int = 0


class SubsidyForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A calculation to be kept."""

    path: Annotated[str, Meta(max_length=120)]
    kind: Annotated[str, Meta(max_length=20)] = "market"
    first: date | None = None
    last: date | None = None
    rates: Annotated[list[RateForm], Meta(max_length=20)] = []
    words: Annotated[str, Meta(max_length=300)] = ""


class ExitForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A decision that somebody leaves: a place, or the operator of a contract."""

    kind: Annotated[str, Meta(max_length=20)] = "market"
    path: Annotated[str, Meta(max_length=120)] = ""
    contract_id: UUID | None = None
    reasons: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=_MOST_REASONS)] = []
    document: Annotated[str, Meta(max_length=80)] = ""
    decided_on: date | None = None
    leaves_on: date | None = None


async def inputs(uow: UnitOfWork, path: str, kind: str, first: date, last: date) -> Inputs:
    """Return what a subsidy would be reckoned from. Raises NotFound for the place, Invalid with every fault."""
    node = await offices_rules.place(uow, path, uow.scope)
    faults = _fits(node, kind, first, last, clock.business_date(uow.now))
    if faults:
        raise Invalid(faults)
    top = tenant_path(node.path)
    found = [counts for _, counts, _ in await liveliness.measured(uow, top, first, last)]
    told = await answers.answers(uow, _MEASURED, top, first=first, last=last)

    def rate(metric: str, figure: str = "") -> float | None:
        return percent(next((v.value for v in told[metric].figures if v.key == (figure or "rate")), None))

    site, m = f"站点统计 第{MEASURED}版", {key: f"{key} 第{told[key].version}版" for key in told}
    served = Input(key="served", part=SERVED, label="服务人数（各站合计）", unit="人", value=sum(c.served for c in found), source=site, rated=True)  # fmt: skip
    done = Input(key="completed", part=EFFECT, label="促成上工", unit="个工", value=sum(c.completed for c in found), source=site, rated=True)  # fmt: skip
    content = Input(
        key="content", part=EFFECT, label="零工满意率", unit="%", value=rate("M22", "worker"), source=m["M22"]
    )
    if kind == "market":
        lines = [
            served, done,
            Input(key="arrived", part=EFFECT, label="到岗率", unit="%", value=rate("M04"), source=m["M04"]),
            Input(key="finished", part=EFFECT, label="完工率", unit="%", value=rate("M07"), source=m["M07"]),
            content,
            Input(key="cost", part=COST, label="已付运营费", unit="分", value=await _paid(uow, node.path, first, last), source="运营费登记"),
        ]  # fmt: skip
    else:
        entries, timely = sum(c.entries for c in found), sum(c.timely for c in found)
        records, good = sum(c.records for c in found), sum(c.good for c in found)
        lines = [
            Input(key="entries", part=WORKLOAD, label="办理和登记的事项", unit="条", value=entries, source=site, rated=True),
            Input(key="opened", part=WORKLOAD, label="按时开门", unit="天", value=sum(c.opened for c in found), source=site, rated=True),
            Input(key="timely", part=SKILL, label="24 小时内录入的", unit="%", value=_share(timely, entries), source=site),
            Input(key="quality", part=SKILL, label="资料齐全的", unit="%", value=_share(good, records), source=site),
            served, done, content,
        ]  # fmt: skip
    return Inputs(path=node.path, name=node.name, kind=kind, first=first, last=last, version=VERSION, lines=lines)


async def record(uow: UnitOfWork, form: SubsidyForm) -> SubsidyRecord:
    """Keep a calculation: the figures as they are now, each with its rate. Raises NotFound, Invalid, Conflict for a second one."""
    today = clock.business_date(uow.now)
    faults: list[Fault] = []
    if form.first is None or form.last is None:
        faults.append(Fault("first", "请填时间段的第一天和最后一天。", "required"))
    elif form.last >= today:
        faults.append(Fault("last", "时间段要已经过完，才能算补助。", "range"))
    if len(form.words.strip()) < _TWO:
        faults.append(Fault("words", "请写明补助标准的文件名称和文号。", "required"))
    if not form.rates:
        faults.append(Fault("rates", "请至少给一项填标准；本地没有标准，就先由人社局定。", "required"))
    if any(not 0 < one.rate_fen <= MAX_FEN for one in form.rates):
        faults.append(Fault("rates", "标准要大于 0。", "range"))
    if faults or form.first is None or form.last is None:
        raise Invalid(faults)
    found = await inputs(uow, form.path, form.kind, form.first, form.last)
    rates = {one.key: one.rate_fen for one in form.rates}
    rated = {line.key: line for line in found.lines if line.rated}
    if strange := sorted(set(rates) - set(rated)):
        raise Invalid([Fault("rates", f"这些项不能按标准算：{'、'.join(strange)}。", "choice")])
    amount = sum(int(rated[key].value or 0) * rate for key, rate in rates.items())
    if amount > MAX_FEN:
        raise Invalid([Fault("rates", "算出来的金额太大，请核对标准。", "range")])
    row = SubsidyRecord(
        id=new_id(), tenant=found.path, kind=found.kind, first=found.first, last=found.last, version=found.version,
        inputs={"lines": [msgspec.to_builtins(line) | {"rate_fen": rates.get(line.key, 0)} for line in found.lines]},
        amount_fen=fen(amount), words=form.words.strip(), noted_at=uow.now, noted_by=actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict("这个时间段已经算过一次，记录不能改。") from None
    await _tell(uow, "subsidy.recorded", row.id, row.tenant, amount_fen=amount, version=row.version, first=row.first, last=row.last)  # fmt: skip
    return row


async def decide_exit(uow: UnitOfWork, form: ExitForm) -> ExitDecision:
    """Keep a decision that somebody leaves, with its reasons; ending the contract or closing the place stays a step of its own.

    Raises NotFound for the place or contract, Invalid with every fault.
    """
    faults: list[Fault] = []
    reasons = [text.strip() for text in form.reasons if len(text.strip()) >= _TWO]
    today = clock.business_date(uow.now)
    if form.kind not in EXITS:
        faults.append(Fault("kind", "请选零工市场、服务点或运营方。", "choice"))
    if not reasons:
        faults.append(Fault("reasons", "请写明退出的理由，一条一行。", "required"))
    if len(form.document.strip()) < _TWO:
        faults.append(Fault("document", "请填决定文件的文号。", "required"))
    if form.decided_on is None or form.decided_on > today:
        faults.append(Fault("decided_on", "请填作出决定的日期，不能晚于今天。", "range"))
    if form.leaves_on is None or form.leaves_on < (form.decided_on or today):
        faults.append(Fault("leaves_on", "请填退出的日期，不能早于决定的日期。", "range"))
    if form.kind == "operator" and form.contract_id is None:
        faults.append(Fault("contract_id", "请选这家运营方的合同。", "required"))
    if faults or form.decided_on is None or form.leaves_on is None:
        raise Invalid(faults)
    contract = await terms.managed(uow, form.contract_id) if form.contract_id is not None else None
    path = contract.tenant if contract is not None else (await offices_rules.place(uow, form.path, uow.scope)).path
    row = ExitDecision(
        id=new_id(), tenant=path, kind=form.kind, contract_id=None if contract is None else contract.id, reasons=reasons,
        document=form.document.strip(), decided_on=form.decided_on, leaves_on=form.leaves_on, noted_at=uow.now,
        noted_by=actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await _tell(uow, "exit.decided", row.id, row.tenant, kind=row.kind, document=row.document, leaves_on=row.leaves_on)
    return row


async def records(uow: UnitOfWork) -> list[SubsidyRecord]:
    """Return the calculations of the scope, the latest first."""
    statement = sa.select(SubsidyRecord).where(uow.scope.clause(SubsidyRecord.tenant))
    return list((await uow.execute(statement.order_by(SubsidyRecord.noted_at.desc()).limit(100))).scalars())


async def exits(uow: UnitOfWork) -> list[ExitDecision]:
    """Return the decisions of the scope, the latest first."""
    statement = sa.select(ExitDecision).where(uow.scope.clause(ExitDecision.tenant))
    return list((await uow.execute(statement.order_by(ExitDecision.noted_at.desc()).limit(100))).scalars())


def _fits(node: NodeView, kind: str, first: date, last: date, today: date) -> list[Fault]:
    faults = []
    if kind not in SUBSIDY_KINDS:
        faults.append(Fault("kind", "请选零工市场或服务点（驿站）。", "choice"))
    elif node.kind.value not in (_MARKETS if kind == "market" else _POINTS):
        faults.append(Fault("path", f"{node.kind_label}“{node.name}”不是{KINDS[kind]}，请换一个。", "kind"))
    if last < first or (last - first).days >= liveliness.MOST_DAYS or first > today:
        faults.append(Fault("last", "时间段不对：最多一年，最后一天不能早于第一天。", "range"))
    return faults


async def _paid(uow: UnitOfWork, path: str, first: date, last: date) -> int:
    """Return what was paid in a period under contracts that cover the place, or lie in it."""
    here = sa.or_(
        sa.func.starts_with(sa.literal(path), OperatorContractNode.tenant), OperatorContractNode.tenant.startswith(path)
    )
    covering = sa.select(OperatorContractNode.contract_id).where(here)
    statement = sa.select(sa.func.coalesce(sa.func.sum(Settlement.amount_fen), 0)).where(
        Settlement.contract_id.in_(covering), Settlement.state == "P_PAID", Settlement.paid_on.between(first, last)
    )
    return int(await uow.session.scalar(statement) or 0)


def percent(share: float | None) -> float | None:
    """Return a measure's share as its line says it, in per cent; None where there is nothing to divide by."""
    return None if share is None else round(share * 100, 1)


def _share(part: int, whole: int) -> float | None:
    return round(part * 100 / whole, 1) if whole else None


async def _tell(uow: UnitOfWork, event: str, subject: UUID, tenant: str, **body: object) -> None:
    await uow.emit(NewEvent(type=event, chain=f"subsidy:{subject}", subject_id=subject, tenant=tenant, body=body))
