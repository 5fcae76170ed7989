"""Staff on pages: the list, one person, a new account, its end."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.offices import accounts, previews, queries, rules
from linggong.offices.accounts import Invitation, InviteForm
from linggong.offices.posts import ReasonForm
from linggong.offices.queries import PostView, StaffFilter
from linggong.web import menus, pages
from linggong.web.office import steps, words
from linggong.web.office.posts import at_place, post_fields, post_form
from linggong.web.office.steps import Step
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import STAFF_ROLES

AnyRequest = Request[Any, Any, Any]
Text = Annotated[str, QueryParameter(max_length=120)]
_SHOWN = 50


class StaffPages(Controller):
    """List, person, account."""

    path = "/office/staff"
    include_in_schema = False

    @get("/", opt={"permission": Permission.STAFF_READ})
    async def people(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        q: Text = "",
        path: Text = "",
        role: Text = "",
        standing: Annotated[str, QueryParameter(name="state", max_length=20)] = "",
        cursor: Annotated[str | None, QueryParameter(max_length=400)] = None,
    ) -> Response[bytes]:
        """Staff of the acting post's places, by name, narrowed by what was asked."""
        asked = {"q": q.strip(), "path": path.strip(), "role": role, "state": standing}
        at = await steps.typed_place(uow, asked["path"]) if asked["path"] else ""
        found = await queries.staff_page(
            uow,
            StaffFilter(
                q=asked["q"][:60],
                path=at,
                role=role if role in STAFF_ROLES else "",
                state=standing if standing in queries.STATES else "",
            ),
            cursor=cursor,
            limit=_SHOWN,
        )
        kept = {k: v for k, v in asked.items() if v}
        next_href = f"/office/staff?{urlencode(kept | {'cursor': found.next})}" if found.next else ""
        return menus.render(
            request,
            principal,
            "office/staff.html",
            people=[words.staff_line(line) for line in found.items],
            asked=asked,
            narrowed=bool(kept) or cursor is not None,
            next_href=next_href,
            places=await steps.places(uow, uow.scope, _ALL_KINDS),
            roles=[{"value": v, "label": label} for v, label in steps.roles(STAFF_ROLES)],
            states=[{"value": v, "label": label} for v, label in queries.STATES.items()],
            may_invite=steps.may(request, principal, Permission.STAFF_INVITE) and bool(await rules.grantable(uow)),
        )

    @get("/new", opt={"permission": Permission.STAFF_INVITE})
    async def new_page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Ask for whom, and which post."""
        return steps.show(request, principal, await _new(uow), {})

    @post("/new", opt={"permission": Permission.STAFF_INVITE})
    async def new(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Preview what the new person may do, then make the account; its code is shown once."""
        values = await pages.form_values(request)
        step = await _new(uow)
        granting = steps.decisions_of(request).scope(principal, Permission.STAFF_GRANT)

        async def form() -> InviteForm:
            typed = {k: str(values.get(k) or " ") for k in ("username", "name")}
            return pages.convert(InviteForm, typed | {"post": await post_form(uow, values)})

        async def look() -> previews.Preview:
            wanted = await form()
            return await at_place(
                previews.of_invitation(uow, steps.decisions_of(request), secrets, wanted, granting=granting)
            )

        async def act() -> Response[bytes]:
            made: Invitation = await at_place(accounts.invite(uow, secrets, await form(), granting=granting))
            return _code_page(request, principal, made, "账号开好了")

        return await steps.run(request, uow, principal, step, values, look, act)

    @get("/{staff_id:uuid}", opt={"permission": Permission.STAFF_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One person: account, posts now, to come and past, what may be done."""
        person = await queries.staff_detail(uow, staff_id)
        granted = await rules.grantable(uow)
        others = person.id != principal.id
        grants = others and steps.may(request, principal, Permission.STAFF_GRANT)
        ends = others and steps.may(request, principal, Permission.STAFF_END)
        invites = others and steps.may(request, principal, Permission.STAFF_INVITE)

        def line(post_: PostView) -> words.Line:
            mine = post_.role in granted
            return words.post_line(post_, may_grant=grants and mine, may_end=ends and mine)

        held = [*person.now, *person.coming]
        state, tone = words.account_state(person.status, person.invited_until, held)
        active = person.status == "active"
        return menus.render(
            request,
            principal,
            "office/person.html",
            person=person,
            state=state,
            tone=tone,
            held=[line(p) for p in held],
            past=[line(p) for p in person.past],
            may_secure=others and person.is_home_here and steps.may(request, principal, Permission.STAFF_SECURE),
            may_give=grants and active and bool(granted),
            may_invite_again=invites and active and person.never_opened and person.is_home_here,
            may_end=ends and active and person.is_home_here,
            may_reopen=invites and not active and person.is_home_here,
        )

    @post("/{staff_id:uuid}/invitation", opt={"permission": Permission.STAFF_INVITE})
    async def invite_again(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """A new code in place of a lost one."""
        try:
            made = await accounts.invite_again(uow, secrets, staff_id)
        except Conflict as error:
            await uow.rollback()
            return pages.redirect(request, f"/office/staff/{staff_id}", say=error.detail, kind="bad")
        return _code_page(request, principal, made, "邀请码重发了")

    @post("/{staff_id:uuid}/reopen", opt={"permission": Permission.STAFF_INVITE})
    async def reopen(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Open an ended account again, without posts."""
        try:
            made = await accounts.reopen(uow, secrets, staff_id)
        except Conflict as error:
            await uow.rollback()
            return pages.redirect(request, f"/office/staff/{staff_id}", say=error.detail, kind="bad")
        return _code_page(request, principal, made, "账号恢复了，还没有岗位")

    @get("/{staff_id:uuid}/end", opt={"permission": Permission.STAFF_END})
    async def end_page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Ask why."""
        return steps.show(request, principal, await _end(uow, staff_id), {})

    @post("/{staff_id:uuid}/end", opt={"permission": Permission.STAFF_END})
    async def end(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Preview the end of an account, then end it with its posts and sessions."""
        values = await pages.form_values(request)
        step = await _end(uow, staff_id)
        form = ReasonForm(reason=str(values.get("reason", ""))[:200])

        async def look() -> previews.Preview:
            return await previews.of_ended_account(uow, steps.decisions_of(request), staff_id, form)

        async def act() -> Response[bytes]:
            await accounts.end_account(uow, staff_id, form)
            return pages.redirect(request, f"/office/staff/{staff_id}", say="账号停用了，他已经退出登录。")

        return await steps.run(request, uow, principal, step, values, look, act)


_ALL_KINDS = ("city", "county", "zone", "street", "station", "market_comprehensive", "market_trade", "service_point")


async def _new(uow: UnitOfWork) -> Step:
    return Step(
        title="新开账号",
        action="/office/staff/new",
        back="/office/staff",
        fields=[
            steps.text("name", "姓名", most=50),
            steps.text("username", "用户名", hint="3 到 40 个小写字母、数字，登录用，全市不能重复", most=40),
            *await post_fields(uow),
        ],
        confirm="确认开账号",
        lead="先定他的第一个岗位。密码由本人用邀请码自己设，您不用知道。",
        tab="staff",
    )


async def _end(uow: UnitOfWork, staff_id: UUID) -> Step:
    person = await queries.staff_detail(uow, staff_id)
    return Step(
        title=f"停用{person.name}的账号",
        action=f"/office/staff/{staff_id}/end",
        back=f"/office/staff/{staff_id}",
        fields=[steps.reason("离职")],
        confirm="确认停用",
        tone="danger",
        lead="停用以后，他的全部岗位马上结束，正在用的电脑马上退出登录，密码作废。",
    )


def _code_page(request: AnyRequest, principal: Principal, made: Invitation, title: str) -> Response[bytes]:
    page = menus.render(
        request,
        principal,
        "office/code.html",
        title=title,
        made=made,
        until=words.day(made.expires_at),
        door=f"{str(request.base_url).rstrip('/')}/sign-in/staff/invitation",
    )
    page.headers["cache-control"] = "no-store"
    return page
