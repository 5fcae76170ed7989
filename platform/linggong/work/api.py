"""The loop over HTTP: `/api/v1/orders/{id}/applications`, `/engagements`, `/assignments`, `/me/work`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid
from linggong.kernel.paging import Page
from linggong.work import attend, contacts, engage, leading, looked, queries, rating, reports, witness
from linggong.work.looked import Look
from linggong.work.proofs import Point
from linggong.work.queries import ShiftView, TodayOrder, WorkView
from rbac.permissions import Permission

Note = Annotated[str, msgspec.Meta(max_length=200)]
Picture = Annotated[bytes, msgspec.Meta(max_length=reports.PHOTO_BYTES)]
"""JPG, PNG or WebP, as base64."""


class Applying(msgspec.Struct, forbid_unknown_fields=True):
    """An application; staff name the worker, a worker leaves it out."""

    worker_id: UUID | None = None


class Choosing(msgspec.Struct, forbid_unknown_fields=True):
    """The worker who is invited."""

    worker_id: UUID


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why, in a few words."""

    reason: Note = ""


class Site(msgspec.Struct, forbid_unknown_fields=True):
    """A point in degrees."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Arrival(msgspec.Struct, forbid_unknown_fields=True):
    """How the arrival was proven."""

    method: Literal["qr", "code", "id_card", "geo_photo", "roll_call", "clerk", "crew"]
    code: Annotated[str, msgspec.Meta(max_length=10)] = ""
    came_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When he came, where employer or clerk enter it later."""
    point: Site | None = None
    """Where the worker stands, for geo_photo; rounded before it is kept."""
    photo: Picture | None = None
    consent: bool = False
    """The worker agrees that his location is taken at this moment; asked once."""
    id_number: Annotated[str, msgspec.Meta(max_length=18)] = ""
    """As read from the card, for id_card."""


class Finish(witness.Consent, kw_only=True, forbid_unknown_fields=True):
    """The end of a shift; pieces where pay is by the piece. Staff add how they were told: a slip, what was said."""

    quantity: Annotated[float, msgspec.Meta(ge=0, le=100_000)] | None = None


class Word(msgspec.Struct, forbid_unknown_fields=True):
    """Whether it is so."""

    agree: bool


class CallBack(msgspec.Struct, forbid_unknown_fields=True):
    """Which side was reached, and what it said."""

    reached: Literal["worker", "employer"]
    note: Note
    denied: bool = False
    """It said that it never agreed: the step stays marked."""


_NAME_VERSION = "请写明看过的是哪一版约定：先读这一条（GET），把其中的 terms_version 一起发来。"


class Confirmation(witness.Consent, kw_only=True, forbid_unknown_fields=True):
    """A yes to the price, with the version of the terms that was read: who says yes for himself must name it."""

    terms_version: int | None = None
    """`terms_version` of the engagement as it was read. A clerk, who reads the terms in force out, may leave it away."""


class RatingForm(msgspec.Struct, forbid_unknown_fields=True):
    """A rating; staff say for which side."""

    stars: Annotated[int, msgspec.Meta(ge=1, le=5)]
    tags: Annotated[list[Note], msgspec.Meta(max_length=5)] = []
    words: Note = ""
    side: Literal["worker", "employer"] | None = None
    channel: Literal["", "desk", "phone", "sms", "keypad"] = ""
    """How it reached the clerk who enters it."""


class Rated(msgspec.Struct, frozen=True):
    """A rating that was kept; the other side sees it when it opens."""

    id: UUID
    stars: int


class Telephone(msgspec.Struct, frozen=True):
    """Whom to call."""

    name: str
    phone: str


async def _view(uow: UnitOfWork, engagement_id: UUID) -> WorkView:
    await uow.flush()
    return await queries.engagement(uow, engagement_id)


class OrderWork(Controller):
    """Taking part in an order."""

    path = "/api/v1/orders/{order_id:uuid}"
    tags = ("work",)

    @post("/applications", opt={"permission": Permission.ENGAGEMENT_APPLY})
    async def apply(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Applying]
    ) -> WorkView:
        """Apply (12)."""
        row = await engage.apply(uow, order_id, worker_id=data.worker_id)
        return await _view(uow, row.id)

    @post("/invitations", opt={"permission": Permission.ENGAGEMENT_INVITE})
    async def invite(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], data: JSONBody[Choosing]
    ) -> WorkView:
        """Invite a worker (11)."""
        row = await engage.invite(uow, order_id, data.worker_id)
        return await _view(uow, row.id)

    @get("/roster", opt={"permission": Permission.ENGAGEMENT_READ})
    async def roster(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> list[WorkView]:
        """Everybody who takes part, for the employer and the station."""
        return await queries.roster(uow, order_id)


class Engagements(Controller):
    """Steps of an engagement."""

    path = "/api/v1/engagements/{engagement_id:uuid}"
    tags = ("work",)

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def read(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> WorkView:
        """One engagement with what may be done next."""
        return await queries.engagement(uow, engagement_id)

    @post("/accept-invitation", status_code=200, opt={"permission": Permission.ENGAGEMENT_APPLY})
    async def accept_invitation(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> WorkView:
        """Yes to an invitation (13)."""
        await engage.accept_invitation(uow, engagement_id)
        return await _view(uow, engagement_id)

    @post("/decline", status_code=200, opt={"permission": Permission.ENGAGEMENT_DECLINE})
    async def decline(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> WorkView:
        """Not going, or not taken (14)."""
        await engage.decline(uow, engagement_id, reason=data.reason)
        return await _view(uow, engagement_id)

    @post("/offer", status_code=200, opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def offer(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> WorkView:
        """The employer's side chooses (17)."""
        await engage.offer(uow, engagement_id)
        return await _view(uow, engagement_id)

    @post("/confirm", status_code=200, opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def confirm(
        self,
        uow: NamedDependency[UnitOfWork],
        engagement_id: FromPath[UUID],
        data: JSONBody[Confirmation | None] = None,
    ) -> WorkView:
        """The worker's side confirms the price (18); staff add how he said yes: a signed slip, a read-out note."""
        said = data or Confirmation()
        if said.terms_version is None and uow.actor.kind != "staff":
            await queries.engagement(uow, engagement_id)  # a foreign id is a missing one before anything is asked
            raise Invalid([Fault("terms_version", _NAME_VERSION, "required")])
        await engage.confirm(uow, engagement_id, consent=said, seen=said.terms_version)
        return await _view(uow, engagement_id)

    @post("/withdraw", status_code=200, opt={"permission": Permission.ENGAGEMENT_APPLY})
    async def withdraw(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[Reason]
    ) -> WorkView:
        """The worker leaves before work (27)."""
        await engage.withdraw(uow, engagement_id, reason=data.reason)
        return await _view(uow, engagement_id)

    @post("/call-back", status_code=200, opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def call_back(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[CallBack]
    ) -> WorkView:
        """Note a call-back about a step for which one clerk stood on both sides (staff)."""
        if uow.actor.kind != "staff":
            raise Forbidden("回访由驿站工作人员来做。")
        await witness.call_back(uow, engagement_id, reached=data.reached, note=data.note, denied=data.denied)
        return await _view(uow, engagement_id)

    @post("/rating", opt={"permission": Permission.RATING_CREATE})
    async def rate(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[RatingForm]
    ) -> Rated:
        """Rate the other side (61)."""
        row = await rating.rate(
            uow, engagement_id, stars=data.stars, tags=data.tags, words=data.words, side=data.side, channel=data.channel
        )
        return Rated(row.id, row.stars)

    @post("/contact", status_code=200, opt={"permission": Permission.ENGAGEMENT_CONTACT})
    async def contact(
        self,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        engagement_id: FromPath[UUID],
    ) -> Telephone:
        """The other side's telephone, once both have confirmed (R049); the other side sees that it was looked at."""
        found = await contacts.look_up(uow, database, secrets.sealer, engagement_id)
        return Telephone(found.name, found.phone)


class Assignments(Controller):
    """Steps of a shift."""

    path = "/api/v1/assignments/{assignment_id:uuid}"
    tags = ("work",)

    @post("/arrive", status_code=200, opt={"permission": Permission.ASSIGNMENT_ARRIVE})
    async def arrive(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        assignment_id: FromPath[UUID],
        data: JSONBody[Arrival],
    ) -> WorkView:
        """Check in (36)."""
        row = await attend.arrive(
            uow,
            assignment_id,
            method=data.method,
            code=data.code,
            secrets=secrets,
            came_at=data.came_at,
            point=Point(data.point.latitude, data.point.longitude) if data.point else None,
            photo=data.photo,
            consent=data.consent,
            id_number=data.id_number,
        )
        return await _view(uow, row.engagement_id)

    @post("/vouch", status_code=200, opt={"permission": Permission.ASSIGNMENT_ARRIVE})
    async def vouch(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Word]
    ) -> WorkView:
        """A member says whether he is where his crew's leader said (36)."""
        row = await leading.vouch(uow, assignment_id, agree=data.agree)
        return await _view(uow, row.engagement_id)

    @post("/start", status_code=200, opt={"permission": Permission.ASSIGNMENT_START})
    async def start(self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID]) -> WorkView:
        """Begin (37)."""
        row = await attend.start(uow, assignment_id)
        return await _view(uow, row.engagement_id)

    @post("/finish", status_code=200, opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def finish(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Finish]
    ) -> WorkView:
        """End the shift (44)."""
        row = await attend.finish(uow, assignment_id, quantity=data.quantity, consent=data)
        return await _view(uow, row.engagement_id)

    @post("/accept", status_code=200, opt={"permission": Permission.ASSIGNMENT_ACCEPT})
    async def accept(
        self, uow: NamedDependency[UnitOfWork], assignment_id: FromPath[UUID], data: JSONBody[Finish]
    ) -> WorkView:
        """Recognise completion (51); with the pieces where nobody has counted them yet."""
        row = await attend.accept(uow, assignment_id, quantity=data.quantity, consent=data)
        return await _view(uow, row.engagement_id)


class MyWork(Controller):
    """The worker's own list and the day's orders of a side."""

    path = "/api/v1"
    tags = ("work",)

    @get("/me/work", opt={"permission": Permission.ENGAGEMENT_READ})
    async def work(
        self,
        uow: NamedDependency[UnitOfWork],
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Page[WorkView]:
        """My engagements, the latest work first."""
        return await queries.my_work_page(uow, cursor=cursor, limit=limit)

    @get("/me/reveals", opt={"permission": Permission.PERSON_SELF})
    async def looks(
        self,
        uow: NamedDependency[UnitOfWork],
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Page[Look]:
        """Who looked at my personal data, or at those of the employer for whom I act: when, from where, what, why."""
        return await looked.looked(uow, cursor=cursor, limit=limit)

    @get("/orders-of-day", opt={"permission": Permission.ORDER_READ})
    async def day(self, uow: NamedDependency[UnitOfWork]) -> list[TodayOrder]:
        """Live orders with who is confirmed, there, at work, waiting for acceptance."""
        return await queries.orders_of_day(uow)


CONTROLLERS: list[Any] = [OrderWork, Engagements, Assignments, MyWork]
__all__ = ["CONTROLLERS", "ShiftView"]
