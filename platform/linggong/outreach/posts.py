"""Posts that a station published in a year against its target (R108): distinct audited posts, heads beside them.

Posts are counted as M05 counts them, by the day of publication: what was taken down or posted again is no further post.
"""

from __future__ import annotations

from datetime import date

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order
from linggong.measures.models import MetricFact
from linggong.measures.sites import open_sites, thresholds


class StationYear(msgspec.Struct, frozen=True, kw_only=True):
    """The posts of a station in a year; `target` is None where the place asks for none."""

    tenant: str
    name: str
    posts: int
    heads: int
    """Places on them, reported beside and never instead (R108)."""
    target: int | None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached."""
        return None if self.target is None else self.posts >= self.target


async def year(uow: UnitOfWork, tenant: TenantPath, day: date) -> list[StationYear]:
    """Return every open station at and below a place with its posts of the year of `day`, up to that day."""
    first = day.replace(month=1, day=1)
    counted = await uow.execute(
        sa.select(MetricFact.tenant, sa.func.sum(MetricFact.value))
        .where(
            in_subtree(MetricFact.tenant, tenant), MetricFact.day >= first, MetricFact.day <= day, MetricFact.component == "posts"
        )
        .group_by(MetricFact.tenant)
    )  # fmt: skip
    posts = {path: int(n) for path, n in counted}
    wanted = await uow.execute(
        sa.select(Order.tenant, sa.func.sum(Order.headcount))
        .where(
            in_subtree(Order.tenant, tenant),
            Order.state != "O_TAKENDOWN",
            sa.cast(sa.func.timezone("Asia/Shanghai", Order.published_at), sa.Date).between(first, day),
        )
        .group_by(Order.tenant)
    )
    heads = {path: int(n) for path, n in wanted}
    limits, found = await thresholds(uow, "station.year."), []
    for site in await open_sites(uow, tenant):
        try:
            target: int | None = limits.whole(site.path, "station.year.posts")
        except LookupError:
            target = None
        found.append(
            StationYear(
                tenant=site.path, name=site.name, posts=posts.get(site.path, 0), heads=heads.get(site.path, 0), target=target
            )
        )  # fmt: skip
    return found
