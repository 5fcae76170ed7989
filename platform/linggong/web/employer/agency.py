"""An agency's own page (R047): its licences and until when, what is missing, its posts and how they stand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.market.models import Order
from linggong.people.models import Agency, Employer
from linggong.web import pages
from linggong.web.bureau import tables
from linggong.web.bureau.tables import Cell, Head, Table, number, rate, words
from linggong.web.employer.home import only_employer
from linggong.web.labels import label_of
from linggong.work.models import Assignment
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_SOON = timedelta(days=60)
_MONTH = timedelta(days=90)
_MOST = 50


def _until(day: date | None, today: date) -> Cell:
    if day is None:
        return words("没登记", tone="danger")
    if day < today:
        return words(f"{day} 过期了", tone="danger")
    return words(f"{day}（还有 {(day - today).days} 天）", tone="wait" if day - today < _SOON else "")


def _missing(own: Employer, agency: Agency, today: date) -> list[str]:
    """Return what is to be put right, the most urgent first."""
    left = agency.hr_licence_expires_on - today
    said = []
    if left < timedelta(0):
        said.append("人力资源服务许可证过期了：换证以前不能再替人招工，换好带新证到驿站登记。")
    elif left < _SOON:
        said.append(f"人力资源服务许可证还有 {left.days} 天到期，请早点去人社局换证。")
    if own.verified_level < 1:
        said.append("单位还没核实：带营业执照到驿站看一下，才能发岗位。")
    elif own.verified_level < 2:
        said.append("营业执照还没给工作人员看过：下次到驿站时带上。")
    if own.reverify_on is not None and own.reverify_on < today:
        said.append(f"半年复核 {own.reverify_on} 就该做了：带证件到驿站办。")
    if not agency.filing_number:
        said.append("没有备案号：在本县开展业务要备案，备好后到驿站补登记。")
    if own.status == "restricted":
        said.append("现在被限制发布：到“信用”里看原因，可以申诉。")
    return said


def _licences(own: Employer, agency: Agency, today: date) -> Table:
    rows = [
        [words("营业执照"), words(agency.business_licence), words("长期，或照执照上写的")],
        [words("人力资源服务许可证"), words(agency.hr_licence), _until(agency.hr_licence_expires_on, today)],
        [words("许可范围"), words(agency.hr_licence_scope), words("—")],
        [
            words("备案"),
            words(agency.filing_number) if agency.filing_number else words("没登记", tone="wait"),
            words("—"),
        ],
        [
            words("半年复核"),
            words("到驿站看证件"),
            _until(own.reverify_on, today) if own.reverify_on else words("还没定"),
        ],
    ]
    heads = (Head("证照", number=False), Head("号码或内容", number=False), Head("到什么时候", number=False))
    return Table(key="licences", title="我们的证照", heads=heads, rows=rows)


async def _posts(uow: UnitOfWork, employer_id: Any) -> Table:
    arrived = (
        sa.select(sa.func.count(Assignment.id))
        .where(Assignment.order_id == Order.id, Assignment.arrived_at.is_not(None))
        .scalar_subquery()
    )
    rows = await uow.execute(
        sa.select(Order.id, Order.title, Order.state, Order.headcount, Order.confirmed, Order.starts_at, arrived.label("came"))
        .where(Order.employer_id == employer_id, Order.created_at > uow.now - _MONTH)
        .order_by(Order.created_at.desc(), Order.id)
        .limit(_MOST)
    )  # fmt: skip
    made = [
        [
            words(r.title, f"/employer/orders/{r.id}"), words(label_of(r.state)), tables.at(r.starts_at), number(r.headcount),
            number(r.confirmed), number(r.came), rate(round(r.confirmed / r.headcount, 4)),
        ]
        for r in rows
    ]  # fmt: skip
    heads = (
        Head("岗位", number=False), Head("到哪一步", number=False), Head("开工"), Head("要人"), Head("定下"), Head("到岗人次"), Head("定下率"),
    )  # fmt: skip
    return Table(
        key="posts", title="我们的岗位", heads=heads, rows=made, note="90 天内的，最多列 50 个。",
        empty="90 天内没有发过岗位。",
    )  # fmt: skip


class AgencyPage(Controller):
    """The agency's first screen."""

    path = "/employer/agency"
    include_in_schema = False

    @get("/", opt={"permission": Permission.EMPLOYER_SELF})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Licences, what is missing, posts. NotFound for an employer that is no agency."""
        only_employer(principal)
        own = await uow.session.get(Employer, principal.employer_id)
        agency = await uow.session.get(Agency, principal.employer_id)
        if own is None or agency is None:
            raise NotFound
        today = clock.business_date(uow.now)
        return pages.render(
            request,
            "employer/agency.html",
            name=own.name,
            missing=_missing(own, agency, today),
            tables=[_licences(own, agency, today), await _posts(uow, own.id)],
        )
