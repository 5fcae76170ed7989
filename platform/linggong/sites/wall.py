"""What hangs on the wall of a place (R099 to R101): documents with their photos, telephones that were tested, slogans (R026)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.measures.sites import thresholds
from linggong.people.text import clean
from linggong.sites import checks, common
from linggong.sites.codes import LINES
from linggong.sites.models import HotlineTest
from tenants import queries, service

_LATE = timedelta(days=31)
"""A test is entered within a month, or it is none."""


class TestForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A call to a telephone of the wall."""

    __test__ = False
    line: str
    phone: str
    answered: bool
    tested_at: datetime
    note: str = ""


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """The last call to a line."""

    line: str
    line_words: str
    phone: str
    answered: bool
    tested_at: datetime
    note: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the set: whether it hangs there, and when its last photo was taken (None: no photo)."""

    name: str
    here: bool
    photo_at: datetime | None


class WallState(msgspec.Struct, frozen=True, kw_only=True):
    """The wall of a place on a day. `complete`: every document hangs there with a photo, and the lines were reached in time."""

    documents: list[Document]
    lines: list[Tested]
    """Of each line the last test until that day."""
    missing: list[str]
    complete: bool


async def test_line(uow: UnitOfWork, place: str | UUID, form: TestForm) -> HotlineTest:
    """Enter that a telephone was called. Raises NotFound, Invalid with every fault: line, number, a time to come or long ago."""
    node, faults = await common.site(uow, place), list[Fault]()
    common.choice(faults, "line", form.line, LINES, "哪部电话")
    phone = clean(faults, "phone", form.phone, most=20, least=3)
    if phone and not all(c.isdecimal() or c in "-+ ()" for c in phone):
        faults.append(Fault("phone", "电话号码里只能有数字和“-”。", "characters"))
    note = clean(faults, "note", form.note, most=200)
    if form.tested_at.tzinfo is None:
        faults.append(Fault("tested_at", "请写拨打的日期和时刻。", "required"))
    elif form.tested_at > uow.now:
        faults.append(Fault("tested_at", "拨打时间比现在还晚，请核对。", "future"))
    elif form.tested_at < uow.now - _LATE:
        faults.append(Fault("tested_at", "一个月以前的拨测不能补记，请重新拨一次。", "late"))
    if faults:
        raise Invalid(faults)
    row = HotlineTest(
        id=new_id(), tenant=node.path, line=form.line, phone=phone, answered=form.answered, tested_at=form.tested_at,
        note=note, entered_at=uow.now, entered_by=common.actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await common.tell(uow, node, "hotline_tested", line=row.line, answered=row.answered)
    return row


async def last_tests(uow: UnitOfWork, paths: Sequence[str], before: datetime) -> dict[str, list[Tested]]:
    """Return the last test of each line of places before a moment, in one query."""
    found: dict[str, list[Tested]] = {path: [] for path in paths}
    rows = await uow.session.scalars(
        sa.select(HotlineTest)
        .where(HotlineTest.tenant.in_(paths), uow.scope.clause(HotlineTest.tenant), HotlineTest.tested_at < before)
        .ext(distinct_on(HotlineTest.tenant, HotlineTest.line))
        .order_by(HotlineTest.tenant, HotlineTest.line, HotlineTest.tested_at.desc())
    )
    for row in rows:
        found[row.tenant].append(
            Tested(
                line=row.line, line_words=LINES[row.line], phone=row.phone, answered=row.answered,
                tested_at=row.tested_at, note=row.note,
            )
        )  # fmt: skip
    return found


def line_gaps(tests: Sequence[Tested], day: date, every: int) -> list[str]:
    """Return in words which telephones were not reached within so many days before the end of a day."""
    since = clock.day_bounds(day)[1] - timedelta(days=every)
    last = {one.line: one for one in tests}
    # A place may have no line of its own; the two that the law asks for are rung at every place.
    wanted = [line for line in LINES if line != "station" or line in last]
    gaps = []
    for line in wanted:
        one = last.get(line)
        if one is None or one.tested_at < since:
            gaps.append(f"{LINES[line]} {every} 天内没有拨测")
        elif not one.answered:
            gaps.append(f"{LINES[line]} {one.phone} 上次拨测没有人接")
    return gaps


async def state(uow: UnitOfWork, tenant: str, day: date) -> WallState:
    """Return the wall of a place on a day: photos and tests up to its end. Raises NotFound for an unknown place."""
    node = await queries.node(uow, tenant)
    limits = await thresholds(uow, *checks.FAMILIES)
    end = clock.day_bounds(day)[1]
    listed = (await checks.items(uow, node.path, node.kind))["document"]
    documents = [
        Document(
            name=one.label,
            here=bool(one.here) and one.looked_on is not None and one.looked_on <= day,
            photo_at=max((photo.taken_at for photo in one.photos if photo.taken_at < end), default=None),
        )
        for one in listed
    ]
    lines = (await last_tests(uow, [node.path], end))[node.path]
    missing = [f"“{one.name}”没有上墙" for one in documents if not one.here]
    missing += [f"“{one.name}”缺照片" for one in documents if one.here and one.photo_at is None]
    missing += line_gaps(lines, day, limits.whole(node.path, "site.hotline_test_days"))
    return WallState(documents=documents, lines=lines, missing=missing, complete=not missing)


async def slogans(uow: UnitOfWork, tenant: str) -> list[str]:
    """Return the slogans that hold at a place: what its wall screen shows in turn (R026)."""
    value = (await service.parameters(uow, tenant, "site.slogans"))["site.slogans"]
    return list(value) if isinstance(value, tuple) else []
