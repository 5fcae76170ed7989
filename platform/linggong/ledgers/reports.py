"""A month report's way (R094): the station signs its draft, street or county approves it or gives it back, and what was signed stays."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent, canonical
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.ledgers import months, queries
from linggong.ledgers.models import MonthReport
from linggong.ledgers.writing import name_of
from linggong.measures.sites import SITES, Place, thresholds
from tenants import holidays
from tenants.models import Node

STATE_WORDS: Final = {
    "missing": "没有起草",
    "draft": "待签",
    "signed": "待审",
    "approved": "已审定",
    "returned": "退回重报",
}
MOST_WORDS: Final = 1000


class ReportSign(msgspec.Struct, forbid_unknown_fields=True):
    """A signature: what was seen (`seen` is the draft's hash as it was shown), and what the station has to say."""

    seen: str = ""
    remark: Annotated[str, Meta(max_length=4000)] = ""


class ReportAnswer(msgspec.Struct, forbid_unknown_fields=True):
    """Why a report is given back."""

    words: Annotated[str, Meta(max_length=4000)] = ""


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """A month report."""

    id: UUID
    path: str
    station: str
    month: date
    version: int
    state: str
    state_words: str
    figures: dict[str, Any]
    drafted_at: datetime
    due_at: datetime
    remark: str
    signed_at: datetime | None
    signed_name: str
    late_days: int
    """Days after the deadline at which it was signed, or how late it is by now."""
    hash: str
    decided_at: datetime | None
    decided_name: str
    answer: str
    seen: str
    """What a signature must bring: the hash of the figures as they are shown."""


def seen(row: MonthReport) -> str:
    """Return the hash of a draft's figures."""
    return hashlib.sha256(canonical(row.figures).encode()).hexdigest()[:16]


def view(row: MonthReport, station: str, now: datetime) -> ReportView:
    """Return a report as readers see it."""
    late = row.late_days if row.state != "draft" else _late(now, row.due_at)
    return ReportView(
        id=row.id, path=row.tenant, station=station, month=row.month, version=row.version, state=row.state,
        state_words=STATE_WORDS[row.state], figures=row.figures, drafted_at=row.drafted_at, due_at=row.due_at, remark=row.remark,
        signed_at=row.signed_at, signed_name=row.signed_name, late_days=late, hash=row.hash.hex() if row.hash else "",
        decided_at=row.decided_at, decided_name=row.decided_name, answer=row.answer, seen=seen(row),
    )  # fmt: skip


def _late(at: datetime, due: datetime) -> int:
    return 0 if at <= due else -(-(at - due) // timedelta(days=1))


async def one(uow: UnitOfWork, report_id: UUID, *, locked: bool = False) -> MonthReport:
    """Return a report of the scope; raises NotFound."""
    statement = sa.select(MonthReport).where(MonthReport.id == report_id, uow.scope.clause(MonthReport.tenant))
    row = await uow.session.scalar(statement.with_for_update() if locked else statement)
    if row is None:
        raise NotFound
    return row


async def sign(uow: UnitOfWork, report_id: UUID, form: ReportSign) -> MonthReport:
    """Sign a draft at one's own station: its figures are frozen with a hash. Raises NotFound, Conflict, Invalid with every fault."""
    row = await one(uow, report_id, locked=True)
    faults = []
    if row.state != "draft":
        faults.append(Fault("", f"这份月报现在是“{STATE_WORDS[row.state]}”，签过的不能再签，也不能改。", "signed"))
    if row.tenant != uow.actor.post:
        faults.append(Fault("site", "只能签自己站点的月报。", "foreign"))
    if queries.month_end(row.month) >= clock.business_date(uow.now):
        faults.append(Fault("month", "这个月还没过完，不能签。", "not_over"))
    if form.seen != seen(row):
        faults.append(Fault("seen", "数字在您看过以后变了（有补录），请重新看一遍再签。", "changed"))
    remark = form.remark.strip()
    if len(remark) > MOST_WORDS:
        faults.append(Fault("remark", f"说明最多 {MOST_WORDS} 个字。", "length"))
    if faults:
        raise Invalid(faults)
    node = await _node(uow, row.tenant)
    row.state, row.remark, row.signed_at, row.signed_name = "signed", remark, uow.now, await name_of(uow)
    row.signed_by = None if uow.actor.id == NOBODY else uow.actor.id
    row.late_days = _late(uow.now, row.due_at)
    row.hash = digest(node.id, row)
    await uow.flush()
    await _tell(uow, "report.signed", node, row, sha256=row.hash.hex(), late_days=row.late_days)
    return row


def digest(node_id: UUID, row: MonthReport) -> bytes:
    """Return the hash of what was signed. It covers the place's id, not its path, which may move."""
    told = {
        "node": node_id, "month": row.month, "version": row.version, "figures": row.figures, "remark": row.remark,
        "signed_at": row.signed_at, "signed_by": row.signed_by, "late_days": row.late_days,
    }  # fmt: skip
    return hashlib.sha256(canonical(told).encode()).digest()


async def approve(uow: UnitOfWork, report_id: UUID) -> MonthReport:
    """Approve a signed report: street or county, never who signed it. Raises NotFound, Conflict."""
    return await _decide(uow, report_id, "approved")


async def give_back(uow: UnitOfWork, report_id: UUID, form: ReportAnswer) -> MonthReport:
    """Give a signed report back with a reason; its next version is drafted at once. Raises NotFound, Conflict, Invalid."""
    words = " ".join(form.words.split())
    if not 2 <= len(words) <= MOST_WORDS:
        raise Invalid([Fault("words", f"退回要写明哪里要改，2 到 {MOST_WORDS} 个字。", "required")])
    row = await _decide(uow, report_id, "returned", words)
    node = await _node(uow, row.tenant)
    first, last = row.month, queries.month_end(row.month)
    found = await months.figures(uow, [Place(row.tenant, node.name, node.kind)], first, last)
    days = (await thresholds(uow, "report.")).whole(row.tenant, "report.due_workday")
    uow.session.add(
        MonthReport(
            id=new_id(), tenant=row.tenant, month=row.month, version=row.version + 1, state="draft",
            figures=found[row.tenant], drafted_at=uow.now,
            due_at=await holidays.working_deadline(uow, row.tenant, uow.now, days),
        )
    )  # fmt: skip
    await uow.flush()
    return row


async def _decide(uow: UnitOfWork, report_id: UUID, to: str, answer: str = "") -> MonthReport:
    row = await one(uow, report_id, locked=True)
    if row.state != "signed":
        raise Conflict(f"这份月报现在是“{STATE_WORDS[row.state]}”，只有签过、还没审的才能审定或退回。", state=row.state)
    if uow.actor.id in (row.signed_by, NOBODY) or uow.actor.on_behalf_of == row.signed_by:
        raise Conflict("自己签的月报不能自己审，请换一个人。")
    if uow.actor.post == row.tenant:
        raise Conflict("站点自己不审自己的月报，请街道或县人社局审。")
    name = await name_of(uow)
    row.state, row.answer, row.decided_at, row.decided_by, row.decided_name = to, answer, uow.now, uow.actor.id, name
    await uow.flush()
    await _tell(uow, f"report.{to}", await _node(uow, row.tenant), row)
    return row


async def _node(uow: UnitOfWork, path: str) -> Node:
    node = await uow.session.scalar(sa.select(Node).where(Node.path == path))
    if node is None:
        raise NotFound
    return node


async def _tell(uow: UnitOfWork, what: str, node: Node, row: MonthReport, **body: Any) -> None:
    await uow.emit(
        NewEvent(
            type=what, chain=f"node:{node.id}", subject_id=node.id, tenant=node.path,
            body={"month": f"{row.month:%Y-%m}", "version": row.version, "report": row.id, **body},
        )
    )  # fmt: skip


# --- reading ----------------------------------------------------------------------------------------------------------


async def of_month(uow: UnitOfWork, top: TenantPath, month: date) -> list[ReportView]:
    """Return the latest report of each station at and below a place for a month, in the tree's order."""
    rows = await uow.execute(
        sa.select(MonthReport, Node.name)
        .join(Node, Node.path == MonthReport.tenant)
        .where(MonthReport.month == month, in_subtree(MonthReport.tenant, top), uow.scope.clause(MonthReport.tenant))
        .order_by(MonthReport.tenant, MonthReport.version.desc())
        .ext(distinct_on(MonthReport.tenant))
    )
    return [view(row, name, uow.now) for row, name in rows]


async def versions(uow: UnitOfWork, row: MonthReport) -> list[ReportView]:
    """Return all versions of a report, the latest first."""
    node = await _node(uow, row.tenant)
    rows = await uow.session.scalars(
        sa.select(MonthReport)
        .where(MonthReport.tenant == row.tenant, MonthReport.month == row.month)
        .order_by(MonthReport.version.desc())
    )
    return [view(one, node.name, uow.now) for one in rows]


async def of_station(uow: UnitOfWork, path: str, month: date) -> ReportView:
    """Return a station's latest report of a month. Raises Invalid with why there can be none, NotFound for a foreign station."""
    first, last = month.replace(day=1), queries.month_end(month.replace(day=1))
    if not uow.scope.covers(path):
        raise NotFound
    node = await _node(uow, path)
    faults = []
    if node.kind not in SITES:
        faults.append(Fault("site", "月报由站点填报，请选一个站点。", "choice"))
    if last >= clock.business_date(uow.now):
        faults.append(Fault("month", f"{first.year}年{first.month}月还没过完，月底以后才能出月报。", "not_over"))
    if not await uow.session.scalar(sa.select(sa.exists().where(Node.path == path, months.stood(first, last)))):
        faults.append(Fault("site", f"{first.year}年{first.month}月还没有这个站点，没有月报。", "not_there"))
    if faults:
        raise Invalid(faults)
    found = await of_month(uow, TenantPath(path), first)
    if not found:
        raise NotFound
    return found[0]


async def due_here(uow: UnitOfWork, path: str) -> list[ReportView]:
    """Return the drafts that a station still has to sign, the oldest first."""
    rows = await uow.session.scalars(
        sa.select(MonthReport)
        .where(MonthReport.tenant == path, MonthReport.state == "draft")
        .order_by(MonthReport.month)
    )
    return [view(row, "", uow.now) for row in rows]
