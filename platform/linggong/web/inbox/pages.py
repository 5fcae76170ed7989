"""The inbox on pages: what came, one of it with its receipt and answer, what was sent with the table of receipts, a new one."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.inbox import offices, queries, service
from linggong.inbox.machines import KINDS
from linggong.inbox.offices import Office
from linggong.inbox.service import MemoForm
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.sheets import write_xlsx
from linggong.web import menus, pages
from linggong.web.inbox import badge
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_FEW = 40
"""So many offices are listed as they are; more are folded."""
_GROUPS = {"bureau": "所有县人社局", "operator": "所有运营方", "street": "所有街道（乡镇）", "station": "所有驿站"}


class InboxPages(Controller):
    """What the acting office received."""

    path = "/inbox"
    include_in_schema = False

    @get("/", opt={"permission": Permission.MEMO_READ})
    async def received(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What came, the office's turn first."""
        rows = await queries.received(uow)
        return _render(
            request,
            principal,
            "inbox/received.html",
            rows=rows,
            fresh="inbox",
            all_waiting=request.state.get(badge.STATE) or 0,
        )

    @get("/{memo_id:uuid}", opt={"permission": Permission.MEMO_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        memo_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One of them; its text only for whoever has opened it, so that the receipt is true."""
        return await _one(request, uow, principal, memo_id)

    @post("/{memo_id:uuid}/open", opt={"permission": Permission.MEMO_ANSWER})
    async def open(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Open it: noted once a person."""
        await service.opened(uow, memo_id)
        return pages.redirect(request, f"/inbox/{memo_id}")

    @post("/{memo_id:uuid}/sign", opt={"permission": Permission.MEMO_ANSWER})
    async def sign(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Sign for the office."""
        async with sent_back(request, uow, f"/inbox/{memo_id}", kind="warn"):
            row = await service.sign(uow, memo_id)
        if row.kind == "notice":
            return pages.redirect(request, "/inbox", say=f"“{row.title}”签收了。")
        return pages.redirect(request, f"/inbox/{memo_id}", say="签收了，办完请在这里回复。")

    @post("/{memo_id:uuid}/answer", opt={"permission": Permission.MEMO_ANSWER})
    async def answer(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        memo_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Answer a task."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _one(request, fresh, principal, memo_id), values):
            row = await service.answer(uow, memo_id, words=str(values.get("words", "")))
        return pages.redirect(request, "/inbox", say=f"“{row.title}”回复了，等{row.sender}看。")


class SentPages(Controller):
    """What the acting office sent."""

    path = "/inbox"
    include_in_schema = False
    opt = MappingProxyType({"permission": Permission.MEMO_SEND})

    @get("/sent")
    async def sent(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The sendings, each with how far the offices are."""
        rows = await queries.sent(uow)
        return _render(request, principal, "inbox/sent.html", rows=rows, fresh="inbox")

    @get("/new")
    async def new(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The form."""
        return await _new(request, uow, principal)

    @post("/new")
    async def send(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Send it."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _new(request, fresh, principal), values):
            batch = await service.send(uow, _form(values))
        return pages.redirect(request, f"/inbox/sent/{batch}", say="发出去了。谁看了、谁签收了，这张表随时更新。")

    @get("/sent/{sending_id:uuid}")
    async def batch(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        sending_id: FromPath[UUID],
    ) -> Response[bytes]:
        """The table of receipts."""
        return await _batch(request, uow, principal, sending_id)

    @get("/sent/{sending_id:uuid}/receipts.xlsx")
    async def export(self, uow: NamedDependency[UnitOfWork], sending_id: FromPath[UUID]) -> Response[bytes]:
        """The table of receipts as a workbook."""
        found, rows = await queries.batch(uow, sending_id)
        content = await asyncio.to_thread(write_xlsx, queries.sheet(found, rows))
        return attachment(f"{KINDS[found.kind]}回执-{found.title}.xlsx", content)

    @post("/sent/{sending_id:uuid}/withdraw")
    async def withdraw(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        sending_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Withdraw it wherever it is open."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _batch(request, fresh, principal, sending_id), values):
            number = await service.withdraw(uow, sending_id, words=str(values.get("words", "")))
        return pages.redirect(request, f"/inbox/sent/{sending_id}", say=f"撤回了，{number} 个单位不用再办。")

    @post("/offices/{memo_id:uuid}/return")
    async def give_back(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        memo_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Return an office's answer for more."""
        values = await pages.form_values(request)
        number = pages.whole(values.get("days"), 999) or 0
        batch_id = await queries.batch_of(uow, memo_id)
        async with filled(request, uow, lambda fresh: _batch(request, fresh, principal, batch_id), values):
            row = await service.give_back(uow, memo_id, words=str(values.get("words", "")), days=number)
        return pages.redirect(request, f"/inbox/sent/{row.batch_id}", say="退回了，等他们补充。")

    @post("/offices/{memo_id:uuid}/close")
    async def close(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], memo_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Accept an office's answer."""
        batch_id = await queries.batch_of(uow, memo_id)
        async with sent_back(request, uow, f"/inbox/sent/{batch_id}", kind="warn"):
            await service.close(uow, memo_id)
        return pages.redirect(request, f"/inbox/sent/{batch_id}", say="办结了一家。")


def _render(request: AnyRequest, principal: Principal, template: str, **context: Any) -> Response[bytes]:
    may_send = menus.may(request, principal, Permission.MEMO_SEND)
    return menus.render(request, principal, template, may_send=may_send, kinds=KINDS, **context)


async def _one(request: AnyRequest, uow: UnitOfWork, principal: Principal, memo_id: UUID) -> Response[bytes]:
    memo = await queries.one(uow, memo_id)
    may_answer = menus.may(request, principal, Permission.MEMO_ANSWER)
    return _render(request, principal, "inbox/one.html", memo=memo, may_answer=may_answer, last_day=queries.last_day)


async def _batch(request: AnyRequest, uow: UnitOfWork, principal: Principal, batch_id: UUID) -> Response[bytes]:
    found, rows = await queries.batch(uow, batch_id)
    return _render(
        request, principal, "inbox/batch.html", batch=found, rows=rows, state_words=queries.state_words,
        last_day=queries.last_day, fresh="inbox", open_offices=sum("withdraw" in row.allowed for row in rows),
    )  # fmt: skip


async def _new(request: AnyRequest, uow: UnitOfWork, principal: Principal) -> Response[bytes]:
    below = await offices.below(uow)
    kinds = [o for o in _GROUPS if any(b.office == o for b in below)]
    groups = [{"value": f"under:*:{o}", "label": f"{_GROUPS[o]}（{sum(b.office == o for b in below)}）"} for o in kinds]
    sections = _sections(below, str(principal.acting.path))
    options = [{"value": k, "label": v} for k, v in KINDS.items()]
    return _render(
        request,
        principal,
        "inbox/new.html",
        form=pages.form_state({"kind": "notice", "days": "5"}),
        groups=groups,
        sections=sections,
        options=options,
    )


def _sections(below: list[Office], top: str) -> list[dict[str, Any]]:
    """Fold the offices by what lies directly below the sender: a county for the city, a street for a county."""
    if len(below) <= _FEW:
        return [{"name": "", "unders": [], "options": [_option(o) for o in below]}]
    found: dict[str, dict[str, Any]] = {}
    names = {str(o.path): o.name for o in below}
    for office in below:
        rest = office.path[len(top) :].partition("/")[0]
        at = f"{top}{rest}/" if rest else top
        if at != top and office.path == at and office.office == "station":
            at = top  # a site of the sender's own: it stands beside what is directly below
        section = found.setdefault(
            at, {"name": names.get(at, "其他") if at != top else "直接管的", "options": [], "unders": []}
        )
        section["options"].append(_option(office))
        if office.office == "station" and at != top:
            section["stations"] = section.get("stations", 0) + 1
            head = next((o for o in below if o.path == at), None)
            if head is not None and section["stations"] == 2:
                section["unders"] = [{"value": f"under:{head.node_id}:station", "label": f"{head.name}的所有驿站"}]
    return list(found.values())


def _option(office: Office) -> dict[str, Any]:
    label = offices.named(office.name, office.office)
    return {"value": office.key, "label": label, "staffed": office.staffed}


def _form(values: dict[str, Any]) -> MemoForm:
    to = values.get("to", [])
    return MemoForm(
        kind=str(values.get("kind", "")),
        title=str(values.get("title", "")),
        body=str(values.get("body", "")),
        to=[str(v) for v in (to if isinstance(to, list) else [to])],
        days=pages.whole(values.get("days"), 999),
    )
