"""Training with its quiz, data quality, satisfaction, brands (R041, R060, R069, R103); brands as everybody reads them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import TenantPath
from linggong.outreach import brands, quality, records, satisfaction, training
from linggong.outreach.brands import BrandForm
from linggong.outreach.codes import ASK_OUTCOMES, SIDES
from linggong.outreach.quality import PARTS
from linggong.outreach.satisfaction import SampleForm
from linggong.outreach.training import CourseForm
from linggong.web import menus, pages
from linggong.web.outreach import reading
from linggong.web.outreach.fairs import board_of
from linggong.web.outreach.reading import AnyRequest
from linggong.web.places import counties
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

QUESTIONS = 5
"""Questions that the form offers; more come through the API."""


class TrainingPages(Controller):
    """Training of staff, and what it shows in the data."""

    path = "/outreach/training"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        path: Annotated[str, QueryParameter(max_length=120)] = "",
    ) -> Response[bytes]:  # fmt: skip
        """Trainings that concern the post, and the month's data quality."""
        return await _training(request, uow, principal=principal, path=path)

    @post("/", opt={"permission": Permission.OUTREACH_MANAGE})
    async def hold(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Write one down with its quiz."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_training, request, principal=principal), values):
            asked = [n for n in range(QUESTIONS) if values.get(f"q{n}_text")]
            form = reading.read(CourseForm, values, "happened_at", questions=[_question(values, n) for n in asked])
            try:
                await training.hold(uow, form)
            except Invalid as invalid:
                raise Invalid([_renamed(fault, asked) for fault in invalid.faults]) from None
        return pages.redirect(request, "/outreach/training", say="记下了，各站可以答题了。")

    @get("/{staff_course_id:uuid}", opt={"permission": Permission.OUTREACH_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        staff_course_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The quiz, and how those of the post did."""
        return await _course(request, uow, principal=principal, course_id=staff_course_id)

    @post("/{staff_course_id:uuid}", opt={"permission": Permission.OUTREACH_RECORD})
    async def answer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        staff_course_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Answer it."""
        values = await pages.form_values(request)
        async with filled(
            request, uow, partial(_course, request, principal=principal, course_id=staff_course_id), values
        ):
            course = await _found(uow, staff_course_id)
            given = [pages.whole(values.get(f"a{n}")) for n in range(len(course.questions))]
            if missing := [n for n, one in enumerate(given) if one is None]:
                raise Invalid([Fault(f"a{n}", f"第 {n + 1} 题还没答。", "required") for n in missing])
            row = await training.answer(uow, staff_course_id, [one for one in given if one is not None])
        words = f"{row.score} 分，" + ("过了。" if row.passed else f"没过（{course.pass_mark} 分过），看看再答一次。")
        return pages.redirect(
            request, f"/outreach/training/{staff_course_id}", say=words, kind="ok" if row.passed else "warn"
        )


def _question(values: dict[str, Any], n: int) -> dict[str, Any]:
    options = [line.strip() for line in str(values.get(f"q{n}_options") or "").splitlines() if line.strip()]
    right = pages.whole(values.get(f"q{n}_right"))
    return {"text": str(values[f"q{n}_text"]), "options": options, "right": -1 if right is None else right - 1}


def _renamed(fault: Fault, asked: list[int]) -> Fault:
    if not fault.field.startswith("questions["):
        return Fault("q0_text", fault.message, fault.code) if fault.field == "questions" else fault
    number, _, key = fault.field.removeprefix("questions[").partition("].")
    return Fault(f"q{asked[int(number)]}_{key}", fault.message, fault.code)


async def _training(request: AnyRequest, uow: UnitOfWork, *, principal: Principal, path: str = "") -> Response[bytes]:
    top = TenantPath((await top_of(uow, path or None)).path)
    today = clock.business_date(uow.now)
    return reading.render(
        request, principal, "training.html", "training", rows=await training.courses(uow), questions=range(QUESTIONS),
        scores=await quality.month(uow, top, today), parts=PARTS, month=today,
        counties=await counties(uow, top),
    )  # fmt: skip


async def _found(uow: UnitOfWork, course_id: UUID) -> training.CourseView:
    found = next((one for one in await training.courses(uow) if one.id == course_id), None)
    if found is None:
        raise NotFound
    return found


async def _course(request: AnyRequest, uow: UnitOfWork, *, principal: Principal, course_id: UUID) -> Response[bytes]:
    results, waiting = await training.results(uow, course_id), await training.waiting(uow, course_id)
    return reading.render(
        request, principal, "course.html", "training", course=await _found(uow, course_id), results=results, waiting=waiting,
        places=await tree.names(uow, {one.tenant for one in results} | {one.tenant for one in waiting}),
    )  # fmt: skip


class SatisfactionPages(Controller):
    """What both sides say, and whom the desk asks."""

    path = "/outreach/satisfaction"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The percentages of ninety days, the samples, whom to ask."""
        return await _satisfaction(request, uow, principal=principal)

    @post("/", opt={"permission": Permission.SATISFACTION_DRAW})
    async def draw(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Draw whom to ask."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_satisfaction, request, principal=principal), values):
            await satisfaction.draw(uow, reading.read(SampleForm, values))
        return pages.redirect(request, "/outreach/satisfaction", say="抽好了，各站的名单里有要问的人。")

    @post("/{ask_id:uuid}", opt={"permission": Permission.RATING_CREATE})
    async def answer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], ask_id: FromPath[UUID]
    ) -> Response[bytes]:
        """What he said, or that he was not reached."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, "/outreach/satisfaction"):
            said = str(values.get("said") or "")
            if said in ASK_OUTCOMES:
                await satisfaction.missed(uow, ask_id, said)
            else:
                stars = reading.whole({"said": said}, "said", "请选几颗星，或者没问到。")
                await satisfaction.answered(uow, ask_id, stars=stars, channel=str(values.get("channel") or "phone"))
        return pages.redirect(request, "/outreach/satisfaction", say="记下了。")


async def _satisfaction(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    today = clock.business_date(uow.now)
    first = today - timedelta(days=90)
    return reading.render(
        request, principal, "satisfaction.html", "satisfaction", first=first, last=today, sides=SIDES,
        totals=await satisfaction.totals(uow, records.here(uow), first, today), samples=await satisfaction.samples(uow),
        asks=await satisfaction.to_ask(uow), may_ask=menus.may(request, principal, Permission.RATING_CREATE),
        may_draw=menus.may(request, principal, Permission.SATISFACTION_DRAW), until=_week(today),
    )  # fmt: skip


def _week(today: date) -> tuple[date, date]:
    """Return the thirty days that are over."""
    return today - timedelta(days=30), today - timedelta(days=1)


class BrandPages(Controller):
    """Labour brands, where staff add to them."""

    path = "/outreach/brands"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The brands with their counts."""
        return await _brands(request, uow, principal=principal)

    @post("/", opt={"permission": Permission.OUTREACH_MANAGE})
    async def add(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Add one."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_brands, request, principal=principal), values):
            await brands.add(uow, reading.read(BrandForm, values, trade_codes=reading.many(values, "trade_codes")))
        return pages.redirect(request, "/outreach/brands", say="立好了，公开页面上能看到。")

    @post("/{brand_id:uuid}/tags", opt={"permission": Permission.OUTREACH_RECORD})
    async def tag(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], brand_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Put a post or a worker under it."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, "/outreach/brands"):
            raw = str(values.get("person_id") or "")
            try:
                person = UUID(raw) if raw else None
            except ValueError:
                raise Invalid([Fault("person_id", "请从名单里选人。", "unknown")]) from None
            await brands.tag(uow, brand_id, person_id=person, order_code=str(values.get("order") or ""))
        return pages.redirect(request, "/outreach/brands", say="归进去了。")


async def _brands(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    return reading.render(
        request, principal, "brands.html", "brands", rows=await brands.views(uow), trades=reading.trade_options(),
        known=[(one.id, one.name, one.place) for one in await brands.public(uow)],
        people=await reading.worker_options(uow) if menus.may(request, principal, Permission.PERSON_READ) else [],
    )  # fmt: skip


class PublicBrands(Controller):
    """Brands as everybody reads them."""

    path = "/brands"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(self, request: AnyRequest, database: NamedDependency[Database]) -> Response[bytes]:
        """All brands of the city."""
        async with database.begin(Actor(kind="anonymous")) as uow:
            rows = await brands.public(uow)
        return pages.render(
            request, "outreach/public_brands.html", rows=[(one, board_of(one.path, one.trade_code)) for one in rows]
        )


CONTROLLERS: list[Any] = [TrainingPages, SatisfactionPages, BrandPages, PublicBrands]
