"""What inspections came to, for others to read: per item over a period (score rows 4 to 6), and the last of each place."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.inspection.models import InspectionResult, InspectionTask
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree, tenant_path


class ItemResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one item of the checklists came to at and below a place over a period."""

    item: str
    requirement: str
    row: int | None
    """The row of the 100-point table to which it counts."""
    title: str
    passed: int
    failed: int
    last_passed: bool
    """At the latest look."""
    last_at: datetime


async def results(uow: UnitOfWork, tenant: str, first: date, last: date) -> list[ItemResult]:
    """Return the results of finished inspections at and below a place over days, per item, by row and item."""
    start, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    rows = await uow.session.scalars(
        sa.select(InspectionResult)
        .join(InspectionTask, InspectionTask.id == InspectionResult.task_id)
        .where(
            in_subtree(InspectionResult.tenant, tenant_path(tenant)), InspectionTask.state == "done",
            InspectionResult.made_at >= start, InspectionResult.made_at < end,
        )
        .order_by(InspectionResult.made_at, InspectionResult.id)
    )  # fmt: skip
    found: dict[str, list[InspectionResult]] = {}
    for row in rows:
        found.setdefault(row.item, []).append(row)
    told = [
        ItemResult(
            item=item, requirement=made[-1].requirement, row=made[-1].row, title=made[-1].title,
            passed=sum(r.passed for r in made), failed=sum(not r.passed for r in made), last_passed=made[-1].passed,
            last_at=made[-1].made_at,
        )
        for item, made in found.items()
    ]  # fmt: skip
    return sorted(told, key=lambda r: (r.row or 99, r.item))


async def shares(uow: UnitOfWork, top: TenantPath, *, last: date) -> dict[str, tuple[int, int]]:
    """Return (passed, all) of the latest finished inspection of each place up to a day, by path."""
    newest = (
        sa.select(InspectionTask.id)
        .where(
            in_subtree(InspectionTask.tenant, top), InspectionTask.state == "done",
            InspectionTask.done_at < clock.day_bounds(last)[1],
        )
        .order_by(InspectionTask.node_id, InspectionTask.done_at.desc())
        .ext(distinct_on(InspectionTask.node_id))
    )  # fmt: skip
    rows = await uow.execute(
        sa.select(
            InspectionResult.tenant,
            sa.func.count().filter(InspectionResult.passed).label("passed"),
            sa.func.count().label("n"),
        )
        .where(InspectionResult.task_id.in_(newest))
        .group_by(InspectionResult.tenant)
    )
    return {row.tenant: (row.passed, row.n) for row in rows}
