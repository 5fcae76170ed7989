"""The market over HTTP: the public board, trades, and the life of an order up to its publication (R006, R045, R048, R056, R057)."""

from __future__ import annotations

import base64
import datetime as dt
from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, patch, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, TooLarge
from linggong.kernel.paging import Page
from linggong.kernel.settings import Settings
from linggong.market import board, classifier, hiring, importing, queries, review, service, trades
from linggong.market.forms import FIELDS, OrderForm
from linggong.market.models import ORDER_STATES
from linggong.market.views import BoardLine, BoardPostView, OrderLine, OrderView, QueueLine
from rbac.permissions import Permission

UPLOAD_CEILING = 100_000_000
"""What the server reads of an upload at all; the deployment's own limit is a setting."""
UPLOAD_ROWS = 5_000
"""Rows of one upload; larger tables go through the command line."""
_TOLD_FAULTS = 200

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str | None, QueryParameter(max_length=400)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Request_ = Request[Any, Any, Any]
_BOARD_NAMES = frozenset(
    (
        "area", "trade", "date", "settlement", "job_form", "benefit", "pay_min_fen", "lat", "lng", "radius_km", "q", "sort", "once",
        "cursor", "limit",
    )
)  # fmt: skip


class TradeLine(msgspec.Struct, frozen=True):
    """A trade that a typed word may mean."""

    code: str
    name: str
    level: int
    words: list[str]


class TitleGuess(msgspec.Struct, frozen=True):
    """A trade suggested for a title; `why` is for the person who confirms it."""

    code: str
    name: str
    confidence: float
    why: str


class NewOrder(OrderForm, kw_only=True, forbid_unknown_fields=True):
    """A new post. An employer writes his own; staff name the employer and may name the node."""

    employer_id: UUID | None = None
    tenant: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    submit: bool = False


class OrderChanges(OrderForm, kw_only=True, forbid_unknown_fields=True):
    """What is filled in replaces; fields named in `clear` are emptied."""

    clear: Annotated[tuple[Short, ...], msgspec.Meta(max_length=40)] = ()


class Repeat(msgspec.Struct, forbid_unknown_fields=True):
    """再来一单 from another day on."""

    work_date: dt.date
    submit: bool = False
    asks_former: bool = False


class Approval(msgspec.Struct, forbid_unknown_fields=True):
    """`call_back` is owed for an employer's first post: reached, not_reached or not_needed."""

    call_back: Literal["reached", "not_reached", "not_needed"] | None = None
    note: Short = ""


class Return(msgspec.Struct, forbid_unknown_fields=True):
    """All reasons at once, as codes."""

    reasons: Annotated[list[Short], msgspec.Meta(max_length=20)]
    note: Short = ""


class Note(msgspec.Struct, forbid_unknown_fields=True):
    """A remark."""

    note: Short = ""


class StillHiring(msgspec.Struct, forbid_unknown_fields=True):
    """How the employer said it: his own tap, a voice key, or a clerk's call."""

    how: Literal["tap", "voice", "note"] = "tap"


class Cancellation(msgspec.Struct, forbid_unknown_fields=True):
    """Why: employer, weather or authority."""

    reason: Literal["employer", "weather", "authority"]
    note: Short = ""
    told_at_home: bool = False
    """Everybody was reached before he left home: rain then costs nothing (33)."""


class Phone(msgspec.Struct, frozen=True):
    """Whom to call about an order, in clear, with a record of who looked."""

    name: str
    phone: str


class Imported(msgspec.Struct, frozen=True):
    """How many posts were stored."""

    rows: int
    stored: int


class BoardController(Controller):
    """What anybody may read."""

    path = "/api/v1"
    tags = ("board",)
    opt = MappingProxyType({"permission": Permission.BOARD_READ})

    @get("/board")
    async def page(
        self,
        request: Request_,
        database: NamedDependency[Database],
        area: Annotated[str | None, QueryParameter(max_length=120)] = None,
        trade: Annotated[str | None, QueryParameter(max_length=20)] = None,
        day: Annotated[dt.date | None, QueryParameter(name="date")] = None,
        settlement: Annotated[str | None, QueryParameter(max_length=20)] = None,
        job_form: Annotated[str | None, QueryParameter(max_length=20)] = None,
        benefit: FromQuery[list[str] | None] = None,
        pay_min_fen: FromQuery[int | None] = None,
        lat: FromQuery[float | None] = None,
        lng: FromQuery[float | None] = None,
        radius_km: FromQuery[float | None] = None,
        q: Annotated[str | None, QueryParameter(max_length=200)] = None,
        sort: FromQuery[str] = "newest",
        once: FromQuery[bool] = True,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Response[Page[BoardLine]]:
        """Return a page of the city board; `area` is a county's or street's path. Answers 304 to a fresh ETag.

        `benefit` may stand several times (meal, lodging, transport, tools, insurance): the post must offer all of them. Posts
        that say the same thing are shown once, with the others as `twins`, unless `once` is false. The order `fit` weighs
        words in the title, freshness and distance. An unknown parameter, like an unknown value, is an error.
        """
        _only(request, _BOARD_NAMES)
        filters = board.BoardFilters(
            area=area,
            trade=trade,
            date=day,
            settlement=settlement,
            job_form=job_form,
            benefits=tuple(sorted(set(benefit or ()))),
            pay_min_fen=pay_min_fen,
            latitude=lat,
            longitude=lng,
            radius_km=radius_km,
            q=q,
            sort=sort,
            once=once,
        )
        return _tagged(request, await board.board_page(database, filters, cursor, limit))

    @get("/board/{trace_code:str}")
    async def one(
        self, request: Request_, database: NamedDependency[Database], trace_code: FromPath[str]
    ) -> Response[BoardPostView]:
        """Return a published post by its trace code, with its terms and its public history, listed or not."""
        return _tagged(request, await board.board_post(database, trace_code))

    @get("/trades")
    async def trades(
        self,
        q: Annotated[str, QueryParameter(max_length=100)] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=50)] = 10,
    ) -> list[TradeLine]:
        """Return the trades that a typed word may mean, best first; nothing typed gives the common ones."""
        return [TradeLine(t.code, t.name, t.level, list(t.aliases[:10])) for t in trades.search_trades(q, limit)]

    @get("/classify")
    async def classify(self, title: Annotated[str, QueryParameter(min_length=1, max_length=200)]) -> list[TitleGuess]:
        """Suggest trades for a free title; a person confirms."""
        return [TitleGuess(g.code, g.name, g.confidence, g.why) for g in classifier.classify_title(title)]


def _only(request: Request_, names: frozenset[str]) -> None:
    """Refuse a parameter that nobody reads: a mistyped filter would show everything."""
    unknown = sorted(set(request.query_params) - names)
    if unknown:
        raise board.BadFilter([Fault(name[:40], "没有这个条件，请检查写法。", "unknown") for name in unknown[:20]])


def _tagged(request: Request_, answer: Any) -> Response[Any]:
    content = msgspec.json.encode(answer)
    tag = board.etag(content)
    headers = {"etag": tag, "cache-control": "no-cache"}
    if board.fresh(request.headers.get("if-none-match"), tag):
        return Response(content=None, status_code=304, headers=headers)
    return Response(content=content, media_type="application/json", headers=headers)


class OrderController(Controller):
    """Orders of an employer, or of a staff member's post."""

    path = "/api/v1/orders"
    tags = ("orders",)
    opt = MappingProxyType({"permission": Permission.ORDER_READ})

    @post("/", opt={"permission": Permission.ORDER_CREATE})
    async def create(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], data: JSONBody[NewOrder]
    ) -> OrderView:
        """Keep a post as a draft, or submit it at once (transitions 1 and 2)."""
        employer_id = data.employer_id or (uow.actor.employer_id if uow.actor.kind == "employer" else None)
        if employer_id is None:
            raise Invalid([Fault("employer_id", "请选是哪个用工主体。", "required")])
        form = _form(data)
        order = await service.create_order(
            uow, secrets.sealer, form, employer_id=employer_id, tenant=data.tenant, submit=data.submit
        )
        return queries.order_view(uow, order)

    @get("/")
    async def page(
        self,
        uow: NamedDependency[UnitOfWork],
        orders_in: Annotated[list[str] | None, QueryParameter(name="state", max_items=20)] = None,
        employer_id: FromQuery[UUID | None] = None,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> Page[OrderLine]:
        """Return own orders, or those of the post, newest first; `state` may be given several times."""
        states = orders_in or []
        if any(state not in ORDER_STATES for state in states):
            raise Invalid([Fault("state", "没有这个状态，请从列表里选。", "unknown")])
        return await queries.orders(uow, states=states, employer_id=employer_id, cursor=cursor, limit=limit)

    @get("/{order_id:uuid}")
    async def one(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> OrderView:
        """Return one order."""
        return queries.order_view(uow, await queries.order(uow, order_id))

    @patch("/{order_id:uuid}", opt={"permission": Permission.ORDER_CREATE})
    async def change(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
        data: JSONBody[OrderChanges],
    ) -> OrderView:
        """Change a draft or a returned order."""
        order = await service.edit_draft(uow, secrets.sealer, order_id, _form(data), clear=data.clear)
        return queries.order_view(uow, order)

    @post("/{order_id:uuid}/submit", status_code=200, opt={"permission": Permission.ORDER_CREATE})
    async def submit(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], order_id: FromPath[UUID]
    ) -> OrderView:
        """Hand in for review (transitions 2 and 5)."""
        return queries.order_view(uow, await service.submit(uow, secrets.sealer, order_id))

    @post("/{order_id:uuid}/approve", status_code=200, opt={"permission": Permission.ORDER_REVIEW})
    async def approve(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Approval]
    ) -> OrderView:
        """Publish (transition 3)."""
        return queries.order_view(uow, await review.approve(uow, order_id, call_back=data.call_back, note=data.note))

    @post("/{order_id:uuid}/return", status_code=200, opt={"permission": Permission.ORDER_REVIEW})
    async def send_back(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Return]
    ) -> OrderView:
        """Send back with all reasons at once (transition 4)."""
        return queries.order_view(uow, await review.return_order(uow, order_id, reasons=data.reasons, note=data.note))

    @post("/{order_id:uuid}/recheck", status_code=200, opt={"permission": Permission.ORDER_REVIEW})
    async def recheck(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Note]
    ) -> OrderView:
        """Record the second look at an order that passed by rule (transition 3)."""
        return queries.order_view(uow, await review.recheck(uow, order_id, note=data.note))

    @post("/{order_id:uuid}/refresh", status_code=200, opt={"permission": Permission.ORDER_REFRESH})
    async def refresh(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[StillHiring]
    ) -> OrderView:
        """Say that people are still wanted (transition 6)."""
        return queries.order_view(uow, await hiring.refresh(uow, order_id, how=data.how))

    @post("/{order_id:uuid}/repeat", opt={"permission": Permission.ORDER_CREATE})
    async def repeat(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
        data: JSONBody[Repeat],
    ) -> OrderView:
        """Make a new order like this one."""
        order = await service.repeat_order(
            uow, secrets.sealer, order_id, work_date=data.work_date, submit=data.submit, asks_former=data.asks_former
        )
        return queries.order_view(uow, order)

    @post("/{order_id:uuid}/cancel", status_code=200, opt={"permission": Permission.ORDER_CREATE})
    async def cancel(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Cancellation]
    ) -> OrderView:
        """Cancel before work starts (transitions 29, 30, 32, 34)."""
        order = await service.cancel_order(
            uow, order_id, reason=data.reason, note=data.note, told_at_home=data.told_at_home
        )
        return queries.order_view(uow, order)

    @post("/{order_id:uuid}/phone", status_code=200, opt={"permission": Permission.EMPLOYER_REVEAL})
    async def phone(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
    ) -> Phone:
        """Staff: whom to call about this order, with a record that the employer can see (R049)."""
        found = await service.reveal_contact(uow, database, secrets.sealer, order_id)
        return Phone(found.name, found.phone)

    @post("/import", request_max_body_size=UPLOAD_CEILING, opt={"permission": Permission.ORDER_IMPORT})
    async def import_posts(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: MultipartBody[UploadFile],
    ) -> Imported:
        """Store a table of posts whole, or nothing: then the problem carries the copy that names each fault (base64)."""
        content = await data.read()
        if len(content) > settings.upload_max_bytes:
            raise TooLarge(f"文件太大，最多 {settings.upload_max_bytes // 1_000_000} MB，请分几次交。")
        report = await importing.import_posts(uow, secrets.sealer, content, data.filename[:120], max_rows=UPLOAD_ROWS)
        if report.faults:
            raise refused(report)
        return Imported(report.rows, report.stored)


class ReviewController(Controller):
    """What waits for a reviewer."""

    path = "/api/v1/review-queue"
    tags = ("orders",)
    opt = MappingProxyType({"permission": Permission.ORDER_REVIEW})

    @get("/")
    async def page(self, uow: NamedDependency[UnitOfWork], cursor: Cursor = None, limit: Limit = 20) -> Page[QueueLine]:
        """Return the orders that wait for review at the post, oldest first."""
        return await queries.review_queue(uow, cursor=cursor, limit=limit)


def _form(data: OrderForm) -> OrderForm:
    return OrderForm(**{name: getattr(data, name) for name in FIELDS})


def refused(report: importing.ImportReport) -> Invalid:
    """Return the error of a table that was not stored, with the annotated copy beside the faults."""
    faults = [Fault(f"rows.{f.row}.{f.column}", f"第 {f.row} 行 {f.column}：{f.message}") for f in report.faults]
    error = Invalid(faults[:_TOLD_FAULTS], f"有 {len(faults)} 处要改，一行都没有存。请照“错误”一列改好再交。")
    error.extra = {
        "annotated_name": report.annotated_name,
        "annotated": base64.b64encode(report.annotated or b"").decode(),
    }
    return error


CONTROLLERS = (BoardController, OrderController, ReviewController)
