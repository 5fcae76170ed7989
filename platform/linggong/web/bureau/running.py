"""Who runs the places: operators with what was done under their contracts, and an operator's own targets and disputes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.cases import queries as cases
from linggong.insight import behind
from linggong.insight.behind import Window
from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.market.models import Order
from linggong.offices import operator_queries
from linggong.services import learn_queries
from linggong.wages.models import Bill
from linggong.web.bureau import tables
from linggong.web.bureau.tables import Cell, Head, Table, money, number, rate, words
from linggong.web.office.words import CONTRACT_STATES
from linggong.work.models import Assignment
from tenants.models import Node
from tenants.service import resolved

_SOON = timedelta(days=60)
_TARGETS = ("station.year.posts", "station.year.trainees")


async def operators(uow: UnitOfWork, path: TenantPath, days: int) -> Table:
    """Return the operators with a contract here: until when, and what was done at its places in the window."""
    today = clock.business_date(uow.now)
    window = Window(today - timedelta(days=days - 1), today, uow.now)
    seen = {v.id: v for v in await operator_queries.contracts_seen(uow)}
    places = {
        key: found
        for key, view in seen.items()
        if (found := [TenantPath(p.path) for p in view.places if p.path.startswith(path)])
    }
    all_done = await _done(uow, places, window)
    rows = []
    for key in places:
        view, done = seen[key], all_done[key]
        ends = view.ends_on - today
        tone = "danger" if view.state in ("over", "terminated") else "wait" if ends < _SOON else ""
        rows.append(
            [
                words(view.operator, f"/office/contracts/{view.id}"), words(view.number),
                words(CONTRACT_STATES[view.state][0], tone=tone), Cell(f"{view.ends_on}", str(view.ends_on)), number(done["sites"]),
                number(done["posts"]), number(done["wanted"]), number(done["arrived"]),
                rate(round(done["arrived"] / done["wanted"], 4) if done["wanted"] else None),
                money(done["overdue"], tone="danger" if done["overdue"] else ""),
            ]
        )  # fmt: skip
    heads = (
        Head("运营方", number=False), Head("合同", number=False), Head("状态", number=False), Head("到期"), Head("站点"), Head("岗位"),
        Head("要人"), Head("到岗"), Head("到岗率"), Head("到期未付"),
    )  # fmt: skip
    return Table(
        key="operators", title="运营方", heads=heads, rows=rows, note="只算合同覆盖的地方。评分在“考核”里，服务费点合同看。",
        empty="这里还没有签了合同的运营方。",
    )  # fmt: skip


async def _done(
    uow: UnitOfWork, places: Mapping[UUID, Sequence[TenantPath]], window: Window
) -> dict[UUID, dict[str, int]]:
    """Return what was done in the window, for each group of places; one statement a figure, however many groups there are."""
    pairs = [(key, str(top)) for key, paths in places.items() for top in _tops(paths)]
    done = {key: dict.fromkeys(("posts", "wanted", "arrived", "overdue", "sites"), 0) for key in places}
    if not pairs:
        return done
    group = sa.values(sa.column("key", sa.Uuid), sa.column("top", sa.Text), name="places").data(pairs)
    count, total = sa.func.count, sa.func.coalesce
    shifts = sa.and_(behind.shifts_held(window), Assignment.state.in_(behind.ARRIVED))
    left = sa.func.sum(Bill.total_fen - Bill.paid_fen)
    for column, names, figures, which in (
        (Order.tenant, ("posts", "wanted"), (count(), total(sa.func.sum(Order.headcount), 0)), behind.posts(window)),
        (Assignment.tenant, ("arrived",), (count(),), shifts),
        (Bill.tenant, ("overdue",), (total(left, 0),), behind.overdue(window)),
        (Node.path, ("sites",), (count(),), behind.open_sites(window)),
    ):
        below = sa.and_(column >= group.c.top, column < group.c.top + "~", uow.scope.clause(column))
        statement = sa.select(group.c.key, *figures).select_from(group).join(column.class_, below).where(which)
        for key, *found in await uow.execute(statement.group_by(group.c.key)):
            done[key] |= dict(zip(names, map(int, found), strict=True))
    return done


def _tops(paths: Sequence[TenantPath]) -> list[TenantPath]:
    """Return the places that lie under no other of them: what lies under two is counted once."""
    return [p for p in set(paths) if not any(p != other and p.startswith(other) for other in paths)]


async def targets(uow: UnitOfWork, path: TenantPath) -> Table:
    """Return the year's targets as the place has set them, against what this year's records show; what is not set is said so."""
    today = clock.business_date(uow.now)
    year = Window(date(today.year, 1, 1), today, uow.now)
    done = (await _done(uow, {NOBODY: [path]}, year))[NOBODY]
    set_here = {k: v.value for k, v in (await resolved(uow, path, *_TARGETS)).items()}
    trainees = (await learn_queries.progress(uow, path, today.year)).people
    share = (today - date(today.year, 1, 1)).days / 365

    def line(label: str, per_site: Any, value: int) -> list[Cell]:
        goal = int(per_site) * done["sites"] if isinstance(per_site, int) and per_site else None
        part = round(value / goal, 4) if goal else None
        behind_it = part is not None and part < share
        return [
            words(label), words("没定", tone="wait") if goal is None else number(goal), number(value),
            Cell("—" if part is None else f"{part:.0%}", part, "", "danger" if behind_it else ""),
        ]  # fmt: skip

    rows = [
        line(f"岗位信息（每站每年，{done['sites']} 个站）", set_here["station.year.posts"], done["posts"]),
        line("促成技能培训（每站每年）", set_here["station.year.trainees"], trainees),
    ]
    heads = (Head("今年的任务", number=False), Head("目标"), Head("到今天"), Head("完成"))
    return Table(
        key="targets", title="今年的任务", heads=heads, rows=rows,
        note=f"今年过了 {share:.0%}。目标在参数里定，一家单位发的一单算一个，要人数另算；评分在“考核”里，服务费在合同里。",
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
