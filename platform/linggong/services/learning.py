"""Courses, who is in them, what came of it: attendance, certificate, subsidies (R105, R106)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.money import Fen
from linggong.kernel.paths import TenantPath
from linggong.people import notices
from linggong.people.models import Person, ServiceLink
from linggong.people.service_links import live
from linggong.people.text import clean
from linggong.services import codes, entries
from linggong.services.learn_models import Course, Enrolment
from linggong.services.who import recognise

_LONGEST: Final = timedelta(days=366)
Line = Annotated[str, Meta(max_length=400)]


class CourseForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A course as somebody writes it."""

    title: Line = ""
    provider: Line = ""
    mode: Line = "offline"
    need: Line = "common"
    place: Line = ""
    begins_on: date | None = None
    ends_on: date | None = None
    lessons: int | None = None
    seats: int | None = None
    subsidy: Line = ""
    source: Line = ""


async def offer(uow: UnitOfWork, form: CourseForm) -> Course:
    """Announce a course at the acting post. Raises Invalid with every fault, NotFound without a post."""
    post = entries.post_of(uow)
    faults: list[Fault] = []
    words = {
        name: clean(faults, name, getattr(form, name), most=most, least=least)
        for name, most, least in (("title", 40, 2), ("provider", 60, 2), ("place", 100, 2), ("subsidy", 100, 0), ("source", 100, 0))
    }  # fmt: skip
    if form.mode not in codes.COURSE_MODES:
        faults.append(Fault("mode", "请选线下还是线上。", "choice"))
    if form.need not in codes.COURSE_NEEDS:
        faults.append(Fault("need", "请选是哪一类培训。", "choice"))
    today = clock.business_date(uow.now)
    if form.begins_on is None:
        faults.append(Fault("begins_on", "请写哪天开班。", "required"))
    if form.ends_on is None:
        faults.append(Fault("ends_on", "请写哪天结束。", "required"))
    elif form.ends_on < today:
        faults.append(Fault("ends_on", "这个班已经结束了，请核对日期。", "past"))
    if form.begins_on and form.ends_on and not timedelta() <= form.ends_on - form.begins_on <= _LONGEST:
        faults.append(Fault("ends_on", "结束不能早于开班，最长一年。", "order"))
    for field, value, most, what in (("lessons", form.lessons, 1000, "课时"), ("seats", form.seats, 500, "名额")):
        if value is None or not 1 <= value <= most:
            faults.append(Fault(field, f"{what}写 1 到 {most} 之间的整数。", "range"))
    if faults or form.begins_on is None or form.ends_on is None or form.lessons is None or form.seats is None:
        raise Invalid(faults)
    row = Course(
        id=new_id(), trace_code=short_code(), tenant=post, mode=form.mode, need=form.need, begins_on=form.begins_on,
        ends_on=form.ends_on, lessons=form.lessons, seats=form.seats, created_at=uow.now, created_by=_me(uow), **words,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await _tell(uow, "course.offered", row.id, row.tenant, title=row.title, begins=row.begins_on.isoformat())
    return row


async def enrol(uow: UnitOfWork, sealer: Sealer, course_id: UUID, who: str) -> Enrolment:
    """Put somebody whom the place serves into a course. Raises Invalid with every fault, Conflict, NotFound."""
    post = entries.post_of(uow)
    faults: list[Fault] = []
    person = await recognise(uow, sealer, who, faults)
    if not faults and person.person_id is None:
        faults.append(Fault("who", "他还没登记。先按 F2 登记，再报名。", "unknown"))
    if faults or person.person_id is None:
        raise Invalid(faults)
    return await _enrol(uow, course_id, post, person.person_id, person.name)


async def enrol_myself(uow: UnitOfWork, course_id: UUID) -> Enrolment:
    """Enrol oneself; the place that serves one last keeps the row, else the course's. Raises Conflict, NotFound."""
    me = await uow.session.get(Person, uow.actor.id)
    if me is None:
        raise NotFound
    served = await uow.session.scalar(
        sa.select(ServiceLink.tenant)
        .where(ServiceLink.subject_id == me.id, live(uow))
        .order_by(ServiceLink.started_at.desc())
        .limit(1)
    )
    course = await _course(uow, course_id)
    return await _enrol(uow, course_id, served or course.tenant, me.id, me.name)


async def leave_myself(uow: UnitOfWork, course_id: UUID) -> Enrolment:
    """Leave a course that one joined, while it is not over; the seat is free again. Raises Conflict, NotFound."""
    course = await _course(uow, course_id)
    row = await _own(uow, course_id, uow.actor.id)
    if row is None:
        raise NotFound
    if row.state != "enrolled":
        raise Conflict(f"您在这个班已经是“{codes.ENROLMENT_STATES[row.state]}”，不用再退。")
    if course.ends_on < clock.business_date(uow.now):
        raise Conflict("这个班已经结束了，退不了。到课和证书有不对的，请找驿站。")
    row.state, row.ended_at = "left", uow.now
    await uow.flush()
    await _tell(uow, "course.finished", row.id, row.tenant, person_id=row.worker_id, state="left")
    return row


async def _own(uow: UnitOfWork, course_id: UUID, person_id: UUID) -> Enrolment | None:
    """Return somebody's row of a course where it is seen: by himself, or by the place that brought him."""
    found: Enrolment | None = await uow.session.scalar(
        sa.select(Enrolment)
        .where(Enrolment.course_id == course_id, Enrolment.worker_id == person_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


async def _course(uow: UnitOfWork, course_id: UUID) -> Course:
    found = await uow.session.scalar(
        sa.select(Course).where(Course.id == course_id).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('course:' || $1::text, 0))"


async def _enrol(uow: UnitOfWork, course_id: UUID, tenant: str, person_id: UUID, name: str) -> Enrolment:
    course = await _course(uow, course_id)
    # The course may be another place's, whose row nobody here may lock: the last seat is given out once all the same.
    await uow.fetch(_LOCK, str(course.id))
    if course.cancelled_at is not None:
        raise Conflict("这个班取消了。")
    if course.ends_on < clock.business_date(uow.now):
        raise Conflict("这个班已经结束了，请报别的班。")
    taken = (await uow.fetch("SELECT * FROM course_seats($1, $2)", course.id, person_id))[0]
    before = await _own(uow, course.id, person_id) if taken["mine"] else None
    if taken["mine"] and (before is None or before.state != "left"):
        raise Conflict(f"{'他' if uow.actor.kind == 'staff' else '您'}已经报了这个班，不用再报。")
    if taken["taken"] >= course.seats:
        raise Conflict(f"这个班满了（{course.seats} 人）。")
    row = before or Enrolment(
        id=new_id(), tenant=tenant, worker_id=person_id, trace_code=short_code(), course_id=course.id, name=name,
        state="enrolled", attended=0, certificate="", training_subsidy="none", living_subsidy="none",
        created_at=uow.now, created_by=_me(uow) if uow.actor.kind == "staff" else None,
    )  # fmt: skip
    # Who left and comes again goes on with his own row: a person is in a course once.
    row.state, row.ended_at = "enrolled", None
    uow.session.add(row)
    await uow.flush()
    await _tell(uow, "course.enrolled", row.id, tenant, person_id=person_id, course=str(course.id))
    if uow.actor.kind == "staff":
        begins = course.begins_on
        text = f"您报了“{course.title}”，{begins.month}月{begins.day}日开班，{course.place}。不收钱。"
        await notices.notify(
            uow, to="worker", kind="course", text=text[: notices.MAX_TEXT], subject_id=row.id, tenant=tenant, person_id=person_id
        )  # fmt: skip
    return row


async def attend(uow: UnitOfWork, enrolment_id: UUID, lessons: int) -> Enrolment:
    """Write how many lessons somebody attended so far. Raises Invalid for more than there are, Conflict, NotFound."""
    row, course = await _enrolment(uow, enrolment_id)
    if not 0 <= lessons <= course.lessons:
        raise Invalid([Fault("lessons", f"到课写 0 到 {course.lessons} 课时。", "range")])
    row.attended = lessons
    await uow.flush()
    await _tell(uow, "course.attended", row.id, row.tenant, person_id=row.worker_id, lessons=lessons)
    return row


async def finish(uow: UnitOfWork, enrolment_id: UUID, *, state: str, certificate: str = "") -> Enrolment:
    """End somebody's course: finished (with the certificate's number, if there is one), failed, or left. Raises Invalid, Conflict, NotFound."""
    row, course = await _enrolment(uow, enrolment_id)
    faults: list[Fault] = []
    number = clean(faults, "certificate", certificate, most=60)
    if state not in ("finished", "failed", "left"):
        faults.append(Fault("state", "请选结业、没有结业还是退出。", "choice"))
    elif state == "finished" and course.begins_on > clock.business_date(uow.now):
        faults.append(Fault("state", "还没开班，不能结业。", "order"))
    elif state == "finished" and row.attended == 0:
        faults.append(Fault("state", "一节课也没记到课，先记到课。", "order"))
    if number and state != "finished":
        faults.append(Fault("certificate", "没有结业就没有证书。", "order"))
    if faults:
        raise Invalid(faults)
    row.state, row.ended_at, row.certificate = state, uow.now, number
    row.certified_on = clock.business_date(uow.now) if number else None
    await uow.flush()
    await _tell(uow, "course.finished", row.id, row.tenant, person_id=row.worker_id, state=state)
    return row


async def subsidy(
    uow: UnitOfWork, enrolment_id: UUID, which: str, state: str, amount_fen: int | None = None
) -> Enrolment:
    """Follow a subsidy: asked for, granted, paid, refused. Raises Invalid with every fault, Conflict for a step that does not follow, NotFound."""
    row, _ = await _enrolment(uow, enrolment_id, ended=True)
    faults: list[Fault] = []
    if which not in ("training", "living"):
        faults.append(Fault("which", "请选培训补贴还是生活费补贴。", "choice"))
    if state not in codes.SUBSIDY_STATES:
        faults.append(Fault("state", "请选补贴到了哪一步。", "choice"))
    if state == "granted" and (amount_fen is None or not 0 < amount_fen <= 100_000_000):
        faults.append(Fault("amount_fen", "批了多少，请写金额。", "required"))
    if faults:
        raise Invalid(faults)
    now = row.training_subsidy if which == "training" else row.living_subsidy
    if state not in codes.SUBSIDY_STEPS[now]:
        raise Conflict(f"补贴现在是“{codes.SUBSIDY_STATES[now]}”，不能记成“{codes.SUBSIDY_STATES[state]}”。")
    given = Fen(amount_fen) if state == "granted" and amount_fen is not None else None
    if which == "training":
        row.training_subsidy, row.training_fen = state, given or row.training_fen
    else:
        row.living_subsidy, row.living_fen = state, given or row.living_fen
    await uow.flush()
    await _tell(uow, "course.subsidy", row.id, row.tenant, person_id=row.worker_id, which=which, state=state)
    return row


async def _enrolment(uow: UnitOfWork, enrolment_id: UUID, *, ended: bool = False) -> tuple[Enrolment, Course]:
    row = await uow.session.scalar(
        sa.select(Enrolment)
        .where(Enrolment.id == enrolment_id, uow.scope.clause(Enrolment.tenant))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    if row.state != "enrolled" and not ended:
        raise Conflict(f"他在这个班已经是“{codes.ENROLMENT_STATES[row.state]}”。")
    return row, await _course(uow, row.course_id)


def _me(uow: UnitOfWork) -> UUID | None:
    return None if uow.actor.id == NOBODY else uow.actor.id


async def _tell(
    uow: UnitOfWork, event: str, subject: UUID, tenant: str | TenantPath, *, person_id: UUID | None = None, **body: Any
) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=f"learn:{subject}", subject_id=subject, tenant=tenant, person_id=person_id, body=body
        )
    )  # fmt: skip
