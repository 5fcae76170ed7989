"""What a clerk types at the desk, and what the desk answers."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import httpx
import sqlalchemy as sa
from browsing import Browsers
from small_city import STATION

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions, staff
from linggong.people.door_models import WebSession
from linggong.people.identity_numbers import check_digit


async def later(browsers: Browsers, **span: int) -> None:
    """Let time pass, with everybody signed in again after it."""
    browsers.city.clock.advance(timedelta(**span))
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(WebSession).values(seen_at=uow.now, expires_at=uow.now + timedelta(hours=1)))


def number(n: int, born: str = "19680512") -> str:
    """Return a made-up ID number."""
    first = f"410225{born}{n:03d}"
    return first + check_digit(first)


async def at_post(
    browsers: Browsers, name: str, role: str = "station_clerk", path: str = STATION, words: str = "同事"
) -> httpx.AsyncClient:
    """The browser of another member of staff."""
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, name, words, role, path, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account))


def wrong(n: int) -> str:
    """Return a number whose last digit does not fit."""
    right = number(n)
    return right[:-1] + ("0" if right[-1] != "0" else "1")


def worker_form(n: int = 1, **changes: str) -> dict[str, str]:
    """What a clerk types for a worker without a phone."""
    values = {
        "id_number": number(n), "name": "赵大明", "contact_kind": "station", "trades": "6-29-99-00", "pay": "200",
        "pay_unit": "day", "consent": "slip", "proof": "A-17", "card_seen": "1", "skill_level": "0",
    }  # fmt: skip
    return values | changes


def order_form(employer: UUID, **changes: str) -> dict[str, str]:
    """What a clerk types for an employer on the telephone."""
    values = {
        "employer": str(employer), "title": "搬砖小工", "wanted": "2", "date": "2026-03-11", "start": "07:30", "end": "17:30",
        "break_minutes": "60", "pay": "220", "pay_unit": "day", "settlement": "daily", "street": "410225001000",
        "address": "东关工地南门", "legal_form": "service", "pay_way": "cash", "intake": "phone",
    }  # fmt: skip
    return values | changes


def said(answer: httpx.Response, where: str) -> None:
    assert answer.status_code == 303, answer.text[:3000]
    assert answer.headers["location"].startswith(where), answer.headers["location"]


async def flash(client: httpx.AsyncClient, answer: httpx.Response) -> str:
    """Follow a redirect and return what the page says."""
    if answer.status_code in (409, 422):  # refused: the page itself says why, with what was typed
        return answer.text
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200
    found = re.search(r'<div role="status"[^>]*>(.*?)</div>', page.text, re.S)
    return re.sub(r"<[^>]+>", "", found.group(1)).strip() if found else ""
