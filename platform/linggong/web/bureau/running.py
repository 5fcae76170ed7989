"""Who runs the places: operators with what was done under their contracts, and an operator's own targets and disputes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from linggong.cases import queries as cases
from linggong.insight import behind
from linggong.insight.behind import Window
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order
from linggong.offices import operator_queries
from linggong.wages.models import Bill
from linggong.web.bureau import tables
from linggong.web.bureau.tables import Cell, Head, Table, money, number, rate, words
from linggong.work.models import Assignment
from tenants.models import Node
from tenants.service import resolved

_STATES = {"coming": "没开始", "running": "运营中", "over": "到期", "terminated": "已终止"}
_SOON = timedelta(days=60)
_TARGETS = ("station.year.posts", "station.year.trainees")


async def operators(uow: UnitOfWork, path: TenantPath, days: int) -> Table:
    """Return the operators with a contract here: until when, and what was done at its places in the window."""
    today = clock.business_date(uow.now)
    window = Window(today - timedelta(days=days - 1), today, uow.now)
    rows = []
    for view in await operator_queries.contracts_seen(uow):
        places = [TenantPath(p.path) for p in view.places if p.path.startswith(path)]
        if not places:
            continue
        done = await _done(uow, places, window)
        ends = view.ends_on - today
        tone = "danger" if view.state in ("over", "terminated") else "wait" if ends < _SOON else ""
        rows.append(
            [
                words(view.operator, f"/office/contracts/{view.id}"), words(view.number),
                words(_STATES[view.state], tone=tone), Cell(f"{view.ends_on}", str(view.ends_on)), number(done["sites"]),
                number(done["posts"]), number(done["wanted"]), number(done["arrived"]),
                rate(round(done["arrived"] / done["wanted"], 4) if done["wanted"] else None),
                money(done["overdue"], tone="danger" if done["overdue"] else ""),
            ]
        )  # fmt: skip
    heads = (
        Head("运营方", number=False), Head("合同", number=False), Head("状态", number=False), Head("到期"), Head("站点"), Head("岗位"),
        Head("要人"), Head("到岗"), Head("到岗率"), Head("逾期工钱"),
    )  # fmt: skip
    return Table(
        key="operators", title="运营方", heads=heads, rows=rows, note="只算合同覆盖的地方。评分和服务费还没有上线，这里不写。",
        empty="这里还没有签了合同的运营方。",
    )  # fmt: skip


async def _done(uow: UnitOfWork, places: list[TenantPath], window: Window) -> dict[str, int]:
    def within(column: Any) -> Any:
        return sa.and_(sa.or_(*(in_subtree(column, p) for p in places)), uow.scope.clause(column))

    count, total = sa.func.count, sa.func.sum
    posts = (
        await uow.execute(sa.select(count(), total(Order.headcount)).where(within(Order.tenant), behind.posts(window)))
    ).one()
    shifts = sa.and_(behind.shifts_held(window), Assignment.state.in_(behind.ARRIVED))
    arrived = await uow.session.scalar(sa.select(count(Assignment.id)).where(within(Assignment.tenant), shifts))
    left = total(Bill.total_fen - Bill.paid_fen)
    overdue = await uow.session.scalar(sa.select(left).where(within(Bill.tenant), behind.overdue(window)))
    sites = await uow.session.scalar(sa.select(count(Node.id)).where(within(Node.path), behind.open_sites(window)))
    return {
        "posts": int(posts[0]), "wanted": int(posts[1] or 0), "arrived": int(arrived or 0), "overdue": int(overdue or 0),
        "sites": int(sites or 0),
    }  # fmt: skip


async def targets(uow: UnitOfWork, path: TenantPath) -> Table:
    """Return the year's targets as the place has set them, against what this year's records show; what is not set is said so."""
    today = clock.business_date(uow.now)
    year = Window(date(today.year, 1, 1), today, uow.now)
    done = await _done(uow, [path], year)
    set_here = {k: v.value for k, v in (await resolved(uow, path, *_TARGETS)).items()}
    share = (today - date(today.year, 1, 1)).days / 365

    def line(label: str, per_site: Any, value: int | None) -> list[Cell]:
        goal = int(per_site) * done["sites"] if isinstance(per_site, int) and per_site else None
        part = round(value / goal, 4) if goal and value is not None else None
        behind_it = part is not None and part < share
        shown = number(value) if value is not None else Cell("还没有记录", None)
        return [
            words(label), words("没定", tone="wait") if goal is None else number(goal), shown,
            Cell("—" if part is None else f"{part:.0%}", part, "", "danger" if behind_it else ""),
        ]  # fmt: skip

    rows = [
        line(f"岗位信息（每站每年，{done['sites']} 个站）", set_here["station.year.posts"], done["posts"]),
        line("促成技能培训（每站每年）", set_here["station.year.trainees"], None),
    ]
    heads = (Head("今年的任务", number=False), Head("目标"), Head("到今天"), Head("完成"))
    return Table(
        key="targets", title="今年的任务", heads=heads, rows=rows,
        note=f"今年过了 {share:.0%}。目标在参数里定；评分和服务费还没有上线。",
    )  # fmt: skip


async def disputes(uow: UnitOfWork, *, limit: int = 30) -> Table:
    """Return open cases with the clock that runs out next; those without a clock of ours stand last."""
    page = await cases.cases_page(uow, which="open", cursor=None, limit=limit)
    lines = sorted(page.items, key=lambda c: (c.next_due_at is None, c.next_due_at or uow.now))
    rows = []
    for c in lines:
        tone = "danger" if c.is_late else ""
        rows.append(
            [
                words(f"{c.kind_words} {c.receipt}", f"/desk/cases/{c.id}"), words(c.state_words),
                words("，".join(x for x in (c.title, c.employer_name) if x) or "—"), words(c.next_due or "—"),
                tables.at(c.next_due_at, tone), words(left(c.next_due_at, uow.now), tone=tone), money(c.amount_fen),
            ]
        )  # fmt: skip
    heads = (
        Head("件", number=False), Head("到哪一步", number=False), Head("哪次用工", number=False), Head("下一步", number=False),
        Head("期限"), Head("还剩"), Head("金额（元）"),
    )  # fmt: skip
    more = "只列前 30 件，全部在“纠纷”里。" if page.next else ""
    return Table(key="disputes", title="在办的投诉和纠纷", heads=heads, rows=rows, note=more, empty="没有在办的件。")


def left(due: Any, now: Any) -> str:
    """Return how much time is left, or by how much it is over."""
    if due is None:
        return "—"
    return f"超 {tables.ago(due, now)}" if due < now else tables.ago(now, due)
