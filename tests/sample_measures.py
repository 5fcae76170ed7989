"""Contexts of the statistics pages, built by what builds the pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from linggong.measures.answers import Answer, Value
from linggong.measures.definitions import BY_ID, DEFINITIONS
from linggong.web.measures import asking, shown
from linggong.web.measures.asking import PERIODS, SPLITS, Asked, Span
from linggong.web.measures.shown import Part

Page = tuple[str, str, dict[str, Any]]
DAY = date(2026, 11, 27)
PLACES = (
    "龙亭区",
    "顺河回族区",
    "鼓楼区",
    "禹王台区",
    "祥符区",
    "杞县",
    "通许县",
    "尉氏县",
    "兰考县",
    "城乡一体化示范区",
)


def answer(metric: str, n: int) -> Answer:
    """An answer of some measure, each time another one; one in seven may not be told, one in eleven has nothing to divide by."""
    figures = []
    for k, f in enumerate(BY_ID[metric].figures):
        below = 40 + (n * 37 + k * 11) % 300
        above = below * ((n * 13 + k * 29) % 60 + 35) // 100
        hidden, none = f.guarded and n % 7 == 0, (n + k) % 11 == 10
        value = (
            None
            if hidden or none
            else above / below
            if f.unit == "%"
            else float(1800 + 90 * k + n % 40)
            if "/" in f.unit
            else float(below)
        )
        figures.append(
            Value(key=f.key, label=f.label, unit=f.unit, value=value, above=None if hidden else above, below=None if hidden else below, hidden=hidden)
        )  # fmt: skip
    return Answer(
        id=metric, name=BY_ID[metric].name, version=BY_ID[metric].version, path="/4102/", first=DAY, last=DAY, trade="", group="",
        figures=figures,
    )  # fmt: skip


def pages(staff: dict[str, Any], *, now: datetime) -> list[Page]:
    """Return the pages."""
    asked = Asked(metrics=(), period="free", span=Span(first=DAY - timedelta(days=29), last=DAY), path="/4102/")
    whole = {m: answer(m, n) for n, m in enumerate(shown.COUNTED)}
    chosen = Asked(metrics=("M04", "M12"), period="free", span=asked.span, path="/4102/", by="day")
    days = [
        Part(name=span.words.partition("年")[2], href="#", answers={m: answer(m, n) for m in chosen.metrics})
        for n, span in enumerate(asking.spans(chosen))
    ]
    places = [Part(name=p, href="#", answers={m: answer(m, n) for m in chosen.metrics}) for n, p in enumerate(PLACES)]
    values = {
        "path": "/4102/",
        "period": "free",
        "first": "2026-10-29",
        "last": "2026-11-27",
        "by": "",
        "trade": "",
        "group": "",
        "m": [],
    }
    base = staff | {
        "place": "开封市", "words": asked.span.words, "as_of": now, "form": {"values": values, "errors": {}}, "up_href": "",
        "places": [{"value": "/4102/", "label": "开封市"}, *({"value": f"/4102/{n}/", "label": f"　{p}"} for n, p in enumerate(PLACES))],
        "periods": [{"value": v, "label": label} for v, label in PERIODS.items()], "splits": [{"value": v, "label": label} for v, label in SPLITS.items()],
        "groups": [{"value": "60", "label": "60–64 岁"}], "trades": [{"code": "6-29-99-00", "name": "其他建筑施工人员"}], "trade": "",
        "group": "", "metrics": shown.choices(), "chosen": 0, "sections": shown.cards(whole, asked), "table": None, "lines": [],
        "bars": [], "left_out": [], "export": "/bureau/measures/export",
    }  # fmt: skip
    split = base | {"chosen": 2, "sections": [], "left_out": shown.beside(chosen)}
    by_day = shown.table(days, Part(name="合计", href="", answers=days[3].answers), "按天", chosen)
    by_place = shown.table(places, Part(name="合计", href="", answers=days[3].answers), "按下一级地方", chosen)
    wrong = {
        "values": values | {"first": "2026-02-30"},
        "errors": {"first": "日期写法不对，例如 2026-11-27。", "m": "没有 M99 这个指标，请从 M01 到 M25 里选。"},
    }
    why = staff | {
        "definition": BY_ID["M12"], "place": "开封市", "words": asked.span.words, "as_of": now, "trade": "", "group": "", "faults": [], "stations": "",
        "back": "/bureau/measures", "series": "#", "places": "#", "figures": shown.card(answer("M12", 3), asked)["figures"],
        "sides": [{"of": "bills.confirmed", "label": "本人确认的分子", "href": "#a"}, {"of": "bills.due", "label": "分母", "href": "#b"}],
        "side": None, "records": None,
    }  # fmt: skip
    row = {
        "title": "李师傅",
        "sub": "搬砖小工，开封建筑公司",
        "href": "/desk/orders/1",
        "state": "已结清",
        "tone": "go",
        "place": "兰阳街道零工驿站",
        "day": DAY,
        "counts": "1",
    }
    none = next(d for d in DEFINITIONS if not d.figures)
    return [
        ("measures", "measures/board.html", base),
        ("measures-new", "measures/board.html", base | {"as_of": None, "export": "", "up_href": "#"}),
        ("measures-days", "measures/board.html", split | {"table": by_day, "lines": shown.lines(days, chosen)}),
        ("measures-places", "measures/board.html", split | {"table": by_place, "bars": shown.bars(places, chosen), "trade": "6-29 建筑", "group": "60–64 岁"}),
        ("measures-wrong", "measures/board.html", base | {"form": wrong, "export": ""}),
        ("measure", "measures/why.html", why | {"side": why["sides"][0], "records": {"refused": False, "rows": [row, row | {"href": "", "state": ""}], "more": "#"}}),
        ("measure-refused", "measures/why.html", why | {"side": why["sides"][0], "records": {"refused": True}}),
        ("measure-none", "measures/why.html", why | {"side": why["sides"][1], "records": {"refused": False, "rows": [], "more": ""}}),
        ("measure-stations", "measures/why.html", why | {"definition": BY_ID["M24"], "sides": [], "stations": "#", "figures": [{"label": "3 公里内", "text": "61.2%", "hidden": False, "none": False, "of": "612 / 1,000"}]}),
        ("measure-uncounted", "measures/why.html", why | {"definition": none, "figures": [], "sides": [], "faults": ["日期写法不对。"]}),
    ]  # fmt: skip
