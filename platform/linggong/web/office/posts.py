"""Posts on pages: give, transfer, let stand in, end; each with a preview of what it gives and takes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.offices import operator_queries, posts, previews, queries, rules
from linggong.offices.posts import PostForm, ReasonForm, StandInForm, TransferForm
from linggong.offices.queries import PostView
from linggong.web import pages
from linggong.web.office import steps
from linggong.web.office.steps import Step, Values
from linggong.web.places import typed_place
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class PostPages(Controller):
    """Changes of posts."""

    path = "/office"
    include_in_schema = False

    @steps.page("/staff/{staff_id:uuid}/give", Permission.STAFF_GRANT)
    async def give(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Give a post."""
        person = await queries.staff_detail(uow, staff_id)
        back = f"/office/staff/{staff_id}"

        async def act(form: PostForm) -> Response[bytes]:
            await posts.assign(uow, staff_id, form)
            return pages.redirect(request, back, say="岗位派好了，下次登录就能用。")

        step = Step(
            title=f"给{person.name}派岗",
            back=back,
            fields=await post_fields(uow),
            read=lambda values: post_form(uow, values),
            look=lambda form: previews.of_post(uow, decisions, staff_id, form),
            act=act,
            confirm="确认派岗",
            lead=f"用户名 {person.username}，属于{person.home}",
        )
        return await steps.run(request, uow, principal, step)

    @steps.page("/posts/{post_id:uuid}/transfer", Permission.STAFF_GRANT)
    async def transfer(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Move a post to another place."""
        held, name = await _held(uow, post_id)
        back = f"/office/staff/{held.staff_id}"

        async def read(values: Values) -> TransferForm:
            path = await typed_place(uow, str(values.get("path", "")), within=uow.scope)
            return pages.convert(TransferForm, steps.because(values) | {"path": path})

        async def act(form: TransferForm) -> Response[bytes]:
            await posts.transfer(uow, post_id, form)
            return pages.redirect(request, back, say="调好了，原来的岗位已经结束。")

        step = Step(
            title=f"{name}调岗",
            back=back,
            fields=[await steps.place(uow, [held.role], label="调到哪里"), steps.reason("兰人社〔2026〕3 号，轮岗")],
            read=read,
            look=lambda form: previews.of_transfer(uow, decisions, post_id, form),
            act=act,
            confirm="确认调岗",
            lead=steps.whose(held, name),
        )
        return await steps.run(request, uow, principal, step)

    @steps.page("/posts/{post_id:uuid}/stand-in", Permission.STAFF_GRANT)
    async def stand_in(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Appoint who stands in, and how long."""
        held, name = await _held(uow, post_id)
        people = [(str(i), f"{n}（{u}）") for i, n, u in await queries.colleagues(uow, but=held.staff_id)]

        async def read(values: Values) -> StandInForm:
            typed = steps.given(values, "staff_id", "starts_on", "ends_on")
            return pages.convert(StandInForm, typed | steps.because(values))

        async def act(form: StandInForm) -> Response[bytes]:
            await posts.substitute(uow, post_id, form)
            return pages.redirect(request, f"/office/staff/{form.staff_id}", say="代岗安排好了，到期自动结束。")

        step = Step(
            title=f"请人代{name}的岗",
            back=f"/office/staff/{held.staff_id}",
            fields=[
                steps.select("staff_id", "谁来代", people, blank="请选同事"),
                steps.date("starts_on", "从哪天起", hint="不填就是马上", required=False),
                steps.date("ends_on", "到哪天为止", hint="当天算在内，到期自动结束"),
                steps.reason("休假"),
            ],
            read=read,
            look=lambda form: previews.of_stand_in(uow, decisions, post_id, form),
            act=act,
            confirm="确认代岗",
            lead=steps.whose(held, name) + "。代岗的人能办这个岗位的事，但不能再派给别人。",
        )
        return await steps.run(request, uow, principal, step)

    @steps.page("/posts/{post_id:uuid}/end", Permission.STAFF_END)
    async def end(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        post_id: FromPath[UUID],
    ) -> Response[bytes]:
        """End a post."""
        held, name = await _held(uow, post_id)
        back = f"/office/staff/{held.staff_id}"

        async def act(form: ReasonForm) -> Response[bytes]:
            await posts.end_post(uow, post_id, form)
            return pages.redirect(request, back, say="岗位撤了，马上生效。")

        step = Step(
            title=f"撤{name}的岗",
            back=back,
            fields=[steps.reason("调离、退休")],
            read=reason_form,
            look=lambda form: previews.of_end(uow, decisions, post_id, form),
            act=act,
            confirm="确认撤岗",
            tone="danger",
            lead=steps.whose(held, name),
        )
        return await steps.run(request, uow, principal, step)


async def reason_form(values: Values) -> ReasonForm:
    """Return why something ends, as typed."""
    return pages.convert(ReasonForm, steps.because(values))


async def post_form(uow: UnitOfWork, values: Values) -> PostForm:
    """Return the post that was typed; raises Invalid with every field's fault."""
    faults: list[Fault] = []
    path = ""
    try:
        path = await typed_place(uow, str(values.get("path", "")), within=uow.scope)
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
        steps.select("role", "岗位", steps.roles(granted), blank="请选岗位"),
        await steps.place(uow, granted),
        steps.date("starts_on", "从哪天起", hint="不填就是马上", required=False),
        steps.date("ends_on", "到哪天为止", hint="不填就是长期，或者和您的岗位、合同一样久", required=False),
    ]
    open_contracts = steps.contracts(await operator_queries.contracts_seen(uow))
    if open_contracts:
        hint = "运营方的人要选；只有一个合同管这里时可以不选"
        fields.append(
            steps.select("contract_id", "运营合同", open_contracts, blank="不挂合同", hint=hint, required=False)
        )
    return fields


async def _held(uow: UnitOfWork, post_id: UUID) -> tuple[PostView, str]:
    found = await queries.post_view(uow, post_id)
    return found, (await queries.staff_detail(uow, found.staff_id)).name
