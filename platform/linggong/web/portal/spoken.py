"""The card of a job and what is agreed, spoken by the server, for browsers without a Chinese voice and for scripts off (section 7.10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.contracts import queries as contracts
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.money import format_yuan
from linggong.kernel.settings import Settings
from linggong.market import board
from linggong.market.codes import BENEFIT_LABELS
from linggong.market.views import BoardLine
from linggong.speech.voice import Voice
from linggong.web import cards
from linggong.web.places import places
from linggong.web.portal.order import order_ref
from linggong.work import queries as work
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
_FREE: Final = "报名不要钱"


class Spoken(Controller):
    """Sound."""

    include_in_schema = False

    @get("/orders/{ref:str}/say.wav", opt={"permission": Permission.BOARD_READ})
    async def order(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        ref: FromPath[str],
    ) -> Response[bytes]:
        """The card of a post."""
        post = (await board.board_post(database, order_ref(ref))).post
        said = phrases(post, (await places(database)).label(post.tenant) or post.place, clock.now())
        return _sound(request, await Voice(settings.data_dir).public(said, post.tenant), public=True)

    @get("/contracts/{engagement_id:uuid}/say.wav", opt={"permission": Permission.ENGAGEMENT_READ})
    async def contract(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        engagement_id: FromPath[UUID],
    ) -> Response[bytes]:
        """What is agreed, as it stands on the page where one signs."""
        view = await contracts.contract(uow, engagement_id)
        if view.screen is None:
            raise NotFound
        found = await work.engagement(uow, engagement_id)
        place = (await board.board_post(database, found.order_id)).post.tenant
        said = [view.screen.title, *view.screen.sentences, *view.screen.warnings]
        return _sound(request, await Voice(settings.data_dir).private(said, place), public=False)


def phrases(post: BoardLine, place: str, now: datetime) -> list[str]:
    """Return what is said of a post, phrase by phrase: each can be a clip of its own."""
    return [
        post.title,
        f"{format_yuan(post.pay_fen)}元一{cards.unit_word(post.pay_unit, post.piece_name)}",
        cards.settlement_word(post.settlement),
        place,
        f"要{post.headcount}人",
        moment(post.starts_at, now),
        *(BENEFIT_LABELS[b] for b in post.benefits if b in BENEFIT_LABELS),
        _FREE,
    ]


def moment(at: datetime, now: datetime) -> str:
    """Return 明天早上5点40分."""
    local, today = clock.shanghai(at), clock.business_date(now)
    day = {today: "今天", today + timedelta(days=1): "明天", today + timedelta(days=2): "后天"}.get(
        local.date(), f"{local.month}月{local.day}号"
    )
    part = next(word for until, word in ((9, "早上"), (12, "上午"), (18, "下午"), (24, "晚上")) if local.hour < until)
    hour = local.hour - 12 if local.hour > 12 else local.hour
    return f"{day}{part}{hour}点" + (f"{local.minute}分" if local.minute else "")


def _sound(request: AnyRequest, content: bytes, *, public: bool) -> Response[bytes]:
    """Return the sound, or the part of it that was asked for: some browsers play only what they get in parts."""
    headers = {
        "cache-control": "public, max-age=600" if public else "private, no-store",
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
    }
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    part = None if asked is None else _part(asked[1], asked[2], len(content))
    if part is None:
        return Response(content, media_type="audio/wav", headers=headers)
    first, last = part
    headers["content-range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(content[first : last + 1], status_code=206, media_type="audio/wav", headers=headers)


def _part(first: str, last: str, size: int) -> Sequence[int] | None:
    if first:
        begin, end = int(first), min(int(last or size), size - 1)
    elif last:
        begin, end = max(0, size - int(last)), size - 1
    else:
        return None
    return (begin, end) if begin <= end else None
