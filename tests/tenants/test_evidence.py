"""Photos kept as proof at a place: never without their time, seen at and above the place only, never exchanged."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import TenantPath
from linggong.web.evidence import read
from tenants import evidence
from tenants.evidence import Photo
from tenants.models import EvidencePhoto
from tests.tenants.conftest import staff

STATION, NEIGHBOUR = TenantPath("/4102/25/001/s01/"), "/4102/21/"
PNG = b"\x89PNG\r\n\x1a\n" + b"plate"


async def test_keep_and_show(city: Database) -> None:
    """R024, R026: with time, point and note; the neighbour county has no such photo."""
    subject = uuid4()
    actor, scope = staff("/4102/25/001/")
    async with city.begin(actor, scope) as uow:
        photo = Photo(data=PNG, taken_at=uow.now, latitude=34.79, longitude=114.72, note="门牌")
        kept = await evidence.keep(uow, STATION, "plate", subject, photo)
    async with city.begin(actor, scope) as uow:
        assert await evidence.content(uow, kept.id) == ("image/png", PNG)
        assert [k.note for k in (await evidence.of(uow, "plate", [subject]))[subject]] == ["门牌"]
    other, elsewhere = staff(NEIGHBOUR)
    async with city.begin(other, elsewhere) as uow:
        with pytest.raises(NotFound):
            await evidence.content(uow, kept.id)
        assert (await evidence.of(uow, "plate", [subject]))[subject] == []
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"):
        async with city.begin(actor, scope) as uow:
            await uow.execute(sa.update(EvidencePhoto).values(note="别的门牌"))


async def test_refused(city: Database) -> None:
    """Without time, of a time to come, too large, no picture, half a point: all told at once."""
    now = clock.now()
    assert _fields(Photo(data=PNG)) == ["photo_taken_at"]
    assert _fields(Photo(data=PNG, taken_at=now.replace(tzinfo=None))) == ["photo_taken_at"]
    assert _fields(Photo(data=PNG, taken_at=now + timedelta(minutes=11))) == ["photo_taken_at"]
    assert _fields(Photo(data=PNG, taken_at=now + timedelta(minutes=10))) == []
    assert _fields(Photo(data=PNG, taken_at=now - timedelta(days=1200))) == ["photo_taken_at"]
    assert _fields(Photo(data=b"", latitude=1.0)) == ["photo", "photo_taken_at", "photo_point"]
    assert _fields(Photo(data=b"GIF89a", taken_at=now, latitude=91.0, longitude=1.0)) == ["photo", "photo_point"]
    assert _fields(Photo(data=PNG + bytes(evidence.MOST_BYTES), taken_at=now, note="字" * 201)) == [
        "photo",
        "photo_note",
    ]
    actor, scope = staff("/4102/25/001/")
    async with city.begin(actor, scope) as uow:
        with pytest.raises(Invalid, match="没有时间的照片不能作证据"):
            await evidence.keep(uow, STATION, "plate", uuid4(), Photo(data=PNG))
        with pytest.raises(NotFound):
            await evidence.keep(uow, TenantPath("/4102/99/"), "plate", uuid4(), Photo(data=PNG, taken_at=uow.now))


def _fields(photo: Photo) -> list[str]:
    faults: list[Fault] = []
    evidence.check(photo, faults, now=clock.now())
    return [fault.field for fault in faults]


def test_said() -> None:
    """A page says local time of the market; a program says its zone."""
    local, zoned = evidence.said("2026-05-20T05:10"), evidence.said("2026-05-19T21:10:00+00:00")
    assert local == zoned is not None
    assert evidence.said("昨天") is None


async def test_form_without_photo() -> None:
    """A field left empty is no photo; the slice says whether it must have one."""
    assert await read({"photo": "", "photo_taken_at": "2026-05-20T05:10"}) is None
