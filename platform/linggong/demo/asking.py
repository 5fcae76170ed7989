"""What the demo's telephones have to answer: workers without a smartphone who were chosen just now, and news that is read."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from linggong.kernel.db import Actor, Database
from linggong.kernel.errors import Conflict
from linggong.kernel.paths import EVERYWHERE
from linggong.market.models import BoardPost
from linggong.people.models import Contact, EmployerMember, Worker
from linggong.people.notice_models import Notice
from linggong.phones import subscribers
from linggong.work import engage
from linggong.work.models import Engagement
from rbac.roles import Role

_ASKED: Final = 6
_OLD: Final = timedelta(hours=2)


async def ask(database: Database) -> None:
    """Let employers choose a few applicants with plain telephones; the worker process asks them once it runs."""
    subscribers.register()
    async with database.system() as uow:
        rows = (
            await uow.execute(
                sa.select(Engagement.id, Engagement.employer_id, EmployerMember.person_id)
                .join(BoardPost, BoardPost.order_id == Engagement.order_id)
                .join(Worker, Worker.person_id == Engagement.worker_id)
                .join(EmployerMember, EmployerMember.employer_id == Engagement.employer_id)
                .where(
                    Engagement.state == "A_APPLIED",
                    Engagement.replacement_id.is_(None),
                    Worker.phone_kind != "smart",
                    BoardPost.places_left > 0,
                    BoardPost.starts_at > uow.now + timedelta(hours=6),
                    sa.exists().where(Contact.person_id == Worker.person_id, Contact.kind.in_(("mobile", "relative"))),
                )
                .order_by(BoardPost.starts_at, BoardPost.title, Engagement.worker_name, Engagement.created_at)
                .limit(_ASKED)
            )
        ).all()
    for row in rows:
        actor = Actor(kind="employer", id=row.person_id, employer_id=row.employer_id, role=Role.EMPLOYER.value)
        try:
            async with database.begin(actor, EVERYWHERE) as uow:
                await engage.offer(uow, row.id)
        except Conflict:
            continue  # his order filled up meanwhile


async def heard(database: Database) -> None:
    """What the demo's past told has been read: nobody is called about it, and no list of failed texts begins with it."""
    async with database.system() as uow:
        await uow.execute(
            sa.update(Notice)
            .where(Notice.state == "queued", Notice.created_at < uow.now - _OLD)
            .values(state="reached", settled_how="seen", settled_at=Notice.created_at, call_wanted=False)
        )
