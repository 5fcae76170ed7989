"""Figures of groups of workers: too few are not told, nor what would tell them by subtraction."""

from __future__ import annotations

import sqlalchemy as sa
from small_city import STATION, City

from linggong.measures.models import MetricFact
from linggong.measures.shape import VERSION
from tests.measures.test_facts import DAY, ask


async def _work(city: City, people: dict[str, int]) -> None:
    """So many people of each group came and finished, at one station, for three employers."""
    rows = []
    for grp, count in people.items():
        for name, number in (("shift.person", count), ("shift.employer", 3), ("arrived", 1), ("completed", 1)):
            rows += [
                {"component": name, "grp": grp, "key": f"{grp}-{n}" if "." in name else "", "value": 1}
                for n in range(number)
            ]
    fixed = {"tenant": STATION, "day": DAY, "trade_code": "6-29-99-00", "version": VERSION}
    async with city.database.system() as uow:
        await uow.execute(sa.delete(MetricFact))
        await uow.execute(sa.insert(MetricFact), [row | fixed for row in rows])


async def _hidden(city: City, *groups: str) -> list[bool]:
    return [(await ask(city, "M07", group=group)).figures[0].hidden for group in groups]


async def test_one_hidden_group_hides_a_second(city: City) -> None:
    """§9: one group alone below ten persons would be the whole less the others; the smallest of the others goes with it."""
    await _work(city, {"u50": 12, "50": 15, "55": 20, "60": 4})
    assert await _hidden(city, "u50", "50", "55", "60") == [True, False, False, True]
    # Two that are hidden protect each other; nobody at all is no secret.
    await _work(city, {"u50": 12, "50": 15, "55": 20, "60": 4, "65": 3})
    assert await _hidden(city, "u50", "50", "60", "65") == [False, False, True, True]
    await _work(city, {"u50": 12, "50": 15, "55": 20})
    assert await _hidden(city, "u50", "50", "55", "60") == [False, False, False, True]


async def test_hardship_and_the_others_hide_each_other(city: City) -> None:
    """R052: nine people under hardship are not told as the difference between all and the others."""
    await _work(city, {"50": 15, "50h": 9})
    assert await _hidden(city, "hardship", "others") == [True, True]
    await _work(city, {"50": 15, "50h": 10})
    assert await _hidden(city, "hardship", "others") == [False, False]
