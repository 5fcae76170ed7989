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
from linggong.kernel.errors import Invalid
from linggong.kernel.paging import Page
from linggong.offices import accounts, previews, queries, rules
from linggong.offices.accounts import Invitation, InviteForm
from linggong.offices.posts import ReasonForm
from linggong.offices.queries import PostView, StaffFilter
from linggong.web import menus, pages
from linggong.web.office import steps, words
from linggong.web.office.posts import post_fields, post_form, reason_form
from linggong.web.office.steps import Step, Values
from linggong.web.places import typed_place
from linggong.web.refused import sent_back
from rbac.decisions import Decisions
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
        fault = ""
        found = Page[queries.StaffLine]([], None)
        try:
            filters = StaffFilter(
                q=asked["q"][:60],
                path=await typed_place(uow, asked["path"], within=uow.scope) if asked["path"] else "",
                role=role if role in STAFF_ROLES else "",
                state=standing if standing in queries.STATES else "",
            )
            found = await queries.staff_page(uow, filters, cursor=cursor, limit=_SHOWN)
        except Invalid as error:
            fault = error.faults[0].message
        kept = {k: v for k, v in asked.items() if v}
        next_href = f"/office/staff?{urlencode(kept | {'cursor': found.next})}" if found.next else ""
        return menus.render(
            request,
            principal,
            "office/staff.html",
            status=422 if fault else 200,
            fault=fault,
            people=[words.staff_line(line) for line in found.items],
            asked=asked,
            narrowed=bool(kept) or cursor is not None,
            next_href=next_href,
            places=await steps.places(uow, _ALL_KINDS),
            roles=[{"value": v, "label": label} for v, label in steps.roles(STAFF_ROLES)],
            states=[{"value": v, "label": label} for v, label in queries.STATES.items()],
            may_invite=menus.may(request, principal, Permission.STAFF_INVITE) and bool(await rules.grantable(uow)),
        )

    @steps.page("/new", Permission.STAFF_INVITE)
    async def new(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
    ) -> Response[bytes]:
        """Make an account with its first post; its code is shown once."""
        granting = decisions.scope(principal, Permission.STAFF_GRANT)

        async def read(values: Values) -> InviteForm:
            typed = {k: str(values.get(k) or " ") for k in ("username", "name")}
            return pages.convert(InviteForm, typed | {"post": await post_form(uow, values)})

        async def act(form: InviteForm) -> Response[bytes]:
            made = await accounts.invite(uow, secrets, form, granting=granting)
            return _code_page(request, principal, made, "账号开好了")

        step = Step(
            title="新开账号",
            back="/office/staff",
            fields=[
                steps.text("name", "姓名", most=50),
                steps.text("username", "用户名", hint="3 到 40 个小写字母、数字，登录用，全市不能重复", most=40),
                *await post_fields(uow),
            ],
            read=read,
            look=lambda form: previews.of_invitation(uow, decisions, secrets, form, granting=granting),
            act=act,
            confirm="确认开账号",
            lead="先定他的第一个岗位。密码由本人用邀请码自己设，您不用知道。",
        )
        return await steps.run(request, uow, principal, step)

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
        grants = others and menus.may(request, principal, Permission.STAFF_GRANT)
        ends = others and menus.may(request, principal, Permission.STAFF_END)
        invites = others and menus.may(request, principal, Permission.STAFF_INVITE)

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
            may_secure=others and person.is_home_here and menus.may(request, principal, Permission.STAFF_SECURE),
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
        async with sent_back(request, uow, f"/office/staff/{staff_id}"):
            made = await accounts.invite_again(uow, secrets, staff_id)
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
        async with sent_back(request, uow, f"/office/staff/{staff_id}"):
            made = await accounts.reopen(uow, secrets, staff_id)
        return _code_page(request, principal, made, "账号恢复了，还没有岗位")

    @steps.page("/{staff_id:uuid}/end", Permission.STAFF_END)
    async def end(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """End an account with its posts and sessions."""
        person = await queries.staff_detail(uow, staff_id)
        back = f"/office/staff/{staff_id}"

        async def act(form: ReasonForm) -> Response[bytes]:
            await accounts.end_account(uow, staff_id, form)
            return pages.redirect(request, back, say="账号停用了，他已经退出登录。")

        step = Step(
            title=f"停用{person.name}的账号",
            back=back,
            fields=[steps.reason("离职")],
            read=reason_form,
            look=lambda form: previews.of_ended_account(uow, decisions, staff_id, form),
            act=act,
            confirm="确认停用",
            tone="danger",
            lead="停用以后，他的全部岗位马上结束，正在用的电脑马上退出登录，密码作废。",
        )
        return await steps.run(request, uow, principal, step)


_ALL_KINDS = ("city", "county", "zone", "street", "station", "market_comprehensive", "market_trade", "service_point")


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
