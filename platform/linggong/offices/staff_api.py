"""Staff over HTTP: accounts, posts, invitations, and what a change of posts would give and take."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paging import Page
from linggong.offices import accounts, posts, previews, queries
from linggong.offices.accounts import Accepted, Invitation, InviteForm
from linggong.offices.posts import PostForm, ReasonForm, StandInForm, TransferForm
from linggong.offices.previews import Preview
from linggong.offices.queries import PostView, StaffDetail, StaffFilter, StaffLine
from linggong.people.door_guards import not_too_often
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import STAFF_ROLES

AnyRequest = Request[Any, Any, Any]
Words = Annotated[str, QueryParameter(max_length=60)]
PathQuery = Annotated[str, QueryParameter(max_length=120)]
Cursor = Annotated[str | None, QueryParameter(max_length=400)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]


class AcceptForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The code of an invitation and the password that its owner chose."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    password: Annotated[str, msgspec.Meta(max_length=300)]


def decisions_of(request: AnyRequest) -> Decisions:
    """Return the decisions in force, for previews."""
    found: Decisions = request.app.state.decisions.current
    return found


class StaffController(Controller):
    """Accounts of staff."""

    path = "/api/v1/staff"
    tags = ("staff",)

    @get("/", opt={"permission": Permission.STAFF_READ}, summary="Staff of the acting post's places")
    async def people(
        self,
        uow: NamedDependency[UnitOfWork],
        q: Words = "",
        path: PathQuery = "",
        role: Words = "",
        standing: Annotated[str, QueryParameter(name="state", max_length=60)] = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[StaffLine]:
        """List staff by name; `state` is on, stand_in, coming, invited, none or ended."""
        faults = []
        if role and role not in STAFF_ROLES:
            faults.append(Fault("role", "没有这个岗位，请重新选。", "unknown"))
        if standing and standing not in queries.STATES:
            faults.append(Fault("state", "没有这个状态，请重新选。", "unknown"))
        if faults:
            raise Invalid(faults)
        filters = StaffFilter(q=q.strip(), path=path, role=role, state=standing)
        return await queries.staff_page(uow, filters, cursor=cursor, limit=limit)

    @get("/{staff_id:uuid}", opt={"permission": Permission.STAFF_READ}, summary="A member of staff")
    async def one(self, uow: NamedDependency[UnitOfWork], staff_id: FromPath[UUID]) -> StaffDetail:
        """Return one person with posts now, to come and past."""
        return await queries.staff_detail(uow, staff_id)

    @post("/", opt={"permission": Permission.STAFF_INVITE}, summary="Make an account with its first post")
    async def invite(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        data: JSONBody[InviteForm],
    ) -> Invitation:
        """Invite somebody; the code is told here and never again."""
        granting = decisions_of(request).scope(principal, Permission.STAFF_GRANT)
        return await accounts.invite(uow, secrets, data, granting=granting)

    @post(
        "/{staff_id:uuid}/invitation",
        opt={"permission": Permission.STAFF_INVITE},
        summary="A new code for an invitation",
    )
    async def invite_again(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], staff_id: FromPath[UUID]
    ) -> Invitation:
        """Replace a code that was lost or ran out."""
        return await accounts.invite_again(uow, secrets, staff_id)

    @post("/{staff_id:uuid}/end", status_code=200, opt={"permission": Permission.STAFF_END}, summary="End an account")
    async def end(
        self, uow: NamedDependency[UnitOfWork], staff_id: FromPath[UUID], data: JSONBody[ReasonForm]
    ) -> StaffDetail:
        """End an account with its posts and sessions."""
        await accounts.end_account(uow, staff_id, data)
        return await queries.staff_detail(uow, staff_id)

    @post("/{staff_id:uuid}/reopen", opt={"permission": Permission.STAFF_INVITE}, summary="Open an ended account again")
    async def reopen(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], staff_id: FromPath[UUID]
    ) -> Invitation:
        """Open it without posts, with a new code."""
        return await accounts.reopen(uow, secrets, staff_id)

    @post("/{staff_id:uuid}/posts", opt={"permission": Permission.STAFF_GRANT}, summary="Give a post")
    async def assign(
        self, uow: NamedDependency[UnitOfWork], staff_id: FromPath[UUID], data: JSONBody[PostForm]
    ) -> PostView:
        """Give a member of staff a post."""
        return await queries.post_view(uow, await posts.assign(uow, staff_id, data))

    @post(
        "/{staff_id:uuid}/posts/preview",
        status_code=200,
        opt={"permission": Permission.STAFF_GRANT},
        summary="What a post would give and take",
    )
    async def preview_assign(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        staff_id: FromPath[UUID],
        data: JSONBody[PostForm],
    ) -> Preview:
        """Check a post and tell what it would change; nothing is stored."""
        return await previews.of_post(uow, decisions_of(request), staff_id, data)


class PostController(Controller):
    """Posts of staff."""

    path = "/api/v1/staff/posts/{post_id:uuid}"
    tags = ("staff",)

    @post("/transfer", opt={"permission": Permission.STAFF_GRANT}, summary="Move a post to another place")
    async def transfer(
        self, uow: NamedDependency[UnitOfWork], post_id: FromPath[UUID], data: JSONBody[TransferForm]
    ) -> PostView:
        """End it here and begin it there, in one step."""
        return await queries.post_view(uow, await posts.transfer(uow, post_id, data))

    @post(
        "/transfer/preview",
        status_code=200,
        opt={"permission": Permission.STAFF_GRANT},
        summary="What a transfer would give and take",
    )
    async def preview_transfer(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        post_id: FromPath[UUID],
        data: JSONBody[TransferForm],
    ) -> Preview:
        """Check a transfer and tell what it would change; nothing is stored."""
        return await previews.of_transfer(uow, decisions_of(request), post_id, data)

    @post("/stand-in", opt={"permission": Permission.STAFF_GRANT}, summary="Let a colleague hold a post for a while")
    async def substitute(
        self, uow: NamedDependency[UnitOfWork], post_id: FromPath[UUID], data: JSONBody[StandInForm]
    ) -> PostView:
        """Give the post to a colleague from day to day, in its holder's stead."""
        return await queries.post_view(uow, await posts.substitute(uow, post_id, data))

    @post(
        "/stand-in/preview",
        status_code=200,
        opt={"permission": Permission.STAFF_GRANT},
        summary="What standing in would give and take",
    )
    async def preview_substitute(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        post_id: FromPath[UUID],
        data: JSONBody[StandInForm],
    ) -> Preview:
        """Check a stand-in and tell what he would get; nothing is stored."""
        return await previews.of_stand_in(uow, decisions_of(request), post_id, data)

    @post("/end", status_code=200, opt={"permission": Permission.STAFF_END}, summary="End a post")
    async def end(
        self, uow: NamedDependency[UnitOfWork], post_id: FromPath[UUID], data: JSONBody[ReasonForm]
    ) -> PostView:
        """End a post now."""
        await posts.end_post(uow, post_id, data)
        return await queries.post_view(uow, post_id)

    @post(
        "/end/preview",
        status_code=200,
        opt={"permission": Permission.STAFF_END},
        summary="What ending a post would take",
    )
    async def preview_end(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], post_id: FromPath[UUID], data: JSONBody[ReasonForm]
    ) -> Preview:
        """Check the end of a post and tell what it would take; nothing is stored."""
        return await previews.of_end(uow, decisions_of(request), post_id, data)


class InvitationController(Controller):
    """The door for invited staff."""

    path = "/api/v1/staff/invitations"
    tags = ("staff",)

    @post(
        "/accept",
        status_code=200,
        guards=[not_too_often],
        opt={"permission": Permission.PUBLIC_USE},
        summary="Open an invited account",
    )
    async def accept(
        self, database: NamedDependency[Database], secrets: NamedDependency[Secrets], data: JSONBody[AcceptForm]
    ) -> Accepted:
        """Choose one's password with the code of an invitation; signing in comes after."""
        return await accounts.accept(database, secrets, data.code, data.password)


CONTROLLERS: list[Any] = [StaffController, PostController, InvitationController]
