"""People who are being reached as the demo opens: a gap that is being filled, and people asked over to another station."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from linggong.demo import sign_ins
from linggong.demo.actors import Register
from linggong.demo.places import County
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock
from linggong.kernel.db import Actor, Database
from linggong.kernel.errors import Conflict
from linggong.kernel.paths import Scope
from linggong.push import filling, moving, views
from linggong.push.models import FillIn, Handover
from rbac.roles import Role

_OVER = 3
"""How many are asked over from one station."""


async def ask(database: Database, counties: list[County], register: Register, at: datetime) -> None:
    """Let each of the demo's stations ask once a day; done twice it changes nothing."""
    begin, _ = clock.day_bounds(clock.business_date(at))
    for post in sorted(
        {a.path for a in sign_ins.placed(counties) if a.username in ("clerk", "clerk2")} & set(register.clerks)
    ):
        clerk = Actor(kind="staff", id=register.clerks[post], post=post, role=Role.STATION_CLERK.value, channel="desk")
        with clock.clock_set(MovableClock(at)):
            async with database.begin(clerk, Scope(trees=(post,))) as uow:
                done = sa.or_(
                    sa.exists().where(FillIn.tenant == post, FillIn.begun_at >= begin),
                    sa.exists().where(Handover.via == post, Handover.asked_at >= begin),
                )
                if await uow.session.scalar(sa.select(done)):
                    continue
                short = await views.short(uow)
                gap = await filling.begin(uow, short[0].order_id) if short else None
                for group in (await moving.elsewhere(uow))[:1]:
                    try:
                        async with uow.savepoint():
                            await moving.send(uow, group.tenant, {m.worker_id for m in group.movers[:_OVER]})
                    except Conflict:
                        continue  # whom his rules bar there is told so at a real desk, too
            if gap is not None:
                async with database.system() as uow:
                    await filling.wave(uow, await uow.session.get_one(FillIn, gap.id))
