"""Reminds counties of the quarter's directory that is still to be published (动态管理名录)."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from linggong.inbox.subscribers import notice
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.measures.sites import thresholds
from linggong.publishing.directory import quarter_of
from linggong.publishing.models import DirectoryEdition
from tenants.kinds import NodeKind
from tenants.models import Node

_AGAIN = 7
"""Reminded again after so many days, until it is published or the quarter is over."""


async def nightly(database: Database) -> None:
    """Remind on the day of the parameter before the quarter ends, and each week after."""
    async with database.system() as uow:
        await remind(uow, clock.business_date(uow.now))


async def remind(uow: UnitOfWork, today: date) -> int:
    """Remind the bureaus whose directory of this quarter is missing, where today is a day for it; returns how many."""
    quarter, left = quarter_of(today), (last_of_quarter(today) - today).days
    limits = await thresholds(uow, "directory.")
    published = sa.exists().where(DirectoryEdition.tenant == Node.path, DirectoryEdition.quarter == quarter)
    below = aliased(Node)
    some = sa.exists().where(below.path.startswith(Node.path), below.status == "open", below.kind.not_in(_LAND))
    rows = await uow.execute(
        sa.select(Node.path, Node.name)
        .where(Node.kind.in_((NodeKind.COUNTY, NodeKind.ZONE)), Node.status != "closed", ~published, some)
        .order_by(Node.path)
    )
    told = 0
    for path, name in rows:
        ahead = limits.whole(path, "directory.remind_days")
        if left > ahead or (ahead - left) % _AGAIN:
            continue
        year, _, n = quarter.partition("Q")
        title = f"{name}{year} 年第 {n} 季度的名录还没有公布"
        await notice(
            uow,
            [(path, "bureau")],
            title=title,
            body=f"离季末还有 {left} 天。请在“公示”页核对站点和自发聚集点，再公布本季名录。",
        )
        told += 1
    return told


def last_of_quarter(day: date) -> date:
    """Return the last day of a day's quarter."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return (first + timedelta(days=95)).replace(day=1) - timedelta(days=1)


_LAND = tuple(kind for kind in NodeKind if kind.is_region)
