"""The public board and the large-letter switch (R006)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from litestar import Controller, Request, Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel import clock
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import from_yuan
from linggong.kernel.paging import Page
from linggong.market import board
from linggong.market.board import BoardFilters
from linggong.market.codes import JOB_FORM_LABELS, SETTLEMENT_LABELS
from linggong.market.trades import COMMON_TRADES
from linggong.market.views import BoardLine
from linggong.people.models import Worker
from linggong.people.where import Here
from linggong.web import cards, footer, pages
from linggong.web.places import places
from linggong.web.portal import here
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
TRADES = [{"value": t.code, "label": t.word} for t in COMMON_TRADES]
SETTLEMENTS = [{"value": code.value, "label": label} for code, label in SETTLEMENT_LABELS.items()]
JOB_FORMS = [{"value": code.value, "label": label} for code, label in JOB_FORM_LABELS.items()]
OFFERS = ("meal", "lodging")
"""What the page asks for beside the pay: 管饭, 管住."""
NEAR_FIRST = {"value": "distance", "label": "离我近的在前"}
SORTS = [
    {"value": "newest", "label": "新发的在前"},
    {"value": "pay", "label": "钱多的在前"},
    {"value": "soonest", "label": "开工早的在前"},
    {"value": "fit", "label": "合适的在前"},
]
_FIELDS = ("q", "county", "street", "trade", "date", "settlement", "job_form", *OFFERS, "pay_min", "sort", "km")
KEPT = ("q", "county", "street", "trade", "settlement", "job_form", *OFFERS, "pay_min", "km")
"""What a saved search keeps: a day passes, and the order is nobody's wish."""
_FOLDED = ("county", "street", "date", "job_form", *OFFERS, "pay_min", "sort")
_QUICK_TRADES = ("小工", "搬运装卸", "保洁", "服务员", "采摘")
_WALK_KM = "5"
"""What somebody reaches on foot or with an electric bicycle."""
_PAGE = 20
_NAMES = {"area": "county", "pay_min_fen": "pay_min"}
"""Which field of the page a filter of the board comes from."""


def filters_of(values: dict[str, str], faults: list[Fault], place: Here | None = None) -> BoardFilters:
    """Return what the page's fields ask of the board; whoever said where he is sees the nearest first."""
    day = None
    if values["date"]:
        try:
            day = date.fromisoformat(values["date"])
        except ValueError:
            faults.append(Fault("date", "日期写法不对，例如 2026-11-25。", "date"))
    least = None
    if values["pay_min"]:
        try:
            least = int(from_yuan(values["pay_min"]))
        except ValueError:
            faults.append(Fault("pay_min", "请填一个钱数，例如 150。", "number"))
    street = values["street"] if values["street"].startswith(values["county"] or "#") else ""
    return BoardFilters(
        area=street or values["county"] or None,
        trade=values["trade"] or None,
        date=day,
        settlement=values["settlement"] or None,
        job_form=values["job_form"] or None,
        benefits=tuple(name for name in OFFERS if values[name]),
        pay_min_fen=least,
        q=values["q"] or None,
        sort=values["sort"] or ("newest" if place is None else "distance"),
        latitude=None if place is None else place.latitude,
        longitude=None if place is None else place.longitude,
        radius_km=_km(values["km"]) if place is not None else None,
        far=True,
        once=True,
    )


def _km(raw: str) -> float | None:
    return float(pages.whole(raw, int(board.MAX_RADIUS_KM)) or 0) or None


def _to_save(values: dict[str, str]) -> dict[str, str] | None:
    """Return the fields of a search that can be kept, None for a board that shows everything."""
    kept = {k: v for k, v in values.items() if v and k in KEPT}
    return kept or None


def _quick(values: dict[str, str], place: Here | None) -> list[dict[str, Any]]:
    today = clock.business_date(clock.now())
    words = {t.word: t.code for t in COMMON_TRADES}
    chips = [
        ("今天", "date", today.isoformat()),
        ("明天", "date", (today + timedelta(days=1)).isoformat()),
        ("日结", "settlement", "daily"),
        *([(f"{_WALK_KM}公里内", "km", _WALK_KM)] if place is not None else []),
        *((word, "trade", words[word]) for word in _QUICK_TRADES),
    ]
    return [{"label": label, "on": values[n] == v, "href": _href(values, n, v)} for label, n, v in chips]


def _href(values: dict[str, str], name: str = "", value: str = "") -> str:
    kept = {k: v for k, v in values.items() if v and k != name}
    if name and values[name] != value:
        kept[name] = value
    return "/?" + urlencode(kept) if kept else "/"


async def _own_trades(database: Database, principal: Principal) -> tuple[str, ...]:
    """Return the trades of a signed-in worker: they raise a post in the order by fit."""
    if principal.kind != "worker":
        return ()
    async with database.begin(principal.actor(), read_only=True) as uow:
        found = await uow.session.scalar(sa.select(Worker.trades).where(Worker.person_id == uow.actor.id))
    return tuple(found or ())


def _total(count: int) -> str:
    return f"{board.COUNT_CAP} 多个活" if count > board.COUNT_CAP else f"{count} 个活"


class BoardPages(Controller):
    """What anybody sees first."""

    include_in_schema = False

    @get("/", opt={"permission": Permission.BOARD_READ})
    async def board(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Today's jobs: one round trip for the page, one for the count, no transaction."""
        values = {name: str(request.query_params.get(name, "")).strip() for name in _FIELDS}
        known = await places(database)
        place, cookies = await here.known(request, database, principal)
        here_href = here.here_href(_href({k: v for k, v in values.items() if k != "sort"}))
        if place is None and values["sort"] == "distance":
            return pages.redirect(request, here_href, cookies=cookies)
        await footer.renew(request.app)
        faults: list[Fault] = []
        filters = filters_of(values, faults, place)
        found, total, invalid = Page[BoardLine]([]), 0, None
        try:
            if faults:
                board.prepared(filters)
                raise Invalid([])
            cursor = request.query_params.get("after") or None
            total = await board.board_count(database, filters)
            if filters.sort == "fit":
                filters = replace(filters, trades=await _own_trades(database, principal))
            if total > board.COUNT_CAP:
                # Of very many the near ones are enough, and an index finds them.
                filters = replace(filters, far=False)
            found = await board.board_page(database, filters, cursor, _PAGE)
        except Invalid as error:
            told = [Fault(_NAMES.get(f.field, f.field), f.message, f.code) for f in error.faults]
            invalid = Invalid([*faults, *told])
        more = urlencode({k: v for k, v in values.items() if v} | {"after": found.next}) if found.next else ""
        response = pages.render(
            request,
            "portal/board.html",
            status=200 if invalid is None else board.BadFilter.status,
            jobs=[cards.card(line, known) for line in found.items],
            form=pages.form_state(values, invalid),
            counties=known.counties,
            streets=known.streets.get(values["county"], []),
            trades=TRADES,
            settlements=SETTLEMENTS,
            job_forms=JOB_FORMS,
            sorts=SORTS if place is None else [NEAR_FIRST, *SORTS],
            quick=_quick(values, place),
            place=here.words(place),
            here_href=here_href,
            save=_to_save(values) if principal.kind in ("worker", "anonymous") else None,
            total_text=_total(total),
            more_href=f"/?{more}" if more else "",
            open_filter=invalid is not None or any(values[name] for name in _FOLDED),
        )
        response.cookies.extend(cookies)
        return response

    @get("/prefs/big", opt={"permission": Permission.PUBLIC_USE})
    async def big(self, request: AnyRequest, on: Annotated[str, QueryParameter(max_length=5)] = "1") -> Response[bytes]:
        """Large letters on or off, for a browser without scripts; back to where the visitor was."""
        back = request.headers.get("referer", "")
        own = f"{request.url.scheme}://{request.url.netloc}/"
        to = "/" + back.removeprefix(own) if back.startswith(own) else "/"
        cookie = Cookie(
            key=pages.BIG_COOKIE, value="1" if on == "1" else "0", max_age=31_536_000, samesite="lax", path="/"
        )
        return pages.redirect(request, to, cookies=[cookie])
