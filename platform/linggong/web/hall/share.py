"""The share pack: a poster as picture and A4, and words to paste, of an order or of a station's day. Open to everybody."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import Actor, Database
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.money import format_yuan
from linggong.kernel.paths import tenant_path
from linggong.kernel.settings import Settings
from linggong.market import board
from linggong.market.board import BoardFilters
from linggong.market.codes import BENEFIT_LABELS
from linggong.market.views import BoardLine
from linggong.stations import poster, wall
from linggong.stations.poster import Kind, Poster
from linggong.web import cards, pages
from linggong.web.hall.device import day_words
from linggong.web.places import places
from rbac.permissions import Permission
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
_ROWS = 8
_MEDIA = {"png": "image/png", "pdf": "application/pdf"}
_at_once = asyncio.Semaphore(2)


class Share(Controller):
    """Posters and words to pass on."""

    path = "/share"
    include_in_schema = False

    @get("/orders/{code:str}", opt={"permission": Permission.BOARD_READ})
    async def order(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        code: FromPath[str],
    ) -> Response[bytes]:
        """What to pass on of one order."""
        made, words = await _of_order(request, database, settings, code)
        return _page(request, f"/share/orders/{quote(made.code)}", made, words, back=f"/orders/{quote(made.code)}")

    @get("/orders/{code:str}/{name:str}", opt={"permission": Permission.BOARD_READ})
    async def order_file(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        code: FromPath[str],
        name: FromPath[str],
    ) -> Response[bytes]:
        """The picture or the A4 page of one order."""
        kind = _kind(name)
        made, _ = await _of_order(request, database, settings, code)
        return await _file(made, kind, made.code)

    @get("/stations/{node_id:uuid}", opt={"permission": Permission.BOARD_READ})
    async def station(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:
        """What to pass on of a station's day."""
        made, words = await _of_station(request, database, settings, node_id)
        return _page(request, f"/share/stations/{node_id}", made, words, back="/")

    @get("/stations/{node_id:uuid}/{name:str}", opt={"permission": Permission.BOARD_READ})
    async def station_file(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        node_id: FromPath[UUID],
        name: FromPath[str],
    ) -> Response[bytes]:
        """The picture or the A4 page of a station's day."""
        kind = _kind(name)
        made, _ = await _of_station(request, database, settings, node_id)
        return await _file(made, kind, f"{clock.business_date(clock.now()):%m%d}")


def _kind(name: str) -> Kind:
    if name == "poster.png":
        return "png"
    if name == "poster.pdf":
        return "pdf"
    raise NotFound


def _page(request: AnyRequest, base: str, made: Poster, words: str, *, back: str) -> Response[bytes]:
    return pages.render(request, "hall/share.html", base=base, title=made.title, words=words, url=made.url, back=back)


async def _file(made: Poster, kind: Kind, name: str) -> Response[bytes]:
    async with _at_once:
        content = await asyncio.to_thread(poster.draw, made, kind)
    return Response(
        content,
        media_type=_MEDIA[kind],
        headers={
            "content-disposition": f'inline; filename="{quote(name)}.{kind}"',
            "cache-control": "public, max-age=60",
            "x-content-type-options": "nosniff",
        },
    )


def _site(request: AnyRequest) -> str:
    return str(request.app.state.templates.globals["site_name"])


async def _of_order(request: AnyRequest, database: Database, settings: Settings, code: str) -> tuple[Poster, str]:
    """Return the poster and the words of an order that takes people; raises NotFound, Conflict for one that takes none."""
    view = await board.board_post(database, code)
    if not view.listed:
        raise Conflict("这个活现在不招人了，不用再往外发。", code=view.post.trace_code)
    line, known = view.post, await places(database)
    begin, end = clock.shanghai(line.starts_at), clock.shanghai(line.ends_at)
    url = f"{settings.address}/orders/{line.trace_code}"
    where = known.label(line.tenant)
    tags = [cards.settlement_word(line.settlement), *(BENEFIT_LABELS[b] for b in line.benefits if b in BENEFIT_LABELS)]
    took = line.headcount - line.places_left
    async with database.begin(Actor(kind="anonymous")) as uow:
        station = await tree.node(uow, line.tenant)
    made = Poster(
        site=_site(request),
        when=f"{begin.month}月{begin.day}日 {begin:%H:%M}开工",
        title=poster.cut(line.title, 20),
        url=url,
        pay=format_yuan(line.pay_fen),
        unit=f"元/{cards.unit_word(line.pay_unit, line.piece_name)}",
        tags=tags[:4],
        facts=[
            ("时间", f"{begin.month}月{begin.day}日 {begin:%H:%M}–{end:%H:%M}"),
            ("地点", poster.cut(line.place if line.place.startswith(where) else f"{where} {line.place}".strip(), 34)),
            ("要人", f"{line.headcount} 人" + (f"，还差 {line.places_left} 人" if took else "")),
            ("雇主", poster.cut(line.employer_name, 14) + ("（已核实）" if line.employer_level > 0 else "")),
        ],
        code=line.trace_code,
        contact=_contact(station.name, station.phone),
    )
    return made, f"【招人】{_spoken(line, where)}\n雇主：{line.employer_name}\n看详情、报名（不收中介费）：{url}"


async def _of_station(request: AnyRequest, database: Database, settings: Settings, node_id: UUID) -> tuple[Poster, str]:
    """Return the poster and the words of a place's day: what its county hires now. Raises NotFound."""
    async with database.begin(Actor(kind="anonymous")) as uow:
        node = await tree.node(uow, node_id)
        area = await wall.area_of(uow, tenant_path(node.path))
    known = await places(database)
    filters = BoardFilters(area=area.path, sort="soonest")
    lines = (await board.board_page(database, filters, None, 100)).items
    total = await board.board_count(database, filters)
    wanted = sum(line.places_left for line in lines)
    url = f"{settings.address}/?county={quote(area.path, safe='')}"
    more = total - min(len(lines), _ROWS)
    made = Poster(
        site=_site(request),
        when=day_words(),
        title=poster.cut(node.name, 16),
        sub=f"{area.name}正在招：{total} 个活" + (f"，要 {wanted} 人" if total == len(lines) else ""),
        url=url,
        rows=[_row(line, known.label(line.tenant)) for line in lines[:_ROWS]],
        more=f"还有 {more} 个活，扫码看全部。" if more > 0 else "" if lines else "现在没有在招的活，扫码看最新的。",
        invite="扫码看全部的活",
        contact=[
            *([f"地址 {poster.cut(node.address, 18)}"] if node.address else []),
            *_contact("", node.phone),
            *([f"开门 {node.opening_hours}"] if node.opening_hours else []),
        ][:3],
    )
    said = "\n".join(f"{n}. {_spoken(line, known.label(line.tenant))}" for n, line in enumerate(lines[:_ROWS], 1))
    head = f"【{node.name}】{day_words()}，{area.name}正在招 {total} 个活"
    return made, "\n".join(part for part in (head, said, f"看全部、报名（不收中介费）：{url}") if part)


def _contact(name: str, phone: str | None) -> list[str]:
    return [*([name] if name else []), *([f"电话 {phone}"] if phone else [])]


def _row(line: BoardLine, where: str) -> tuple[str, str, str, str]:
    begin = clock.shanghai(line.starts_at)
    today = clock.business_date(clock.now())
    when = f"{begin:%H:%M}" if begin.date() == today else f"{begin.month}/{begin.day} {begin:%H:%M}"
    pay = f"{format_yuan(line.pay_fen)}/{cards.unit_word(line.pay_unit, line.piece_name)}"
    return (poster.cut(line.title, 8), pay, f"{when} {poster.cut(where or line.place, 6)}", f"要{line.places_left}人")


def _spoken(line: BoardLine, where: str) -> str:
    """The line that is read aloud and pasted into chats: 搬砖 · 200/天 · 日结 · 东关 · 要6人 · 5:40."""
    begin = clock.shanghai(line.starts_at)
    pay = f"{format_yuan(line.pay_fen)}/{cards.unit_word(line.pay_unit, line.piece_name)}"
    parts = (
        line.title, pay, cards.settlement_word(line.settlement), where or line.place, f"要{line.places_left}人",
        f"{begin.month}月{begin.day}日 {begin:%H:%M}",
    )  # fmt: skip
    return " · ".join(parts)
