"""Removing a station (除名、撤销: R131, R133, ruling 22): first what would move, then all of it in one transaction, nothing lost.

Open orders with all that hangs on them, people, queue, cases and deadlines go to a station that the bureau chose; screens and posts
end, findings and cards end with the place; everybody affected is told; the decision is a letter. Ended work stays where it was done.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.dialects.postgresql import JSONB, insert

from linggong.inbox import service as memos
from linggong.inbox import subscribers as inbox
from linggong.inbox.machines import OPEN as OPEN_MEMO
from linggong.inbox.models import Memo
from linggong.inspection import cards, common, rectifying
from linggong.inspection.machines import CARD, LIVE_CARD, LIVE_FINDING
from linggong.inspection.models import (
    CardProposal,
    InspectionFinding,
    InspectionTask,
    StationCard,
    StationRemoval,
)
from linggong.inspection.planning import OF_BUREAU
from linggong.kernel import clock, timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import is_under, tenant_path
from linggong.letters import service as letters
from linggong.letters.service import LetterForm, chinese_day
from linggong.measures.site_models import SiteClosure, SiteHit
from linggong.offices import posts
from linggong.people.models import ServiceLink
from linggong.people.notice_models import Notice
from linggong.people.notices import MAX_TEXT
from linggong.stations import screens
from linggong.stations.models import Screen
from linggong.work.models import Engagement
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants.models import Node
from tenants.service import close_node

_STAFF: Final = (Role.STATION_CLERK.value, Role.STATION_MANAGER.value)
_REHOME: Final = sa.text("SELECT rehome_station(:s, :t, :g) AS moved").columns(moved=JSONB)
_LEFT: Final = """
SELECT (SELECT count(*) FROM orders WHERE tenant = :p AND state NOT IN ('O_ARCHIVED', 'O_CANCELLED', 'O_EXPIRED', 'O_TAKENDOWN'))
  + (SELECT count(*) FROM engagements WHERE (tenant = :p OR via = :p) AND ended_at IS NULL
       AND EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id AND o.state NOT IN ('O_ARCHIVED', 'O_CANCELLED', 'O_EXPIRED', 'O_TAKENDOWN')))
  + (SELECT count(*) FROM bills WHERE (tenant = :p OR via = :p) AND settled_at IS NULL)
  + (SELECT count(*) FROM cases WHERE (tenant = :p OR via = :p) AND closed_at IS NULL)
  + (SELECT count(*) FROM injuries WHERE (tenant = :p OR via = :p) AND closed_at IS NULL)
  + (SELECT count(*) FROM service_entries WHERE tenant = :p AND ended_at IS NULL)
  + (SELECT count(*) FROM help_cases WHERE tenant = :p AND ended_at IS NULL)
  + (SELECT count(*) FROM tickets WHERE tenant = :p AND state IN ('waiting', 'called'))
  + (SELECT count(*) FROM timers WHERE (tenant = :p OR via = :p) AND state = 'live')
"""


class RemovalForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which place is removed, where its work goes, on what grounds; `proposal_id` is the proposal that it answers."""

    site: UUID
    target: UUID
    basis: Annotated[str, Meta(max_length=200)]
    grounds: Annotated[str, Meta(max_length=1000)]
    proposal_id: UUID | None = None


class Removing(msgspec.Struct, frozen=True, kw_only=True):
    """What a removal would do: what moves where, what ends, and every reason against it (empty: it may be done)."""

    site_id: UUID
    site: str
    target: str
    moves: dict[str, int]
    ends: dict[str, int]
    serious: bool
    against: list[str]


async def preview(uow: UnitOfWork, site_id: UUID, target_id: UUID | None) -> Removing:
    """Return what a removal would do; writes nothing. Raises Forbidden, NotFound."""
    _bureau(uow)
    site = await cards.site(uow, site_id)
    against, serious = await _grounds(uow, site)
    target = None if target_id is None else await cards.site(uow, target_id)
    moves: dict[str, int] = {}
    if target is None:
        against.append("请选一个接收的站点。")
    else:
        wrong = await _unfit(uow, site, target)
        against += wrong
        if not wrong:
            moves = await _moved(uow, site.path, target.path, go=False)
    return Removing(
        site_id=site.id, site=site.name, target=target.name if target else "", moves=moves, ends=await _ending(uow, site),
        serious=serious, against=against,
    )  # fmt: skip


async def remove(uow: UnitOfWork, form: RemovalForm) -> StationRemoval:
    """Remove a place: everything of it in this one transaction. Raises Forbidden, NotFound, Conflict with every reason, Invalid."""
    _bureau(uow)
    site, target = await cards.site(uow, form.site), await cards.site(uow, form.target)
    faults = [
        Fault(name, words, "required")
        for name, text, words in (
            ("basis", form.basis, "请写依据哪份文件。"),
            ("grounds", form.grounds, "请写除名的理由。"),
        )
        if len(text.strip()) < 4
    ]
    proposal = None if form.proposal_id is None else await cards.locked(uow, form.proposal_id)
    if proposal is not None and (proposal.kind != "removal" or proposal.node_id != site.id):
        faults.append(Fault("proposal_id", "这条建议不是这个站点的除名建议。", "other"))
    if faults:
        raise Invalid(faults)
    against, serious = await _grounds(uow, site)
    against += await _unfit(uow, site, target)
    if against:
        raise Conflict("现在不能除名：" + "".join(against), reasons=against)
    path = site.path
    people = await _people(uow, path)
    ended = await _end(uow, site)
    moved = await _moved(uow, path, target.path, go=True)
    await _told(uow, site, target, people)
    words = "；".join(f"{name} {n}" for name, n in moved.items() if n) or "没有没办完的事"
    letter = await letters.issue(
        uow,
        LetterForm(
            kind="removal", recipient="node", to=site.id, about="removal", about_id=site.id,
            fields={
                "basis": form.basis.strip(), "from": chinese_day(clock.business_date(uow.now)), "matter": form.grounds.strip(),
                "moved": f"全部转到{target.name}：{words}。",
            },
        ),
    )  # fmt: skip
    row = StationRemoval(
        id=new_id(), tenant=path, node_id=site.id, target_id=target.id, proposal_id=form.proposal_id, letter_id=letter.id,
        serious=serious, grounds=form.grounds.strip(), moved=moved | ended, removed_at=uow.now,
        removed_by=None if uow.actor.id == NOBODY else uow.actor.id, removed_name=await common.name(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    if proposal is not None:
        proposal.letter_id = letter.id
        await cards.close(uow, proposal, "accepted", form.grounds.strip())
    await _decline_rest(uow, site)
    left = int(await uow.session.scalar(sa.text(_LEFT), {"p": path}) or 0)
    if left:
        raise RuntimeError(f"{left} open rows stayed at {path}: nothing was removed")
    await close_node(uow, path, reason=f"除名：{form.grounds.strip()}")
    await common.tell(uow, "node.removed", site, row.id, to=target.path, moved=moved, ended=ended, letter=letter.number)
    return row


async def removals(uow: UnitOfWork) -> list[StationRemoval]:
    """Return the removals of the scope, the latest first."""
    rows = await uow.session.scalars(
        sa.select(StationRemoval)
        .where(uow.scope.clause(StationRemoval.tenant))
        .order_by(StationRemoval.removed_at.desc())
    )
    return list(rows)


def _bureau(uow: UnitOfWork) -> None:
    if uow.actor.role not in OF_BUREAU:
        raise Forbidden("除名由人社局的人决定。")


async def _grounds(uow: UnitOfWork, site: Node) -> tuple[list[str], bool]:
    """Return what speaks against a removal by ruling 22 (an unmet deadline or a serious fault), and whether a fault is serious."""
    live = sa.and_(InspectionFinding.node_id == site.id, InspectionFinding.state.in_(LIVE_FINDING))
    rows = list(await uow.session.scalars(sa.select(InspectionFinding).where(live)))
    serious = any(row.serious for row in rows)
    unmet = any(row.overdue_at is not None and row.state == "F_OPEN" for row in rows)
    third = await uow.session.scalar(
        sa.select(SiteHit.nth)
        .where(SiteHit.tenant == site.path, SiteHit.month >= clock.business_date(uow.now).replace(day=1) - _FORTY)
        .order_by(SiteHit.month.desc())
        .limit(1)
    )
    if serious or unmet or third == 3:
        return [], serious
    running = [row for row in rows if row.state in LIVE_FINDING]
    if running:
        day = max(row.due_on for row in running)
        return [f"整改期限还没到（{day}），又没有严重问题，不能除名。"], False
    return ["没有到期未整改的问题，也没有严重问题，不能除名。先检查、限期整改。"], False


async def _unfit(uow: UnitOfWork, site: Node, target: Node) -> list[str]:
    wrong = []
    if target.id == site.id or is_under(target.path, site.path):
        wrong.append("接收的站点不能是它自己。")
    if target.status != "open":
        wrong.append(f"“{target.name}”还没有开办，不能接收。")
    now = sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now)
    staffed = await uow.session.scalar(
        sa.select(
            sa.exists().where(
                RoleAssignment.tenant == target.path,
                RoleAssignment.role.in_(_STAFF),
                RoleAssignment.starts_at <= uow.now,
                now,
            )
        )
    )
    if not staffed:
        wrong.append(f"“{target.name}”现在没有工作人员，转过去没人办。请先派岗或换一个站点。")
    today = clock.business_date(uow.now)
    shut = await uow.session.scalar(
        sa.select(
            sa.exists().where(
                SiteClosure.tenant == target.path, SiteClosure.first <= today, SiteClosure.last >= today,
                SiteClosure.ended_on.is_(None),
            )
        )
    )  # fmt: skip
    if shut:
        wrong.append(f"“{target.name}”正在报备停开，不能接收。")
    return wrong


async def _moved(uow: UnitOfWork, source: str, target: str, *, go: bool) -> dict[str, int]:
    await uow.flush()
    await timers.flush(uow)
    found = await uow.session.scalar(_REHOME, {"s": source, "t": target, "g": go})
    return {str(k): int(v) for k, v in dict(found or {}).items()}


async def _ending(uow: UnitOfWork, site: Node) -> dict[str, int]:
    async def count(what: Any, *test: Any) -> int:
        return int(await uow.session.scalar(sa.select(sa.func.count()).select_from(what).where(*test)) or 0)

    held = sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now)
    return {
        "大屏和自助机": await count(Screen, Screen.tenant == site.path, Screen.ended_at.is_(None)),
        "工作人员岗位": await count(RoleAssignment, RoleAssignment.tenant == site.path, held),
        "没办完的督办": await count(Memo, Memo.tenant == site.path, Memo.state.in_(OPEN_MEMO)),
        "整改": await count(
            InspectionFinding, InspectionFinding.node_id == site.id, InspectionFinding.state.in_(LIVE_FINDING)
        ),
        "检查任务": await count(InspectionTask, InspectionTask.node_id == site.id, InspectionTask.state == "open"),
    }


async def _end(uow: UnitOfWork, site: Node) -> dict[str, int]:
    ended = await _ending(uow, site)
    for screen in await uow.session.scalars(
        sa.select(Screen.id).where(Screen.tenant == site.path, Screen.ended_at.is_(None))
    ):
        await screens.end(uow, screen)
    held = sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now)
    for post in list(
        await uow.session.scalars(sa.select(RoleAssignment).where(RoleAssignment.tenant == site.path, held))
    ):
        posts.close(uow, post, f"{site.name}除名")
        await posts.tell(uow, "staff.post_ended", post, reason=f"{site.name}除名")
    await memos.end_office(uow, site.path, f"{site.name}除名")
    await rectifying.end_all(uow, site)
    for card in list(
        await uow.session.scalars(
            sa.select(StationCard).where(StationCard.node_id == site.id, StationCard.state.in_(LIVE_CARD))
        )
    ):
        card.state, card.ended_at = CARD.step(card.state, "end", common.acting_hand(uow)).target, uow.now
    for task in await uow.session.scalars(
        sa.select(InspectionTask).where(InspectionTask.node_id == site.id, InspectionTask.state == "open")
    ):
        task.state, task.done_at, task.note = "cancelled", uow.now, "站点除名"
    await uow.flush()
    return ended


async def _decline_rest(uow: UnitOfWork, site: Node) -> None:
    rest = await uow.session.scalars(
        sa.select(CardProposal).where(CardProposal.node_id == site.id, CardProposal.state == "open")
    )
    for row in list(rest):
        await cards.close(uow, row, "declined", "站点已除名")


async def _people(uow: UnitOfWork, path: str) -> set[tuple[str, UUID]]:
    """Return whom a place serves or whose work runs there, as (side, id), before anything moves."""
    links = await uow.session.scalars(
        sa.select(ServiceLink.subject_id)
        .where(ServiceLink.tenant == path, sa.or_(ServiceLink.ends_at.is_(None), ServiceLink.ends_at > uow.now))
        .distinct()
    )
    served = set(links)
    work = await uow.execute(
        sa.select(Engagement.worker_id, Engagement.employer_id).where(
            sa.or_(Engagement.tenant == path, Engagement.via == path), Engagement.ended_at.is_(None)
        )
    )
    pairs = list(work)
    employers = {row.employer_id for row in pairs} | set(
        await uow.session.scalars(sa.text("SELECT id FROM employers WHERE id = ANY(:ids)"), {"ids": list(served)})
    )
    workers = {row.worker_id for row in pairs} | (served - employers)
    return {("worker", one) for one in workers} | {("employer", one) for one in employers}


async def _told(uow: UnitOfWork, site: Node, target: Node, people: set[tuple[str, UUID]]) -> None:
    """Tell everybody: people by a notice of the new station, the new station and its operator by their inbox."""
    where = "，".join(part for part in (target.address or "", target.phone or "") if part)
    said = (
        f"{site.name}不再服务。您的登记和没办完的事都转到{target.name}"
        + (f"（{where}）" if where else "")
        + "，不用您办手续。"
    )
    rows = [
        {
            "id": new_id(), "tenant": target.path, "via": None, "person_id": one if side == "worker" else None,
            "employer_id": one if side == "employer" else None, "to_side": side, "kind": "station_moved",
            "subject_id": site.id, "text": said[:MAX_TEXT], "state": "queued", "call_wanted": False, "tries": 0,
            "last_call": "", "created_at": uow.now, "channel": "", "error": "", "settled_how": "",
        }
        for side, one in sorted(people, key=lambda p: (p[0], str(p[1])))
    ]  # fmt: skip
    if rows:
        await uow.execute(insert(Notice), rows)
    county = await inbox.above(uow, tenant_path(target.path))
    title = f"{site.name}除名，它的事转到这里"
    body = f"{site.name}没办完的用工单、纠纷、服务对象和排队的人从现在起由{target.name}办。请先看工作台上新来的。"
    await inbox.notice(
        uow, [(target.path, "station"), *([(county, "operator")] if county else [])], title=title, body=body
    )


_FORTY: Final = date(2000, 2, 10) - date(2000, 1, 1)
"""A month's hit is written in the first days of the next one."""
