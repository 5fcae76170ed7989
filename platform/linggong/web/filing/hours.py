"""Declared hours by season beside the days that kept them (R038), and the streets and communities that a place serves (R002)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import EVERYWHERE
from linggong.sites import around, hours
from linggong.sites.hours import Season
from linggong.web import menus, pages
from linggong.web.filing import shown
from linggong.web.filing.typed import Typed
from linggong.web.places import typed_place
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_DAYS = 30
_ROWS = 3
VERDICTS = {"open": "按时开", "late": "开晚了", "shut": "没有开门证据", "rest": "休息"}
_TONES = {"open": "go", "late": "wait", "shut": "danger", "rest": "off"}
_SIGNS = {"clerk": "登录", "beat": "屏幕", "deed": "办事"}


class HoursPages(Controller):
    """Hours and areas."""

    path = "/places/{node_id:uuid}"
    include_in_schema = False

    @get("/open", opt={"permission": Permission.FILE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """When it says it is open, when it was, whom it serves."""
        return await _page(request, uow, principal, node_id)

    @post("/hours", opt={"permission": Permission.FILE_WRITE})
    async def declare(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Declare hours."""
        values = await pages.form_values(request)
        typed = Typed(values)
        seasons = [
            Season(
                first_month=typed.whole(f"seasons.{n}.first_month") or 0, last_month=typed.whole(f"seasons.{n}.last_month") or 0,
                weekdays=typed.text(f"seasons.{n}.weekdays"), opens=typed.minute(f"seasons.{n}.opens"),
                closes=typed.minute(f"seasons.{n}.closes"),
            )
            for n in range(_ROWS)
            if typed.text(f"seasons.{n}.first_month")
        ]  # fmt: skip
        show = partial(_page, request, principal=principal, node_id=node_id)
        async with filled(request, uow, show, values), typed.checked():
            await hours.declare(uow, node_id, seasons, from_on=typed.day("from_on"))
        return pages.redirect(request, f"/places/{node_id}/open", say="公布了，公开页面、大屏和开门统计都按它算。")

    @post("/areas", opt={"permission": Permission.FILE_WRITE})
    async def serve(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Add an area that it serves."""
        values = await pages.form_values(request)
        show = partial(_page, request, principal=principal, node_id=node_id)
        async with filled(request, uow, show, values):
            area = await typed_place(uow, str(values.get("area") or ""), "area", within=EVERYWHERE)
            await around.serve(uow, node_id, area)
        return pages.redirect(request, f"/places/{node_id}/open#areas", say="写上了。")

    @post("/areas/{site_area_id:uuid}/remove", opt={"permission": Permission.FILE_WRITE})
    async def leave(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        node_id: FromPath[UUID],
        site_area_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Take an area away."""
        async with sent_back(request, uow, f"/places/{node_id}/open#areas"):
            await around.leave(uow, site_area_id)
        return pages.redirect(request, f"/places/{node_id}/open#areas", say="去掉了。")


async def _page(request: AnyRequest, uow: UnitOfWork, principal: Principal, node_id: UUID) -> Response[bytes]:
    found = await shown.load(uow, node_id)
    today = clock.business_date(uow.now)
    last = today - timedelta(days=1)
    kept = await hours.kept(uow, found.path, found.node.opening_hours, last - timedelta(days=_DAYS - 1), last)
    declared = await hours.versions(uow, found.path)
    held = next((one for one in declared if one.from_on <= today), None)
    seasons = [_row(one) for one in held.seasons] if held else []
    return shown.render(
        request, principal, uow, "filing/hours.html", found, "hours",
        held=held, coming=[one for one in declared if one.from_on > today], public=found.node.opening_hours or "",
        rows=[*seasons, *({} for _ in range(_ROWS - len(seasons)))][:_ROWS],
        counts={words: sum(one.verdict == key for one in kept) for key, words in VERDICTS.items()},
        days=[
            {
                "day": one.day, "due": "" if one.due is None or one.due < 0 else hours.minute_words(one.due),
                "signs": "、".join(f"{_SIGNS[sign]} {hours.minute_words(minute)}" for sign, minute in sorted(one.signs.items(), key=lambda s: s[1])),
                "verdict": VERDICTS[one.verdict], "tone": _TONES[one.verdict],
            }
            for one in kept
        ],
        areas=await around.areas(uow, found.path),
        near=await around.choices(uow, found.path) if menus.may(request, principal, Permission.FILE_WRITE) else [],
    )  # fmt: skip


def _row(one: Season) -> dict[str, Any]:
    return {
        "first_month": one.first_month, "last_month": one.last_month, "weekdays": one.weekdays,
        "opens": hours.minute_words(one.opens), "closes": hours.minute_words(one.closes),
    }  # fmt: skip
