"""A station rated in five dimensions: by its QR without signing in, on a keypad, on paper typed in by the desk (R102).

A visitor who scans the QR of his receipt rates once for that visit, whichever way it comes; without a receipt so many times a day
of one address as the city allows. A keypad in the hall that says its kiosk's secret stands for everybody who comes by. No name is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import in_subtree, tenant_path
from linggong.people import limits
from linggong.people.text import clean, typed_code
from linggong.services import codes, entries
from linggong.services.hall_models import StationRating
from linggong.services.models import ServiceEntry
from tenants import queries
from tenants.views import NodeView

A_DAY: Final = "rating.address_day"
_SAY: Final = "这个网络今天给这个驿站评过了，谢谢。拿着办事回执，扫回执上的码还能评。"
_RATED: Final = frozenset(
    {"station", "service_point", "contact_point", "market_comprehensive", "market_trade", "counter"}
)
Score = int | None
Short = Annotated[str, Meta(max_length=400)]


class RatingForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a visitor says: one to five in each that he has something to say about."""

    upkeep: Score = None
    service: Score = None
    sides: Score = None
    mediation: Score = None
    guidance: Score = None
    words: Short = ""
    visit: Annotated[str, Meta(max_length=20)] = ""
    """The code on the receipt."""


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A month of a station: the mean of each dimension (empty without any), and from how many answers."""

    month: date
    answers: int
    means: dict[str, float | None]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One rating as the station reads it."""

    scores: dict[str, int | None]
    words: str
    channel_words: str
    at: datetime


async def station(uow: UnitOfWork, ref: str | UUID) -> NodeView:
    """Return a station that can be rated, by path, id or code; raises NotFound."""
    found = await queries.node(uow, ref)
    if found.kind not in _RATED:
        raise NotFound
    return found


async def by_qr(
    database: Database,
    secrets: Secrets,
    ref: str | UUID,
    form: RatingForm,
    address: str,
    *,
    channel: str = "qr",
    in_hall: bool = False,
) -> StationRating:
    """Take a rating of anybody who stands in the hall; `in_hall`: from a device of the hall, which many people use a day.

    Raises NotFound, Invalid with every fault, Conflict for a receipt that has rated, TooMany for an address that rates too often.
    """
    async with database.system() as uow:
        found = await station(uow, ref)
        faults: list[Fault] = []
        words = check(form, faults)
        if faults:
            raise Invalid(faults)
        most = limits.whole((await limits.at_top(uow, A_DAY))[A_DAY])
        if not form.visit.strip() and not in_hall:
            purpose = f"rating|{found.id}"
            # In the same transaction: a refused rating counts as no try.
            await limits.take(uow, secrets, purpose, address, most=most, window=timedelta(days=1), say=_SAY)
        entry_id = await _visit(uow, found, form.visit)
        return await _keep(uow, found, form, words, channel=channel, entry_id=entry_id)


async def on_paper(
    uow: UnitOfWork, form: RatingForm, *, channel: str = "paper", at: datetime | None = None
) -> StationRating:
    """Type in what somebody wrote on paper, or pressed on a keypad, at the acting post.

    Raises Invalid, NotFound, Conflict for a receipt that has rated.
    """
    post = entries.post_of(uow)
    faults: list[Fault] = []
    words = check(form, faults)
    if channel not in ("paper", "keypad"):
        faults.append(Fault("channel", "请选是纸质还是按键。", "choice"))
    said_at = entries.happened_at(uow, at, faults, field="at")
    if faults:
        raise Invalid(faults)
    found = await station(uow, post)
    entry_id = await _visit(uow, found, form.visit)
    return await _keep(uow, found, form, words, channel=channel, entry_id=entry_id, at=said_at)


def check(form: RatingForm, faults: list[Fault]) -> str:
    """Add what is wrong with a rating; return its words."""
    given = {name: getattr(form, name) for name in codes.DIMENSIONS}
    for name, score in given.items():
        if score is not None and not 1 <= score <= 5:
            faults.append(Fault(name, f"{codes.DIMENSIONS[name]}：打 1 到 5 分。", "range"))
    if all(score is None for score in given.values()):
        faults.append(Fault("service", "五项里至少给一项打分。", "required"))
    return clean(faults, "words", form.words, most=200, lines=True)


async def _visit(uow: UnitOfWork, found: NodeView, visit: str) -> UUID | None:
    code = typed_code(visit)
    if not code:
        return None
    entry: UUID | None = await uow.session.scalar(
        sa.select(ServiceEntry.id).where(ServiceEntry.trace_code == code, ServiceEntry.tenant == found.path)
    )
    if entry is None:
        raise Invalid([Fault("visit", "没有这张回执，请核对；没有回执就空着。", "unknown")])
    if await uow.session.scalar(sa.select(StationRating.id).where(StationRating.entry_id == entry)):
        raise Conflict("这张回执评过了，谢谢。")
    return entry


async def _keep(
    uow: UnitOfWork, found: NodeView, form: RatingForm, words: str, *, channel: str, entry_id: UUID | None = None,
    at: datetime | None = None,
) -> StationRating:  # fmt: skip
    row = StationRating(
        id=new_id(), tenant=found.path, entry_id=entry_id, channel=channel, words=words, at=at or uow.now,
        entered_by=uow.actor.id if uow.actor.kind == "staff" and uow.actor.id != NOBODY else None,
        **{name: getattr(form, name) for name in codes.DIMENSIONS},
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="station.rated", chain=f"node:{found.id}", subject_id=found.id, tenant=found.path, body={"channel": channel}
        )
    )  # fmt: skip
    return row


async def trend(uow: UnitOfWork, path: str, *, months: int = 6) -> list[Trend]:
    """Return the months up to this one, the oldest first, of a place with those below it."""
    today = clock.business_date(uow.now)
    first = _month(today, 1 - months)
    month = sa.cast(sa.func.date_trunc("month", sa.func.timezone("Asia/Shanghai", StationRating.at)), sa.Date)
    rows = await uow.execute(
        sa.select(
            month.label("month"), sa.func.count().label("n"),
            *(sa.func.avg(getattr(StationRating, name)).label(name) for name in codes.DIMENSIONS),
        )
        .where(
            uow.scope.clause(StationRating.tenant), in_subtree(StationRating.tenant, tenant_path(path)),
            StationRating.at >= clock.day_bounds(first)[0],
        )
        .group_by(month)
    )  # fmt: skip
    found: Mapping[date, Trend] = {
        r.month: Trend(month=r.month, answers=r.n, means={n: _mean(getattr(r, n)) for n in codes.DIMENSIONS})
        for r in rows
    }
    blank = dict.fromkeys(codes.DIMENSIONS)
    return [
        found.get(day) or Trend(month=day, answers=0, means={**blank})
        for day in (_month(today, n) for n in range(1 - months, 1))
    ]


async def latest(uow: UnitOfWork, path: str, *, limit: int = 20) -> list[Said]:
    """Return what was said last at a place and below."""
    rows = await uow.session.scalars(
        sa.select(StationRating)
        .where(uow.scope.clause(StationRating.tenant), in_subtree(StationRating.tenant, tenant_path(path)))
        .order_by(StationRating.at.desc(), StationRating.id)
        .limit(limit)
    )
    return [
        Said(
            scores={name: getattr(r, name) for name in codes.DIMENSIONS}, words=r.words,
            channel_words=codes.RATED_BY[r.channel], at=r.at,
        )
        for r in rows
    ]  # fmt: skip


def _mean(value: object) -> float | None:
    return None if value is None else round(float(str(value)), 2)


def _month(day: date, step: int) -> date:
    n = day.year * 12 + day.month - 1 + step
    return date(n // 12, n % 12 + 1, 1)
