"""The zombie rule (M20, R132): which stations are only a sign on a wall, from thirty days of facts, with the evidence.

`judged` is pure: counts in, verdict out. A verdict is a hint and a proposal; a card or a removal is decided by people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.measures.liveliness import Counts, closures, measured
from linggong.measures.site_models import SiteHit
from linggong.measures.sites import Thresholds, thresholds
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants.models import Node

HIT: Final = "site.zombie_hit"
RULE_WORDS: Final = {"zombie": "僵尸驿站", "empty": "挂空牌"}
PROPOSAL_WORDS: Final = {"notice": "提醒", "yellow": "建议亮黄牌、限期整改", "delist": "建议通报批评、除名"}
_STEPS: Final = ("notice", "yellow", "delist")
_STAFF: Final = (Role.STATION_MANAGER.value, Role.STATION_CLERK.value)


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters of the rule as they hold at a station."""

    window: int = 30
    min_served: int = 5
    min_opening: float = 30.0
    silent: int = 14
    min_days: int = 15
    rectify: int = 30

    @classmethod
    def at(cls, path: str, found: Thresholds) -> Limits:
        """Read them."""
        day = 86_400
        return cls(
            window=found.whole(path, "zombie.window") // day, min_served=found.whole(path, "zombie.min_served"),
            min_opening=float(found.decimal(path, "zombie.min_opening")), silent=found.whole(path, "zombie.silent") // day,
            min_days=found.whole(path, "zombie.min_days"), rectify=found.whole(path, "card.rectify") // day,
        )  # fmt: skip


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the verdict rests on: numbers of the window, and the lines they are held against."""

    first: date
    last: date
    completed: int
    served: int
    opened: int
    planned: int
    roster: int
    """Clerks and managers who held a post there on the last day."""
    last_sign: date | None
    """The last day of the window with a clerk's sign-in or a screen's heartbeat."""
    closed_days: int
    min_served: int
    min_opening: float
    silent_days: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A station's verdict: which rule it met ('' none, 'exempt' declared closures), why, and the evidence."""

    rule: str
    words: str
    evidence: Evidence


def judged(evidence: Evidence, limits: Limits) -> Verdict:
    """Return the verdict of the evidence. 空牌 comes first: nobody there explains the rest."""
    e = evidence
    if e.planned < limits.min_days:
        words = f"除去还没开始记录、报备停开和按公布时间休息的日子，应开只有 {e.planned} 天，不到 {limits.min_days} 天，不判。"
        return Verdict(rule="exempt", words=words, evidence=e)
    silent = (e.last - e.last_sign).days if e.last_sign else None
    if e.roster == 0:
        return Verdict(rule="empty", words="名册上没有工作人员。", evidence=e)
    if e.closed_days == 0 and (silent is None or silent >= limits.silent):
        since = f"从 {e.last_sign.month} 月 {e.last_sign.day} 日起" if e.last_sign else f"{limits.window} 天里"
        return Verdict(rule="empty", words=f"{since}没有人登录，也没有屏幕在线。", evidence=e)
    few, shut = e.served < limits.min_served, e.opened * 100 < limits.min_opening * e.planned
    if e.completed == 0 and (few or shut):
        why = [f"服务 {e.served} 人，不到 {limits.min_served} 人"] if few else []
        why += [f"应开 {e.planned} 天只开 {e.opened} 天，不到 {limits.min_opening:g}%"] if shut else []
        return Verdict(rule="zombie", words=f"{limits.window} 天没有促成一个工；{'；'.join(why)}。", evidence=e)
    return Verdict(rule="", words="", evidence=e)


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A station that meets the rule, or is exempt, with how often on end and what is proposed."""

    path: str
    name: str
    rule: str
    rule_words: str
    words: str
    nth: int
    """For the how-manieth month on end, this one included; 0 for an exempt one."""
    proposes: str
    proposal_words: str
    evidence: Evidence


async def zombies(uow: UnitOfWork, top: TenantPath, *, last: date) -> list[Judged]:
    """Return the stations at and below a place that meet the rule over the window that ends with a day, and the exempt ones."""
    limits = await thresholds(uow, "zombie.", "card.")
    window = Limits.at(top, limits).window
    first = last - timedelta(days=window - 1)
    found = await measured(uow, top, first, last)
    paths = [place.path for place, _, _ in found]
    closed = await closures(uow, paths, first, last)
    roster = await _roster(uow, top, last)
    before = await _before(uow, paths, last)
    told = []
    for place, counts, _ in found:
        held = Limits.at(place.path, limits)
        verdict = judged(
            _evidence(counts, first, last, roster.get(place.path, 0), closed.get(place.path, set()), held), held
        )
        if not verdict.rule:
            continue
        exempt = verdict.rule == "exempt"
        nth = 0 if exempt else min(before.get(place.path, 0) + 1, len(_STEPS))
        proposes = "" if exempt else _STEPS[nth - 1]
        said = PROPOSAL_WORDS.get(proposes, "不判")
        told.append(
            Judged(
                path=place.path, name=place.name, rule=verdict.rule, rule_words=RULE_WORDS.get(verdict.rule, "不判"),
                words=verdict.words, nth=nth, proposes=proposes,
                proposal_words=f"{said} {held.rectify} 天" if proposes == "yellow" else said, evidence=verdict.evidence,
            )
        )  # fmt: skip
    return sorted(told, key=lambda j: (-j.nth, j.path))


def _evidence(c: Counts, first: date, last: date, roster: int, closed: set[date], limits: Limits) -> Evidence:
    lately = {last - timedelta(days=n) for n in range(limits.silent)}
    return Evidence(
        first=first, last=last, completed=c.completed, served=c.served, opened=c.opened, planned=c.planned, roster=roster,
        last_sign=c.last_sign, closed_days=len(closed & lately), min_served=limits.min_served,
        min_opening=limits.min_opening, silent_days=limits.silent,
    )  # fmt: skip


async def _roster(uow: UnitOfWork, top: TenantPath, day: date) -> dict[str, int]:

    end = clock.day_bounds(day)[1]
    rows = await uow.execute(
        sa.select(RoleAssignment.tenant, sa.func.count(RoleAssignment.staff_id.distinct()).label("n"))
        .where(
            in_subtree(RoleAssignment.tenant, top), RoleAssignment.role.in_(_STAFF), RoleAssignment.starts_at < end,
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at >= end),
        )
        .group_by(RoleAssignment.tenant)
    )  # fmt: skip
    return {row.tenant: row.n for row in rows}


async def _before(uow: UnitOfWork, paths: list[str], last: date) -> dict[str, int]:
    """Return for the how-manieth month on end stations had met the rule in the month before that of a day."""
    rows = await uow.execute(
        sa.select(SiteHit.tenant, SiteHit.nth).where(SiteHit.tenant.in_(paths), SiteHit.month == _month_before(last))
    )
    return {row.tenant: row.nth for row in rows}


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


async def record(uow: UnitOfWork, month: date) -> list[SiteHit]:
    """Write the hits of a month that is over, each once, and tell of each; return the new ones. For the system."""
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    known = set(await uow.session.scalars(sa.select(SiteHit.tenant).where(SiteHit.month == first)))
    nodes: dict[str, UUID] = {}
    new = []
    for hit in await zombies(uow, TenantPath("/"), last=last):
        if hit.nth == 0 or hit.path in known:
            continue
        row = SiteHit(
            id=new_id(), tenant=hit.path, month=first, verdict=hit.rule, nth=hit.nth, proposes=hit.proposes,
            evidence=msgspec.to_builtins(hit.evidence) | {"words": hit.words}, made_at=uow.now,
        )  # fmt: skip
        uow.session.add(row)
        new.append(row)
        nodes[hit.path] = await uow.session.scalar(sa.select(Node.id).where(Node.path == hit.path)) or new_id()
        await uow.flush()
        await uow.emit(
            NewEvent(
                type=HIT, chain=f"node:{nodes[hit.path]}", subject_id=nodes[hit.path], tenant=hit.path,
                body={
                    "month": f"{first:%Y-%m}", "rule": hit.rule, "nth": hit.nth, "proposes": hit.proposes, "name": hit.name,
                    "words": hit.words, "proposal": hit.proposal_words,
                },
            )
        )  # fmt: skip
    return new


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A hit that was written down for a month."""

    path: str
    name: str
    month: date
    rule_words: str
    nth: int
    proposal_words: str
    words: str


async def recorded(uow: UnitOfWork, top: TenantPath, *, since: date) -> list[Recorded]:
    """Return the hits written for the months since a day, the latest first."""
    rows = await uow.execute(
        sa.select(SiteHit, Node.name)
        .join(Node, Node.path == SiteHit.tenant)
        .where(in_subtree(SiteHit.tenant, top), uow.scope.clause(SiteHit.tenant), SiteHit.month >= since)
        .order_by(SiteHit.month.desc(), SiteHit.nth.desc(), SiteHit.tenant)
    )
    return [
        Recorded(
            path=hit.tenant, name=name, month=hit.month, rule_words=RULE_WORDS[hit.verdict], nth=hit.nth,
            proposal_words=PROPOSAL_WORDS[hit.proposes], words=str(hit.evidence.get("words", "")),
        )
        for hit, name in rows
    ]  # fmt: skip
