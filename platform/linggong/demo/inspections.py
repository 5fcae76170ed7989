"""Inspections, cards and stars in the demo county: a joint draw looked at, faults on their way, a yellow card, an award, stars.

Written once, as the people whose names are printed after the start; what is past is written with a moved clock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import time, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.demo.operators import paper_photo
from linggong.inbox import subscribers as inbox
from linggong.inspection import cards, inspecting, planning, queries, rectifying, stars, subscribers
from linggong.inspection.cards import CardForm, Proof
from linggong.inspection.checklists import Item
from linggong.inspection.inspecting import Answer
from linggong.inspection.models import InspectionDraw
from linggong.inspection.planning import DrawForm
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock, business_date
from linggong.kernel.db import Actor, Database
from linggong.kernel.errors import Invalid
from linggong.kernel.paths import Scope, tenant_path
from linggong.measures import facts, zombies
from linggong.measures.site_models import SiteDay
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from tenants.models import Node

_Acting = tuple[Actor, Scope]
_NEEDED: Final = ("county", "department", "clerk")
_FAULTS: Final = {
    "rest": "饮水机坏了，候工的人没有热水。", "exit": "后门堆了三袋水泥，推不开。", "slogans": "监督电话贴在柜子后面，看不见。",
}  # fmt: skip


async def write(database: Database) -> int:
    """Play it; returns how many results were written. Nothing a second time, nor without the accounts or stations."""
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(sa.exists().where(InspectionDraw.id.is_not(None)))):
            return 0
        rows = (
            await uow.execute(
                sa.select(
                    Staff.username,
                    Staff.id,
                    RoleAssignment.id.label("post"),
                    RoleAssignment.role,
                    RoleAssignment.tenant,
                    RoleAssignment.starts_at,
                )
                .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
                .where(Staff.username.in_(_NEEDED))
            )
        ).all()
        people = {r.username: _as(r.id, r.post, r.role, r.tenant) for r in rows}
    if people.keys() != set(_NEEDED) or people["department"][0].post != people["county"][0].post:
        return 0
    inbox.register()
    subscribers.register()
    await _month_ends(database)
    now, written = clock.now(), 0
    # Nobody inspects before he had his post.
    begun = max(now - timedelta(days=12), *(row.starts_at + timedelta(minutes=1) for row in rows))
    step = max(now - begun, timedelta()) / 6
    moved = MovableClock(begun)
    with clock.clock_set(moved):
        async with database.begin(*people["county"]) as uow:
            sites = await planning.candidates(uow, ["station", "market_comprehensive", "service_point"])
            if not sites:
                return 0
            due = business_date(uow.now) + timedelta(days=10)
            await planning.draw(
                uow,
                DrawForm(
                    places=min(3, len(sites)),
                    due_on=due,
                    kinds=["station", "market_comprehensive", "service_point"],
                    joint=True,
                    seed="2026年第四季度",
                ),
            )
            tasks = await queries.tasks(uow)
        for n, task in enumerate(tasks):
            moved.move_to(begun + step * (n + 1))
            # The last one is still to be looked at: what the inspector finds on his page today.
            if n == len(tasks) - 1 > 0:
                continue
            written += await _look(database, people["department"], task.id, task.items, n)
        moved.move_to(begun + step * 5)
        await _mend(database, people)
    await _judge(database, people["county"])
    return written


async def _month_ends(database: Database) -> None:
    """Judge each month that the city played from end to end, as the machine does in the night after it: who is a zombie (M20)."""
    await facts.refresh(database)
    async with database.system() as uow:
        day = await uow.session.scalar(sa.select(sa.func.min(SiteDay.day)))
        today = business_date(uow.now)
    while day is not None and (after := (day.replace(day=1) + timedelta(days=31)).replace(day=1)) <= today:
        with clock.clock_set(MovableClock(clock.at_shanghai(after, time(2, 30)))):
            async with database.system() as uow:
                await zombies.record(uow, after - timedelta(days=1))
        day = after


async def _look(database: Database, who: _Acting, task_id: UUID, items: Sequence[Item], n: int) -> int:
    faults = list(_FAULTS) if n == 0 else list(_FAULTS)[:1]
    answers, photos = [], {}
    async with database.begin(*who) as uow:
        for item in items:
            bad = item.key in faults
            until = business_date(uow.now) + timedelta(days=25 if n == 0 else 300) if item.dated and not bad else None
            answers.append(
                Answer(item=item.key, passed=not bad, words=_FAULTS[item.key] if bad else "", expires_on=until)
            )
            photos[item.key] = [paper_photo(uow)] if item.photo else []
        await inspecting.record(uow, task_id, answers, photos, due_on=business_date(uow.now) + timedelta(days=15))
    return len(answers)


async def _mend(database: Database, people: dict[str, _Acting]) -> None:
    """The clerk's own station reports one fault as put right; the bureau closes another one of the first station."""
    async with database.begin(*people["clerk"]) as uow:
        own = [f for f in await queries.findings(uow) if f.state == "F_OPEN"]
        if own:
            await rectifying.mend(uow, own[0].id, words="修好了，已经能用，贴了标签。", photos=[paper_photo(uow)])


async def _judge(database: Database, county: _Acting) -> None:
    async with database.begin(*county) as uow:
        names = {
            n.id: n
            for n in await uow.session.scalars(
                sa.select(Node).where(county[1].clause(Node.path), Node.status == "open")
            )
        }
        done = [t for t in await queries.tasks(uow, state="done") if t.node_id in names]
        if not done:
            return
        best = max(done, key=lambda t: sum(r.passed for r in t.results) / max(1, len(t.results)))
        worst = min(done, key=lambda t: sum(r.passed for r in t.results) / max(1, len(t.results)))
        good = [Proof(kind="result", id=r.id) for r in best.results if r.passed][:3]
        await cards.give(
            uow, CardForm(site=best.node_id, colour="award", words="检查项目绝大多数合格，群众反映好。", evidence=good)
        )
        bad = [Proof(kind="result", id=r.id) for r in worst.results if not r.passed]
        if bad and worst.id != best.id:
            await cards.give(
                uow, CardForm(site=worst.node_id, colour="yellow", words="多项不合格，安全出口堵塞。", evidence=bad, demand="三十日内逐项整改，留照片报复查。"),
            )  # fmt: skip
    with contextlib.suppress(Invalid):  # days too short for any station to be rated
        async with database.begin(*county) as uow:
            last = business_date(uow.now) - timedelta(days=1)
            await stars.publish(uow, first=last - timedelta(days=59), last=last)


def _as(staff_id: UUID, post_id: UUID, role: str, path: str) -> _Acting:
    post = tenant_path(path)
    return Actor(kind="staff", id=staff_id, post=post, post_id=post_id, role=role, channel="desk"), Scope(trees=(post,))
