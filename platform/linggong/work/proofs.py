"""How an arrival is proven (36): the day's code, a point near the place, the ID card, a roll call or a clerk's word."""

from __future__ import annotations

from hmac import compare_digest
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.people.models import Consent, Person
from linggong.work import common
from linggong.work.models import Assignment
from linggong.work.site_models import SiteReport

Method = Literal["qr", "code", "id_card", "geo_photo", "roll_call", "clerk", "crew"]
LOCATION: Final = "location"
LED: Final = "leader"
"""The leader's word in a report of arrival: it moves nobody."""
_TEXT_VERSION = "2026-11"
_EARTH_M = 6_371_000
_OF_SIDE: Final = {
    "worker": ("qr", "code", "geo_photo", "crew"),
    "employer": ("roll_call",),
    "staff": ("clerk", "id_card", "roll_call"),
}
"""Who may prove an arrival how."""


class Point(NamedTuple):
    """Where somebody stands, in degrees."""

    latitude: float
    longitude: float


def arrival_code(secrets: Secrets, order_id: UUID, day: object) -> str:
    """Return the four digits that the employer tells people at the gate; a new one each day."""
    return f"{int(secrets.sign('arrival', f'{order_id}:{day}')[:8], 16) % 10000:04d}"


async def check(
    uow: UnitOfWork,
    row: Assignment,
    *,
    method: Method,
    code: str,
    secrets: Secrets | None,
    point: Point | None,
    consent: bool,
    id_number: str,
) -> dict[str, Any]:
    """Return what is kept of a proof; raises Invalid when it proves nothing or is not this side's to give."""
    if method not in _OF_SIDE.get(uow.actor.kind, ()):
        words = "请用今天的到岗码或现场定位签到。" if uow.actor.kind == "worker" else "这种签到方式要由零工本人来做。"
        raise Invalid([Fault("method", words, "method")])
    match method:
        case "qr" | "code":
            check_code(row, code, secrets)
        case "crew":
            if not await brought(uow, row):
                raise Invalid([Fault("method", "班组长还没有点到您。请让他先点，或者自己填到岗码。", "crew")])
            return {"leader": str(row.leader_id)}
        case "geo_photo":
            return await _from_point(uow, row, point, consent)
        case "id_card" if id_number:
            await _same_person(uow, row, secrets, id_number)
            return {"card": True}
    return {}


def check_code(row: Assignment, code: str, secrets: Secrets | None) -> None:
    """Raise Invalid unless it is the day's code of the order."""
    right = arrival_code(secrets, row.order_id, row.work_date) if secrets else ""
    if not right or not compare_digest(code.strip().encode(), right.encode()):
        raise Invalid([Fault("code", "到岗码不对。请问工地负责人今天的4位数字。", "code")])


async def brought(uow: UnitOfWork, row: Assignment) -> bool:
    """Tell whether his crew leader has said that he is here; he still has to say so himself."""
    if row.leader_id is None:
        return False
    found = await uow.session.scalar(
        sa.select(SiteReport.id)
        .where(
            SiteReport.assignment_id == row.id, SiteReport.kind == "arrival", SiteReport.details["method"].astext == LED
        )
        .limit(1)
    )
    return found is not None


async def _from_point(uow: UnitOfWork, row: Assignment, point: Point | None, consent: bool) -> dict[str, Any]:
    if point is None:
        raise Invalid([Fault("point", "没有取到位置。请打开定位再试，或者用到岗码。", "required")])
    await _consent(uow, row.worker_id, consent)
    distance = await distance_from_site(uow, row, point)
    if distance is None:
        raise Invalid([Fault("point", "这单没有登记工地位置，请用到岗码签到。", "no_site")])
    if not await is_near(uow, row, distance):
        raise Invalid([Fault("point", f"您离工地还有 {distance} 米，到了再签，或者用到岗码。", "far")])
    return {"point": await rounded(uow, row, point), "distance_m": distance}


async def _consent(uow: UnitOfWork, worker_id: UUID, given: bool) -> None:
    """The location is taken at this moment only, and only once he has said yes to that."""
    known = await uow.session.scalar(
        sa.select(Consent.id)
        .where(Consent.person_id == worker_id, Consent.purpose == LOCATION, Consent.withdrawn_at.is_(None))
        .limit(1)
    )
    if known is not None:
        return
    if not given:
        raise Invalid(
            [
                Fault(
                    "consent",
                    "定位签到要您同意：只在签到这一下取一次大概位置。同意请打勾，不同意就用到岗码。",
                    "consent",
                )
            ]
        )
    uow.session.add(
        Consent(
            id=new_id(),
            person_id=worker_id,
            purpose=LOCATION,
            text_version=_TEXT_VERSION,
            method="tap",
            evidence="",
            taken_by=uow.actor.id if uow.actor.kind == "staff" and uow.actor.id != NOBODY else None,
            given_at=uow.now,
        )
    )
    await uow.flush()


async def distance_from_site(uow: UnitOfWork, row: Assignment, point: Point) -> int | None:
    """Return metres to the order's place, to ten metres; None where the order has no point."""
    post = await common.post_of(uow, row.order_id)
    if post.latitude is None or post.longitude is None:
        return None
    a, b = radians(point.latitude), radians(post.latitude)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(post.longitude - point.longitude) / 2) ** 2
    return int(round(2 * _EARTH_M * asin(sqrt(half)), -1))


async def is_near(uow: UnitOfWork, row: Assignment, distance_m: int) -> bool:
    """Tell whether a distance counts as being at the place."""
    return distance_m <= int((await common.numbers(uow, row.tenant, "attend.radius_m"))["attend.radius_m"])


async def rounded(uow: UnitOfWork, row: Assignment, point: Point) -> list[float]:
    """Return a point as coarse as it is kept."""
    places = int((await common.numbers(uow, row.tenant, "attend.point_places"))["attend.point_places"])
    return [round(point.latitude, places), round(point.longitude, places)]


async def _same_person(uow: UnitOfWork, row: Assignment, secrets: Secrets | None, id_number: str) -> None:
    index = await uow.session.scalar(sa.select(Person.id_index).where(Person.id == row.worker_id))
    typed = id_number.strip().upper()
    if secrets is None or index is None or secrets.sealer.blind_index("id", typed) != index:
        raise Invalid([Fault("id_number", "这张身份证不是这位零工的，请核对。不能冒名上工。", "id_number")])
