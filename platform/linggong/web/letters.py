"""Letters on pages: what came, what was issued, one of them to read, sign for and print, and a new one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import ROOT, in_subtree
from linggong.letters import kinds, queries, service
from linggong.letters.api import paper
from linggong.letters.service import LetterForm
from linggong.offices.models import Operator
from linggong.people.models import Employer
from linggong.web import menus, pages
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.kinds import BuildStatus, NodeKind
from tenants.models import Node

AnyRequest = Request[Any, Any, Any]
Text = Annotated[str, QueryParameter(max_length=60)]


class LetterPages(Controller):
    """Letters of the acting post, or of the employer that asks."""

    path = "/letters"
    include_in_schema = False

    @get("/", opt={"permission": Permission.LETTER_READ})
    async def listed(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        box: Text = "",
    ) -> Response[bytes]:
        """What came; for a bureau what it issued."""
        issues = menus.may(request, principal, Permission.LETTER_ISSUE)
        chosen = box if box in ("received", "issued") else "issued" if issues else "received"
        rows = await queries.listed(uow, box=chosen)
        return _render(request, principal, "letters/list.html", rows=rows, box=chosen, issues=issues)

    @get("/{letter_id:uuid}", opt={"permission": Permission.LETTER_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        letter_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """One letter."""
        return await _one(request, uow, principal, letter_id)

    @get("/{letter_id:uuid}/paper", opt={"permission": Permission.LETTER_READ})
    async def paper(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], letter_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Its sealed paper, to print."""
        async with sent_back(request, uow, f"/letters/{letter_id}", kind="warn"):
            found = await queries.paper(uow, letter_id)
        return paper(*found)

    @post("/{letter_id:uuid}/sign", opt={"permission": Permission.LETTER_SIGN})
    async def sign(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], letter_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Sign for it."""
        await service.sign(uow, letter_id)
        return pages.redirect(request, f"/letters/{letter_id}", say="签收了，发文的单位能看到。")

    @post("/{letter_id:uuid}/withdraw", opt={"permission": Permission.LETTER_ISSUE})
    async def withdraw(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        letter_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Withdraw it by another letter."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _one(request, fresh, principal, letter_id), values):
            row = await service.withdraw(uow, letter_id, reason=str(values.get("reason", "")))
        return pages.redirect(request, f"/letters/{row.id}", say=f"发出{row.number}，原来那件撤回了。")


class NewLetter(Controller):
    """A letter to issue."""

    path = "/letters/new"
    include_in_schema = False

    @get("/", opt={"permission": Permission.LETTER_ISSUE})
    async def form(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        kind: Text = "", to: Text = "",
    ) -> Response[bytes]:  # fmt: skip
        """The kinds, then the fields of the one that was chosen."""
        return await _new(request, uow, principal, kind, to)

    @post("/", opt={"permission": Permission.LETTER_ISSUE})
    async def issue(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Issue it."""
        values = {key: str(value) for key, value in (await pages.form_values(request)).items()}
        kind, to = values.get("kind", ""), values.get("to", "")
        async with filled(request, uow, lambda fresh: _new(request, fresh, principal, kind, to), values):
            row = await service.issue(uow, _form(values))
        return pages.redirect(request, f"/letters/{row.id}", say=f"发出了，文号 {row.number}。对方签收这里会写明。")


def _form(values: dict[str, str]) -> LetterForm:
    recipient, _, raw = values.get("to", "").partition(":")
    rest = {k: v for k, v in values.items() if k not in ("kind", "to", "due_on")}
    return LetterForm(
        kind=values.get("kind", ""),
        recipient=recipient,
        to=_id(raw),
        fields=rest,
        due_on=_day(values.get("due_on", "")),
    )


def _id(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def _render(request: AnyRequest, principal: Principal, template: str, **context: Any) -> Response[bytes]:
    layout = "desk.html" if principal.is_staff else "base.html"
    return menus.render(request, principal, template, layout=layout, **context)


async def _one(request: AnyRequest, uow: UnitOfWork, principal: Principal, letter_id: UUID) -> Response[bytes]:
    letter = await queries.one(uow, letter_id)
    may_sign = letter.mine_to_sign and menus.may(request, principal, Permission.LETTER_SIGN)
    return _render(request, principal, "letters/one.html", letter=letter, may_sign=may_sign)


async def _new(request: AnyRequest, uow: UnitOfWork, principal: Principal, kind: str, to: str) -> Response[bytes]:
    known = await kinds.at(uow, uow.actor.post or ROOT)
    known.pop(kinds.WITHDRAWAL, None)
    return _render(
        request, principal, "letters/new.html", kinds=list(known.values()), kind=known.get(kind), to=to,
        options=await _options(uow, to), form=pages.form_state({"to": to}), today=clock.business_date(uow.now),
    )  # fmt: skip


async def _options(uow: UnitOfWork, to: str) -> list[dict[str, str]]:
    """Return to whom the acting post may write: places below, operators, and the employer that the way here named."""
    post = uow.actor.post or ROOT
    nodes = await uow.execute(
        sa.select(Node.id, Node.name)
        .where(
            in_subtree(Node.path, post), Node.path != post, Node.kind != NodeKind.COMMUNITY,
            Node.status != BuildStatus.CLOSED,
        )
        .order_by(Node.path)
    )  # fmt: skip
    found = [{"value": f"node:{n.id}", "label": n.name} for n in nodes]
    operators = await uow.execute(
        sa.select(Operator.id, Operator.name).where(in_subtree(Operator.tenant, post)).order_by(Operator.name)
    )
    found += [{"value": f"operator:{o.id}", "label": f"{o.name}（运营方）"} for o in operators]
    recipient, _, raw = to.partition(":")
    employer_id = _id(raw)
    employer = await uow.session.get(Employer, employer_id) if recipient == "employer" and employer_id else None
    if employer is not None:
        found.insert(0, {"value": to, "label": f"{employer.name}（用工主体）"})
    return found


CONTROLLERS: list[Any] = [LetterPages, NewLetter]
