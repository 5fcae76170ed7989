"""Every page that the router lists, as somebody who may open it gets it: found by the router, filled by the proof's own city."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from linggong.prove import run, scratch
from linggong.prove.client import Ask
from linggong.prove.operations import Operation
from linggong.prove.plan import Planner
from linggong.prove.world import Row

NOT_PAGES = re.compile(r"^/(api|admin|health|metrics|static|live|dev)\b|^/docs|/schema")
ROWS = 3
"""Rows that each person who may is asked to show."""


@dataclass(frozen=True)
class Page:
    """A page as it came: its route, who asked, the address, the HTML."""

    route: str
    who: str
    url: str
    html: str


async def collect(place: scratch.Server, template: str) -> tuple[list[Page], list[str]]:
    """Return one answer of each page, and the routes that gave nobody one. Downloads and ways on are no pages."""
    stage = await run.build(place, template, 1)
    found: list[Page] = []
    unseen: list[str] = []
    async with run.opened(stage) as (site, _):
        operations = [o for o in run.operations_of(site) if o.method == "GET" and not NOT_PAGES.search(o.path)]
        planner = Planner(stage.city, stage.world, stage.oracle, operations, 1)
        for operation in operations:
            page = await _seen(planner, site, operation)
            if page is None:
                unseen.append(operation.path)
            elif page.html:
                found.append(page)
    return found, unseen


async def _seen(planner: Planner, site: Any, operation: Operation) -> Page | None:
    led_on = False
    for ask in _asks(planner, operation):
        answer = await site.ask(ask)
        if answer.status == 200:
            html = answer.body.decode() if answer.header("content-type").startswith("text/html") else ""
            return Page(operation.path, ask.subject.name, ask.url, html)
        led_on = led_on or (answer.status in (302, 303) and not answer.refused)
    return Page(operation.path, "", "", "") if led_on else None


def _asks(planner: Planner, operation: Operation) -> Iterator[Ask]:
    may = [s for s in planner.city.subjects if planner.oracle.may_call(s, operation.permission)]
    random.Random(1).shuffle(may)
    slot = next((s for s in operation.slots if s.where == "path" and s.kind), None)
    for subject in may:
        rows: list[Row | None] = [None]
        if slot is not None:
            own = [
                r for r in planner.world.by_table[slot.kind] if planner.oracle.sees(subject, operation.permission, r)
            ]
            # Places differ by their kind: a county has no file, a street no tickets.
            rows = [*({r.cells.get("kind"): r for r in reversed(own)}.values() if slot.kind == "nodes" else own[:ROWS])]
        for row in rows:
            ask = planner.case(operation, subject, slot, row).ask
            yield replace(ask, query=tuple((k, v) for k, v in ask.query if k in operation.always))


def all_pages(info: Any, passwords: Any) -> tuple[list[Page], list[str]]:
    """Build the city and ask, in a loop of its own."""
    place = scratch.embedded(info, passwords)
    with scratch.migrated(place) as name:
        return asyncio.run(collect(place, name))
