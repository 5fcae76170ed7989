"""The printed slip of a worker without a telephone: his number, its QR, and the jobs that he has agreed to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
import sqlalchemy as sa
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.people import cards, queries
from linggong.web import menus
from linggong.web.cards import settlement_word, unit_word
from linggong.work import queries as work_queries
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.models import Node

AnyRequest = Request[Any, Any, Any]


class PrintedCard(Controller):
    """零工卡."""

    path = "/desk/people/{person_id:uuid}/card"
    include_in_schema = False

    @post("/", opt={"permission": Permission.PERSON_REGISTER}, status_code=200)
    async def card(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        person_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Make a new number, which ends the one before, and show the slip to print."""
        code = await cards.print_one(uow, database, secrets.sealer, person_id)
        who = await queries.worker_card(uow, person_id)
        station = (
            await uow.execute(sa.select(Node.name, Node.phone, Node.address).where(Node.path == uow.actor.post))
        ).one_or_none()
        jobs = await work_queries.agreed_of(uow, person_id)
        page = menus.render(
            request,
            principal,
            "desk/printed_card.html",
            id=str(person_id),
            call=who.call,
            code=f"{code[:4]} {code[4:7]} {code[7:]}",
            qr_href=segno.make_qr(code, error="m").svg_data_uri(scale=6),
            station="" if station is None else station.name,
            station_phone="" if station is None else station.phone or "",
            station_address="" if station is None else station.address or "",
            printed_on=clock.business_date(uow.now),
            jobs=[
                {
                    "title": view.title,
                    "start": view.starts_at,
                    "end": view.ends_at,
                    "place": view.place,
                    "employer": view.employer_name,
                    "pay_fen": view.pay_fen,
                    "unit": unit_word(view.pay_unit),
                    "settlement": settlement_word(view.settlement),
                }
                for view in jobs
            ],
        )
        page.headers["cache-control"] = "no-store"
        return page
