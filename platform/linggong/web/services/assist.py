"""Help for one person at the desk: who is to be spoken with, what was done, what comes next (R066-R068, R107)."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.services import codes, help_queries, helping
from linggong.services.help_queries import Which
from linggong.services.helping import HelpForm, StepForm
from linggong.web import pages
from linggong.web.refused import filled
from linggong.web.services.shown import AnyRequest, options, read, render
from rbac.permissions import Permission
from rbac.principal import Principal

_LISTS: dict[Which, str] = {"due": "该联系了", "open": "在帮", "ended": "了结"}
Shown = Annotated[str, QueryParameter(max_length=10)]


class Assist(Controller):
    """Cases of help."""

    path = "/desk/assist"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SERVICE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        show: Shown = "open",
    ) -> Response[bytes]:  # fmt: skip
        """Who is to be spoken with first on top."""
        return await _page(request, principal, show, uow)

    @post("/", opt={"permission": Permission.SERVICE_TAKE})
    async def open(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Open one."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal, "open"), values):
            made = await helping.open_case(uow, secrets.sealer, read(HelpForm, values))
        after = f"下次联系 {made.next_on}。" if made.next_on else "当场了结。"
        return pages.redirect(request, f"/desk/assist/{made.id}", say=f"记下了，编号 {made.trace_code}。{after}")

    @get("/{help_case_id:uuid}", opt={"permission": Permission.SERVICE_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        help_case_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The whole of one."""
        return await _one(request, principal, help_case_id, uow)

    @post("/{help_case_id:uuid}/steps", opt={"permission": Permission.SERVICE_TAKE})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        help_case_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Write down what was done."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_one, request, principal, help_case_id), values):
            row = await helping.step(uow, help_case_id, read(StepForm, values))
        after = f"下次联系 {row.next_on}。" if row.next_on else "了结了。"
        return pages.redirect(request, f"/desk/assist/{help_case_id}", say=f"记下了。{after}")


async def _page(request: AnyRequest, principal: Principal, show: str, uow: UnitOfWork) -> Response[bytes]:
    chosen: Which = next((key for key in _LISTS if key == show), "open")
    return render(
        request,
        principal,
        "assist.html",
        "assist",
        lists=[{"href": f"/desk/assist?show={k}", "label": label, "on": k == chosen} for k, label in _LISTS.items()],
        found=await help_queries.cases(uow, chosen),
        kinds=options(codes.HELP_KINDS),
    )


async def _one(request: AnyRequest, principal: Principal, key: UUID, uow: UnitOfWork) -> Response[bytes]:
    view = await help_queries.one(uow, key)
    names = list(codes.STAGES)
    here = names.index(view.stage) if view.stage else -1
    return render(
        request,
        principal,
        "assist_one.html",
        "assist",
        view=view,
        stages=options(codes.STAGES) if view.line.kind == "startup" else [],
        stage_names=list(codes.STAGES.values()),
        stage_no=here,
        outcomes=options(codes.OUTCOMES),
    )
