"""Measures as a workbook: the figures on one sheet, and on the next what was asked, by whom, and what each figure means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from linggong.kernel import clock
from linggong.measures.answers import Answer, Value
from linggong.measures.definitions import BY_ID
from linggong.measures.subject import GROUPS
from linggong.web.measures import shown
from linggong.web.measures.asking import SPLITS, Asked
from linggong.web.measures.shown import Part

Line = list[str | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What stands beside the figures: where, what, as of when, who took them away and when."""

    place: str
    asked: Asked
    trade: str
    as_of: datetime | None
    made: datetime
    by: str


def book(about: About, whole: dict[str, Answer], parts: Sequence[Part]) -> dict[str, list[Line]]:
    """Return the sheets of a workbook."""
    figures = _split(about.asked, whole, parts) if about.asked.by else _glance(whole)
    return {"数字": figures, "说明": _words(about, sorted(whole))}


def _glance(whole: dict[str, Answer]) -> list[Line]:
    lines: list[Line] = [["编号", "指标", "项目", "数值", "单位", "分子", "分母", "定义版本"]]
    for metric, definition in BY_ID.items():
        if metric in whole:
            lines += [
                [metric, definition.name, v.label, shown.raw(v), shown.unit(v), _part(v, v.above), _part(v, v.below), whole[metric].version]
                for v in whole[metric].figures
            ]  # fmt: skip
    return lines


def _part(value: Value, number: int | None) -> float | str:
    if number is None:
        return ""
    return number / 100 if value.money else number


def _split(asked: Asked, whole: dict[str, Answer], parts: Sequence[Part]) -> list[Line]:
    columns = [(m, figure) for m in asked.metrics for figure in BY_ID[m].figures]

    def line(name: str, answers: dict[str, Answer]) -> Line:
        told = {(m, v.key): shown.raw(v) for m, answer in answers.items() for v in answer.figures}
        return [name, *(told.get((m, figure.key), "") for m, figure in columns)]

    units = {(m, v.key): shown.unit(v) for m, answer in whole.items() for v in answer.figures}
    heads: Line = [SPLITS[asked.by][1:]]
    heads += [f"{BY_ID[m].name}：{figure.label}（{units.get((m, figure.key), '')}）" for m, figure in columns]
    return [heads, *(line(p.name, p.answers) for p in parts), line("合计", whole)]


def _words(about: About, metrics: Sequence[str]) -> list[Line]:
    asked = about.asked
    lines: list[Line] = [
        ["地方", about.place],
        ["时间段", f"{asked.span.first.isoformat()} 至 {asked.span.last.isoformat()}"],
        ["工种", about.trade or "全部"],
        ["人群", GROUPS[asked.group].label if asked.group else "全部"],
        ["数字截至", _stamp(about.as_of) if about.as_of else "还没有统计过"],
        ["导出人", about.by],
        ["导出时间", _stamp(about.made)],
        ["说明", f"空格是没有分母、算不出来；{shown.HIDDEN}的是背后不满 10 人或 3 家用工方。"],
        [],
        ["编号", "指标", "定义版本", "启用日期", "说的是什么", "怎么算", "按哪一天", "不算什么", "谁负责"],
    ]
    for metric in metrics:
        d = BY_ID[metric]
        lines.append([d.id, d.name, d.version, d.since.isoformat(), d.words, d.formula, d.day, d.leaves_out, d.owner])
    return lines


def _stamp(moment: datetime) -> str:
    return f"{clock.shanghai(moment):%Y-%m-%d %H:%M}"
