"""快速配岗 (R050): a proposal that a clerk sees, changes, compares and sends as invitations, or leaves. Nothing goes out unseen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Forbidden, Invalid, LinggongError, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, TenantPath
from linggong.matching import allot, rules
from linggong.matching.allot import Allotted, Options, Pair
from linggong.matching.models import Proposal, ProposalLine
from linggong.matching.rules import FREE
from linggong.matching.score import Scores
from linggong.work import engage

GIVEN = ("proposed", "locked")
"""States of lines that a press on 发邀请 sends."""


async def make(uow: UnitOfWork, options: Options, *, at: TenantPath | None = None) -> Proposal:
    """Make a proposal for a post and what lies below it: the acting post, or `at` where the dawn makes it by itself.

    An open one of the same post gives way to it. Raises NotFound for whoever acts at no post.
    """
    place = at or uow.actor.post
    if place is None:
        raise NotFound
    within = Scope(trees=(place,)) if at is not None else uow.scope
    dawn = await allot.read(uow, within, place, options)
    found = allot.solved(dawn, uow.now + timedelta(minutes=options.minutes))
    await give_way(uow, place)
    row = Proposal(
        id=new_id(), tenant=place, state="open", day=clock.business_date(uow.now), made_at=uow.now, made_by=who(uow),
        settings=msgspec.to_builtins(options), figures=found.figures,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await _write(uow, row, found, ())
    await tell(uow, row, "dispatch.proposed", people=found.figures["people"], placed=found.figures["placed"])
    return row


async def give_way(uow: UnitOfWork, place: TenantPath) -> None:
    """Drop the open proposals of a post, before another takes their place."""
    await uow.execute(
        sa.update(Proposal)
        .where(Proposal.tenant == place, Proposal.state == "open")
        .values(state="dropped", closed_at=uow.now, closed_by=who(uow))
    )


def is_citys(row: Proposal) -> bool:
    """Tell whether a proposal is for the whole city: its path has one name, a county's two."""
    return row.tenant.count("/") == 2


def who(uow: UnitOfWork) -> UUID | None:
    """Return the member of staff who acts; nobody for the machine."""
    return uow.actor.id if uow.actor.kind == "staff" else None


async def _write(uow: UnitOfWork, row: Proposal, found: Allotted, locked: Sequence[UUID]) -> None:
    uow.session.add_all(
        ProposalLine(
            id=new_id(), tenant=row.tenant, proposal_id=row.id, worker_id=line.seeker.id,
            order_id=line.order.id if line.order is not None else None, score=line.score, why=line.why, crew_id=line.crew_id,
            state="without" if line.order is None else "locked" if line.seeker.id in locked else "proposed",
        )
        for line in found.lines
    )  # fmt: skip
    await uow.flush()


async def proposal(uow: UnitOfWork, proposal_id: UUID, *, change: bool = False) -> Proposal:
    """Return a proposal of the scope, locked to `change` it. Raises NotFound; Conflict for a change of one that is over."""
    row = await uow.session.get(Proposal, proposal_id, with_for_update=change or None)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    if change and row.state != "open":
        raise Conflict("这份方案已经发出或作废了，请重新配一次。", state=row.state)
    return row


async def _line(uow: UnitOfWork, row: Proposal, line_id: UUID) -> ProposalLine:
    line = await uow.session.get(ProposalLine, line_id)
    if line is None or line.proposal_id != row.id:
        raise NotFound
    return line


async def mark(uow: UnitOfWork, proposal_id: UUID, line_id: UUID, step: str) -> ProposalLine:
    """Drop a line, keep it whatever is solved again (lock), or take either back (restore). Raises Conflict, NotFound."""
    row = await proposal(uow, proposal_id, change=True)
    line = await _line(uow, row, line_id)
    if line.order_id is None:
        raise Conflict("他还没有派到哪个活，先选一个活。")
    line.state = {"drop": "dropped", "lock": "locked", "restore": "proposed"}[step]
    await tell(uow, row, "dispatch.changed", line=str(line.id), step=step)
    return line


async def move(uow: UnitOfWork, proposal_id: UUID, line_id: UUID, order_id: UUID) -> ProposalLine:
    """Give somebody another order, and keep him there. Raises Conflict with the rule or the number that is against it."""
    row = await proposal(uow, proposal_id, change=True)
    line = await _line(uow, row, line_id)
    dawn = await allot.read(uow, uow.scope, row.tenant, msgspec.convert(row.settings, Options))
    i = next((n for n, s in enumerate(dawn.seekers) if s.id == line.worker_id), None)
    j = next((n for n, o in enumerate(dawn.orders) if o.id == order_id), None)
    if i is None or j is None:
        raise Conflict("这个人或这个活刚刚变了，请重新配一次。")
    taken = await uow.session.scalar(
        sa.select(sa.func.count()).where(
            ProposalLine.proposal_id == row.id,
            ProposalLine.order_id == order_id,
            ProposalLine.state.in_(GIVEN),
            ProposalLine.id != line.id,
        )
    )
    if int(taken or 0) >= dawn.orders[j].places:
        raise Conflict("这个活的名额在方案里已经满了，先去掉一个人。")
    scores = Scores(dawn.seekers, dawn.orders, dawn.pasts, uow.now)
    barred = int(rules.refusals(scores.people, scores.orders, *_one(i, j))[0])
    if barred != FREE:
        raise Conflict(f"不能派：{rules.words(barred, scores.orders, j)}。")
    fit = scores.fit(i, j)
    line.order_id, line.score, line.why, line.state, line.crew_id = order_id, fit.score, fit.why, "locked", None
    await tell(uow, row, "dispatch.changed", line=str(line.id), step="move")
    return line


def _one(i: int, j: int) -> tuple[Any, Any]:
    return np.array([i]), np.array([j])


async def again(uow: UnitOfWork, proposal_id: UUID) -> Proposal:
    """Solve once more with who and what is there now: locked lines stay, dropped pairs are not proposed again."""
    row = await proposal(uow, proposal_id, change=True)
    options = msgspec.convert(row.settings, Options)
    old = list(await uow.session.scalars(sa.select(ProposalLine).where(ProposalLine.proposal_id == row.id)))
    locked: list[Pair] = [(li.worker_id, li.order_id) for li in old if li.state == "locked" and li.order_id is not None]
    dropped: list[Pair] = [
        (li.worker_id, li.order_id) for li in old if li.state == "dropped" and li.order_id is not None
    ]
    dawn = await allot.read(uow, uow.scope, row.tenant, options)
    found = allot.solved(dawn, uow.now, locked=locked, forbidden=dropped)
    await uow.execute(sa.delete(ProposalLine).where(ProposalLine.proposal_id == row.id))
    row.figures, row.made_at = found.figures, uow.now
    await _write(uow, row, found, [w for w, _ in locked])
    await tell(uow, row, "dispatch.changed", step="again", placed=found.figures["placed"])
    return row


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to what if."""

    words: str
    people: int
    places: int
    placed: int
    mean: int | None


async def compare(uow: UnitOfWork, proposal_id: UUID) -> list[Compared]:
    """Return what would come of waiting ten minutes, of the county's other stations, of no reserved places; changes nothing."""
    row = await proposal(uow, proposal_id)
    now = msgspec.convert(row.settings, Options)
    found = []
    for words, options in (
        ("照现在", now),
        ("再等 10 分钟", msgspec.structs.replace(now, minutes=10)),
        ("加上本县别的驿站的活", msgspec.structs.replace(now, neighbours=True)),
        ("加上全市的活", msgspec.structs.replace(now, neighbours=True, city=True)),
        ("不留名额", msgspec.structs.replace(now, reserved=False)),
        ("只派今天在这里的人", msgspec.structs.replace(now, here_only=True)),
    ):
        dawn = await allot.read(uow, uow.scope, row.tenant, options)
        got = allot.solved(dawn, uow.now + timedelta(minutes=options.minutes)).figures
        found.append(
            Compared(
                words=words, people=got["people"], places=got["places"], placed=got["placed"], mean=got["mean"]
            )
        )  # fmt: skip
    return found


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a proposal's lines."""

    sent: int
    left_out: dict[str, str]
    """{line's id: why he was not invited after all}."""


async def send(uow: UnitOfWork, proposal_id: UUID) -> Sent:
    """Invite everybody whose line stands (11): each alone, and who may not go any more is left out with the reason.

    The invitation's own rules hold as for any other; the hard rules are asked again first. Raises Conflict, NotFound.
    """
    row = await proposal(uow, proposal_id, change=True)
    if is_citys(row):
        raise Conflict("全市的方案要交给各区县去发。")
    lines = list(
        await uow.session.scalars(
            sa.select(ProposalLine)
            .where(
                ProposalLine.proposal_id == row.id, ProposalLine.state.in_(GIVEN), ProposalLine.order_id.is_not(None)
            )
            .order_by(ProposalLine.id)
        )
    )
    if not lines:
        raise Conflict("方案里没有要发的人。")
    against = await _against(uow, row, lines)
    left_out: dict[str, str] = {}
    for line in lines:
        reason = against.get(line.id, "")
        if not reason and line.order_id is not None:
            try:
                async with uow.savepoint():
                    line.engagement_id = (await engage.invite(uow, line.order_id, line.worker_id)).id
            except (Conflict, Invalid, Forbidden, NotFound) as error:
                reason = _said(error)
        line.state = "left_out" if reason else "sent"
        if reason:
            line.engagement_id, line.why, left_out[str(line.id)] = None, reason, reason
    row.state, row.closed_at, row.closed_by = "sent", uow.now, who(uow)
    await uow.flush()
    await tell(uow, row, "dispatch.sent", sent=len(lines) - len(left_out), left_out=len(left_out))
    return Sent(sent=len(lines) - len(left_out), left_out=left_out)


def _said(error: LinggongError) -> str:
    return " ".join(f.message for f in error.faults) if isinstance(error, Invalid) else error.detail


async def _against(uow: UnitOfWork, row: Proposal, lines: Sequence[ProposalLine]) -> dict[UUID, str]:
    """Return {line: why} of pairs that became illegal since the proposal was made."""
    dawn = await allot.read(uow, uow.scope, row.tenant, msgspec.convert(row.settings, Options))
    people = {s.id: n for n, s in enumerate(dawn.seekers)}
    orders = {o.id: n for n, o in enumerate(dawn.orders)}
    scores = Scores(dawn.seekers, dawn.orders, {}, uow.now)
    found = {}
    for line in lines:
        i, j = people.get(line.worker_id), orders.get(line.order_id) if line.order_id is not None else None
        if i is None:
            found[line.id] = "他已经派了活，或者走了"
        elif j is None:
            found[line.id] = "这个活已经招满，或者不招了"
        else:
            barred = int(rules.refusals(scores.people, scores.orders, *_one(i, j))[0])
            if barred != FREE:
                found[line.id] = rules.words(barred, scores.orders, j)
    return found


async def drop(uow: UnitOfWork, proposal_id: UUID) -> Proposal:
    """Leave a proposal; nobody is told. Raises Conflict, NotFound."""
    row = await proposal(uow, proposal_id, change=True)
    row.state, row.closed_at, row.closed_by = "dropped", uow.now, who(uow)
    await tell(uow, row, "dispatch.dropped")
    return row


async def tell(uow: UnitOfWork, row: Proposal, event: str, **body: Any) -> None:
    """Write down what happened to a proposal."""
    await uow.emit(
        NewEvent(type=event, chain=f"dispatch:{row.id}", subject_id=row.id, tenant=row.tenant, body={"day": row.day.isoformat(), **body})
    )  # fmt: skip
