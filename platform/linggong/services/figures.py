"""Stations side by side: matters taken, ended in time, late, told twice; people in courses; the mean of ratings (R097, R102, R105)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import in_subtree, tenant_path
from linggong.services import codes
from linggong.services.hall_models import StationRating
from linggong.services.help_models import HelpCase
from linggong.services.learn_models import Enrolment
from linggong.services.models import ServiceEntry
from linggong.services.queries import late_now
from tenants import queries


class StationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One place over some days; `late` and `help_late` are as things stand now, `trainees` counts the year's people."""

    path: str
    name: str
    taken: int
    done: int
    in_time: int
    told_twice: int
    late: int
    help_late: int
    trainees: int
    answers: int
    mean: float | None

    @property
    def share(self) -> int | None:
        """Per cent of those that ended, in time."""
        return None if not self.done else round(100 * self.in_time / self.done)


async def stations(uow: UnitOfWork, path: str, first: date, last: date) -> list[StationLine]:
    """Return the open places at and below one and any other that served, the latest ones on top, those without a matter at the end."""
    begins, ends = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    year = clock.day_bounds(first.replace(month=1, day=1))[0]
    done = sa.and_(ServiceEntry.state == "done", ServiceEntry.ended_on_at >= begins, ServiceEntry.ended_on_at < ends)

    def count(test: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count().filter(test)

    matters = await _by_place(
        uow, path, ServiceEntry,
        count(sa.and_(ServiceEntry.happened_at >= begins, ServiceEntry.happened_at < ends)), count(done),
        count(sa.and_(done, ~ServiceEntry.breaches.contains(["late"]))),
        count(sa.and_(done, ServiceEntry.breaches.contains(["told_twice"]))), count(late_now(uow)),
    )  # fmt: skip
    today = clock.business_date(uow.now)
    helps = await _by_place(uow, path, HelpCase, count(sa.and_(HelpCase.ended_at.is_(None), HelpCase.next_on < today)))
    learned = await _by_place(
        uow, path, Enrolment,
        sa.func.count(sa.distinct(Enrolment.worker_id)).filter(Enrolment.created_at >= year, Enrolment.state != "left"),
    )  # fmt: skip
    scores = [getattr(StationRating, name) for name in codes.DIMENSIONS]
    total = sum(
        (sa.func.coalesce(sa.func.sum(one), 0) for one in scores[1:]), sa.func.coalesce(sa.func.sum(scores[0]), 0)
    )
    given = sum((sa.func.count(one) for one in scores[1:]), sa.func.count(scores[0]))
    rated = await _by_place(
        uow, path, StationRating, sa.func.count(), sa.cast(total, sa.Float) / sa.func.nullif(given, 0),
        where=sa.and_(StationRating.at >= begins, StationRating.at < ends),
    )  # fmt: skip
    known = {*matters, *helps, *learned, *rated, *(site.path for site in await queries.sites(uow, path))}
    names = await queries.names(uow, known)
    lines = []
    for place in sorted(known):
        m, h, n, r = (
            matters.get(place, (0,) * 5),
            helps.get(place, (0,)),
            learned.get(place, (0,)),
            rated.get(place, (0, None)),
        )
        lines.append(
            StationLine(
                path=place, name=names.get(place, ""), taken=m[0], done=m[1], in_time=m[2], told_twice=m[3], late=m[4],
                help_late=h[0], trainees=n[0], answers=r[0], mean=None if r[1] is None else round(float(r[1]), 1),
            )
        )  # fmt: skip
    return sorted(lines, key=lambda one: (-one.late, -one.help_late, not one.taken + one.done, one.path))


async def _by_place(
    uow: UnitOfWork, path: str, model: Any, *columns: Any, where: sa.ColumnElement[bool] | None = None
) -> Mapping[str, tuple[Any, ...]]:
    statement = (
        sa.select(model.tenant, *columns)
        .where(in_subtree(model.tenant, tenant_path(path)), uow.scope.clause(model.tenant))
        .group_by(model.tenant)
    )
    if where is not None:
        statement = statement.where(where)
    return {row[0]: tuple(row[1:]) for row in await uow.execute(statement)}
