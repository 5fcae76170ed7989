"""Who appears in the paths: staff of a county and its stations, workers and employers registered at the desk over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.demo.paths.stage import DAY, Stage, Who
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import staff
from linggong.people.identity_numbers import check_digit
from rbac.roles import Role

STATION, OTHER_STATION = "/4102/02/003/s01/", "/4102/21/103/s01/"
COUNTY, CITY = "/4102/02/", "/4102/"
AREA = "410202"
PASSWORD = "dawn-at-the-bridge-5"  # noqa: S105 - of a scratch database that is dropped at the end

_OFFICES = {
    "驿站": ("clerk.a", "李敏", Role.STATION_CLERK, STATION),
    "同事": ("clerk.b", "周洁", Role.STATION_CLERK, STATION),
    "运营": ("operator", "何涛", Role.COUNTY_OPERATOR, COUNTY),
    "县局": ("bureau", "孙局", Role.COUNTY_BUREAU, COUNTY),
    "调解": ("mediator", "吴调解", Role.MEDIATOR, COUNTY),
    "市局": ("city", "郑处", Role.CITY_BUREAU, CITY),
}


async def staffed(stage: Stage, *offices: str) -> None:
    """Appoint the staff that a path needs and open their sessions."""
    for office in offices:
        username, name, role, path = _OFFICES[office]
        async with stage.database.begin(SYSTEM, EVERYWHERE) as uow:
            account = await staff.create_staff(uow, username, name, role.value, path, PASSWORD)
        stage.people[office] = await stage.sign_in(Who(f"{office} {name}", account, kind="staff"))


def id_number(n: int, born: str = "19680501") -> str:
    """Return a made-up identity number of the county."""
    first = f"{AREA}{born}{n:03d}"
    return first + check_digit(first)


def worker_form(n: int, name: str, *, born: str = "19680501", **changes: Any) -> dict[str, Any]:
    """Return a worker's registration as the desk types it."""
    return {
        "worker": {
            "name": name, "id_number": id_number(n, born), "phone": f"138{n:08d}", "trades": ["6-29-99-00"],
            "skill_level": 0, "pay_fen": 18000, "pay_unit": "day", "card_seen": True, **changes,
        },
        "consent": {"method": "slip", "evidence": f"{n:04d}"},
    }  # fmt: skip


async def workers(
    stage: Stage, names: Sequence[str], *, first: int = 1, tell: bool = False, **changes: Any
) -> list[Who]:
    """Register workers at the desk, and open their sessions."""
    made = []
    for n, name in enumerate(names, first):
        answer = await stage.ask(
            stage.people["驿站"], f"登记 {name}", "POST", "/api/v1/workers", worker_form(n, name, **changes)
        )
        who = Who(name, UUID(answer["person_id"]), facts={"phone": f"138{n:08d}"})
        stage.people[name] = await stage.sign_in(who)
        stage.names[str(who.id)] = name
        made.append(who)
    if not tell:
        del stage.lines[len(stage.lines) - len(made) :]
    return made


async def employer(
    stage: Stage, name: str, *, agent: str, n: int, kind: str = "enterprise", trusted: bool = True
) -> Who:
    """Register an employer and the person who acts for it; `trusted` has been called back before."""
    form: dict[str, Any] = {
        "kind": kind, "name": name, "contact_name": agent, "phone": f"139{n:08d}", "licence_seen": True,
        "agent": {"name": agent, "id_number": id_number(n), "phone": f"139{n:08d}", "card_seen": True},
    }  # fmt: skip
    if kind == "individual":
        form |= {"id_number": id_number(n)}
        del form["agent"]
    else:
        form["uscc"] = credit_code(n)
    body = {"employer": form, "consent": {"method": "slip", "evidence": f"E{n}"}}
    answer = await stage.ask(stage.people["驿站"], f"登记雇主 {name}", "POST", "/api/v1/employers", body)
    employer_id = UUID(answer["id"])
    async with stage.database.system() as uow:
        person = await uow.session.scalar(
            sa.text("SELECT person_id FROM employer_members WHERE employer_id = :e"), {"e": employer_id}
        )
        if trusted:
            await uow.execute(sa.text("UPDATE employers SET is_trusted = true WHERE id = :e"), {"e": employer_id})
    who = Who(
        name,
        person,
        facts={"employer_id": str(employer_id), "acting": {"employer_id": str(employer_id)}, "phone": f"139{n:08d}"},
    )
    stage.people[name] = await stage.sign_in(who)
    return who


_CODES = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(n: int) -> str:
    """Return a made-up unified social credit code with a right check character (GB 32100)."""
    body = f"91{AREA}MA{n:07d}"
    total = sum(_CODES.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + _CODES[(31 - total % 31) % 31]


def order_form(stage: Stage, **changes: Any) -> dict[str, Any]:
    """Return a post without a fault: six people tomorrow from half past seven, two hundred yuan a day."""
    start, end = stage.at(7, 30, day=DAY), stage.at(16, 30, day=DAY)
    return {
        "title": "搬砖小工，管午饭", "trade_code": "6-29-99-00", "headcount": 6, "place": "东关大街12号工地南门",
        "division_code": "410202003000", "latitude": 34.82, "longitude": 114.35, "starts_at": start.isoformat(),
        "ends_at": end.isoformat(), "meal_minutes": 60, "pay_fen": 20000, "pay_unit": "day", "settlement": "daily",
        "pay_channel": "cash", "contact_name": "王师傅", "contact_phone": "13800000000", "description": "上料、搬砖。",
        "job_form": "temporary", "legal_form": "service", "submit": True, **changes,
    }  # fmt: skip
