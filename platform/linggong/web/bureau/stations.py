"""Stations under the eye of the office: the zombie rule, hints at made-up records, liveliness, declared closures (M19 to M21, M24)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.measures import closing, liveliness
from linggong.measures.closing import KIND_WORDS, ClosureForm
from linggong.measures.coverage import Coverage, coverage
from linggong.measures.liveliness import Liveliness, lively
from linggong.measures.sites import open_sites, thresholds
from linggong.measures.suspicion import suspects
from linggong.measures.zombies import Judged, recorded, zombies
from linggong.web import menus, pages
from linggong.web.bureau.tables import Cell, Head, Table, number, words
from linggong.web.places import counties
from linggong.web.refused import filled
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
Path = Annotated[str | None, QueryParameter(max_length=120)]
DAYS = 30
_MONTHS_BACK = timedelta(days=190)


async def lively_table(uow: UnitOfWork, path: TenantPath) -> Table:
    """Return the stations with their liveliness of the last thirty days that are over, the least lively first."""
    last = clock.business_date(uow.now) - timedelta(days=1)
    days = (await thresholds(uow, "liveliness.")).whole(path, "liveliness.days")
    found = await lively(uow, path, first=last - timedelta(days=days - 1), last=last)
    heads = (
        Head("站点", number=False), Head("活跃度", title="五项合计，满分 100；有一项算不出时按其余各项折成 100，记 *"),
        *(Head(f"{label}（{liveliness.WEIGHTS[key]} 分）", number=False) for key, label in liveliness.LABELS.items()),
    )  # fmt: skip
    return Table(
        key="stations", title=f"站点活跃度（近 {days} 天）", heads=heads, rows=[_line(one) for one in found],
        note="按时开：工作人员登录、屏幕在线、当天办过业务，三样里有两样才算。服务和完工的满分线是全县第 75 百分位。打 * 的有一项算不出。", empty="这里还没有开着的站点。",
    )  # fmt: skip


def _line(one: Liveliness) -> list[Cell]:
    text = "—" if one.score is None else f"{one.score:g}"
    tone = "danger" if one.score is not None and one.score < _LOW else ""
    parts = [words(f"{'—' if p.points is None else f'{p.points:g}'} 分：{p.words}") for p in one.parts]
    return [words(one.name + (" *" if one.partial else "")), Cell(text, one.score, tone=tone), *parts]


_LOW = 30.0


def _zombie_table(found: list[Judged]) -> Table:
    rows = [
        [
            words(z.name), words(z.rule_words, tone="danger" if z.nth else ""),
            Cell(f"第 {z.nth} 个月" if z.nth else "—", z.nth), words(z.proposal_words), words(z.words), number(z.evidence.completed),
            number(z.evidence.served), words(f"{z.evidence.opened}/{z.evidence.planned} 天"),
        ]
        for z in found
        if z.nth
    ]  # fmt: skip
    heads = (
        Head("站点", number=False), Head("情况", number=False), Head("连续", number=False), Head("建议", number=False),
        Head("依据", number=False), Head("完工人次"), Head("服务人数"), Head("开门", number=False),
    )  # fmt: skip
    return Table(
        key="zombies", title="僵尸驿站和挂空牌", heads=heads, rows=rows,
        note="看到昨天为止的 30 天。第一次提醒，连续第二个月建议黄牌，第三个月建议除名；亮牌和除名由人社局决定。"
        + (f"另有 {exempt} 个站点报备停开，或开始记录不久，不判。" if (exempt := sum(not z.nth for z in found)) else ""),
        empty="没有站点碰到这条线。",
    )  # fmt: skip


async def _recorded_table(uow: UnitOfWork, path: TenantPath) -> Table:
    found = await recorded(uow, path, since=clock.business_date(uow.now) - _MONTHS_BACK)
    rows = [
        [
            words(f"{one.month:%Y 年 %-m 月}"), words(one.name), words(one.rule_words), Cell(f"第 {one.nth} 个月", one.nth),
            words(one.proposal_words), words(one.words),
        ]
        for one in found
    ]  # fmt: skip
    heads = tuple(Head(text, number=False) for text in ("月份", "站点", "情况", "连续", "建议", "依据"))
    return Table(
        key="recorded",
        title="每月记下的",
        heads=heads,
        rows=rows,
        empty="近半年没有记下的。",
        note="每月初按上个月记一次，记下就不改。",
    )


def _covered(c: Coverage) -> dict[str, str]:
    if c.value is None:
        return {"value": "—", "sub": "还没有人口数，算不出", "sample": ""}
    sub = f"{c.radius_km:g} 公里内有活跃站点的 {c.covered:,} 人 ÷ 全部 {c.total:,} 人"
    if c.unplaced:
        sub += f"；其中 {c.unplaced:,} 人的社区没有坐标，按没覆盖算"
    return {
        "value": f"{c.value:.1%}", "sub": sub, "sample": "含示例数字，不是统计数据" if c.is_sample or c.points_are_sample else ""
    }  # fmt: skip


class Stations(Controller):
    """Stations: what to look at, what to do about it."""

    path = "/bureau/stations"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OVERVIEW_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions], path: Path = None,
    ) -> Response[bytes]:  # fmt: skip
        """What needs a look first."""
        return await _page(request, uow, principal, decisions, path)

    @post("/closures", opt={"permission": Permission.NODE_MANAGE})
    async def declare(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
    ) -> Response[bytes]:  # fmt: skip
        """Declare that a station is closed for some days."""
        values = {key: str(value) for key, value in (await pages.form_values(request)).items()}
        show = partial(_page, request, principal=principal, decisions=decisions, path=values.get("path") or None)
        async with filled(request, uow, show, values):
            await closing.declare(
                uow,
                ClosureForm(
                    site=values.get("site", ""), first=_day(values.get("first", "")), last=_day(values.get("last", "")),
                    kind=values.get("kind", ""), note=values.get("note", ""),
                ),
            )  # fmt: skip
        return pages.redirect(request, _here(values.get("path", "")), say="记下了，这几天不算它没开门。")

    @post("/closures/{closure_id:uuid}/end", opt={"permission": Permission.NODE_MANAGE})
    async def end(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], closure_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Note that it is open again."""
        path = str((await pages.form_values(request)).get("path", ""))
        await closing.reopen(uow, closure_id)
        return pages.redirect(request, _here(path), say="好，从今天起算它开着。")


def _here(path: str) -> str:
    return "/bureau/stations" + (f"?{urlencode({'path': path})}" if path else "")


def _day(raw: str) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        # Never in the future: the form refuses it by its own words.
        return date.min


async def _page(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, decisions: Decisions, path: str | None
) -> Response[bytes]:
    top = await top_of(uow, path)
    here, today = TenantPath(top.path), clock.business_date(uow.now)
    last = today - timedelta(days=1)
    may_manage = decisions.anywhere(principal, Permission.NODE_MANAGE)
    looks = decisions.anywhere(principal, Permission.INSPECTION_READ)
    return menus.render(
        request, principal, "bureau/stations.html",
        place=top.name, path=here, counties=await counties(uow, here), today=today, up=f"/bureau?{urlencode({'path': here})}",
        coverage=_covered(await coverage(uow, here)),
        zombies=_zombie_table(await zombies(uow, here, last=last)),
        recorded=await _recorded_table(uow, here),
        suspects=await suspects(uow, here, first=last - timedelta(days=DAYS - 1), last=last) if looks else [],
        looks=looks, days=DAYS,
        lively=await lively_table(uow, here),
        closures=await closing.declared(uow, here, since=today),
        sites=await open_sites(uow, here) if may_manage else [],
        kinds=KIND_WORDS,
    )  # fmt: skip


CONTROLLERS: list[Any] = [Stations]
