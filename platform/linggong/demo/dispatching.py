"""The dawn's proposal at the demo's two stations, waiting for its clerk, and two proofs of hardship among those who wait there."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from linggong.demo import sign_ins
from linggong.demo.actors import Register
from linggong.demo.places import County
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock
from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import Scope
from linggong.matching import priority, proposals
from linggong.matching.allot import Options
from linggong.matching.models import Proposal
from linggong.matching.priority import NewMark
from linggong.stations.models import Ticket
from rbac.roles import Role

_PROOFS = (("subsistence", "低保证"), ("disabled", "残疾人证"))


async def propose(database: Database, counties: list[County], register: Register, at: datetime) -> None:
    """Note the proofs and make the proposals, once a day; done twice it changes nothing."""
    day = clock.business_date(at)
    for post in {a.path for a in sign_ins.placed(counties) if a.username in ("clerk", "clerk2")} & set(register.clerks):
        clerk = Actor(kind="staff", id=register.clerks[post], post=post, role=Role.STATION_CLERK.value, channel="desk")
        with clock.clock_set(MovableClock(at)):
            async with database.begin(clerk, Scope(trees=(post,))) as uow:
                made = sa.exists().where(Proposal.tenant == post, Proposal.day == day)
                if await uow.session.scalar(sa.select(made)):
                    continue
                waiting = sa.select(Ticket.person_id).where(
                    Ticket.tenant == post, Ticket.day == day, Ticket.person_id.is_not(None)
                )
                people = [p for p in await uow.session.scalars(waiting.order_by(Ticket.number)) if p is not None]
                for (category, paper), person in zip(_PROOFS, people, strict=False):
                    if not await priority.marks(uow, person):
                        form = NewMark(
                            category=category, grantor="县民政局", proof=f"{paper}第 0001 号",
                            valid_to=day + timedelta(days=300), consent="同意书第 P-1 号",
                        )  # fmt: skip
                        await priority.note(uow, person, form)
                await proposals.make(uow, Options(), at=post)
