"""The people of the dawn: stations with a clerk and a wall, workers with phones, employers with a session, made through the services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from linggong.demo.paths import cast
from linggong.demo.paths.stage import Stage
from linggong.kernel import clock, db
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE, TenantPath
from linggong.people import registration, sessions, staff
from linggong.people.forms import WorkerForm
from linggong.prove import site
from linggong.stations import phones, screens
from rbac.roles import Role
from tenants.loading import load_preset_into
from tenants.models import Node

_AT_ONCE = 200
_DAYS = 28 * 12 * 20


@dataclass(frozen=True, slots=True)
class Station:
    """A station as the dawn needs it: its path, today's code on the wall, the clerk's session and what his writes carry."""

    path: str
    code: str
    clerk: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody who waits for work: his phone and his station."""

    phone: str
    station: int


@dataclass(frozen=True, slots=True)
class Boss:
    """An employer's session, what his writes carry, the street where he has work, and his telephone."""

    token: str
    csrf: str
    division: str
    phone: str


@dataclass(slots=True)
class City:
    """Everybody."""

    day: datetime
    stations: list[Station] = field(default_factory=list)
    walls: list[str] = field(default_factory=list)
    """The secret of each station's wall, in the order of the stations."""
    people: list[Human] = field(default_factory=list)
    bosses: list[Boss] = field(default_factory=list)


async def found_city(owner_dsn: str, app_dsn: str, folder: Path, people: int, bosses: int, begin: datetime) -> City:
    """Load Kaifeng and register everybody the evening before; returns what the dawn needs to speak for them."""
    owner = await asyncpg.connect(owner_dsn)
    await load_preset_into(owner, "kaifeng")
    secrets = Secrets.load(folder)
    city = City(begin)
    movable = clock.MovableClock(begin - timedelta(hours=8))
    with clock.clock_set(movable):
        async with site.served(app_dsn, secrets) as app:
            stage = Stage(app, app.state.database, secrets, movable, {})
            await cast.staffed(stage, "驿站")
            tokens = await _stations(stage.database, secrets, city, begin)
            await _people(stage.database, secrets, city, people)
            await _bosses(stage, city, bosses)
        movable.move_to(begin - timedelta(minutes=2))
        database = db.Database(app_dsn, pool_size=2, sealer=secrets.sealer)
        await _sessions(database, secrets, city, tokens)
        await database.dispose()
    await owner.execute("ANALYZE")
    await owner.close()
    return city


async def _stations(database: db.Database, secrets: Secrets, city: City, begin: datetime) -> list[UUID]:
    """Give every station a wall and a clerk; returns the clerks."""
    clerks = []
    async with database.system() as uow:
        paths = list(await uow.session.scalars(sa.select(Node.path).where(Node.kind == "station").order_by(Node.path)))
    for n, path in enumerate(paths):
        async with database.begin(SYSTEM, EVERYWHERE) as uow:
            _, token = await screens.register(uow, kind="wall", name="大厅", at=TenantPath(path))
            clerks.append(
                await staff.create_staff(uow, f"dawn{n}", "李敏", Role.STATION_CLERK.value, path, cast.PASSWORD)
            )
        city.walls.append(token)
        city.stations.append(Station(path, "", "", ""))
    # The code on the wall is that of the day.
    with clock.clock_set(clock.MovableClock(begin)):
        async with database.system() as uow:
            for n, station in enumerate(city.stations):
                code = await phones.code_today(uow, secrets, station.path)
                city.stations[n] = Station(station.path, code, "", "")
    return clerks


async def _people(database: db.Database, secrets: Secrets, city: City, people: int) -> None:
    born = [f"{1958 + n // 336 % 20}{1 + n // 28 % 12:02d}{1 + n % 28:02d}" for n in range(_DAYS)]
    for first in range(0, people, _AT_ONCE):
        async with database.begin(SYSTEM, EVERYWHERE) as uow:
            for n in range(first, min(people, first + _AT_ONCE)):
                at = n % len(city.stations)
                phone = f"138{n:08d}"
                form = WorkerForm(
                    name="李甲乙丙丁戊己庚辛壬"[:1] + "甲乙丙丁戊己庚辛壬癸"[n % 10],
                    id_number=cast.id_number(n // _DAYS, born[n % _DAYS]), phone=phone, trades=["6-29-99-00"], skill_level=0,
                    pay_fen=18000, pay_unit="day", card_seen=True,
                )  # fmt: skip
                await registration.register_worker(
                    uow, secrets.sealer, form, node=TenantPath(city.stations[at].path), phone_verified=True
                )
                city.people.append(Human(phone, at))


async def _bosses(stage: Stage, city: City, bosses: int) -> None:
    for n in range(bosses):
        who = await cast.employer(stage, f"开封第{n}建筑公司", agent="王经理", n=100 + n)
        city.bosses.append(Boss(f"{who.id}|{who.facts['employer_id']}", "", "410202003000", who.facts["phone"]))


async def _sessions(database: db.Database, secrets: Secrets, city: City, clerks: list[UUID]) -> None:
    """Open the sessions shortly before: clerks are at their desks, employers at their phones."""
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        for n, clerk in enumerate(clerks):
            token = await sessions.create(uow, "staff", clerk)
            old = city.stations[n]
            city.stations[n] = Station(old.path, old.code, token, secrets.sign("csrf", token))
        for n, boss in enumerate(city.bosses):
            person, employer = boss.token.split("|")
            token = await sessions.create(uow, "person", UUID(person), {"employer_id": employer})
            city.bosses[n] = Boss(token, secrets.sign("csrf", token), boss.division, boss.phone)
