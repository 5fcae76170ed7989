"""A mediator's day: the cases that he mediates with their clocks, those that wait for one, and how long his certificate holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from linggong.cases import common, queries
from linggong.cases.models import Case
from linggong.cases.queries import CaseLine
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.web import menus
from linggong.web.bureau import running, tables
from linggong.web.bureau.tables import Head, Table, money, words
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/office/mediation"
_SOON = timedelta(days=60)


async def _lines(uow: UnitOfWork, *tests: sa.ColumnElement[bool]) -> list[CaseLine]:
    ids = list(
        await uow.session.scalars(
            sa.select(Case.id).where(common.visible(uow, Case), common.not_own(uow), *tests).order_by(Case.created_at).limit(100)
        )
    )  # fmt: skip
    found = [(await queries.one(uow, one)).line for one in ids]
    return sorted(found, key=lambda c: (c.next_due_at is None, c.next_due_at or uow.now))


def _table(key: str, title: str, found: list[CaseLine], now: Any, empty: str) -> Table:
    rows = [
        [
            words(f"{c.kind_words} {c.receipt}", f"/desk/cases/{c.id}"), words(c.state_words),
            words("，".join(x for x in (c.title, c.employer_name) if x) or "—"), money(c.amount_fen), words(c.next_due or "—"),
            tables.at(c.next_due_at, "danger" if c.is_late else ""),
            words(running.left(c.next_due_at, now), tone="danger" if c.is_late else ""),
        ]
        for c in found
    ]  # fmt: skip
    heads = (
        Head("件", number=False), Head("到哪一步", number=False), Head("哪次用工", number=False), Head("金额（元）"),
        Head("下一步", number=False), Head("期限"), Head("还剩"),
    )  # fmt: skip
    return Table(key=key, title=title, heads=heads, rows=rows, empty=empty)


class Mediation(Controller):
    """The mediator's first screen."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.CASE_MEDIATE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """My cases, what waits for a mediator, what I have ended lately."""
        mine = await _lines(uow, Case.mediator_id == uow.actor.id, Case.state == "D_MEDIATING")
        waiting = await _lines(
            uow,
            Case.state.in_(("D_NEGOTIATING", "D_REOPENED")),
            Case.worker_id.is_not(None),
            Case.employer_id.is_not(None),
        )
        ended = await _lines(
            uow, Case.mediator_id == uow.actor.id, Case.resolved_at.is_not(None),
            Case.resolved_at > uow.now - timedelta(days=30),
        )  # fmt: skip
        listed = [m for m in await queries.roster(uow) if m.staff_id == uow.actor.id and m.ended_at is None]
        today = clock.business_date(uow.now)
        until = max((m.valid_to for m in listed), default=None)
        warning = ""
        if until is None:
            warning = "您不在调解员名册里，不能开始调解。请县人社局登记您的证书。"
        elif until < today:
            warning = f"您的证书 {until} 到期了，不能开始调解。请换证后找县人社局更新名册。"
        elif until - today < _SOON:
            warning = f"您的证书 {until} 到期，请早点换证。"
        late = sum(c.is_late for c in mine)
        return menus.render(
            request, principal, "office/first.html", heading="我的调解", tab_key="mediation", warning=warning,
            lead=f"证书有效到 {until}。调解最长 15 天，不收费，不愿调的随时可以转出去。" if until else "", tabs=[],
            counts=[
                {"label": "我在调的", "value": len(mine), "tone": "go"},
                {"label": "超时的", "value": late, "tone": "danger" if late else "go"},
                {"label": "等调解的", "value": len(waiting), "tone": "wait" if waiting else "go"},
            ],
            tables=[
                _table("mine", "我在调的", mine, uow.now, "您手上没有在调的件。"),
                _table("waiting", "协商不下、等调解的", waiting, uow.now, "没有等调解的件。"),
                _table("ended", "我 30 天内办结的", ended, uow.now, "30 天内没有办结的。"),
            ],
            forms=[],
        )  # fmt: skip
