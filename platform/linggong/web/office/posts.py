"""Posts on pages: give, transfer, let stand in, end; each with a preview of what it gives and takes."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.offices import operator_queries, posts, previews, queries, rules
from linggong.offices.posts import PostForm, ReasonForm, StandInForm, TransferForm
from linggong.offices.queries import PostView
from linggong.web import pages
from linggong.web.office import steps
from linggong.web.office.steps import Step, Values
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")


class PostPages(Controller):
    """Changes of posts."""

    path = "/office"
    include_in_schema = False

    @get("/staff/{staff_id:uuid}/give", opt={"permission": Permission.STAFF_GRANT})
    async def give_page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Ask which post."""
        return steps.show(request, principal, await _give(uow, staff_id), {})

    @post("/staff/{staff_id:uuid}/give", opt={"permission": Permission.STAFF_GRANT})
    async def give(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Preview a post, then give it."""
        values = await pages.form_values(request)
        step = await _give(uow, staff_id)

        async def look() -> previews.Preview:
            form = await post_form(uow, values)
            return await at_place(previews.of_post(uow, steps.decisions_of(request), staff_id, form))

        async def act() -> Response[bytes]:
            await at_place(posts.assign(uow, staff_id, await post_form(uow, values)))
            return pages.redirect(request, f"/office/staff/{staff_id}", say="岗位派好了，下次登录就能用。")

        return await steps.run(request, uow, principal, step, values, look, act)

    @get("/posts/{post_id:uuid}/transfer", opt={"permission": Permission.STAFF_GRANT})
    async def transfer_page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Ask where to."""
        return steps.show(request, principal, (await _transfer(uow, post_id))[0], {})

    @post("/posts/{post_id:uuid}/transfer", opt={"permission": Permission.STAFF_GRANT})
    async def transfer(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Preview a transfer, then make it."""
        values = await pages.form_values(request)
        step, of = await _transfer(uow, post_id)

        async def form() -> TransferForm:
            path = await steps.typed_place(uow, str(values.get("path", "")))
            return pages.convert(TransferForm, {"path": path, "reason": str(values.get("reason") or " ")})

        async def look() -> previews.Preview:
            wanted = previews.of_transfer(uow, steps.decisions_of(request), post_id, await form())
            return await at_place(wanted)

        async def act() -> Response[bytes]:
            await at_place(posts.transfer(uow, post_id, await form()))
            return pages.redirect(request, f"/office/staff/{of.staff_id}", say="调好了，原来的岗位已经结束。")

        return await steps.run(request, uow, principal, step, values, look, act)

    @get("/posts/{post_id:uuid}/stand-in", opt={"permission": Permission.STAFF_GRANT})
    async def stand_in_page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Ask who stands in, and how long."""
        return steps.show(request, principal, await _stand_in(uow, post_id), {})

    @post("/posts/{post_id:uuid}/stand-in", opt={"permission": Permission.STAFF_GRANT})
    async def stand_in(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Preview a stand-in, then appoint him."""
        values = await pages.form_values(request)
        step = await _stand_in(uow, post_id)

        def form() -> StandInForm:
            typed = steps.given(values, "staff_id", "starts_on", "ends_on")
            return pages.convert(StandInForm, typed | {"reason": str(values.get("reason") or " ")})

        async def look() -> previews.Preview:
            return await previews.of_stand_in(uow, steps.decisions_of(request), post_id, form())

        async def act() -> Response[bytes]:
            wanted = form()
            await posts.substitute(uow, post_id, wanted)
            return pages.redirect(request, f"/office/staff/{wanted.staff_id}", say="代岗安排好了，到期自动结束。")

        return await steps.run(request, uow, principal, step, values, look, act)

    @get("/posts/{post_id:uuid}/end", opt={"permission": Permission.STAFF_END})
    async def end_page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Ask why."""
        return steps.show(request, principal, (await _end(uow, post_id))[0], {})

    @post("/posts/{post_id:uuid}/end", opt={"permission": Permission.STAFF_END})
    async def end(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Preview the end of a post, then end it."""
        values = await pages.form_values(request)
        step, of = await _end(uow, post_id)
        form = ReasonForm(reason=str(values.get("reason", ""))[:200])

        async def look() -> previews.Preview:
            return await previews.of_end(uow, steps.decisions_of(request), post_id, form)

        async def act() -> Response[bytes]:
            await posts.end_post(uow, post_id, form)
            return pages.redirect(request, f"/office/staff/{of.staff_id}", say="岗位撤了，马上生效。")

        return await steps.run(request, uow, principal, step, values, look, act)


async def at_place(step: Awaitable[T]) -> T:
    """Await a step whose place may be missing or foreign: told at the field, because the person is on the page already."""
    try:
        return await step
    except NotFound as error:
        raise steps.not_found_as_fault(error, "path") from None


async def post_form(uow: UnitOfWork, values: Values) -> PostForm:
    """Return the post that was typed; raises Invalid with every field's fault."""
    faults: list[Fault] = []
    path = ""
    try:
        path = await steps.typed_place(uow, str(values.get("path", "")))
    except Invalid as error:
        faults += error.faults
    typed = steps.given(values, "role", "starts_on", "ends_on", "contract_id")
    try:
        form = pages.convert(PostForm, {"role": " "} | typed | {"path": path})
    except Invalid as error:
        raise Invalid([*faults, *error.faults]) from None
    if faults:
        raise Invalid(faults)
    return form


async def post_fields(uow: UnitOfWork) -> list[steps.Field]:
    """Return the fields of a post for whoever gives it: only what he may hand on."""
    granted = await rules.grantable(uow)
    fields = [
        steps.select("role", "岗位", steps.roles(granted), blank="请选岗位") | {"required": True},
        await steps.place(uow, uow.scope, granted),
        steps.date("starts_on", "从哪天起", hint="不填就是马上", required=False),
        steps.date("ends_on", "到哪天为止", hint="不填就是长期，或者和您的岗位、合同一样久", required=False),
    ]
    open_contracts = steps.contracts(await operator_queries.contracts_seen(uow))
    if open_contracts:
        hint = "运营方的人要选；只有一个合同管这里时可以不选"
        fields.append(steps.select("contract_id", "运营合同", open_contracts, blank="不挂合同", hint=hint))
    return fields


async def _give(uow: UnitOfWork, staff_id: UUID) -> Step:
    person = await queries.staff_detail(uow, staff_id)
    return Step(
        title=f"给{person.name}派岗",
        action=f"/office/staff/{staff_id}/give",
        back=f"/office/staff/{staff_id}",
        fields=await post_fields(uow),
        confirm="确认派岗",
        lead=f"用户名 {person.username}，属于{person.home}",
    )


async def _held(uow: UnitOfWork, post_id: UUID) -> tuple[PostView, str]:
    found = await queries.post_view(uow, post_id)
    return found, (await queries.staff_detail(uow, found.staff_id)).name


async def _transfer(uow: UnitOfWork, post_id: UUID) -> tuple[Step, PostView]:
    found, name = await _held(uow, post_id)
    fields = [
        await steps.place(uow, uow.scope, [found.role], label="调到哪里"),
        steps.reason("兰人社〔2026〕3 号，轮岗"),
    ]
    step = Step(
        title=f"{name}调岗",
        action=f"/office/posts/{post_id}/transfer",
        back=f"/office/staff/{found.staff_id}",
        fields=fields,
        confirm="确认调岗",
        lead=steps.whose(found, name),
    )
    return step, found


async def _stand_in(uow: UnitOfWork, post_id: UUID) -> Step:
    found, name = await _held(uow, post_id)
    people = [(str(i), f"{n}（{u}）") for i, n, u in await queries.colleagues(uow, but=found.staff_id)]
    return Step(
        title=f"请人代{name}的岗",
        action=f"/office/posts/{post_id}/stand-in",
        back=f"/office/staff/{found.staff_id}",
        fields=[
            steps.select("staff_id", "谁来代", people, blank="请选同事") | {"required": True},
            steps.date("starts_on", "从哪天起", hint="不填就是马上", required=False),
            steps.date("ends_on", "到哪天为止", hint="当天算在内，到期自动结束"),
            steps.reason("休假"),
        ],
        confirm="确认代岗",
        lead=steps.whose(found, name) + "。代岗的人能办这个岗位的事，但不能再派给别人。",
    )


async def _end(uow: UnitOfWork, post_id: UUID) -> tuple[Step, PostView]:
    found, name = await _held(uow, post_id)
    step = Step(
        title=f"撤{name}的岗",
        action=f"/office/posts/{post_id}/end",
        back=f"/office/staff/{found.staff_id}",
        fields=[steps.reason("调离、退休")],
        confirm="确认撤岗",
        tone="danger",
        lead=steps.whose(found, name),
    )
    return step, found
