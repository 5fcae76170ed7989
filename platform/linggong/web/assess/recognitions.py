"""Model markets on pages (R134): the target board, applications, and one application with its steps."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.assessment import recognition
from linggong.assessment.machines import RECOGNITION
from linggong.assessment.recognition import CheckForm, Judged
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.web import menus, pages
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree
from tenants.kinds import NodeKind

AnyRequest = Request[Any, Any, Any]
HOME = "/bureau/recognitions"
_EMPTY: dict[str, Any] = {"values": {}, "errors": {}}
_MARKETS = (NodeKind.MARKET_COMPREHENSIVE, NodeKind.MARKET_TRADE)


class Recognitions(Controller):
    """Recognitions of the scope."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.RECOGNITION_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The board and the markets on their way."""
        return await _list(request, principal, uow)

    @post("/", opt={"permission": Permission.RECOGNITION_APPLY})
    async def apply(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Apply for a market."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_list, request, principal), values):
            made = await recognition.apply(uow, str(values.get("path", ""))[:120], words=_words(values))
        return pages.redirect(request, f"{HOME}/{made}", say="申报好了，等市人社局审。")

    @get("/{recognition_id:uuid}", opt={"permission": Permission.RECOGNITION_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        recognition_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """One application with its steps."""
        return await _one(request, principal, recognition_id, uow)

    @post("/{recognition_id:uuid}/{step:str}", opt={"permission": Permission.RECOGNITION_GRANT})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        recognition_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Check, visit, publicize, grant, recheck, end; note objections and answers."""
        values = await pages.form_values(request)
        words = _words(values)
        async with filled(request, uow, partial(_one, request, principal, recognition_id), values):
            match step:
                case "check":
                    await recognition.check(uow, recognition_id, CheckForm(lines=_lines(values), words=words))
                case "visit":
                    await recognition.visit(uow, recognition_id, words=words)
                case "publicize":
                    await recognition.publicize(uow, recognition_id, words=words)
                case "objection" | "answer":
                    await recognition.note(uow, recognition_id, words=words, answers=step == "answer")
                case "grant":
                    await recognition.grant(uow, recognition_id, plaque=str(values.get("plaque", ""))[:60])
                case "recheck":
                    await recognition.recheck(uow, recognition_id, words=words)
                case "end":
                    await recognition.end(uow, recognition_id, words=words)
                case _:
                    raise NotFound
        return pages.redirect(request, f"{HOME}/{recognition_id}", say="记下了。")


def _words(values: dict[str, Any]) -> str:
    return str(values.get("words", ""))[:1001]


def _lines(values: dict[str, Any]) -> dict[str, Judged]:
    listed = recognition.checklist()
    return {
        one.key: Judged(ok=values[f"lines.{one.key}"] == "1", shown=str(values.get(f"shown.{one.key}", ""))[:300])
        for one in (*listed.items, *listed.vetoes)
        if values.get(f"lines.{one.key}")
    }


async def _list(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    applies = menus.may(request, principal, Permission.RECOGNITION_APPLY)
    top = uow.actor.post or "/"
    markets = [one for one in await tree.sites(uow, top) if one.kind in _MARKETS] if applies else []
    return menus.render(
        request, principal, "assess/recognitions.html", found=await recognition.recognitions(uow), board=await recognition.board(uow, top),
        markets=[{"value": one.path, "label": one.name} for one in markets], form=_EMPTY,
    )  # fmt: skip


async def _one(request: AnyRequest, principal: Principal, recognition_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    found = await recognition.recognitions(uow, recognition_id)
    if not found:
        raise NotFound
    grants = menus.may(request, principal, Permission.RECOGNITION_GRANT)
    one = found[0]
    looks = grants and "checked" in one.allowed
    return menus.render(
        request, principal, "assess/recognition.html", one=one, listed=recognition.checklist(), steps=set(one.allowed) if grants else set(),
        hints=await recognition.hints(uow, one.path) if looks else [], public=grants and one.state == "R_PUBLIC", form=_EMPTY,
        words={"objection": "异议", "answer": "答复", **{row.event: row.words for row in RECOGNITION.table}},
    )  # fmt: skip
