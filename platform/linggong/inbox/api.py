"""The inbox over HTTP: what an office received and sent, and the steps of both sides."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.inbox import offices, queries, service
from linggong.inbox.queries import BatchView, MemoView
from linggong.inbox.service import MemoForm
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paging import Page
from rbac.permissions import Permission

Words = Annotated[str, msgspec.Meta(max_length=4000)]


class OfficeView(msgspec.Struct, frozen=True, kw_only=True):
    """An office that may be addressed; `key` goes into `to`."""

    key: str
    name: str
    kind: str
    tenant: str
    office: str
    staffed: bool


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What an office answers, or why something is withdrawn."""

    words: Words = ""


class Returned(msgspec.Struct, forbid_unknown_fields=True):
    """What is still missing, and how many working days there are for it."""

    words: Words = ""
    days: int = 0


class Sending(msgspec.Struct, frozen=True):
    """One sending with every receiving office."""

    batch: BatchView
    offices: list[MemoView]


class Withdrawn(msgspec.Struct, frozen=True):
    """At how many offices it was still open."""

    offices: int


class Inbox(Controller):
    """What the acting office received."""

    path = "/api/v1/memos"
    tags = ("inbox",)

    @get("/", opt={"permission": Permission.MEMO_READ})
    async def received(self, uow: NamedDependency[UnitOfWork]) -> Page[MemoView]:
        """What waits for this office first, then the rest."""
        return Page(await queries.received(uow))

    @get("/{memo_id:uuid}", opt={"permission": Permission.MEMO_READ})
    async def one(self, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID]) -> MemoView:
        """One of them."""
        return await queries.one(uow, memo_id)

    @post("/{memo_id:uuid}/open", status_code=200, opt={"permission": Permission.MEMO_ANSWER})
    async def open(self, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID]) -> MemoView:
        """Note that I have read it: once a person, with the time."""
        await service.opened(uow, memo_id)
        return await queries.one(uow, memo_id)

    @post("/{memo_id:uuid}/sign", status_code=200, opt={"permission": Permission.MEMO_ANSWER})
    async def sign(self, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID]) -> MemoView:
        """Sign for the office (签收); again changes nothing."""
        await service.sign(uow, memo_id)
        return await queries.one(uow, memo_id)

    @post("/{memo_id:uuid}/answer", status_code=200, opt={"permission": Permission.MEMO_ANSWER})
    async def answer(
        self, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID], data: JSONBody[Answer]
    ) -> MemoView:
        """Answer a task."""
        await service.answer(uow, memo_id, words=data.words)
        return await queries.one(uow, memo_id)


class Sent(Controller):
    """What the acting office sent."""

    path = "/api/v1/sent-memos"
    tags = ("inbox",)

    @get("/", opt={"permission": Permission.MEMO_SEND})
    async def sent(self, uow: NamedDependency[UnitOfWork]) -> Page[BatchView]:
        """The sendings, the latest first."""
        return Page(await queries.sent(uow))

    @get("/offices", opt={"permission": Permission.MEMO_SEND})
    async def offices(self, uow: NamedDependency[UnitOfWork]) -> Page[OfficeView]:
        """To whom this post may send."""
        return Page(
            [
                OfficeView(
                    key=o.key, name=offices.named(o.name, o.office), kind=o.kind, tenant=o.path, office=o.office,
                    staffed=o.staffed,
                )
                for o in await offices.below(uow)
            ]
        )  # fmt: skip

    @post("/", opt={"permission": Permission.MEMO_SEND})
    async def send(self, uow: NamedDependency[UnitOfWork], data: JSONBody[MemoForm]) -> Sending:
        """Send a notice or a task."""
        return Sending(*await queries.batch(uow, await service.send(uow, data)))

    @get("/{sending_id:uuid}", opt={"permission": Permission.MEMO_SEND})
    async def batch(self, uow: NamedDependency[UnitOfWork], sending_id: FromPath[UUID]) -> Sending:
        """The table of receipts."""
        return Sending(*await queries.batch(uow, sending_id))

    @post("/{sending_id:uuid}/withdraw", status_code=200, opt={"permission": Permission.MEMO_SEND})
    async def withdraw(
        self, uow: NamedDependency[UnitOfWork], sending_id: FromPath[UUID], data: JSONBody[Answer]
    ) -> Withdrawn:
        """Withdraw it wherever it is still open."""
        return Withdrawn(await service.withdraw(uow, sending_id, words=data.words))

    @post("/offices/{memo_id:uuid}/return", status_code=200, opt={"permission": Permission.MEMO_SEND})
    async def give_back(
        self, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID], data: JSONBody[Returned]
    ) -> Sending:
        """Return an office's answer for more."""
        row = await service.give_back(uow, memo_id, words=data.words, days=data.days)
        return Sending(*await queries.batch(uow, row.batch_id))

    @post("/offices/{memo_id:uuid}/close", status_code=200, opt={"permission": Permission.MEMO_SEND})
    async def close(self, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID]) -> Sending:
        """Accept an office's answer."""
        row = await service.close(uow, memo_id)
        return Sending(*await queries.batch(uow, row.batch_id))


CONTROLLERS = [Inbox, Sent]
