"""The wall screen (大屏): a rotation that is read from three to eight metres, and keeps itself fresh and alive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from markupsafe import Markup

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Forbidden
from linggong.kernel.live import Hub
from linggong.kernel.settings import Settings
from linggong.market import board
from linggong.market.board import BoardFilters
from linggong.market.trades import COMMON_TRADES, trade
from linggong.market.views import BoardLine
from linggong.sites.wall import slogans
from linggong.stations import phones, poster, screens, wall
from linggong.stations.wall import Seeker, Wage
from linggong.web import cards, live, pages
from linggong.web.desk.home import trade_words
from linggong.web.hall.device import begin_again, day_words
from linggong.web.places import Places, places
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
ROWS = 8
_MOST_JOBS, _MOST_SEEKERS = 24, 24
TURN = 12
"""Seconds for which a panel stands."""
HOTLINE = "12333"
_MOST_SLOGANS = 3
_WORDS = {t.code: t.word for t in COMMON_TRADES}
_TRADES = 2


class Walls(Controller):
    """One wall screen, at its secret address."""

    path = "/screen/{token:str}"
    include_in_schema = False
    exception_handlers = {Forbidden: begin_again}  # noqa: RUF012 - Litestar reads it from the class

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        token: FromPath[str],
        at: Annotated[int, QueryParameter(ge=0, le=1000)] = 0,
    ) -> Response[bytes]:
        """All panels; one is shown, scripts turn them, without scripts the page turns itself."""
        screen = await screens.of_token(database, token, "wall")
        known = await places(database)
        async with database.begin(screen.actor, screen.scope, read_only=True) as uow:
            area = await wall.area_of(uow, screen.tenant)
            seekers = await wall.seekers(uow, screen.tenant, limit=_MOST_SEEKERS)
            called = await wall.called(uow, screen.tenant)
            numbers = await wall.numbers(uow, screen.tenant, area.path)
            code = await phones.code_today(uow, secrets, screen.tenant)
            said = await slogans(uow, screen.tenant)
        jobs = (await board.board_page(database, BoardFilters(area=area.path, sort="soonest"), None, _MOST_JOBS)).items
        wages = await wall.wages(database, area.path)
        priced = [_wage(w) for w in wages if w.median_fen is not None]
        panels = [
            *_panels("jobs", [_job(line, known) for line in jobs]),
            *_panels("seekers", [_seeker(one) for one in seekers]),
            {"kind": "numbers", "rows": [], "part": ""},
            *([{"kind": "wages", "rows": priced, "part": ""}] if priced else []),
            {"kind": "help", "rows": [], "part": ""},
            *({"kind": "slogan", "rows": [line.split()], "part": ""} for line in said[:_MOST_SLOGANS]),
        ]
        return pages.render(
            request,
            "hall/wall.html",
            token=token,
            station=screen.station,
            area=area,
            phone=screen.phone,
            hours=screen.opening_hours,
            hotline=HOTLINE,
            panels=panels,
            shown=at % len(panels),
            following=f"/screen/{quote(token)}?at={(at + 1) % len(panels)}",
            called=called,
            numbers=numbers,
            sign_code=code,
            today=day_words(),
            at=clock.now(),
            turn=TURN,
            qr=Markup(poster.qr_inline(f"{settings.address}/?county={quote(area.path, safe='')}")),  # noqa: S704 - drawn here from an address of ours
        )

    @get("/live", opt={"permission": Permission.PUBLIC_USE})
    async def live(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        hub: NamedDependency[Hub],
        token: FromPath[str],
    ) -> Stream:
        """Tell the wall that the board, or something at its station, has changed."""
        screen = await screens.of_token(database, token, "wall")
        names = {f"tenant:{screen.tenant}": "hall", "type:order": "board", "type:engagement": "board"}
        return live.answer(hub, names, since=live.since(request, None), network="", known=True)

    @post("/beat", status_code=204, opt={"permission": Permission.PUBLIC_USE})
    async def beat(self, database: NamedDependency[Database], token: FromPath[str]) -> None:
        """It is alive."""
        await screens.beat(database, await screens.of_token(database, token, "wall"))


def _panels(kind: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    parts = [rows[i : i + ROWS] for i in range(0, len(rows), ROWS)] or [[]]
    return [
        {"kind": kind, "rows": part, "part": f"{n}/{len(parts)}" if len(parts) > 1 else ""}
        for n, part in enumerate(parts, 1)
    ]


def _job(line: BoardLine, known: Places) -> dict[str, Any]:
    begin = clock.shanghai(line.starts_at)
    days = (begin.date() - clock.business_date(clock.now())).days
    when = {0: "今天", 1: "明天"}.get(days, f"{begin.month}月{begin.day}日")
    return {
        "title": poster.cut(line.title, 11),
        "pay_fen": line.pay_fen,
        "unit": cards.unit_word(line.pay_unit, line.piece_name),
        "settlement": cards.settlement_word(line.settlement),
        "when": f"{when} {begin:%H:%M}",
        "place": poster.cut(known.label(line.tenant) or line.place, 7),
        "left": line.places_left,
    }


def _seeker(one: Seeker) -> dict[str, Any]:
    return {
        "call": poster.cut(one.call, 6),
        "trades": poster.cut(trade_words(one.trades[:_TRADES]), 12),
        "pay_fen": one.pay_fen,
        "unit": cards.unit_word(one.pay_unit),
        "here": one.here,
    }


def _wage(wage: Wage) -> dict[str, Any]:
    found = trade(wage.trade_code)
    name = _WORDS.get(wage.trade_code) or (found.name if found else wage.trade_code)
    return {"trade": poster.cut(name, 10), "median_fen": wage.median_fen, "posts": wage.posts}
