"""Where somebody says that he is, so that jobs and stations can be told by distance. He says it once, and takes it back at any time.

Kept to three decimals (some hundred metres): enough for "how far", no trail of anybody. Nobody but himself reads it, the
station that serves him neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.geo import Point
from linggong.kernel.orm import Base, RowScope, one_of

Source = Literal["phone", "street"]
SOURCES: Final[tuple[Source, ...]] = ("phone", "street")
PLACES: Final = 3


class OwnPlace(Base):
    """The last place that somebody said he is at: one row a person, replaced each time, gone when he forgets it."""

    __tablename__ = "own_places"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        one_of("source", SOURCES),
        {
            "info": RowScope(
                cls="person",
                person="person_id",
                audit="short-lived, his own alone: a trail of it would be a trail of where he was",
                personal=("latitude", "longitude", "label"),
            ).info()
        },
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    latitude: Mapped[float]
    longitude: Mapped[float]
    source: Mapped[str]
    label: Mapped[str] = mapped_column(default="")
    """The street that he chose; '' where his telephone told the point."""
    said_at: Mapped[datetime]


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is, as pages use it."""

    latitude: float
    longitude: float
    source: Source
    label: str = ""

    @property
    def point(self) -> Point:
        """The point in WGS-84."""
        return Point(self.latitude, self.longitude)


def here(latitude: float, longitude: float, source: Source, label: str = "") -> Here:
    """Return a place as coarse as it is kept; raises Invalid for a point outside the country."""
    if not (3 <= latitude <= 54 and 73 <= longitude <= 136):
        raise Invalid([Fault("latitude", "定位不准，请选一个乡镇街道。", "range")])
    return Here(latitude=round(latitude, PLACES), longitude=round(longitude, PLACES), source=source, label=label[:40])


async def said(uow: UnitOfWork, place: Here) -> None:
    """Keep where the signed-in person is."""
    values = {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "source": place.source,
        "label": place.label,
        "said_at": uow.now,
    }
    kept = insert(OwnPlace).values(person_id=uow.actor.id, **values)
    await uow.execute(kept.on_conflict_do_update(index_elements=[OwnPlace.person_id], set_=values))


async def last_said(uow: UnitOfWork) -> Here | None:
    """Return where the signed-in person last said that he is."""
    row = await uow.session.get(OwnPlace, uow.actor.id)
    if row is None:
        return None
    source: Source = "phone" if row.source == "phone" else "street"
    return Here(latitude=row.latitude, longitude=row.longitude, source=source, label=row.label)


async def forget(uow: UnitOfWork) -> None:
    """Forget where the signed-in person is."""
    await uow.execute(sa.delete(OwnPlace).where(OwnPlace.person_id == uow.actor.id))
