"""Courses at the desk: announced, filled, attended, certified, subsidies followed (R105, R106)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.money import from_yuan
from linggong.services import codes, learn_queries, learning
from linggong.services.learning import CourseForm
from linggong.web import pages
from linggong.web.refused import filled, sent_back
from linggong.web.services.shown import AnyRequest, options, read, render, typed
from rbac.permissions import Permission
from rbac.principal import Principal


class Courses(Controller):
    """Courses of a place."""

    path = "/desk/courses"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SERVICE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Courses that are not over, the year's progress."""
        return await _page(request, principal, uow)

    @post("/", opt={"permission": Permission.SERVICE_TAKE})
    async def offer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Announce a course."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal), values):
            made = await learning.offer(uow, read(CourseForm, values))
        return pages.redirect(request, f"/desk/courses/{made.id}", say="公布了，零工在“培训和政策”里能看到、能报名。")

    @get("/{course_id:uuid}", opt={"permission": Permission.SERVICE_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """One course with whom this place brought into it."""
        return await _one(request, principal, course_id, uow)

    @post("/{course_id:uuid}/enrolments", opt={"permission": Permission.SERVICE_TAKE})
    async def enrol(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], course_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Put somebody into it."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_one, request, principal, course_id), values):
            await learning.enrol(uow, secrets.sealer, course_id, typed(values, "who"))
        return pages.redirect(request, f"/desk/courses/{course_id}", say="报上了，也告诉他了。")

    @post("/enrolments/{course_enrolment_id:uuid}/{step:str}", opt={"permission": Permission.SERVICE_TAKE})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], course_enrolment_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Attendance, the end, a step of a subsidy."""
        values = await pages.form_values(request)
        course = typed(values, "back")
        back = f"/desk/courses/{course}" if _is_key(course) else "/desk/courses"
        async with sent_back(request, uow, back):
            await _step(uow, course_enrolment_id, step, values)
        return pages.redirect(request, back, say="记下了。")


def _is_key(raw: str) -> bool:
    try:
        UUID(raw)
    except ValueError:
        return False
    return True


async def _step(uow: UnitOfWork, key: UUID, step: str, values: dict[str, Any]) -> None:
    if step == "attend":
        lessons = pages.whole(values.get("lessons"), 1000)
        await learning.attend(uow, key, -1 if lessons is None else lessons)
    elif step == "finish":
        await learning.finish(uow, key, state=typed(values, "state"), certificate=typed(values, "certificate"))
    elif step == "subsidy":
        which, _, state = typed(values, "to").partition(":")
        await learning.subsidy(uow, key, which, state, _fen(typed(values, "amount")))
    else:
        raise NotFound


def _fen(raw: str) -> int | None:
    try:
        return int(from_yuan(raw)) if raw.strip() else None
    except ValueError:
        raise Invalid([Fault("amount_fen", "金额写数字，单位元，例如 1200。", "format")]) from None


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    post = principal.acting.path
    return render(
        request,
        principal,
        "courses.html",
        "courses",
        courses=await learn_queries.courses(uow, post),
        past=await learn_queries.past(uow),
        progress=await learn_queries.progress(uow, post, clock.business_date(uow.now).year),
        modes=options(codes.COURSE_MODES),
        needs=options(codes.COURSE_NEEDS),
    )


async def _one(request: AnyRequest, principal: Principal, key: UUID, uow: UnitOfWork) -> Response[bytes]:
    subsidies = {"training": "培训补贴", "living": "生活费补贴"}
    people = []
    for line in await learn_queries.enrolled(uow, key):
        states = {"training": line.training_subsidy, "living": line.living_subsidy}
        people.append(
            {
                "line": line,
                "subsidies": [
                    {"label": label, "words": codes.SUBSIDY_STATES[states[key]], "fen": line.training_fen if key == "training" else line.living_fen}
                    for key, label in subsidies.items()
                ],
                "next": [
                    {"value": f"{key}:{state}", "label": f"{label}：{codes.SUBSIDY_STATES[state]}"}
                    for key, label in subsidies.items()
                    for state in codes.SUBSIDY_STEPS[states[key]]
                ],
            }
        )  # fmt: skip
    return render(
        request, principal, "course.html", "courses", course=await learn_queries.course(uow, key), people=people
    )
