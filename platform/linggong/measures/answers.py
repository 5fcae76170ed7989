"""Answers from the facts: any counted measure for a period, a place and all below it, a trade or group of trades, and a group of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.trades import trade
from linggong.measures.computing import percentile
from linggong.measures.definitions import BY_ID
from linggong.measures.models import MetricFact
from linggong.measures.shape import EMPLOYERS_LEAST, PERSONS_LEAST, VERSION, Definition, Figure, Found
from linggong.measures.subject import GROUPS

MOST_DAYS = 366
Where = Sequence[sa.ColumnElement[bool]]
_TOTAL: Final = sa.func.sum(MetricFact.value)


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One figure with what it was divided from; null without anything to divide by, and where it may not be told."""

    key: str
    label: str
    unit: str
    value: float | None
    above: int | None = None
    below: int | None = None
    money: bool = False
    """Whether above and below are fen; else they count."""
    hidden: bool = False
    """True where too few persons or employers stand behind it."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A measure over a period at a place, with the version of its definition."""

    id: str
    name: str
    version: int
    path: str
    first: date
    last: date
    """The last day that was counted: of what is told only when a day is over, never later than yesterday."""
    trade: str
    group: str
    figures: list[Value]


def asked(metric: str, first: date, last: date, trade_code: str = "", group: str = "") -> Definition:
    """Return the definition asked for. Raises Invalid with all that is wrong at once: measure, period, trade, group."""
    faults = []
    definition = BY_ID.get(metric)
    if definition is None:
        faults.append(Fault("metric", "没有这个指标，请从 M01 到 M25 里选。", "choice"))
    elif not definition.figures:
        words = definition.waits or "有定义，但还没有开始统计。"
        faults.append(Fault("metric", f"「{definition.name}」：{words}", "not_counted"))
    if last < first or (last - first).days >= MOST_DAYS:
        faults.append(Fault("last", "时间段不对：最多一年，最后一天不能早于第一天。", "range"))
    if trade_code and trade(trade_code) is None:
        faults.append(Fault("trade", "没有这个工种代码。", "choice"))
    if group and group not in GROUPS:
        faults.append(Fault("group", "没有这个人群。", "choice"))
    if definition is None or faults:
        raise Invalid(faults)
    return definition


async def answer(
    uow: UnitOfWork, metric: str, top: TenantPath, *, first: date, last: date, trade_code: str = "", group: str = ""
) -> Answer:
    """Return a measure for the place and all below it, as far as the scope reaches. Raises Invalid as `asked` does."""
    asked(metric, first, last, trade_code, group)
    return (await answers(uow, [metric], top, first=first, last=last, trade_code=trade_code, group=group))[metric]


async def answers(
    uow: UnitOfWork,
    metrics: Sequence[str],
    top: TenantPath,
    *,
    first: date,
    last: date,
    trade_code: str = "",
    group: str = "",
) -> dict[str, Answer]:
    """Return counted measures by their ids; those that are told of the same days and people are read together."""
    today = clock.business_date(uow.now)
    together: dict[tuple[date, str], list[Definition]] = {}
    for definition in (BY_ID[metric] for metric in metrics):
        end = min(last, today - timedelta(days=1)) if definition.ripe else last
        together.setdefault((end, definition.group), []).append(definition)
    told = {}
    for (end, own), definitions in together.items():
        where = [
            in_subtree(MetricFact.tenant, top), uow.scope.clause(MetricFact.tenant), MetricFact.version == VERSION,
        ]  # fmt: skip
        groups = [GROUPS[name].values for name in (group, own) if name]
        where += [MetricFact.grp.in_(values) for values in groups]
        found = await _found(
            uow, definitions, where, Found(first, end, today, asked=_asks(trade_code)), trade_code, bool(groups)
        )
        for one in definitions:
            told[one.id] = Answer(
                id=one.id, name=one.name, version=one.version, path=top, first=first, last=end, trade=trade_code, group=group,
                figures=_figures(one, found, bool(groups), told=one.grouped or not group),
            )  # fmt: skip
    return told


def _figures(definition: Definition, found: Found, guarded: bool, *, told: bool) -> list[Value]:
    persons, employers = definition.guard
    enough = len(found.keys.get(persons, {})) >= PERSONS_LEAST and (
        not employers or len(found.keys.get(employers, {})) >= EMPLOYERS_LEAST
    )
    return [
        _value(f, found, enough or not (guarded or f.guarded))
        if told
        else Value(key=f.key, label=f.label, unit=f.unit, value=None)
        for f in definition.figures
    ]


def stem(code: str) -> str:
    """Return what the codes of all trades below a group begin with."""
    while code.endswith("-00"):
        code = code.removesuffix("-00")
    return code + "-"


def _asks(code: str) -> Callable[[str], bool]:
    """Return the test that a trade belongs to the one asked for; without one, all do."""
    return lambda one: not code or one == code or one.startswith(stem(code))


async def _found(
    uow: UnitOfWork, definitions: Sequence[Definition], where: Where, found: Found, trade_code: str, guarded: bool
) -> Found:
    fact = MetricFact

    def uses(part: str) -> set[str]:
        return {name for d in definitions for name in getattr(d.uses, part)}

    names = uses("keys") | {name for d in definitions for f in d.figures for name in (f.above, f.below) if name}
    for definition in definitions:
        if guarded or any(f.guarded for f in definition.figures):
            names |= {name for name in definition.guard if name}
    of_trade = list(where)
    if trade_code:
        below = fact.trade_code.startswith(stem(trade_code), autoescape=True)
        of_trade.append(sa.or_(fact.trade_code == trade_code, below))
    during = fact.day.between(found.first, found.last)
    year = fact.day.between(found.last - timedelta(days=MOST_DAYS), found.last)

    async def by(
        column: Any, wanted: Iterable[str], days: sa.ColumnElement[bool], value: Any = _TOTAL, within: Where = of_trade
    ) -> dict[str, dict[Any, Any]]:
        table: dict[str, dict[Any, Any]] = {name: {} for name in sorted(wanted)}
        if table:
            rows = await uow.execute(
                sa.select(fact.component, column, value)
                .where(*within, days, fact.component.in_(list(table)))
                .group_by(fact.component, column)
            )
            for component, key, one in rows:
                table[component][key] = one if isinstance(one, date) else int(one)
        return table

    found.keys = await by(fact.key, names, during)
    found.days = await by(fact.day, uses("days"), during)
    found.trades = await by(fact.trade_code, uses("trades"), during, within=where)
    found.before = await by(fact.trade_code, uses("before"), fact.day < found.first, within=where)
    found.latest = await by(fact.key, uses("latest"), year, sa.func.max(fact.day))
    found.earliest = await by(fact.key, uses("earliest"), year, sa.func.min(fact.day))
    pairs = await by(
        sa.literal(""), uses("person_days"), during, sa.func.count(sa.distinct(sa.tuple_(fact.day, fact.key)))
    )
    found.person_days = {name: counts.get("", 0) for name, counts in pairs.items()}
    return found


def _value(figure: Figure, found: Found, told: bool) -> Value:
    above, below = found.keys.get(figure.above, {}), found.keys.get(figure.below, {})
    over: int | None = sum(above.values())
    under: int | None = sum(below.values())
    value: float | None
    if not told:
        return Value(key=figure.key, label=figure.label, unit=figure.unit, value=None, hidden=True)
    if figure.compute is not None:
        made = figure.compute(found)
        value, over, under = made.value, made.above, made.below
    elif figure.kind == "percentile":
        unfinished = sum(below.values())
        value, under = percentile(above, unfinished, figure.share), sum(above.values()) + unfinished
    elif figure.kind == "sum":
        value, under = float(sum(above.values())), None
    else:
        if figure.kind == "persons":
            over, under = len(above), len(below)
        value = round(over * figure.scale / under, 4) if over is not None and under else None
    return Value(
        key=figure.key, label=figure.label, unit=figure.unit, value=value, above=over, below=under,
        money=figure.unit == "分" or figure.above.endswith(".fen"),
    )  # fmt: skip
