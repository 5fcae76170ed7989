"""When a city needs hands: weekdays, holidays, harvests, festivals. Plausible figures, made up for the demo."""

from __future__ import annotations

from datetime import date

_HOLIDAYS = (
    # Spring Festival empties building sites for weeks, the first days of October thin them out.
    (date(2026, 2, 10), date(2026, 3, 1), 0.3),
    (date(2027, 1, 31), date(2027, 2, 20), 0.3),
    (date(2028, 1, 20), date(2028, 2, 10), 0.3),
)

URBAN = frozenset({"02", "03", "04", "05", "sfq"})
"""Segments of the city's own districts; every other county is a country one."""

_WINDOWS: dict[str, tuple[tuple[str, str, dict[str, float]], ...]] = {
    # season: (from, to, weight by county segment; "*" stands for every other one)
    "garlic_harvest": (("0512", "0608", {"21": 14.0, "22": 4.0, "12": 3.0, "25": 2.0, "*": 0.5}),),
    "garlic_planting": (("0918", "1012", {"21": 9.0, "22": 3.0, "12": 2.0, "25": 2.0, "*": 0.3}),),
    "garlic_grading": (
        ("0609", "0831", {"21": 5.0, "22": 2.0, "*": 0.3}),
        ("0101", "1231", {"21": 2.0, "22": 0.6, "*": 0.1}),
    ),
    "wheat": (("0528", "0615", {"*": 4.0}),),
    "maize": (("0918", "1008", {"*": 2.5}),),
    "peanut": (("0828", "1010", {"12": 8.0, "25": 5.0, "21": 3.0, "23": 3.0, "*": 1.0}),),
    "fruit": (
        ("0525", "0731", {"22": 6.0, "23": 4.0, "*": 1.0}),
        ("0801", "0930", {"23": 4.0, "22": 2.0, "*": 0.6}),
        ("0101", "1231", {"22": 1.2, "23": 1.0, "*": 0.5}),
    ),
    "chrysanthemum": (("1005", "1122", {"*": 3.0}), ("0301", "0501", {"*": 1.5}), ("0101", "1231", {"*": 0.7})),
    "parcels": (("1101", "1120", {"*": 2.5}), ("0601", "0620", {"*": 1.8}), ("0101", "1231", {"*": 1.0})),
    "building": (("1220", "1231", {"*": 0.5}), ("0101", "0228", {"*": 0.5}), ("0101", "1231", {"*": 1.0})),
    "table": (("0101", "1231", {"*": 1.0}),),
    "always": (("0101", "1231", {"*": 1.0}),),
}


def season(name: str, day: date, county: str) -> float:
    """Return how much a season weighs on a day in a county: 0 outside all its windows, 1 in an ordinary time."""
    today = f"{day:%m%d}"
    for start, end, weights in _WINDOWS[name]:
        if start <= today <= end:
            factor = weights.get(county, weights.get("*", 0.0))
            return factor * (1.4 if name == "table" and day.isoweekday() >= 5 else 1.0)
    return 0.0


def demand(day: date) -> float:
    """Return how much of a full working day's demand a date has: weekend dips and holidays."""
    factor = {6: 0.82, 7: 0.68}.get(day.isoweekday(), 1.0)
    if (day.month, day.day) in {(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)}:
        factor *= 0.7
    for start, end, dip in _HOLIDAYS:
        if start <= day <= end:
            factor *= dip
    return factor
