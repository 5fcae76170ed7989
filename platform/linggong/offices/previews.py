"""What a change of posts gives and takes, told before it is made: the change is made in a savepoint and taken back.

So every refusal shows in the preview already, and the preview can never differ from what happens.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import Scope, TenantPath
from linggong.offices import accounts, posts, queries, rules
from linggong.offices.accounts import InviteForm
from linggong.offices.posts import PostForm, ReasonForm, StandInForm, TransferForm
from linggong.offices.queries import PostView
from rbac import labels
from rbac.decisions import Decisions
from rbac.models import RoleAssignment
from rbac.principal import Post
from rbac.reach import Gain, difference
from rbac.roles import Role


class Group(msgspec.Struct, frozen=True):
    """Permissions under a heading, in Chinese words."""

    heading: str
    words: list[str]


class PlaceGain(msgspec.Struct, frozen=True, kw_only=True):
    """What is given or taken at a place with all below it."""

    path: str
    place: str
    groups: list[Group]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may do after a change that he could not before, and what he loses."""

    gives: list[PlaceGain]
    takes: list[PlaceGain]


class PostChange(msgspec.Struct, frozen=True, kw_only=True):
    """A post that a change of its contract touches."""

    post: PostView
    name: str
    """Its holder's."""
    becomes: PostView | None
    """The post afterwards; None when it ends at once."""


async def of_post(uow: UnitOfWork, decisions: Decisions, staff_id: UUID, form: PostForm) -> Preview:
    """Preview `posts.assign`; raises what it raises."""
    return await _preview(
        uow, decisions, staff_id, rules.begin(uow, form.starts_on), lambda: posts.assign(uow, staff_id, form)
    )


async def of_invitation(
    uow: UnitOfWork, decisions: Decisions, secrets: Secrets, form: InviteForm, *, granting: Scope
) -> Preview:
    """Preview `accounts.invite`: all that the new person may do; raises what it raises."""
    at = rules.begin(uow, form.post.starts_on)
    made: list[Post] = []
    try:
        async with uow.savepoint():
            invitation = await accounts.invite(uow, secrets, form, granting=granting)
            made = _posts(await queries.held_now(uow, invitation.staff_id, at))
            raise _TakenBack
    except _TakenBack:
        gives, _ = difference(decisions, [], made)
    return Preview(gives=_words(gives, await queries.place_names(uow, [g.place for g in gives])), takes=[])


async def of_transfer(uow: UnitOfWork, decisions: Decisions, post_id: UUID, form: TransferForm) -> Preview:
    """Preview `posts.transfer`; raises what it raises."""
    row = await posts.post(uow, post_id)
    at = max(row.starts_at, uow.now)
    return await _preview(uow, decisions, row.staff_id, at, lambda: posts.transfer(uow, post_id, form))


async def of_stand_in(uow: UnitOfWork, decisions: Decisions, post_id: UUID, form: StandInForm) -> Preview:
    """Preview `posts.substitute`, for the colleague; raises what it raises."""
    at = rules.begin(uow, form.starts_on)
    return await _preview(uow, decisions, form.staff_id, at, lambda: posts.substitute(uow, post_id, form))


async def of_end(uow: UnitOfWork, decisions: Decisions, post_id: UUID, form: ReasonForm) -> Preview:
    """Preview `posts.end_post`; raises what it raises."""
    row = await posts.post(uow, post_id)
    at = max(row.starts_at, uow.now)
    return await _preview(uow, decisions, row.staff_id, at, lambda: posts.end_post(uow, post_id, form))


async def of_ended_account(uow: UnitOfWork, decisions: Decisions, staff_id: UUID, form: ReasonForm) -> Preview:
    """Preview `accounts.end_account`; raises what it raises."""
    return await _preview(uow, decisions, staff_id, uow.now, lambda: accounts.end_account(uow, staff_id, form))


async def of_contract(uow: UnitOfWork, contract_id: UUID, change: Callable[[], Awaitable[object]]) -> list[PostChange]:
    """Preview a change of a contract: the posts under it that end or move with it; raises what the change raises."""
    before = await queries.contract_posts(uow, contract_id)
    after: dict[UUID, PostView] = {}
    try:
        async with uow.savepoint():
            await change()
            after = {p.id: p for p in await queries.contract_posts(uow, contract_id)}
            raise _TakenBack
    except _TakenBack:
        people = await queries.names(uow, [p.staff_id for p in before])
    return [
        PostChange(post=was, name=people.get(was.staff_id, ""), becomes=after.get(was.id))
        for was in before
        if was.id not in after or after[was.id].ends_at != was.ends_at
    ]


class _TakenBack(Exception):
    """Ends a savepoint whose work was only looked at."""


async def _preview(
    uow: UnitOfWork, decisions: Decisions, staff_id: UUID, at: datetime, step: Callable[[], Awaitable[object]]
) -> Preview:
    before = _posts(await queries.held_now(uow, staff_id, at))
    after: list[Post] = []
    try:
        async with uow.savepoint():
            await step()
            await uow.flush()
            after = _posts(await queries.held_now(uow, staff_id, at))
            raise _TakenBack
    except _TakenBack:
        gives, takes = difference(decisions, before, after)
    names = await queries.place_names(uow, [g.place for g in (*gives, *takes)])
    return Preview(gives=_words(gives, names), takes=_words(takes, names))


def _posts(rows: Iterable[RoleAssignment]) -> list[Post]:
    return [Post(Role(r.role), TenantPath(r.tenant), id=r.id) for r in rows]


def _words(gains: Iterable[Gain], names: dict[str, str]) -> list[PlaceGain]:
    return [
        PlaceGain(
            path=g.place,
            place=names.get(g.place, "全市"),
            groups=[Group(heading, words) for heading, words in labels.grouped(g.permissions).items()],
        )
        for g in gains
    ]
