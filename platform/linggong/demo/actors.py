"""Who stands behind what happens in the demo: the ids of the made-up people, and transactions opened in their name."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.demo.places import County, Desk
from linggong.demo.planned import Plan, PlannedEmployer, PlannedOrder, PlannedWorker
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.paths import EVERYWHERE, Scope, TenantPath
from linggong.market.models import Order
from linggong.people.models import Employer, EmployerMember, Person
from rbac.roles import Role

Transaction = AbstractAsyncContextManager[UnitOfWork]


@dataclass(slots=True)
class Register:
    """Ids of what exists already, by the plan's keys: found again in the database when a run goes on."""

    workers: dict[int, UUID] = field(default_factory=dict)
    employers: dict[int, UUID] = field(default_factory=dict)
    agents: dict[int, UUID] = field(default_factory=dict)
    orders: dict[str, UUID] = field(default_factory=dict)
    clerks: dict[TenantPath, UUID] = field(default_factory=dict)
    operators: dict[TenantPath, UUID] = field(default_factory=dict)


@dataclass(slots=True)
class Actors:
    """Opens transactions as clerk, operator, employer or worker: the same actor and scope as the edge would give."""

    database: Database
    register: Register

    def clerk(self, desk: Desk, channel: str = "desk") -> Transaction:
        """Open a transaction of the clerk who sits at a desk."""
        return self._staff(self.register.clerks[desk.path], desk.path, Role.STATION_CLERK, channel)

    def operator(self, county: County) -> Transaction:
        """Open a transaction of the county's operator."""
        return self._staff(self.register.operators[county.path], county.path, Role.COUNTY_OPERATOR, "web")

    def employer(self, employer: PlannedEmployer, channel: str = "web") -> Transaction:
        """Open a transaction of the person who acts for an employer."""
        actor = Actor(
            kind="employer",
            id=self.register.agents[employer.key],
            employer_id=self.register.employers[employer.key],
            role=Role.EMPLOYER.value,
            channel=channel,
        )
        return self.database.begin(actor, EVERYWHERE)

    def worker(self, worker: PlannedWorker) -> Transaction:
        """Open a transaction of a worker with his own phone."""
        actor = Actor(kind="worker", id=self.register.workers[worker.key], role=Role.WORKER.value, channel="web")
        return self.database.begin(actor, EVERYWHERE)

    def for_order(self, order: PlannedOrder) -> Transaction:
        """Open a transaction of the order's side: the employer on his phone, or the clerk whom he calls."""
        return self.employer(order.employer) if order.employer.online else self.clerk(order.desk, "phone")

    def _staff(self, staff_id: UUID, post: TenantPath, role: Role, channel: str) -> Transaction:
        actor = Actor(kind="staff", id=staff_id, post=post, role=role.value, channel=channel)
        return self.database.begin(actor, Scope(trees=(post,)))


async def find_again(database: Database, sealer: Sealer, plan: Plan, register: Register) -> None:
    """Fill the register with those of the plan's people and posts that an earlier run has written."""
    async with database.system() as uow:
        persons = await _persons(uow, sealer, plan)
        codes = {e.number: e for e in plan.employers if e.kind != "individual"}
        by_person = {persons[e.number]: e for e in plan.employers if e.kind == "individual" and e.number in persons}
        for row in (await uow.execute(sa.select(Employer.id, Employer.uscc, Employer.person_id))).all():
            found = codes.get(row.uscc) or by_person.get(row.person_id)
            if found is not None:
                register.employers[found.key] = row.id
        keys = {v: k for k, v in register.employers.items()}
        members = sa.select(EmployerMember.employer_id, EmployerMember.person_id).order_by(
            EmployerMember.created_at.desc()
        )
        for row in (await uow.execute(members)).all():
            if row.employer_id in keys:
                register.agents[keys[row.employer_id]] = row.person_id
        register.workers.update({w.key: persons[w.id_number] for w in plan.workers if w.id_number in persons})
        wanted: dict[tuple[UUID, datetime], str] = {
            (register.employers[o.employer.key], o.created): o.key
            for o in plan.orders
            if o.employer.key in register.employers
        }
        for row in (await uow.execute(sa.select(Order.id, Order.employer_id, Order.created_at))).all():
            key = wanted.get((row.employer_id, row.created_at))
            if key is not None:
                register.orders[key] = row.id


async def _persons(uow: UnitOfWork, sealer: Sealer, plan: Plan) -> dict[str, UUID]:
    numbers = [w.id_number for w in plan.workers]
    numbers += [e.agent[1] if e.agent else e.number for e in plan.employers]
    indexes = {sealer.blind_index("id", n): n for n in numbers}
    rows = (await uow.execute(sa.select(Person.id, Person.id_index))).all()
    return {indexes[row.id_index]: row.id for row in rows if row.id_index in indexes}
