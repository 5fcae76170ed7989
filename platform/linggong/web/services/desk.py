"""The counter: three fields and Enter take a matter in; the list says what runs out; one page brings it to its end (R096-R098)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

import segno
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import ROOT
from linggong.services import catalogue, entries, help_queries, queries
from linggong.services.entries import TakeForm, Taken
from linggong.services.queries import Which
from linggong.web import pages
from linggong.web.refused import filled
from linggong.web.services.shown import AnyRequest, read, render, typed
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as places

_LISTS: dict[Which, str] = {"open": "在办", "late": "超时", "mine": "我的", "ended": "办结"}
_SAID = {
    "papers": "告诉他了。材料交齐以前，时限停着。", "brought": "材料交齐，时限从现在重新算。", "hand-over": "交接好了，首问负责人还是原来的人。",
    "refer": "转出去了，等它回复。", "answer": "回复写进来了。", "note": "记下了。", "end": "办结了。", "withdraw": "按他的意思撤回了。",
}  # fmt: skip
Shown = Annotated[str, QueryParameter(max_length=10)]


class Counter(Controller):
    """Matters of a place."""

    path = "/desk/services"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SERVICE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        show: Shown = "open", done: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Response[bytes]:  # fmt: skip
        """The form, and what runs out first."""
        return await _page(request, principal, show, done, uow)

    @post("/", opt={"permission": Permission.SERVICE_TAKE})
    async def take(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Take one in; what is settled at the counter ends at once."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal, "open", None), values):
            made = await entries.take(uow, secrets.sealer, read(TakeForm, values))
        if made.case_id is not None:
            return pages.redirect(request, f"/desk/cases/{made.case_id}", say=_taken(made))
        return pages.redirect(request, f"/desk/services?done={made.id}", say=_taken(made))

    @get("/{service_entry_id:uuid}", opt={"permission": Permission.SERVICE_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        service_entry_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The whole of one, with what may be done next."""
        return await _one(request, principal, service_entry_id, uow)

    @get("/{service_entry_id:uuid}/receipt", opt={"permission": Permission.SERVICE_TAKE})
    async def receipt(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        service_entry_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The slip that the person takes home: number, digits, what to bring, until when, where to rate."""
        view = await queries.one(uow, service_entry_id)
        node = await places.node(uow, view.line.tenant)
        return render(
            request, principal, "receipt.html", "services", view=view, digits=await entries.digits(uow, service_entry_id),
            place=node.name, rate_svg=rate_code(request, str(node.id), view.line.trace_code),
        )  # fmt: skip

    @post("/{service_entry_id:uuid}/{step:str}", opt={"permission": Permission.SERVICE_TAKE})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        service_entry_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """One step."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_one, request, principal, service_entry_id), values):
            await _step(uow, service_entry_id, step, values)
        return pages.redirect(request, f"/desk/services/{service_entry_id}", say=_SAID[step])


async def _step(uow: UnitOfWork, key: UUID, step: str, values: dict[str, Any]) -> None:
    if step == "papers":
        await entries.ask_papers(uow, key, typed(values, "names").replace("、", "\n").splitlines())
    elif step == "brought":
        await entries.brought(uow, key)
    elif step == "hand-over":
        try:
            colleague = UUID(typed(values, "staff_id"))
        except ValueError:
            raise Invalid([Fault("staff_id", "请选本站在岗的同事。", "required")]) from None
        await entries.hand_over(uow, key, colleague, typed(values, "reason"))
    elif step == "refer":
        await entries.refer(uow, key, typed(values, "department"), typed(values, "reference"))
    elif step == "answer":
        await entries.answer(uow, key, typed(values, "outcome"), ends=typed(values, "stays") == "")
    elif step == "note":
        await entries.add_note(uow, key, typed(values, "words"))
    elif step in ("end", "withdraw"):
        at = read(TakeForm, {"happened_at": values.get("done_at")}).happened_at
        await entries.close(uow, key, typed(values, "outcome"), at=at, withdrawn=step == "withdraw")
    else:
        raise NotFound


def _taken(made: Taken) -> str:
    if made.is_done:
        return f"{made.item}，当场办结。受理号 {made.trace_code}。"
    told = f"请他带：{'、'.join(made.materials)}。" if made.materials else ""
    kind = "登记成纠纷件，" if made.case_id else ""
    return f"{made.item}{kind}受理号 {made.trace_code}，查询码 {made.digits}，最晚 {queries.until_words(made.due_at)} 办结。{told}"


async def _page(
    request: AnyRequest, principal: Principal, show: str, done: UUID | None, uow: UnitOfWork
) -> Response[bytes]:
    chosen: Which = next((key for key in _LISTS if key == show), "open")
    post = principal.acting.path
    today = clock.business_date(uow.now)
    month = clock.day_bounds(today.replace(day=1))[0]
    items = (await catalogue.at(uow, post)).items
    return render(
        request,
        principal,
        "desk.html",
        "services",
        items=[
            {"value": one.code, "label": f"{n} {one.name}", "materials": one.materials, "limit": one.limit_words, "department": one.department}
            for n, one in enumerate(items, 1)
        ],
        lists=[{"href": f"/desk/services?show={key}", "label": label, "on": key == chosen} for key, label in _LISTS.items()],
        chosen=chosen,
        found=await queries.entries(uow, chosen),
        rate=await queries.rate(uow, post, month, uow.now),
        help_due=await help_queries.due_count(uow),
        done=str(done or ""),
        at_post=post != ROOT,
    )  # fmt: skip


async def _one(request: AnyRequest, principal: Principal, key: UUID, uow: UnitOfWork) -> Response[bytes]:
    view = await queries.one(uow, key)
    return render(
        request,
        principal,
        "one.html",
        "services",
        view=view,
        is_open=view.line.state in ("open", "waiting", "referred"),
        colleagues=[
            {"value": str(c.id), "label": c.name} for c in await queries.colleagues(uow) if c.id != view.line.handler_id
        ],
        department=await _owner(uow, principal, view.line.code),
    )


def rate_code(request: AnyRequest, node_id: str, visit: str = "") -> str:
    """Return the QR that leads to the rating of a station, for one visit where a receipt is named."""
    address = f"{request.app.state.settings.address}/rate/{node_id}" + (f"?v={visit}" if visit else "")
    return str(segno.make_qr(address, error="m").svg_data_uri(scale=5))


async def _owner(uow: UnitOfWork, principal: Principal, code: str) -> str:
    known = await catalogue.item(uow, principal.acting.path, code)
    return known.department if known is not None else ""
