"""Frozen and taken-down orders, missing people and other days over HTTP (transitions 8 to 10, 31, 35)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.market import helping, queries, rescheduling, sampling, shortage, suspending
from linggong.market.helping import HelpView
from linggong.market.sampling import RecheckLine
from linggong.market.views import OrderView, SuspensionView
from rbac.permissions import Permission

Words = Annotated[str, msgspec.Meta(max_length=500)]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """Why the order is frozen."""

    reason: Literal["fee", "false_post", "lure", "illegal", "differs", "pay", "risk", "other"]
    note: Words = ""


class Findings(msgspec.Struct, forbid_unknown_fields=True):
    """What was found."""

    findings: Words


class Remark(msgspec.Struct, forbid_unknown_fields=True):
    """A remark."""

    note: Words = ""


class Objection(msgspec.Struct, forbid_unknown_fields=True):
    """Why the employer objects."""

    words: Words


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What becomes of an objection, and why."""

    uphold: bool
    note: Words


class CrewChoice(msgspec.Struct, forbid_unknown_fields=True):
    """What to do about missing people."""

    choice: Literal["fewer", "split", "ask_around", "cancel"]
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""
    starts_at: Moment | None = None
    """split: when those who come later begin."""
    ends_at: Moment | None = None
    everybody: bool = False
    """split: everybody is asked to begin later, not only those who are missing."""


class Helpers(msgspec.Struct, forbid_unknown_fields=True):
    """How many people can come."""

    people: Annotated[int, msgspec.Meta(ge=0, le=500)]


class OtherDay(msgspec.Struct, forbid_unknown_fields=True):
    """Another day for what the weather cancelled."""

    work_date: dt.date
    submit: bool = True


class OrderHolds(Controller):
    """Steps beside the main line of an order."""

    path = "/api/v1/orders/{order_id:uuid}"
    tags = ("orders",)

    @get("/suspensions", opt={"permission": Permission.ORDER_READ})
    async def suspensions(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> list[SuspensionView]:
        """Every freezing of the order, the latest first; findings are shown to the employer once it is decided."""
        return await queries.suspensions(uow, await queries.order(uow, order_id))

    @post("/suspend", status_code=200, opt={"permission": Permission.ORDER_SUSPEND})
    async def suspend(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Report]
    ) -> OrderView:
        """Freeze on a report (8)."""
        return queries.order_view(uow, await suspending.suspend(uow, order_id, reason=data.reason, note=data.note))

    @post("/restore", status_code=200, opt={"permission": Permission.ORDER_DECIDE})
    async def restore(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Findings]
    ) -> OrderView:
        """Nothing was found: the order goes on (9)."""
        return queries.order_view(uow, await suspending.restore(uow, order_id, findings=data.findings))

    @post("/takedown-proposal", status_code=200, opt={"permission": Permission.ORDER_DECIDE})
    async def propose(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Findings]
    ) -> OrderView:
        """Propose to take the order down (10)."""
        await suspending.propose_takedown(uow, order_id, findings=data.findings)
        return queries.order_view(uow, await queries.order(uow, order_id))

    @post("/takedown", status_code=200, opt={"permission": Permission.ORDER_TAKEDOWN})
    async def take_down(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Remark]
    ) -> OrderView:
        """Take the order down, as another hand proposed (10)."""
        return queries.order_view(uow, await suspending.confirm_takedown(uow, order_id, note=data.note))

    @post("/objection", status_code=200, opt={"permission": Permission.ORDER_CREATE})
    async def object_to(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Objection]
    ) -> OrderView:
        """The employer objects to the take-down."""
        await suspending.object_to(uow, order_id, words=data.words)
        return queries.order_view(uow, await queries.order(uow, order_id))

    @post("/objection/answer", status_code=200, opt={"permission": Permission.ORDER_TAKEDOWN})
    async def answer(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Answer]
    ) -> OrderView:
        """Decide on the objection."""
        await suspending.answer_objection(uow, order_id, uphold=data.uphold, note=data.note)
        return queries.order_view(uow, await queries.order(uow, order_id))

    @post("/crew-choice", status_code=200, opt={"permission": Permission.ORDER_CREATE})
    async def choose(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[CrewChoice]
    ) -> OrderView:
        """Say what to do about missing people (31)."""
        later = None
        if data.starts_at is not None and data.ends_at is not None:
            later = shortage.Later(data.starts_at, data.ends_at, data.everybody)
        chosen = await shortage.choose(uow, order_id, choice=data.choice, note=data.note, later=later)
        return queries.order_view(uow, chosen)

    @post("/reschedule", opt={"permission": Permission.ORDER_CREATE})
    async def reschedule(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
        data: JSONBody[OtherDay],
    ) -> OrderView:
        """Post again, for another day, what the weather cancelled (35)."""
        order = await rescheduling.reschedule(
            uow, secrets.sealer, order_id, work_date=data.work_date, submit=data.submit
        )
        return queries.order_view(uow, order)


class Rechecks(Controller):
    """Published posts that wait for a second look."""

    path = "/api/v1/rechecks"
    tags = ("market",)

    @get("/", opt={"permission": Permission.ORDER_REVIEW})
    async def waiting(self, uow: NamedDependency[UnitOfWork]) -> list[RecheckLine]:
        """What passed by rule (3), and what the day's sample drew (R057); done by `POST /orders/{id}/recheck`."""
        return await sampling.waiting(uow)


class HelpCalls(Controller):
    """Stations that help one another out (31c)."""

    path = "/api/v1/help-calls"
    tags = ("market",)

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def calls(self, uow: NamedDependency[UnitOfWork]) -> list[HelpView]:
        """Orders of other stations that lack people and asked around; the same county first."""
        return await helping.calls(uow)

    @post("/{call_id:uuid}/answer", status_code=200, opt={"permission": Permission.PERSON_REGISTER})
    async def answer(
        self, uow: NamedDependency[UnitOfWork], call_id: FromPath[UUID], data: JSONBody[Helpers]
    ) -> HelpView:
        """Say how many of this station's people can come; the employer is told."""
        return await helping.answer(uow, call_id, people=data.people)


CONTROLLERS: list[Any] = [OrderHolds, Rechecks, HelpCalls]
