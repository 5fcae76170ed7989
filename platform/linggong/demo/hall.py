"""The hall of the demo: two stations with a wall and a kiosk each, and people who came this morning and wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.demo import sign_ins
from linggong.demo.actors import Register
from linggong.demo.places import County
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.paths import Scope, TenantPath, in_subtree, tenant_path
from linggong.people.models import Person, ServiceLink, Worker
from linggong.stations import queue, screens
from linggong.stations.models import Screen, Ticket
from linggong.stations.who import recognise
from linggong.work.models import Assignment
from rbac.roles import Role

KINDS = {"wall": "大厅大屏", "kiosk": "门口自助机"}
_CLERKS = ("clerk", "clerk2")
_WAITING, _EVERY = 9, timedelta(minutes=7)
_STRANGER = "13900001234"
_CALLED = 2


def token(username: str, kind: str) -> str:
    """Return the documented secret of a demo screen: never in a deployment with real people."""
    return f"demo-{kind}-of-{username}-screen"


def lines(base_url: str) -> list[str]:
    """Return what is printed after the start: where the screens are."""
    names = {"clerk": "一号驿站", "clerk2": "二号驿站"}
    return [
        f"{names[username]}{'大屏' if kind == 'wall' else '自助机'}：{base_url}/{'screen' if kind == 'wall' else 'kiosk'}/{token(username, kind)}"
        for username in _CLERKS
        for kind in KINDS
    ]


async def furnish(database: Database, sealer: Sealer, counties: list[County], register: Register, at: datetime) -> None:
    """Put up the screens, once, and let people sign in during the hour before `at`; done twice it changes nothing."""
    posts = {a.username: a.path for a in sign_ins.placed(counties) if a.username in _CLERKS}
    for username, path in posts.items():
        if path not in register.clerks:
            continue
        clerk = Actor(kind="staff", id=register.clerks[path], post=path, role=Role.STATION_CLERK.value, channel="desk")
        scope = Scope(trees=(path,))
        made: dict[str, UUID] = {}
        with clock.clock_set(MovableClock(at)):
            for kind, name in KINDS.items():
                async with database.begin(clerk, scope) as uow:
                    made[kind] = await _stands(uow, username, kind, name)
        await _come(database, sealer, path, made["kiosk"], at)
        with clock.clock_set(MovableClock(at)):
            async with database.begin(clerk, scope) as uow:
                called = await uow.session.scalar(
                    sa.select(Ticket.id).where(
                        Ticket.tenant == path,
                        Ticket.day == clock.business_date(at),
                        Ticket.number == _CALLED,
                        Ticket.state == "waiting",
                    )
                )
                if called is not None:
                    await queue.call(uow, called)


async def _stands(uow: UnitOfWork, username: str, kind: str, name: str) -> UUID:
    known = await uow.session.scalar(
        sa.select(Screen.id).where(Screen.tenant == uow.actor.post, Screen.name == name, Screen.ended_at.is_(None))
    )
    if known is not None:
        return known
    row, _ = await screens.register(uow, kind=kind, name=name, token=token(username, kind))
    return row.id


async def _come(database: Database, sealer: Sealer, path: TenantPath, kiosk: UUID, at: datetime) -> None:
    actor, scope = Actor(kind="system", post=path, channel="kiosk"), Scope(trees=(path,))
    begin, end = clock.day_bounds(clock.business_date(at))
    county = tenant_path("/" + "/".join(path.strip("/").split("/")[:2]) + "/")
    async with database.system() as uow:
        busy = sa.exists().where(
            Assignment.worker_id == Person.id, Assignment.starts_at < end, Assignment.ends_at > begin
        )
        own = sa.func.bool_or(ServiceLink.tenant == path).label("own")
        served = (
            sa.select(ServiceLink.subject_id, own)
            .where(in_subtree(ServiceLink.tenant, county), ServiceLink.kind == "registered", ServiceLink.ends_at > at)
            .group_by(ServiceLink.subject_id)
            .subquery()
        )
        free = (
            sa.select(Person.id)
            .join(Worker, Worker.person_id == Person.id)
            .join(served, served.c.subject_id == Person.id)
            .where(Person.status == "active", ~busy)
        )
        # A small demo has few people at this very desk: those of its county come as well.
        people = list(await uow.session.scalars(free.order_by(served.c.own.desc(), Person.id).limit(_WAITING)))
    for n, person in enumerate(people):
        moment = max(at - _EVERY * (len(people) + 1 - n), begin + timedelta(seconds=n))
        with clock.clock_set(MovableClock(min(moment, at))):
            async with database.begin(actor, scope) as uow:
                await queue.sign_in(uow, at=path, channel="kiosk", person_id=person, screen_id=kiosk)
    with clock.clock_set(MovableClock(at)):
        async with database.system() as own:
            stranger = await recognise(own, sealer, _STRANGER, at=path)
        async with database.begin(actor, scope) as uow:
            await queue.sign_in(uow, at=path, channel="kiosk", typed=stranger, screen_id=kiosk)
