"""Courses and who is in them, for everybody, for the desk, for the person; the year's progress (R105)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import ancestors, in_subtree, tenant_path
from linggong.people.identity_numbers import veil_name
from linggong.services import codes
from linggong.services.learn_models import Course, Enrolment
from tenants import queries as places
from tenants.service import resolved

TARGET = "station.year.trainees"


class CourseView(msgspec.Struct, frozen=True, kw_only=True):
    """A course as everybody reads it."""

    id: UUID
    title: str
    provider: str
    tenant: str
    held_by: str
    mode_words: str
    need_words: str
    place: str
    begins_on: date
    ends_on: date
    lessons: int
    seats: int
    taken: int
    subsidy: str
    cancelled: bool

    @property
    def is_full(self) -> bool:
        """Tell whether no seat is left."""
        return self.taken >= self.seats


class EnrolmentLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a course, as the place that brought him sees it; the name is veiled."""

    id: UUID
    trace_code: str
    course_id: UUID
    course: str
    worker_id: UUID | None
    name: str
    state: str
    state_words: str
    attended: int
    lessons: int
    certificate: str
    training_subsidy: str
    training_fen: int | None
    living_subsidy: str
    living_fen: int | None
    created_at: datetime
    begins_on: date
    ends_on: date
    place: str

    @property
    def subsidies(self) -> list[tuple[str, str, int | None]]:
        """How far each subsidy is that was asked for: its name, the step in words, what was granted."""
        both = (
            ("培训补贴", self.training_subsidy, self.training_fen),
            ("生活费补贴", self.living_subsidy, self.living_fen),
        )
        return [(label, codes.SUBSIDY_STATES[state], fen) for label, state, fen in both if state != "none"]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """People helped into a course this year, against the place's target; `target` is empty where none is set."""

    year: int
    people: int
    certified: int
    target: int | None


async def courses(uow: UnitOfWork, path: str | None = None, *, limit: int = 100) -> list[CourseView]:
    """Return courses that are not over, the next first: of everywhere, or those of a place, above it and below it."""
    today = clock.business_date(uow.now)
    where = [Course.ends_on >= today, Course.cancelled_at.is_(None)]
    if path:
        where.append(
            sa.or_(Course.tenant.in_(ancestors(tenant_path(path))), in_subtree(Course.tenant, tenant_path(path)))
        )
    rows = list(
        await uow.session.scalars(sa.select(Course).where(*where).order_by(Course.begins_on, Course.id).limit(limit))
    )
    return await _views(uow, rows)


class PastCourse(msgspec.Struct, frozen=True, kw_only=True):
    """A course that is over, with what is still to do for those whom the place brought into it."""

    id: UUID
    title: str
    ends_on: date
    people: int
    unsettled: int
    """Neither finished, failed nor left."""
    subsidies: int
    """Asked for or granted, and not paid."""


async def past(uow: UnitOfWork, *, limit: int = 60) -> list[PastCourse]:
    """Return courses that are over in which the acting post's places have people: what is still to do first, then the latest (R106).

    Certificates and subsidies come after the last lesson.
    """
    unsettled = sa.func.count().filter(Enrolment.state == "enrolled").label("unsettled")
    waits = ("asked", "granted")
    pending = sa.or_(Enrolment.training_subsidy.in_(waits), Enrolment.living_subsidy.in_(waits))
    subsidies = sa.func.count().filter(pending).label("subsidies")
    rows = await uow.execute(
        sa.select(Course.id, Course.title, Course.ends_on, sa.func.count().label("people"), unsettled, subsidies)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(
            Course.ends_on < clock.business_date(uow.now), uow.scope.clause(Enrolment.tenant), Enrolment.state != "left"
        )
        .group_by(Course.id)
        .order_by((unsettled + subsidies == 0), Course.ends_on.desc(), Course.id)
        .limit(limit)
    )
    return [
        PastCourse(
            id=r.id, title=r.title, ends_on=r.ends_on, people=r.people, unsettled=r.unsettled, subsidies=r.subsidies
        )
        for r in rows
    ]


async def course(uow: UnitOfWork, course_id: UUID) -> CourseView:
    """Return one course; raises NotFound."""
    row = await uow.session.get(Course, course_id)
    if row is None:
        raise NotFound
    return (await _views(uow, [row]))[0]


async def _views(uow: UnitOfWork, rows: Sequence[Course]) -> list[CourseView]:
    names = await places.names(uow, {row.tenant for row in rows})
    taken = {
        r["course_id"]: int(r["n"])
        for r in await uow.fetch("SELECT * FROM courses_taken($1)", [row.id for row in rows])
    }
    return [
        CourseView(
            id=row.id, title=row.title, provider=row.provider, tenant=row.tenant, held_by=names.get(row.tenant, ""),
            mode_words=codes.COURSE_MODES[row.mode], need_words=codes.COURSE_NEEDS[row.need], place=row.place,
            begins_on=row.begins_on, ends_on=row.ends_on, lessons=row.lessons, seats=row.seats,
            taken=taken.get(row.id, 0), subsidy=row.subsidy, cancelled=row.cancelled_at is not None,
        )
        for row in rows
    ]  # fmt: skip


async def enrolled(uow: UnitOfWork, course_id: UUID | None = None, *, limit: int = 200) -> list[EnrolmentLine]:
    """Return whom the acting post's places brought into a course, or into any, the latest first."""
    statement = _lines().where(uow.scope.clause(Enrolment.tenant)).limit(limit)
    if course_id is not None:
        statement = statement.where(Enrolment.course_id == course_id)
    return [_line(*row) for row in (await uow.execute(statement))]


async def my_courses(uow: UnitOfWork) -> list[EnrolmentLine]:
    """Return the signed-in person's own courses, the latest first."""
    return [_line(*row) for row in (await uow.execute(_lines().where(Enrolment.worker_id == uow.actor.id).limit(20)))]


def _lines() -> sa.Select[Enrolment, Course]:
    return (
        sa.select(Enrolment, Course)
        .join(Course, Course.id == Enrolment.course_id)
        .order_by(Enrolment.created_at.desc(), Enrolment.id)
    )


def _line(row: Enrolment, of: Course) -> EnrolmentLine:
    return EnrolmentLine(
        id=row.id, trace_code=row.trace_code, course_id=of.id, course=of.title, worker_id=row.worker_id,
        name=veil_name(row.name), state=row.state, state_words=codes.ENROLMENT_STATES[row.state], attended=row.attended,
        lessons=of.lessons, certificate=row.certificate, training_subsidy=row.training_subsidy,
        training_fen=row.training_fen, living_subsidy=row.living_subsidy, living_fen=row.living_fen,
        created_at=row.created_at, begins_on=of.begins_on, ends_on=of.ends_on, place=of.place,
    )  # fmt: skip


async def progress(uow: UnitOfWork, path: str, year: int) -> Progress:
    """Return how many people a place and those below it helped into a course in a year, once each (R105)."""
    first = clock.day_bounds(date(year, 1, 1))[0]
    until = clock.day_bounds(date(year + 1, 1, 1))[0]
    row = (
        await uow.execute(
            sa.select(
                sa.func.count(sa.distinct(Enrolment.worker_id)),
                sa.func.count(sa.distinct(Enrolment.worker_id)).filter(Enrolment.certificate != ""),
            ).where(
                uow.scope.clause(Enrolment.tenant), in_subtree(Enrolment.tenant, tenant_path(path)),
                Enrolment.created_at >= first, Enrolment.created_at < until, Enrolment.state != "left",
            )
        )
    ).one()  # fmt: skip
    target = (await resolved(uow, path, TARGET))[TARGET].value
    return Progress(year=year, people=row[0], certified=row[1], target=target if isinstance(target, int) else None)
