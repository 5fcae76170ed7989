"""Fairs: the month, the plan, the day of it; and where an employer signs in on his telephone (R070, R109, R110)."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

import segno
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.settings import Settings
from linggong.measures.sites import open_sites
from linggong.outreach import fair_push, fairs, holding, records
from linggong.outreach.codes import FAIR_STATES, PUSHES
from linggong.outreach.holding import FairForm
from linggong.web import pages
from linggong.web.employer.home import only_employer
from linggong.web.outreach import reading
from linggong.web.outreach.reading import AnyRequest
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

_BEFORE = 12
"""Months that can be looked back at."""


class FairPages(Controller):
    """Fairs of the post."""

    path = "/outreach/fairs"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """This month's fairs by station, and all fairs."""
        return await _list(request, uow, principal=principal)

    @post("/", opt={"permission": Permission.OUTREACH_RECORD})
    async def plan(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Plan one."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_list, request, principal=principal), values):
            codes = str(values.get("orders") or "").replace("，", " ").replace(",", " ").replace("、", " ").split()
            given = {key: value for key, value in values.items() if key not in ("orders", "stations")}
            form = reading.read(
                FairForm, given, "starts_at", "ends_at", stations=reading.many(values, "stations"), orders=codes
            )
            row = await holding.plan(uow, form)
        return pages.redirect(
            request, f"/outreach/fairs/{row.id}", say="建好了。开始以前可以发通知，到时用签到码签到。"
        )

    @get("/{fair_id:uuid}", opt={"permission": Permission.OUTREACH_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings], principal: NamedDependency[Principal], fair_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """A fair: who signed in, what is offered, what was said before it."""
        return await _one(request, uow, principal=principal, secrets=secrets, settings=settings, fair_id=fair_id)

    @post("/{fair_id:uuid}/employers", opt={"permission": Permission.OUTREACH_RECORD})
    async def sign_in(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Sign an employer in."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, f"/outreach/fairs/{fair_id}"):
            try:
                employer = UUID(str(values.get("employer_id") or ""))
            except ValueError:
                raise Invalid([Fault("employer_id", "请选雇主。", "required")]) from None
            await holding.sign_in(uow, fair_id, employer)
        return pages.redirect(request, f"/outreach/fairs/{fair_id}", say="签到了。")

    @post("/{fair_id:uuid}/posts", opt={"permission": Permission.OUTREACH_RECORD})
    async def add_post(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Offer one more post."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, f"/outreach/fairs/{fair_id}"):
            await holding.add_post(uow, fair_id, str(values.get("order") or ""))
        return pages.redirect(request, f"/outreach/fairs/{fair_id}", say="加上了。")

    @post("/{fair_id:uuid}/push", opt={"permission": Permission.OUTREACH_RECORD})
    async def push(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Tell people before it begins."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, f"/outreach/fairs/{fair_id}"):
            row = await fair_push.push(uow, fair_id, str(values.get("kind") or ""))
        words = (
            f"发给 {row.told} 人" + (f"，另有 {row.left_out} 人今天收得够多了，没打扰" if row.left_out else "") + "。"
        )
        return pages.redirect(request, f"/outreach/fairs/{fair_id}", say=words)

    @post("/{fair_id:uuid}/close", opt={"permission": Permission.OUTREACH_RECORD})
    async def close(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Close it with the heads that were counted."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, f"/outreach/fairs/{fair_id}"):
            visitors = reading.whole(values, "visitors", "来了多少人要写整数。")
            await holding.close(uow, fair_id, visitors=visitors, note=str(values.get("note") or ""))
        return pages.redirect(request, f"/outreach/fairs/{fair_id}", say="收尾了，算进这个月。")

    @post("/{fair_id:uuid}/cancel", opt={"permission": Permission.OUTREACH_RECORD})
    async def cancel(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], fair_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Call it off."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, f"/outreach/fairs/{fair_id}"):
            await holding.cancel(uow, fair_id, reason=str(values.get("note") or ""))
        return pages.redirect(request, f"/outreach/fairs/{fair_id}", say="取消了。")


async def _list(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    here = records.here(uow)
    # A place for which no number is set and where none was held says nothing.
    month = await fairs.month(uow, here, clock.business_date(uow.now))
    return reading.render(
        request, principal, "fairs.html", "fairs", month=[one for one in month if one.wanted is not None or one.held],
        rows=await fairs.listed_here(uow), states=FAIR_STATES,
        sites=[{"value": site.path, "label": site.name} for site in await open_sites(uow, here)], here=here,
    )  # fmt: skip


async def _one(
    request: AnyRequest, uow: UnitOfWork, *, principal: Principal, secrets: Secrets, settings: Settings, fair_id: UUID
) -> Response[bytes]:
    view = await fairs.view(uow, fair_id)
    begun = view.fair.starts_at <= uow.now
    doors = view.fair.starts_at - holding.DOORS <= uow.now
    address = f"{settings.address}/employer/fairs/{fair_id}"
    signed = {str(one.employer_id) for one in view.employers}
    return reading.render(
        request, principal, "fair.html", "fairs", view=view, states=FAIR_STATES, pushes=PUSHES, begun=begun, doors=doors,
        over=view.fair.ends_at <= uow.now, code=holding.code_of(secrets.sealer, fair_id), qr=segno.make_qr(address, error="m").svg_data_uri(scale=4), address=address,
        pushed={one.kind for one in view.pushes},
        employers=[one for one in await reading.employer_options(uow) if one["value"] not in signed] if doors else [],
    )  # fmt: skip


class OwnFairs(Controller):
    """An employer's way into a fair."""

    path = "/employer/fairs"
    include_in_schema = False

    @get("/", opt={"permission": Permission.FAIR_JOIN})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Fairs to come."""
        only_employer(principal)
        return pages.render(request, "outreach/own_fairs.html", rows=await fairs.coming(uow))

    @get("/{fair_id:uuid}", opt={"permission": Permission.FAIR_JOIN})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        fair_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Sign in by the six digits that hang there."""
        return await _own(request, uow, principal=principal, fair_id=fair_id)

    @post("/{fair_id:uuid}", opt={"permission": Permission.FAIR_JOIN})
    async def join(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], fair_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Sign in."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_own, request, principal=principal, fair_id=fair_id), values):
            await holding.sign_in_by_code(uow, secrets.sealer, fair_id, str(values.get("code") or ""))
        return pages.redirect(request, f"/employer/fairs/{fair_id}", say="签到好了，请到展位坐。")


async def _own(request: AnyRequest, uow: UnitOfWork, *, principal: Principal, fair_id: UUID) -> Response[bytes]:
    only_employer(principal)
    fair, signed_at = await fairs.of_employer(uow, fair_id)
    return pages.render(
        request, "outreach/own_fair.html", fair=fair, signed_at=signed_at,
        doors=fair.state == "planned" and fair.starts_at - holding.DOORS <= uow.now <= fair.ends_at, form=reading.BLANK,
    )  # fmt: skip


class PublicFairs(Controller):
    """What anybody reads of fairs and brands."""

    path = "/fairs"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(self, request: AnyRequest, database: NamedDependency[Database]) -> Response[bytes]:
        """Fairs to come in the city."""
        async with database.begin(Actor(kind="anonymous")) as uow:
            rows = await fairs.coming(uow)
        return pages.render(request, "outreach/public_fairs.html", rows=rows)


def board_of(path: str, trade_code: str) -> str:
    """Return the board of a place and trade."""
    return f"/?county={quote(path, safe='')}&trade={quote(trade_code)}"


CONTROLLERS: list[Any] = [FairPages, OwnFairs, PublicFairs]
