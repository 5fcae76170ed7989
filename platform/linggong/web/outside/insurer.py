"""An insurer's day: claims that wait for its decision, enrolments that were refused or hang, and its policies in force."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.cases import claims, outside
from linggong.cases.injury_models import Injury
from linggong.cases.machines import INJURY
from linggong.cover.machines import POLICY
from linggong.cover.models import CoverPolicy, CoverProduct
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.market.models import BoardPost
from linggong.web import menus, pages
from linggong.web.bureau import tables
from linggong.web.bureau.tables import Head, Table, money, words
from linggong.web.cases import shown
from linggong.web.cases.shown import field, form, text
from linggong.web.refused import filled
from linggong.work.models import Engagement
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/office/insurer"
_MOST = 100
_BACK = timedelta(days=30)
_DECIDES = ("I_DOCS", "I_APPEAL")


def _own(insurer: str) -> sa.ColumnElement[bool]:
    return CoverPolicy.product_id.in_(sa.select(CoverProduct.id).where(CoverProduct.insurer == insurer))


def _claim_of(insurer: str) -> sa.ColumnElement[bool]:
    numbers = sa.select(CoverPolicy.policy_no).where(_own(insurer), CoverPolicy.policy_no != "")
    return sa.and_(Injury.policy_no != "", Injury.policy_no.in_(numbers))


async def _policies(uow: UnitOfWork, insurer: str, key: str, title: str, *tests: Any, empty: str) -> Table:
    rows = await uow.execute(
        sa.select(CoverPolicy, CoverProduct.name, CoverProduct.code, Engagement.worker_name, BoardPost.title, BoardPost.employer_name)
        .join(CoverProduct, CoverProduct.id == CoverPolicy.product_id)
        .join(Engagement, Engagement.id == CoverPolicy.engagement_id)
        .outerjoin(BoardPost, BoardPost.order_id == CoverPolicy.order_id)
        .where(uow.scope.clause(CoverPolicy.tenant), _own(insurer), *tests)
        .order_by(CoverPolicy.starts_at.desc(), CoverPolicy.id)
        .limit(_MOST)
    )  # fmt: skip
    made = []
    for policy, name, code, worker, title_, employer in rows:
        why = policy.refused_words or ("两次说法不一，等人核对" if policy.disputed else "")
        made.append(
            [
                words(policy.policy_no or "还没有号"), words(f"{code} {name}"), words(worker),
                words("，".join(x for x in (title_, employer) if x) or "—"), tables.at(policy.starts_at), tables.at(policy.ends_at),
                money(policy.premium_fen), words(POLICY.labels[policy.state], tone="wait" if policy.state == "refused" else ""),
                words(why or "—"),
            ]
        )  # fmt: skip
    heads = (
        Head("保单号", number=False), Head("产品", number=False), Head("被保险人", number=False), Head("哪次用工", number=False),
        Head("起"), Head("止"), Head("保费（元）"), Head("状态", number=False), Head("说明", number=False),
    )  # fmt: skip
    note = f"只列最近 {_MOST} 条。" if len(made) == _MOST else ""
    return Table(key=key, title=title, heads=heads, rows=made, empty=empty, note=note)


async def _count(uow: UnitOfWork, insurer: str, *tests: Any) -> int:
    found = sa.select(sa.func.count(CoverPolicy.id)).where(uow.scope.clause(CoverPolicy.tenant), _own(insurer), *tests)
    return int(await uow.session.scalar(found) or 0)


async def _claims(uow: UnitOfWork, insurer: str) -> list[tuple[Injury, str, str]]:
    rows = await uow.execute(
        sa.select(Injury, Engagement.worker_name, BoardPost.title)
        .join(Engagement, Engagement.id == Injury.engagement_id)
        .outerjoin(BoardPost, BoardPost.order_id == Injury.order_id)
        .where(uow.scope.clause(Injury.tenant), _claim_of(insurer))
        .order_by(Injury.state == "I_CLOSED", Injury.reported_at)
        .limit(_MOST)
    )
    return [(r[0], r[1], r[2] or "") for r in rows]


def _claims_table(found: list[tuple[Injury, str, str]], now: datetime) -> Table:
    rows = []
    for injury, worker, title in found:
        late = injury.insurer_told_at is None and injury.insurer_due_at < now and injury.state != "I_CLOSED"
        rows.append(
            [
                words(f"{worker} 受伤", f"/desk/injuries/{injury.id}"), words(title or "—"), words(injury.policy_no),
                words(injury.insurer_ref or "—"), tables.at(injury.happened_at),
                tables.at(injury.insurer_told_at or injury.insurer_due_at, "danger" if late else ""),
                words(INJURY.labels[injury.state], tone="wait" if injury.state in _DECIDES else ""), money(injury.paid_fen),
            ]
        )  # fmt: skip
    heads = (
        Head("案件", number=False), Head("哪次用工", number=False), Head("保单号", number=False), Head("报案号", number=False), Head("出险"),
        Head("通知本公司"), Head("到哪一步", number=False), Head("赔付（元）"),
    )  # fmt: skip
    return Table(key="claims", title="受伤和理赔", heads=heads, rows=rows, empty="没有用本公司保单的受伤报案。")


def _forms(found: list[tuple[Injury, str, str]]) -> list[dict[str, Any]]:
    made = []
    for injury, worker, _ in found:
        here = f"{HOME}/{injury.id}"
        if injury.state in _DECIDES:
            made.append(
                form(f"x{injury.id}", f"{here}/decide", f"{worker}的理赔：作决定",
                     field("accepted", "结果", "select", options=[{"value": "1", "label": "同意赔付"}, {"value": "0", "label": "拒赔"}]),
                     field("amount", "赔多少", "money", required=False), field("words", "决定写了什么", "area"))
            )  # fmt: skip
        elif injury.state == "I_DECIDED":
            made.append(
                form(f"x{injury.id}", f"{here}/pay", f"{worker}的理赔：已赔付", field("amount", "赔了多少", "money"))
            )
    return made


class InsurerDesk(Controller):
    """The insurer's first screen."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.CLAIM_DECIDE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Claims first, then what did not come off, then the policies in force."""
        return await _page(request, principal, uow)

    @post("/{injury_id:uuid}/{step:str}", opt={"permission": Permission.CLAIM_DECIDE})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        injury_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Decide a claim on one of the insurer's own policies, or say that the money is paid (84, 85)."""
        values = await pages.form_values(request)
        insurer = await outside.stands_for(uow, "insurer")
        own = sa.exists().where(Injury.id == injury_id, uow.scope.clause(Injury.tenant), _claim_of(insurer))
        if not insurer or step not in ("decide", "pay") or not await uow.session.scalar(sa.select(own)):
            raise NotFound
        async with filled(request, uow, partial(_page, request, principal), values):
            amount = shown.fen_of(values, "amount")
            if step == "pay":
                await claims.paid(uow, injury_id, amount_fen=amount or 0)
            else:
                accepted = text(values, "accepted") == "1"
                await claims.decide(
                    uow, injury_id, decision=text(values, "words"), accepted=accepted, amount_fen=amount
                )
        return pages.redirect(request, HOME, say="记好了，当事人会收到通知。")


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    insurer = await outside.stands_for(uow, "insurer")
    found = await _claims(uow, insurer) if insurer else []
    live = (CoverPolicy.state == "active", CoverPolicy.ends_at > uow.now)
    troubled = (CoverPolicy.state.in_(("refused", "pending")), CoverPolicy.ends_at > uow.now - _BACK)
    shown_tables = [
        _claims_table(found, uow.now),
        await _policies(uow, insurer, "stuck", "没办成和在办的参保（30 天内）", *troubled, empty="参保都办成了。"),
        await _policies(uow, insurer, "policies", "有效的保单", *live, empty="现在没有有效的保单。"),
    ] if insurer else []  # fmt: skip
    waits = sum(i.state in _DECIDES for i, _, _ in found)
    return menus.render(
        request, principal, "office/first.html", heading=insurer or "承保机构", tab_key="insurer",
        lead="只看得到本公司的保单和用这些保单报的案" if insurer else "", tabs=[],
        warning="" if insurer else "还没有写明您代表哪家公司，所以看不到保单。请市人社局在“外单位”里写明。",
        counts=[
            {"label": "等您决定的理赔", "value": waits, "tone": "danger" if waits else "go"},
            {"label": "没结案的报案", "value": sum(i.state != "I_CLOSED" for i, _, _ in found), "tone": "wait"},
            {"label": "没办成和在办的参保", "value": await _count(uow, insurer, *troubled), "tone": "wait"},
            {"label": "有效保单", "value": await _count(uow, insurer, *live), "tone": "go"},
        ] if insurer else [],
        tables=shown_tables, forms=_forms(found),
    )  # fmt: skip
