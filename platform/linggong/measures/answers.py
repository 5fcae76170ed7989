"""Answers from the facts: any counted measure for a period, a place and all below it, a trade or group of trades, and a group of workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath
from linggong.market.trades import trade
from linggong.measures.computing import percentile
from linggong.measures.definitions import BY_ID
from linggong.measures.reading import Asked, alone, enough, read, stem
from linggong.measures.shape import Definition, Figure, Found
from linggong.measures.subject import GROUPS

MOST_DAYS = 366


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
        groups = tuple(name for name in (group, own) if name)
        question = await Asked.of(uow, top, trade_code, groups, summed=not group)
        found = Found(first, end, today, asked=_asks(trade_code))
        await read(question, definitions, found)
        guards = {d.guard for d in definitions if groups or any(f.guarded for f in d.figures)}
        many = await enough(question, guards, first, end)
        if group:
            many |= dict.fromkeys(await alone(question, [guard for guard in guards if many[guard]], first, end), False)
        for one in definitions:
            told[one.id] = Answer(
                id=one.id, name=one.name, version=one.version, path=top, first=first, last=end, trade=trade_code, group=group,
                figures=[
                    value_of(f, found, many.get(one.guard, False) or not (groups or f.guarded))
                    if one.grouped or not group
                    else Value(key=f.key, label=f.label, unit=f.unit, value=None)
                    for f in one.figures
                ],
            )  # fmt: skip
    return told


def _asks(code: str) -> Callable[[str], bool]:
    """Return the test that a trade belongs to the one asked for; without one, all do."""
    return lambda one: not code or one == code or one.startswith(stem(code))


def value_of(figure: Figure, found: Found, told: bool) -> Value:
    """Return a figure of what was found; hidden where too few stand behind it (not `told`)."""
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
            over, under = found.distinct[figure.above], found.distinct[figure.below]
        value = round(over * figure.scale / under, 4) if over is not None and under else None
    return Value(
        key=figure.key, label=figure.label, unit=figure.unit, value=value, above=over, below=under,
        money=figure.unit == "分" or figure.above.endswith(".fen"),
    )  # fmt: skip
