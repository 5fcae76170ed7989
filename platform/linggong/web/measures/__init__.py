"""The statistics page: any measure for a period, a place, a trade and a group; and the same as a workbook."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from linggong.insight.api import top_of
from linggong.kernel import clock, sheets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath
from linggong.market import trades
from linggong.measures.answers import Answer, answers
from linggong.measures.fresh import caught_up
from linggong.measures.subject import GROUPS
from linggong.web import menus
from linggong.web.measures import asking, shown, taking
from linggong.web.measures.asking import HOME, PERIODS, SPLITS, Asked, Form, Span
from linggong.web.measures.shown import Part
from linggong.web.measures.why import Why
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree
from tenants.kinds import BuildStatus
from tenants.models import Node
from tenants.views import NodeView

AnyRequest = Request[Any, Any, Any]
_MOST_PLACES: Final = 200


async def asked_of(request: AnyRequest, uow: UnitOfWork) -> tuple[Asked, Form, Node]:
    """Read what an address asks for. Raises NotFound for a place outside the scope, as for none at all."""
    query = request.query_params
    today = clock.business_date(uow.now)
    asked, form = asking.read({name: query.getall(name) for name in query}, today)
    top = await top_of(uow, query.get("path") or None)
    form.values["path"] = top.path
    return replace(asked, path=top.path), form, top


async def answered(
    uow: UnitOfWork, asked: Asked, path: str, span: Span, metrics: tuple[str, ...] = ()
) -> dict[str, Answer]:
    """Return the answers of counted measures for a place and some days, as far as the question reaches."""
    wanted = [m for m in metrics or asked.metrics or shown.COUNTED if m in shown.COUNTED]
    return await answers(
        uow, wanted, TenantPath(path), first=span.first, last=span.last, trade_code=asked.trade, group=asked.group
    )


async def parts_of(uow: UnitOfWork, asked: Asked, below: list[NodeView]) -> list[Part]:
    """Return the lines of a split: the places below, or the days, weeks or months."""
    if asked.by == "place":
        return [
            Part(name=n.name, href=asked.href(path=n.path), answers=await answered(uow, asked, n.path, asked.span))
            for n in below
        ]
    found = []
    for span in asking.spans(asked):
        period = asked.by if asking.around(asked.by, span.first) == span else "free"
        href = asked.href(span=span, period=period, by="")
        found.append(Part(name=span.words, href=href, answers=await answered(uow, asked, asked.path, span)))
    return found


async def _told(
    uow: UnitOfWork, database: Database, asked: Asked
) -> tuple[datetime | None, list[NodeView], dict[str, Answer], list[Part]]:
    """Return up to when the facts are whole, the places below, the answers for all of it, and the lines of a split."""
    as_of = await caught_up(database)
    page = await tree.children(uow, asked.path, limit=_MOST_PLACES)
    below = [node for node in page.items if uow.scope.covers(node.path) and node.status != BuildStatus.CLOSED]
    whole = await answered(uow, asked, asked.path, asked.span)
    return as_of, below, whole, await parts_of(uow, asked, below) if asked.by else []


async def _above(uow: UnitOfWork, path: str) -> list[dict[str, str]]:
    """Return the places from the highest of the scope down to this one."""
    line = [p for p in _line(path) if uow.scope.covers(p)]
    names = await tree.names(uow, line)
    return [{"value": p, "label": names.get(p, p)} for p in line]


def _line(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


def _trade_words(code: str) -> str:
    found = trades.trade(code) if code else None
    return f"{found.code} {found.name}" if found else ""


_TRADES: Final = [*trades.search_trades("", 20), *(t for t in trades.trades() if t.level == 1)]
"""What the field of the trade offers: the common ones, and the major groups."""


class Board(Controller):
    """The statistics page and its workbook."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.OVERVIEW_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """All measures at a glance, or chosen ones split by days or places."""
        asked, form, top = await asked_of(request, uow)
        as_of, below, whole, parts = await _told(uow, database, asked)
        line = await _above(uow, top.path)
        may_take = menus.may(request, principal, Permission.OVERVIEW_EXPORT) and not form.errors
        return menus.render(
            request,
            principal,
            "measures/board.html",
            status=400 if form.errors else 200,
            place=top.name, words=asked.span.words, as_of=as_of, form={"values": form.values, "errors": form.errors},
            places=[*line, *({"value": n.path, "label": f"　{n.name}"} for n in below)],
            up_href=asked.href(path=line[-2]["value"]) if len(line) > 1 else "",
            periods=_options(PERIODS), splits=_options(SPLITS),
            groups=[{"value": key, "label": group.label} for key, group in GROUPS.items()],
            trades=_TRADES,
            trade=_trade_words(asked.trade), group=GROUPS[asked.group].label if asked.group else "",
            metrics=shown.choices(), chosen=len(asked.metrics),
            sections=[] if asked.by else shown.cards(whole, asked),
            table=shown.table(parts, Part(name="合计", href="", answers=whole), SPLITS[asked.by][1:], asked) if asked.by else None,
            lines=shown.lines(parts, asked) if asked.by and asked.by != "place" else [],
            bars=shown.bars(parts, asked) if asked.by == "place" else [],
            left_out=shown.beside(asked) if asked.by else [],
            export=asked.href("/export") if may_take else "",
        )  # fmt: skip

    @get("/export", opt={"permission": Permission.OVERVIEW_EXPORT})
    async def export(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """What the page shows as a workbook, with what was asked and how each figure is defined on a second sheet."""
        asked, form, top = await asked_of(request, uow)
        if form.errors:
            raise Invalid([Fault(name, words) for name, words in form.errors.items()])
        as_of, _, whole, parts = await _told(uow, database, asked)
        about = taking.About(
            place=top.name, asked=asked, trade=_trade_words(asked.trade), as_of=as_of, made=uow.now,
            by=f"{principal.name}（{principal.acting.node_name}）",
        )  # fmt: skip
        content = await asyncio.to_thread(sheets.write_book, taking.book(about, whole, parts))
        return attachment(f"{top.name}_统计_{clock.shanghai(uow.now):%Y%m%d_%H%M}.xlsx", content)


def _options(words: dict[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in words.items()]


CONTROLLERS: list[Any] = [Board, Why]
