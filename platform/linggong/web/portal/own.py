"""My records (我的档案): what the market holds of a worker, his consents, everything as a file, and the closing of his account."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.contracts import queries as contracts
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Conflict
from linggong.kernel.sheets import write_book
from linggong.market import searches
from linggong.market.trades import COMMON_TRADES, trade
from linggong.people import leaving, notices, queries
from linggong.people.forms import SKILL_LEVELS
from linggong.people.models import Worker
from linggong.trust import stars
from linggong.wages import queries as wages
from linggong.web import cards, pages
from linggong.web.portal.mine import only_worker
from linggong.web.refused import sent_back
from linggong.work import looked
from linggong.work import queries as work
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_WORDS = {t.code: t.word for t in COMMON_TRADES}
_MOST = 1000
_TYPED = "注销"


class Own(Controller):
    """One's own records."""

    path = "/my"
    include_in_schema = False

    @get("/records", opt={"permission": Permission.PERSON_SELF})
    async def records(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """What is on file, and what he agreed to."""
        only_worker(principal)
        return pages.render(
            request,
            "portal/records.html",
            facts=await _facts(uow, secrets),
            consents=await leaving.consents(uow),
        )

    @post("/records/consents/{consent_id:uuid}/withdraw", opt={"permission": Permission.PERSON_SELF})
    async def withdraw(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], consent_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Take a consent back."""
        async with sent_back(request, uow, "/my/records"):
            await leaving.withdraw(uow, consent_id)
        return pages.redirect(request, "/my/records", say="收回了。以后签到用到岗码就行。")

    @get("/records/export", opt={"permission": Permission.PERSON_SELF})
    async def export(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Everything as a workbook, one sheet a matter (个人信息保护法 art. 45)."""
        only_worker(principal)
        content = await asyncio.to_thread(write_book, await _book(uow, secrets))
        return attachment(f"我的档案_{clock.business_date(uow.now):%Y%m%d}.xlsx", content)

    @get("/close", opt={"permission": Permission.PERSON_SELF})
    async def closing(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What closing means, and what stands against it."""
        only_worker(principal)
        return await _closing(request, database, principal)

    @post("/close", opt={"permission": Permission.PERSON_SELF})
    async def close(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Close the account; he types the word, because a button alone is pressed by accident."""
        only_worker(principal)
        values = await pages.form_values(request)
        if str(values.get("typed", "")).strip() != _TYPED:
            return await _closing(request, database, principal, f"请在格子里写“{_TYPED}”两个字，再点一次。")
        async with database.begin(principal.actor()) as uow:
            if await stars.may_list(uow):
                await stars.withdraw(uow)
        try:
            await leaving.close(database, principal.actor())
        except Conflict as error:
            return await _closing(request, database, principal, error.detail)
        return pages.redirect(request, "/", say="账号注销了。谢谢您用过我们。", cookies=[pages.no_session_cookie()])


async def _closing(request: AnyRequest, database: Database, principal: Principal, fault: str = "") -> Response[bytes]:
    async with database.begin(principal.actor().as_system(), read_only=True) as uow:
        against = await leaving.objections(uow, principal.id)
    return pages.render(
        request, "portal/close.html", status=422 if fault else 200, against=against, typed=_TYPED,
        fault=fault if not against else "",
    )  # fmt: skip


def trade_word(code: str) -> str:
    """Return what a trade is called among workers."""
    found = trade(code)
    return _WORDS.get(code, found.name if found else code)


async def _facts(uow: UnitOfWork, secrets: Secrets) -> list[tuple[str, str]]:
    mine = await queries.my_account(uow, secrets.sealer)
    row = await uow.session.scalar(sa.select(Worker).where(Worker.person_id == uow.actor.id))
    facts = [
        ("姓名", mine.name),
        ("身份证", mine.id_number),
        ("电话", "、".join(c.number for c in mine.contacts if c.kind != "station") or "没留电话，由驿站转告"),
        ("核验", ("没核验", "号码核对过", "驿站看过身份证", "读卡核验过")[min(mine.verified_level, 3)]),
        ("工种", "、".join(trade_word(code) for code in mine.trades)),
        ("技能", SKILL_LEVELS[mine.skill_level] if mine.skill_level < len(SKILL_LEVELS) else ""),
    ]
    if row is not None:
        facts += [
            ("想要工价", f"{row.pay_fen / 100:g}元/{cards.unit_word(row.pay_unit)}" if row.pay_fen else ""),
            ("多远愿去", f"{row.radius_km}公里"),
            ("想学什么", row.training_wish),
        ]
    return [(label, value) for label, value in facts if value]


async def _book(uow: UnitOfWork, secrets: Secrets) -> dict[str, list[list[Any]]]:
    def at(moment: Any) -> str:
        return "" if moment is None else f"{clock.shanghai(moment):%Y-%m-%d %H:%M}"

    jobs = await work.my_work(uow, limit=_MOST)
    sums = await wages.my_wages(uow, limit=_MOST)
    told = await notices.of_me(uow, limit=_MOST)
    looks = await looked.looked(uow, limit=_MOST)
    return {
        "我的资料": [["项目", "内容"], *([label, value] for label, value in await _facts(uow, secrets))],
        "同意记录": [
            ["同意了什么", "怎么同意的", "什么时候", "什么时候收回"],
            *([c.words, c.how, at(c.given_at), at(c.withdrawn_at)] for c in await leaving.consents(uow)),
        ],
        "我的活": [
            ["编号", "活", "雇主", "地方", "开工", "收工", "说定的钱（元）", "怎么算", "现在怎样"],
            *(
                [j.trace_code, j.title, j.employer_name, j.place, at(j.starts_at), at(j.ends_at), j.pay_fen / 100,
                 cards.unit_word(j.pay_unit), j.state_words]
                for j in jobs
            ),
        ],
        "工钱": [
            ["活", "雇主", "哪天", "应得（元）", "已付（元）", "现在怎样"],
            *(
                [b.title, b.employer_name, str(b.work_date or ""), b.total_fen / 100, b.paid_fen / 100, b.state_words]
                for b in sums.bills
            ),
        ],
        "合同": [
            ["编号", "名称", "形式", "盖章时间"],
            *([d.code, d.title, d.legal_form_words, at(d.sealed_at)] for d in await contracts.mine(uow, limit=_MOST)),
        ],
        "通知": [["什么时候", "内容"], *([at(n.created_at), n.text] for n in told)],
        "谁看过我": [["什么时候", "谁", "看了什么", "为什么"], *([at(v.at), v.who, v.seen, v.why] for v in looks.items)],
        "存下的找活条件": [["条件", "什么时候存的"], *([s.label, at(s.created_at)] for s in await searches.mine(uow))],
    }  # fmt: skip
