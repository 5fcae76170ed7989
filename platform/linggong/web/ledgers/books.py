"""The ledgers on pages: how complete they are, their lines, a line by hand, and the sheet for a superior (R086 to R093, R095)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import TenantPath
from linggong.ledgers import layouts, queries, sheets, writing
from linggong.ledgers.codes import BY_HAND, FIELDS, LEDGERS, Ledger
from linggong.ledgers.queries import Line, Score, StationScores
from linggong.ledgers.writing import EntryForm
from linggong.web import evidence, menus, pages
from linggong.web.bureau.tables import Cell, Head, Table, number, rate, words
from linggong.web.ledgers.shared import AnyRequest, Here, Month, Path, given_away, here, stamp
from linggong.web.places import counties
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

_LOW = 80


class Books(Controller):
    """The ledgers."""

    path = "/ledgers"
    include_in_schema = False

    @get("/", opt={"permission": Permission.LEDGER_READ})
    async def index(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], path: Path = "",
        month: Month = "",
    ) -> Response[bytes]:  # fmt: skip
        """The ledgers that the place keeps, and how complete they are: of a station by ledger, above it by station."""
        at = await here(uow, path, month)
        found = await queries.scores(uow, TenantPath(at.node.path), at.first, at.last)
        kept = await queries.kept(uow, at.node.path)
        return menus.render(
            request, principal, "ledgers/index.html", **at.context("books", clock.business_date(uow.now)),
            counties=await counties(uow, at.node.path, month=month),
            books=[
                {"name": one.name, "rule": one.rule, "href": at.href("/ledgers/lines", ledger=one.code), **_sum(found, one.code)}
                for one in kept
            ],
            table=_stations(at, found) if not at.is_site else _books(at, found[0]) if found else None,
            layout_href=at.href("/reports/layout", form=kept[0].code) if kept and menus.may(request, principal, Permission.PARAMETER_SET) else "",
        )  # fmt: skip

    @get("/lines", opt={"permission": Permission.LEDGER_READ})
    async def lines(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal], ledger: Path = "",
        path: Path = "", month: Month = "", page: Annotated[int, QueryParameter(ge=0, le=1000)] = 0,
        corrects: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Response[bytes]:  # fmt: skip
        """The lines of a ledger and month."""
        return await _lines(
            request, uow, principal=principal, ledger=ledger, path=path, month=month, page=page, corrects=corrects
        )

    @post("/lines", opt={"permission": Permission.LEDGER_WRITE}, request_max_body_size=evidence.CEILING)
    async def write(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Write a line by hand, or correct one."""
        values = await pages.form_values(request)
        text = {key: str(value) for key, value in values.items() if isinstance(value, str)}
        code, corrects = text.get("ledger", ""), _id(text.get("corrects", ""))
        show = partial(_lines, request, principal=principal, ledger=code, corrects=corrects)
        async with filled(request, uow, show, values):
            row = await writing.write(
                uow, code,
                EntryForm(
                    happened_at=_moment(text.get("happened_at", "")), who=text.get("who", ""), what=text.get("what", ""),
                    place=text.get("place", ""), n=_n(text.get("n", "")), note=text.get("note", ""), corrects=corrects,
                    reason=text.get("reason", ""),
                ),
                await evidence.read(values),
            )  # fmt: skip
        to = f"/ledgers/lines?ledger={code}&month={clock.shanghai(row.happened_at):%Y-%m}"
        return pages.redirect(request, to, say=f"记下了，溯源码 {row.code}。写错了用“更正”，原来的会留着。")

    @get("/sheet", opt={"permission": Permission.LEDGER_READ})
    async def sheet(
        self,
        uow: NamedDependency[UnitOfWork],
        ledger: Path = "",
        path: Path = "",
        month: Month = "",
        kind: Path = "xlsx",
    ) -> Response[bytes]:
        """A ledger of a month as a file, in the place's layout; names are veiled on it."""
        at = await here(uow, path, month)
        one = await _chosen(uow, at, ledger)
        found = await queries.lines(
            uow, one.code, TenantPath(at.node.path), at.first, at.last, limit=queries.MOST_LINES, full=False
        )
        layout = await layouts.layout(uow, one.code, at.node.path)
        paper = sheets.of_ledger(
            layout, at.node.name, sheets.period_words(at.first), found[: queries.MOST_LINES], stamp(uow)
        )
        return await given_away(paper, kind)


def _sum(found: list[StationScores], code: str) -> dict[str, Any]:
    mine = [one for station in found for one in station.scores if one.ledger == code]
    return {"lines": sum(one.lines for one in mine), "late": sum(one.late_lines for one in mine)}


def _books(at: Here, found: StationScores) -> Table:
    rows = [
        [words(LEDGERS[one.ledger].name, at.href("/ledgers/lines", ledger=one.ledger)), *_cells(one)]
        for one in found.scores
    ]
    return Table(
        key="scores",
        title="记得全不全、及不及时",
        heads=_heads("台账"),
        rows=rows,
        total=[words("合计"), *_cells(found.whole)],
    )


def _stations(at: Here, found: list[StationScores]) -> Table:
    ranked = sorted(found, key=lambda one: (one.whole.score is not None, one.whole.score or 0, one.path))
    rows = [[words(one.name, f"/ledgers?path={one.path}&month={at.month}"), *_cells(one.whole)] for one in ranked]
    return Table(
        key="scores", title="各站台账：记得全不全、及不及时", heads=_heads("站点"), rows=rows,
        note="分低的在前，一条也没有的排最前。", empty="这里还没有开着的站点。",
    )  # fmt: skip


def _heads(first: str) -> tuple[Head, ...]:
    return (
        Head(first, number=False), Head("条数"), Head("台账分", title="填写齐全、及时登记、签后没有再改，按参数里的权重折成 100 分"),
        Head("填写齐全"), Head("及时登记", title="超过参数规定的时间才记的算补记"), Head("当时记", title="发生后一小时内（参数可改）就记下的"),
        Head("补记"), Head("签后改动", title="更正过的，和日志签字以后才补进那一天的"),
    )  # fmt: skip


def _cells(one: Score) -> list[Cell]:
    low = one.score is not None and one.score < _LOW
    return [
        number(one.lines), Cell("—" if one.score is None else f"{one.score:g}", one.score, tone="danger" if low else ""),
        rate(one.filled), rate(one.in_time), rate(one.at_once), number(one.late_lines, tone="danger" if one.late_lines else ""),
        number(one.changed_lines),
    ]  # fmt: skip


async def _chosen(uow: UnitOfWork, at: Here, code: str) -> Ledger:
    """Return the ledger asked for, the first that is kept for ''. Raises NotFound for one that the place does not keep."""
    kept = await queries.kept(uow, at.node.path)
    found = next((one for one in kept if code in ("", one.code)), None)
    if found is None:
        raise NotFound
    return found


async def _lines(
    request: AnyRequest, uow: UnitOfWork, *, principal: Principal, ledger: str, path: str = "", month: str = "", page: int = 0,
    corrects: UUID | None = None,
) -> Response[bytes]:  # fmt: skip
    at = await here(uow, path, month)
    one = await _chosen(uow, at, ledger)
    found = await queries.lines(uow, one.code, TenantPath(at.node.path), at.first, at.last, page=page)
    shown = found[: queries.PAGE]
    hand = await writing.hands(uow, [line.subject for line in shown if line.subject]) if one.code in BY_HAND else {}
    may_write = at.is_site and at.node.path == uow.actor.post and menus.may(request, principal, Permission.LEDGER_WRITE)
    old = next((line for line in shown if line.subject == corrects and corrects in hand), None)
    more = at.href("/ledgers/lines", ledger=one.code, page=page + 1) if len(found) > queries.PAGE else ""
    return menus.render(
        request, principal, "ledgers/lines.html",
        **at.context("books", clock.business_date(uow.now), "/ledgers/lines", ledger=one.code),
        ledger=one, heads=dict(zip(FIELDS, one.heads, strict=True)), lines=[_shown(at, one, line, hand) for line in shown],
        more=more, back=at.href("/ledgers"), files=[at.href("/ledgers/sheet", ledger=one.code, kind=kind) for kind in ("xlsx", "pdf")],
        may_write=may_write and bool(one.by_hand), corrects=str(corrects) if old else "", needs=one.needs,
        form={"values": _values(old), "errors": {}},
    )  # fmt: skip


def _shown(at: Here, one: Ledger, line: Line, hand: dict[UUID, Any]) -> dict[str, Any]:
    by = hand.get(line.subject) if line.subject else None
    return {
        "line": line, "hand": by,
        "correct": at.href("/ledgers/lines", ledger=one.code, corrects=line.subject) + "#write" if by and by.mine else "",
    }  # fmt: skip


def _values(old: Line | None) -> dict[str, str]:
    if old is None:
        return {}
    values = {name: str(getattr(old, name) or "") for name in FIELDS}
    return values | {"happened_at": f"{clock.shanghai(old.happened_at):%Y-%m-%dT%H:%M}"}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI) if text else None
    except ValueError:
        return None


def _n(text: str) -> int:
    found = pages.whole(text, 100_000) if text else 0
    # What is no number is refused by the form's own words.
    return -1 if found is None else found
