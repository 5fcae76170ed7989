"""The functions of figures that are no plain division: the official ratio, waiting, ageing, and shares of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from linggong.measures.shape import Computed, Found

Figured = Callable[[Found], Computed]


def percentile(times: Mapping[str, int], unfinished: int, share: int) -> float | None:
    """Return the value at `share` per cent by nearest rank; None for no values, or where the rank falls among the unfinished."""
    total = sum(times.values()) + unfinished
    rank, seen = -(-total * share // 100), 0
    for value in sorted(times, key=int):
        seen += times[value]
        if seen >= rank > 0:
            return float(value)
    return None


def _ratio(above: float, below: float) -> float | None:
    return round(above / below, 4) if below else None


def valid(found: Found, what: str) -> dict[str, int]:
    """Return what was valid in the period by trade: carried over from before, and new (上期结转 + 本期新增)."""
    opened, closed, new = found.before[f"{what}.opened"], found.before[f"{what}.closed"], found.trades[f"{what}.opened"]
    return {code: opened.get(code, 0) - closed.get(code, 0) + new.get(code, 0) for code in {*opened, *new}}


def demand(found: Found) -> Computed:
    """Return the valid demand in places: above what is new, below what was carried over."""
    new = sum(n for code, n in found.trades["demand.opened"].items() if found.asked(code))
    whole = sum(n for code, n in valid(found, "demand").items() if found.asked(code))
    return Computed(float(whole), new, whole - new)


def seekers(found: Found) -> float:
    """Return the valid seekers of the trade asked for; those without a wish spread over trades in proportion to demand."""
    places, people = valid(found, "demand"), valid(found, "seek")
    spread, whole = people.pop("", 0), sum(places.values())
    mine = sum(n for code, n in people.items() if found.asked(code))
    if found.asked(""):
        return float(mine + spread)
    part = sum(n for code, n in places.items() if found.asked(code))
    return mine + (spread * part / whole if whole else 0.0)


def seeking(found: Found) -> Computed:
    """Return the valid seekers, to one decimal where some of them are spread."""
    return Computed(round(seekers(found), 1))


def official_ratio(found: Found) -> Computed:
    """Return 求人倍率: valid demand in places by valid seekers."""
    places, people = demand(found).value or 0.0, seekers(found)
    return Computed(_ratio(places, people), round(places), round(people))


def daily_ratio(found: Found) -> Computed:
    """Return places still wanted at 05:00 by people who said that they could come, day by day."""
    places, people = found.sum("wanted.five"), found.person_days["avail.person"]
    return Computed(_ratio(places, people), places, people)


def day_pay(found: Found) -> Computed:
    """Return the median for a day of eight hours."""
    hours = found.keys["wage.hour"]
    median = percentile(hours, 0, 50)
    return Computed(None if median is None else median * 8, sum(hours.values()), sum(hours.values()))


LOOKED: Final = ("avail.person", "done.person")


def placed(found: Found) -> Computed:
    """Return who finished a shift of those who looked for work or did some."""
    done, below = found.distinct["done.person"], found.together[LOOKED]
    return Computed(_ratio(done, below), done, below)


def days_each(found: Found) -> Computed:
    """Return finished shifts for each person who finished one."""
    done, people = found.sum("done.person"), found.distinct["done.person"]
    return Computed(_ratio(done, people), done, people)


def _wait_at(share: int, found: Found) -> Computed:
    times = {str(days): people for days, people in found.waits.items()}
    return Computed(percentile(times, 0, share), None, sum(times.values()))


def _waiting_over(limit: int, found: Found) -> Computed:
    long = sum(people for days, people in found.waits.items() if days > limit)
    whole = sum(found.waits.values())
    return Computed(_ratio(long, whole), long, whole)


def _aged(days: int, found: Found) -> Computed:
    """Return the overdue money whose due day is at least so many days ago."""
    late = found.days["late.fen"]
    old = sum(fen for day, fen in late.items() if day <= found.today - timedelta(days=days))
    return Computed(float(old), old, sum(late.values()))


def _key_share(above: str, below: str, key: str, found: Found) -> Computed:
    over, under = found.keys[above].get(key, 0), found.keys[below].get(key, 0)
    return Computed(_ratio(over, under), over, under)


def _key_count(component: str, key: str, found: Found) -> Computed:
    return Computed(float(found.keys[component].get(key, 0)), found.keys[component].get(key, 0), found.sum(component))


def wait_at(share: int) -> Figured:
    """Return the function of the days waited at a share of seekers."""
    return partial(_wait_at, share)


def waiting_over(limit: int) -> Figured:
    """Return the function of the share of seekers who have waited longer than a limit."""
    return partial(_waiting_over, limit)


def aged(days: int) -> Figured:
    """Return the function of money overdue for so many days."""
    return partial(_aged, days)


def key_share(above: str, below: str, key: str) -> Figured:
    """Return the function of a share among the rows of one key."""
    return partial(_key_share, above, below, key)


def key_count(component: str, key: str) -> Figured:
    """Return the function of what a component counts under one key."""
    return partial(_key_count, component, key)
