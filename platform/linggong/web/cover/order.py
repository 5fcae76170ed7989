"""Insurance of one order: what a worker is told, what an employer adds, who is covered, and waivers with both sides' word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.cover import choices, queries, waivers
from linggong.cover.choices import ChoiceForm
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.market import queries as orders
from linggong.market.models import BoardPost
from linggong.people.models import Person
from linggong.web import pages
from linggong.web.cover import words
from linggong.web.refused import filled
from linggong.work import common
from linggong.work import queries as work
from linggong.work.machines import AGREED
from linggong.work.queries import WorkView
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_BACK = {"worker": "/my/jobs", "employer": "/employer/orders/{id}", "staff": "/desk/orders/{id}"}


class OrderCoverPages(Controller):
    """One order's insurance."""

    path = "/cover/orders/{order_id:uuid}"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """What is on offer, and everybody's cover as far as the reader may see it."""
        return await _page(request, uow, principal, order_id)

    @post("/choose", opt={"permission": Permission.ORDER_CREATE})
    async def choose(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        secrets: NamedDependency[Secrets], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Add a top-up, or the number of the 工伤保险."""

        async def step(values: dict[str, Any]) -> None:
            form = ChoiceForm(
                topup=str(values.get("topup", ""))[:40], injury_number=str(values.get("injury_number", ""))[:40]
            )
            await choices.choose(uow, secrets.sealer, order_id, form)

        return await _do(request, uow, principal, order_id, step, "保险记下了，从下一位说定的人起算。")

    @post("/waive", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def waive(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The employer's side: this worker works without cover."""

        async def step(values: dict[str, Any]) -> None:
            one = _one(values)
            await waivers.waive(uow, one, reason=str(values.get(f"reason_{one}", ""))[:61])

        return await _do(request, uow, principal, order_id, step, "放弃声明记下了，等零工看清风险点头。")

    @post("/acknowledge", opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def acknowledge(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The worker's side: warned, and goes all the same."""

        async def step(values: dict[str, Any]) -> None:
            one = _one(values)
            await waivers.acknowledge(uow, one, text_hash=str(values.get(f"text_{one}", "")))

        return await _do(request, uow, principal, order_id, step, "记下了：知道没有保险，还去。")


def _one(values: dict[str, Any]) -> UUID:
    try:
        return UUID(str(values.get("one", "")))
    except ValueError:
        raise NotFound from None


async def _page(request: AnyRequest, uow: UnitOfWork, principal: Principal, order_id: UUID) -> Response[bytes]:
    kind = principal.kind
    post_line = await _published(uow, order_id)
    born = None
    if kind == "worker":
        person = await uow.session.get(Person, uow.actor.id)
        born = None if person is None else person.birth_date
    told = await queries.told(uow, order_id, born)
    if kind == "worker":
        mine = await work.my_engagement(uow, order_id)
        views = [] if mine is None else [mine]
    else:
        views = await work.roster(uow, order_id)
    may_choose = kind == "employer" or (kind == "staff" and uow.scope.covers(post_line.tenant))
    return pages.render(
        request,
        "cover/order.html",
        order={"id": str(order_id), "title": post_line.title},
        told=words.told(told) or "这里还没有上架保险产品，开工不要求参保。",
        owed=told.injury_insurance_owed,
        injury_given=told.injury_number_given,
        topups=[
            {"value": p.code, "label": words.product(p), "chosen": told.topup is not None and told.topup.code == p.code}
            for p in told.topups
        ],
        may_choose=may_choose and bool(told.topups or told.injury_insurance_owed),
        rows=[
            await _row(uow, v, employer_side=may_choose, worker_side=kind != "employer") for v in views if _counts(v)
        ],
        back=_BACK.get(kind, "/").format(id=order_id),
    )


async def _published(uow: UnitOfWork, order_id: UUID) -> BoardPost:
    """Return the order's public line; who sees the order and asks too early is told so."""
    try:
        return await common.post_of(uow, order_id)
    except NotFound:
        if uow.actor.kind == "worker":
            raise
        await orders.order(uow, order_id)
        raise Conflict("这单还没上板，上板以后才看得到保险。") from None


def _counts(view: WorkView) -> bool:
    return view.confirmed_at is not None


async def _row(uow: UnitOfWork, view: WorkView, *, employer_side: bool, worker_side: bool) -> dict[str, Any]:
    found = await queries.cover_of(uow, view.id)
    if found is None:
        raise NotFound
    waiting = found.waiver is not None and found.waiver.worker_at is None
    open_case = view.state in AGREED and found.state in ("refused", "pending", "none") and bool(found.policies)
    return {
        "id": str(view.id),
        "name": view.worker_name,
        "state": "等零工知情确认" if waiting and found.state != "active" else found.words,
        "tone": words.TONES[found.state],
        "lines": [words.policy(p) for p in found.policies],
        "warning": found.waiver.text if found.waiver is not None and found.state != "active" else "",
        "text_hash": found.waiver.text_hash if found.waiver is not None else "",
        "may_waive": employer_side and open_case and found.waiver is None,
        "may_acknowledge": worker_side and view.state in AGREED and waiting and found.state != "active",
    }


async def _do(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    order_id: UUID,
    step: Callable[[dict[str, Any]], Awaitable[None]],
    said: str,
) -> Response[bytes]:
    values = await pages.form_values(request)
    async with filled(request, uow, lambda fresh: _page(request, fresh, principal, order_id), values):
        await step(values)
    return pages.redirect(request, f"/cover/orders/{order_id}", say=said)
