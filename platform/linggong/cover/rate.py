"""M15 参保率: of the shifts at which somebody checked in, how many were covered then; by payer, and what was refused why."""

from __future__ import annotations

from datetime import date

import msgspec
import sqlalchemy as sa

from linggong.cover.models import CoverPolicy, CoverWaiver
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.work.models import Assignment, Engagement

_MOST_DAYS = 366


class CoverRate(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a place and a span of business days. `rate` is null where nobody checked in."""

    place: str
    first: date
    last: date
    checked_in: int
    covered: int
    covered_government: int
    covered_employer: int
    """With a top-up that an employer paid; such a shift may be covered by both."""
    waived: int
    uncovered: int
    rate: float | None
    refused: dict[str, int]
    """Engagements that no product took, by the code of the reason."""


async def cover_rate(uow: UnitOfWork, place: TenantPath, first: date, last: date) -> CoverRate:
    """Return M15 for shifts of orders at a place and below it, by the day of the shift. Raises Invalid for a bad span."""
    if last < first or (last - first).days >= _MOST_DAYS:
        raise Invalid([Fault("last", "时间段不对：最多一年，最后一天不能早于第一天。", "range")])
    here = sa.and_(uow.scope.clause(Assignment.tenant), in_subtree(Assignment.tenant, place))

    def held(*more: sa.ColumnElement[bool]) -> sa.Exists:
        return sa.exists().where(
            CoverPolicy.engagement_id == Assignment.engagement_id,
            CoverPolicy.policy_no != "",
            CoverPolicy.state == "active",
            sa.not_(CoverPolicy.disputed),
            CoverPolicy.effective_at
            <= sa.case(
                # Signed at the gate after the check-in (ruling 4): what counts is the beginning of work.
                (Engagement.contracted_at > Assignment.arrived_at, sa.func.coalesce(Assignment.started_at, Assignment.arrived_at)),
                else_=Assignment.arrived_at,
            ),
            CoverPolicy.ends_at >= Assignment.ends_at,
            *more,
        )  # fmt: skip

    waived = sa.exists().where(
        CoverWaiver.engagement_id == Assignment.engagement_id, CoverWaiver.worker_at <= Assignment.starts_at
    )
    flags = (
        sa.select(
            held().label("covered"),
            held(CoverPolicy.payer == "government").label("government"),
            held(CoverPolicy.payer == "employer").label("employer"),
            waived.label("waived"),
        )
        .select_from(Assignment)
        .join(Engagement, Engagement.id == Assignment.engagement_id)
        .where(here, Assignment.work_date.between(first, last), Assignment.arrived_at.is_not(None))
        .subquery()
    )
    count = sa.func.count()
    row = (
        await uow.execute(
            sa.select(
                count,
                count.filter(flags.c.covered),
                count.filter(flags.c.government),
                count.filter(flags.c.employer),
                count.filter(sa.and_(sa.not_(flags.c.covered), flags.c.waived)),
            ).select_from(flags)
        )
    ).one()
    refused = await uow.execute(
        sa.select(CoverPolicy.refused_code, sa.func.count(sa.distinct(CoverPolicy.engagement_id)))
        .where(
            uow.scope.clause(CoverPolicy.tenant),
            in_subtree(CoverPolicy.tenant, place),
            CoverPolicy.state == "refused",
            CoverPolicy.kind == "basic",
            sa.func.timezone("Asia/Shanghai", CoverPolicy.starts_at).cast(sa.Date).between(first, last),
        )
        .group_by(CoverPolicy.refused_code)
        .order_by(CoverPolicy.refused_code)
    )
    checked_in, covered, government, employer, without = row
    return CoverRate(
        place=place,
        first=first,
        last=last,
        checked_in=checked_in,
        covered=covered,
        covered_government=government,
        covered_employer=employer,
        waived=without,
        uncovered=checked_in - covered - without,
        rate=round(covered / checked_in, 4) if checked_in else None,
        refused={code or "other": n for code, n in refused},
    )
