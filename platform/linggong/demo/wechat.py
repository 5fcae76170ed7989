"""Paying by WeChat in the demo: the printed employer is connected to the stand-in, and most of those whom he owes are bound."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from linggong.demo import sign_ins
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import EVERYWHERE
from linggong.people.models import Contact, Employer, EmployerMember
from linggong.wages.models import Bill
from linggong.wages.wechat import bindings, merchants
from linggong.wages.wechat.standin import Books
from rbac.roles import Role


async def connect(database: Database, sealer: Sealer, data_dir: Path) -> int:
    """Connect the employer, and let the workers agree, each as himself; returns how many were bound.

    Nothing where it was done before, or where the employer is not. One of those whom he owes stays unbound: his page says so.
    """
    async with database.system() as uow:
        found = (
            await uow.execute(
                sa.select(Employer.id, EmployerMember.person_id)
                .join(EmployerMember, EmployerMember.employer_id == Employer.id)
                .where(Employer.uscc == sign_ins.EMPLOYER_USCC)
            )
        ).first()
        if found is None:
            return 0
        employer_id, agent = found
        owed = await uow.session.scalars(
            sa.select(Bill.worker_id)
            .where(Bill.employer_id == employer_id, Bill.state == "OPEN")
            .distinct()
            .order_by(Bill.worker_id)
        )
        numbers = [sealer.blind_index("phone", account.phone) for account in sign_ins.WORKERS]
        printed = await uow.session.scalars(sa.select(Contact.person_id).where(Contact.number_index.in_(numbers)))
        workers = list(dict.fromkeys([*printed, *list(owed)[1:]]))
    boss = Actor(kind="employer", id=agent, role=Role.EMPLOYER.value, employer_id=employer_id, channel="web")
    async with database.begin(boss, EVERYWHERE) as uow:
        if await merchants.mine(uow) is not None:
            return 0
        await merchants.connect(uow, sealer, Books.load(data_dir).form())
    for person_id in workers:
        him = Actor(kind="worker", id=person_id, role=Role.WORKER.value, channel="web")
        async with database.begin(him, EVERYWHERE) as uow:
            if await bindings.mine(uow, sealer) is None:
                await bindings.bind(uow, sealer, bindings.stand_in_openid(person_id))
    return len(workers)
