"""Training of those who staff the stations, with a quiz that each answers himself, and its score (R041, R060)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.paths import Scope, ancestors, in_subtree, tenant_path
from linggong.outreach import records
from linggong.outreach.more_models import QuizResult, StaffCourse
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import Role

_MOST_QUESTIONS: Final = 50
_MOST_OPTIONS: Final = 6


class Question(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A question with its answers to choose from; `right` counts from 0."""

    text: str
    options: list[str]
    right: int


class CourseForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A training that was held, with its quiz."""

    title: str
    trainer: str
    place: str
    minutes: Annotated[int, Meta(ge=1, le=10_000)]
    happened_at: datetime
    questions: Annotated[list[Question], Meta(max_length=_MOST_QUESTIONS)]
    pass_mark: Annotated[int, Meta(ge=1, le=100)] = 60


class AskedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it is put to whoever answers: nothing tells which is right."""

    text: str
    options: list[str]


class CourseView(msgspec.Struct, frozen=True, kw_only=True):
    """A course with the reader's own best try, and how many of those below him have passed."""

    id: UUID
    trace_code: str
    title: str
    trainer: str
    place: str
    minutes: int
    pass_mark: int
    happened_at: datetime
    questions: list[AskedQuestion]
    my_score: int | None
    i_passed: bool
    tried: int
    passed: int


class ResultLine(msgspec.Struct, frozen=True, kw_only=True):
    """The best try of a member of staff."""

    name: str
    tenant: str
    score: int
    passed: bool
    tries: int
    taken_at: datetime


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a station's staff who has not answered yet."""

    name: str
    tenant: str


async def hold(uow: UnitOfWork, form: CourseForm) -> StaffCourse:
    """Write down a training of the acting post with its quiz. Raises Invalid with every fault, at once."""
    at, faults = records.here(uow), list[Fault]()
    title = records.long(faults, "title", form.title, "培训题目", most=100)
    trainer = records.long(faults, "trainer", form.trainer, "主讲人", most=60)
    place = records.long(faults, "place", form.place, "地点", most=100)
    records.past(faults, uow.now, form.happened_at, "培训")
    if not form.questions:
        faults.append(Fault("questions", "至少出一道题。", "required"))
    for n, question in enumerate(form.questions):
        records.long(faults, f"questions[{n}].text", question.text, f"第 {n + 1} 题", most=200)
        options = [option.strip() for option in question.options]
        if not 2 <= len(options) <= _MOST_OPTIONS or not all(options) or len(set(options)) < len(options):
            words = f"第 {n + 1} 题要有 2 到 {_MOST_OPTIONS} 个不同的选项。"
            faults.append(Fault(f"questions[{n}].options", words, "options"))
        if not 0 <= question.right < len(options):
            faults.append(Fault(f"questions[{n}].right", f"第 {n + 1} 题的正确答案不在选项里。", "unknown"))
    if faults:
        raise Invalid(faults)
    row = StaffCourse(
        id=new_id(), tenant=at, trace_code=short_code(), title=title, trainer=trainer, place=place, minutes=form.minutes,
        pass_mark=form.pass_mark, happened_at=min(form.happened_at, uow.now), written_at=uow.now, done_by=records.who(uow),
        quiz=[
            {"text": q.text.strip(), "options": [o.strip() for o in q.options], "right": q.right} for q in form.questions
        ],
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await records.tell(uow, row, "course.held", at=row.happened_at, questions=len(row.quiz))
    return row


async def _mine(uow: UnitOfWork, course_id: UUID) -> StaffCourse:
    """Return a course of a place above the reader, his own or below him; raises NotFound for any other."""
    row = await uow.session.get(StaffCourse, course_id)
    at = records.here(uow)
    if row is None or not (uow.scope.covers(row.tenant) or Scope(trees=(tenant_path(row.tenant),)).covers(at)):
        raise NotFound
    return row


async def answer(uow: UnitOfWork, course_id: UUID, answers: list[int]) -> QuizResult:
    """Take the reader's answers, one a question, each counting from 0; returns his try with its score.

    Raises Invalid for an answer missing, left over or not among those to choose from, Conflict once he has passed, NotFound.
    """
    course, at, me = await _mine(uow, course_id), records.here(uow), records.who(uow)
    if me is None:
        raise NotFound
    faults = []
    if len(answers) != len(course.quiz):
        faults.append(
            Fault("answers", f"一共 {len(course.quiz)} 题，要一题一个答案，现在有 {len(answers)} 个。", "count")
        )
    for n, (given, question) in enumerate(zip(answers, course.quiz, strict=False)):
        if not 0 <= given < len(question["options"]):
            faults.append(Fault(f"answers[{n}]", f"第 {n + 1} 题没有这个选项，请重新选。", "unknown"))
    if faults:
        raise Invalid(faults)
    before = list(
        await uow.session.scalars(
            sa.select(QuizResult).where(QuizResult.course_id == course.id, QuizResult.staff_id == me)
        )
    )
    if any(one.passed for one in before):
        raise Conflict("这门培训您已经考过了，不用再考。")
    right = sum(given == question["right"] for given, question in zip(answers, course.quiz, strict=True))
    score = right * 100 // len(course.quiz)
    row = QuizResult(
        id=new_id(), tenant=at, course_id=course.id, staff_id=me, nth=len(before) + 1, answers=list(answers), score=score,
        passed=score >= course.pass_mark, taken_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await records.tell(uow, row, "quiz.answered", course=str(course.id), score=score, passed=row.passed, nth=row.nth)
    return row


async def courses(uow: UnitOfWork, *, limit: int = 40) -> list[CourseView]:
    """Return the courses that concern the reader's post: of places above it, its own, and below it; the latest first."""
    at, me = records.here(uow), records.who(uow)
    rows = list(
        await uow.session.scalars(
            sa.select(StaffCourse)
            .where(sa.or_(uow.scope.clause(StaffCourse.tenant), StaffCourse.tenant.in_([*ancestors(at), "/"])))
            .order_by(StaffCourse.happened_at.desc(), StaffCourse.id.desc())
            .limit(limit)
        )
    )
    tries = await uow.execute(
        sa.select(QuizResult.course_id, QuizResult.staff_id, sa.func.max(QuizResult.score).label("score"), sa.func.bool_or(QuizResult.passed).label("passed"))
        .where(QuizResult.course_id.in_([row.id for row in rows]), uow.scope.clause(QuizResult.tenant))
        .group_by(QuizResult.course_id, QuizResult.staff_id)
    )  # fmt: skip
    by_course: dict[UUID, list[Any]] = {row.id: [] for row in rows}
    for one in tries:
        by_course[one.course_id].append(one)
    found = []
    for row in rows:
        mine = next((one for one in by_course[row.id] if one.staff_id == me), None)
        found.append(
            CourseView(
                id=row.id, trace_code=row.trace_code, title=row.title, trainer=row.trainer, place=row.place,
                minutes=row.minutes, pass_mark=row.pass_mark, happened_at=row.happened_at,
                questions=[AskedQuestion(text=q["text"], options=q["options"]) for q in row.quiz],
                my_score=mine.score if mine else None, i_passed=bool(mine and mine.passed), tried=len(by_course[row.id]),
                passed=sum(one.passed for one in by_course[row.id]),
            )
        )  # fmt: skip
    return found


async def results(uow: UnitOfWork, course_id: UUID) -> list[ResultLine]:
    """Return how those of the scope did in a course, the best try of each; raises NotFound."""
    course = await _mine(uow, course_id)
    rows = await uow.execute(
        sa.select(
            Staff.name, sa.func.max(QuizResult.tenant).label("tenant"), sa.func.max(QuizResult.score).label("score"),
            sa.func.bool_or(QuizResult.passed).label("passed"), sa.func.count().label("tries"),
            sa.func.max(QuizResult.taken_at).label("taken_at"),
        )
        .join(Staff, Staff.id == QuizResult.staff_id)
        .where(QuizResult.course_id == course.id, uow.scope.clause(QuizResult.tenant))
        .group_by(Staff.id, Staff.name)
        .order_by(Staff.name)
    )  # fmt: skip
    return [
        ResultLine(name=r.name, tenant=r.tenant, score=r.score, passed=r.passed, tries=r.tries, taken_at=r.taken_at)
        for r in rows
    ]


async def waiting(uow: UnitOfWork, course_id: UUID) -> list[Waiting]:
    """Return who at the stations of the scope has a post today and did not answer a course's quiz (R041); raises NotFound."""
    course = await _mine(uow, course_id)
    answered = sa.select(QuizResult.staff_id).where(QuizResult.course_id == course.id)
    rows = await uow.execute(
        sa.select(Staff.name, sa.func.min(RoleAssignment.tenant).label("tenant"))
        .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
        .where(
            uow.scope.clause(RoleAssignment.tenant), in_subtree(RoleAssignment.tenant, tenant_path(course.tenant)),
            RoleAssignment.role.in_((Role.STATION_CLERK.value, Role.STATION_MANAGER.value)), Staff.status == "active",
            RoleAssignment.starts_at <= uow.now, sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
            Staff.id.not_in(answered),
        )
        .group_by(Staff.id, Staff.name)
        .order_by("tenant", Staff.name)
    )  # fmt: skip
    return [Waiting(name=r.name, tenant=r.tenant) for r in rows]
