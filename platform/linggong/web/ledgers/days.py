"""每日工作记实 on pages (R091): what is missing first, today's draft with its signature, every day of the month; above a station the sums."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.ledgers import daily
from linggong.ledgers.daily import SignForm
from linggong.measures.sites import open_sites
from linggong.web import menus, pages
from linggong.web.bureau.tables import Head, Table, number, words
from linggong.web.ledgers.shared import AnyRequest, Here, Month, Path, here
from linggong.web.places import counties
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal


class Days(Controller):
    """The daily record."""

    path = "/ledgers/days"
    include_in_schema = False

    @get("/", opt={"permission": Permission.LEDGER_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], path: Path = "",
        month: Month = "", on: Path = "",
    ) -> Response[bytes]:  # fmt: skip
        """The days of a month."""
        return await _page(request, uow, principal=principal, path=path, month=month, on=on)

    @post("/sign", opt={"permission": Permission.LEDGER_WRITE})
    async def sign(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Sign a day."""
        values, show = await _sent(request, principal)
        async with filled(request, uow, show, values):
            row = await daily.sign(uow, _form(values))
        late = "（迟签，会标出来）" if row.late else ""
        return pages.redirect(request, "/ledgers/days", say=f"{row.day.month}月{row.day.day}日的日志签好了{late}。")

    @post("/add", opt={"permission": Permission.LEDGER_WRITE})
    async def add(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Add to a signed day."""
        values, show = await _sent(request, principal)
        async with filled(request, uow, show, values):
            row = await daily.add(uow, _form(values))
        return pages.redirect(
            request, "/ledgers/days", say=f"补在{row.day.month}月{row.day.day}日的日志后面了，原来的没有动。"
        )


async def _sent(request: AnyRequest, principal: Principal) -> tuple[dict[str, Any], Any]:
    values = await pages.form_values(request)
    on = str(values.get("day", ""))
    return values, partial(_page, request, principal=principal, month=on[:7], on=on)


def _form(values: dict[str, Any]) -> SignForm:
    return SignForm(day=_day(str(values.get("day", ""))) or date.max, note=str(values.get("note", "")))


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        return None


async def _page(
    request: AnyRequest, uow: UnitOfWork, *, principal: Principal, path: str = "", month: str = "", on: str = ""
) -> Response[bytes]:
    today, asked = clock.business_date(uow.now), _day(on)
    if asked is not None and asked <= today:
        month = month or f"{asked:%Y-%m}"
    at = await here(uow, path, month if len(month) == 7 and month <= f"{today:%Y-%m}" else "")
    shared = at.context("days", today)
    if not at.is_site:
        return menus.render(
            request, principal, "ledgers/days_above.html", **shared, table=await _above(uow, at),
            counties=await counties(uow, at.node.path, month=month),
        )  # fmt: skip
    own = at.node.path == uow.actor.post and menus.may(request, principal, Permission.LEDGER_WRITE)
    missing = await daily.missing(uow, at.node.path)
    found = await daily.read(uow, at.node.path, at.first, at.last)
    by_day = {one.day: one for one in found}
    day = asked if asked in by_day else (missing[0] if missing and own and not on else today)
    chosen = by_day.get(day)
    text = "" if chosen is None or chosen.signed_at else (await daily.draft(uow, at.node.path, day))[0]
    return menus.render(
        request, principal, "ledgers/days.html", **shared, own=own, chosen=chosen, draft=text, day=day,
        due=await daily.due_at(uow, at.node.path, day),
        missing=[{"day": one, "href": at.href("/ledgers/days", on=one.isoformat())} for one in missing],
        days=[{"one": one, "href": at.href("/ledgers/days", on=one.day.isoformat())} for one in found],
    )  # fmt: skip


async def _above(uow: UnitOfWork, at: Here) -> Table:
    sites = await open_sites(uow, TenantPath(at.node.path))
    last = min(at.last, clock.business_date(uow.now))
    sums = await daily.sums(uow, [site.path for site in sites], at.first, last)
    rows = [
        [
            words(site.name, f"/ledgers/days?path={site.path}&month={at.month}"), number(one.expected), number(one.signed),
            number(one.late, tone="wait" if one.late else ""), number(one.missing, tone="danger" if one.missing else ""),
        ]
        for site in sorted(sites, key=lambda site: (-sums[site.path].missing, site.path))
        for one in [sums[site.path]]
    ]  # fmt: skip
    heads = (
        Head("站点", number=False), Head("应签（天）", title="按开放时间应该开门的日子，报备停开的不算，从站点有动静那天算起"), Head("已签"),
        Head("迟签"), Head("没签"),
    )  # fmt: skip
    return Table(
        key="days",
        title="各站每日记实",
        heads=heads,
        rows=rows,
        note="没签的多的在前。",
        empty="这里还没有开着的站点。",
    )
