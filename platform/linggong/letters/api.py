"""Letters over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from linggong.kernel.db import UnitOfWork
from linggong.letters import kinds, queries, service
from linggong.letters.kinds import LetterKind, TemplateForm
from linggong.letters.queries import LetterView
from linggong.letters.service import LetterForm
from rbac.permissions import Permission


class Withdrawing(msgspec.Struct, forbid_unknown_fields=True):
    """Why a letter is withdrawn."""

    reason: Annotated[str, Meta(max_length=1200)]


class Letters(Controller):
    """Official letters."""

    path = "/api/v1/letters"
    tags = ("letters",)

    @get("/", opt={"permission": Permission.LETTER_READ})
    async def listed(self, uow: NamedDependency[UnitOfWork], box: FromQuery[str] = "received") -> list[LetterView]:
        """Letters that one received, or (box=issued) that were issued at and below one's post."""
        return await queries.listed(uow, box=box)

    @get("/{letter_id:uuid}", opt={"permission": Permission.LETTER_READ})
    async def one(self, uow: NamedDependency[UnitOfWork], letter_id: FromPath[UUID]) -> LetterView:
        """One letter."""
        return await queries.one(uow, letter_id)

    @get("/{letter_id:uuid}/pdf", opt={"permission": Permission.LETTER_READ})
    async def pdf(self, uow: NamedDependency[UnitOfWork], letter_id: FromPath[UUID]) -> Response[bytes]:
        """Its sealed paper."""
        return paper(*await queries.paper(uow, letter_id))

    @post("/", opt={"permission": Permission.LETTER_ISSUE})
    async def issue(self, uow: NamedDependency[UnitOfWork], data: JSONBody[LetterForm]) -> LetterView:
        """Issue a letter (a bureau)."""
        return await queries.one(uow, (await service.issue(uow, data)).id)

    @post("/{letter_id:uuid}/sign", status_code=200, opt={"permission": Permission.LETTER_SIGN})
    async def sign(self, uow: NamedDependency[UnitOfWork], letter_id: FromPath[UUID]) -> LetterView:
        """Sign for a letter, as its recipient."""
        await service.sign(uow, letter_id)
        return await queries.one(uow, letter_id)

    @post("/{letter_id:uuid}/withdraw", opt={"permission": Permission.LETTER_ISSUE})
    async def withdraw(
        self, uow: NamedDependency[UnitOfWork], letter_id: FromPath[UUID], data: JSONBody[Withdrawing]
    ) -> LetterView:
        """Withdraw a letter by another one, which is returned."""
        return await queries.one(uow, (await service.withdraw(uow, letter_id, reason=data.reason)).id)


class LetterKinds(Controller):
    """How letters are worded."""

    path = "/api/v1/letter-kinds"
    tags = ("letters",)

    @get("/", opt={"permission": Permission.LETTER_ISSUE})
    async def kinds(self, uow: NamedDependency[UnitOfWork]) -> list[LetterKind]:
        """The kinds as they are worded at one's post."""
        return list((await kinds.at(uow, uow.actor.post or "/")).values())

    @post("/", opt={"permission": Permission.LETTER_ISSUE})
    async def word(self, uow: NamedDependency[UnitOfWork], data: JSONBody[TemplateForm]) -> UUID:
        """Word a kind anew from now on, or add one; what was issued stays as it was."""
        return await kinds.set_template(uow, data)


def paper(number: str, raw: bytes) -> Response[bytes]:
    """Return a sealed paper for reading and printing."""
    return Response(
        raw,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f"inline; filename=letter.pdf; filename*=UTF-8''{quote(number)}.pdf",
            "Cache-Control": "private, no-store",
        },
    )


CONTROLLERS: list[Any] = [Letters, LetterKinds]
