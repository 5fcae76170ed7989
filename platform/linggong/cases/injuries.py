"""An injury at work is reported with one button, told to the insurer at once, verified beside it (79 to 81, 88, ruling 13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import common
from linggong.cases.forms import InjuryForm
from linggong.cases.injury_models import Injury, InjuryStatement
from linggong.cases.machines import INJURY
from linggong.cover import service as cover
from linggong.kernel import outbox, timers
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.paths import EVERYWHERE
from linggong.work import attend, stopping
from linggong.work import common as work
from linggong.work.machines import ASSIGNMENT
from linggong.work.models import Assignment, Engagement
from tenants.models import Node

CALL, VISIT, INSURER, WINDOW = "t.injury.call", "t.injury.visit", "t.injury.notice_insurer", "t.injury.window"
LINE = "insurer"
_ON_SITE = ("A_ARRIVED", "A_WORKING", "A_PAUSED")
_DONE = ("A_FINISHED", "A_ACCEPTED")
_STATEMENTS = 2


class FirstHelp(msgspec.Struct, frozen=True, kw_only=True):
    """What a reporter needs to see before anything else."""

    emergency: str
    station: str
    station_phone: str
    injury_id: UUID | None = None


async def report(uow: UnitOfWork, form: InjuryForm, *, by: str = "") -> Injury:
    """Report an injury (79): by the injured, the employer or a clerk, while on site or within 24 h after work.

    Who cannot go on has finished in part at that minute, so that his wages go on by 88. The insurer is told in the same
    step (ruling 13). `by` is the hand of a co-worker for whom the system writes. Raises Invalid, Conflict for a shift that has not begun, is over too long, or is reported already.
    """
    row, engagement = await work.assignment(uow, form.assignment_id)
    by = by or work.hand(uow)
    made = INJURY.step(NEW, "report", by)
    faults: list[Fault] = []
    place = common.words(faults, "place", form.place, most=100)
    words = common.words(faults, "words", form.words)
    happened = uow.now - timedelta(minutes=form.happened_minutes_ago)
    span = await common.spans(uow, row.tenant, WINDOW, CALL, VISIT, INSURER)
    if row.state not in (*_ON_SITE, *_DONE):
        raise Conflict("这个工日还没到岗，不能报工伤。有人受伤请先打 120。")
    if row.arrived_at is not None and happened < row.arrived_at - timedelta(hours=2):
        faults.append(Fault("happened_minutes_ago", "受伤时间早于到岗太多，请核对。", "range"))
    ended = row.finished_at or row.ends_at
    if row.state in _DONE and uow.now > ended + span[WINDOW]:
        raise Conflict(
            "收工已超过 24 小时，请到驿站或打驿站电话登记。" if uow.actor.kind != "staff" else "收工已超过 24 小时。"
        )
    if faults:
        raise Invalid(faults)
    if await uow.session.scalar(sa.select(Injury.id).where(Injury.assignment_id == row.id, Injury.state != "I_CLOSED")):
        raise Conflict("这个工日的受伤已经报过案了。有新情况请补充到那一件里。")
    if not form.can_go_on:
        # The bureau enters what a clerk would: the shift knows no hand of its own for it.
        await _stop(uow, row, happened, "C" if by == "B" else by)
    found = await _new(uow, form, row, engagement, happened, place, words, made.target, span[INSURER])
    await common.set_timer(uow, found, CALL, uow.now + span[CALL])
    await common.set_timer(uow, found, VISIT, uow.now + span[VISIT])
    await common.set_timer(uow, found, INSURER, found.insurer_due_at)
    await common.tell(
        uow, found, "injury.reported", made, assignment=row.id, by=found.reported_by, can_go_on=form.can_go_on,
        happened_at=happened.isoformat(),
    )  # fmt: skip
    await tell_insurer(uow, found)
    for side in {"worker", "employer"} - {uow.actor.kind}:
        await common.notify(
            uow, found, side, "有人报了受伤。急救打120。驿站两小时内打电话核实，请保留现场照片和证人。", call=True
        )
    await common.derive(uow, found)
    return found


async def _new(
    uow: UnitOfWork,
    form: InjuryForm,
    row: Assignment,
    engagement: Engagement,
    happened: datetime,
    place: str,
    words: str,
    state: str,
    insurer: timedelta,
) -> Injury:
    by = "co_worker" if form.as_co_worker else {"worker": "worker", "employer": "employer"}.get(uow.actor.kind, "staff")
    found = Injury(
        id=new_id(), order_id=row.order_id, engagement_id=engagement.id, assignment_id=row.id, state=state,
        channel="web" if uow.actor.kind in ("worker", "employer") else form.channel, reported_by=by,
        reporter_id=uow.actor.id if uow.actor.id != NOBODY else None, happened_at=happened, place=place, words=words,
        can_go_on=form.can_go_on, reported_at=uow.now, insurer_due_at=uow.now + insurer, insurer_ref="", policy_no="",
        decision="", legal_path="", summary="", breaches=[],
        tenant=row.tenant, via=row.via, worker_id=row.worker_id, employer_id=row.employer_id,
    )  # fmt: skip
    uow.session.add(found)
    await uow.flush()
    return found


async def _stop(uow: UnitOfWork, row: Assignment, happened: datetime, by: str) -> None:
    """End the shift at the injury's minute, in part (79): his wages up to it are billed and due as ever (88)."""
    if row.state == "A_WORKING":
        made = ASSIGNMENT.step(row.state, "leave_early", by)
        await attend.close(
            uow, row, made, ended_at=max(happened, row.arrived_at or happened), reason="early_worker", quantity=None,
            why="injury", counts=False,
        )  # fmt: skip
    elif row.state == "A_PAUSED" and work.hand(uow) in ("W", "C", "O"):
        await stopping.leave(uow, row.id)


async def tell_insurer(uow: UnitOfWork, row: Injury) -> None:
    """Tell the insurer of whoever is covered, through the line to it; who is not covered has the path of 82."""
    state = await cover.cover_of(uow, row.engagement_id)
    active = [p for p in (state.policies if state else []) if p.policy_no and p.state == "active"]
    if not active:
        return
    row.policy_no = active[0].policy_no
    await outbox.enqueue(
        uow, system=LINE, kind="notify_injury", subject_id=row.id, chain=f"order:{row.order_id}", tenant=row.tenant,
        via=row.via, person_id=row.worker_id, employer_id=row.employer_id,
        payload={"policy_no": row.policy_no, "happened_at": row.happened_at.isoformat(), "place": row.place},
    )  # fmt: skip
    await uow.flush()


async def insurer_told(uow: UnitOfWork, row: Injury, *, ref: str, policy_no: str = "") -> Injury:
    """The insurer knows of it (81): it answered, or somebody called it and got a case number."""
    made = INJURY.step(row.state, "notify_insurer", work.hand(uow))
    row.insurer_told_at = row.insurer_told_at or uow.now
    row.insurer_ref = ref or row.insurer_ref
    row.policy_no = policy_no or row.policy_no
    await timers.cancel_timers(uow, row.id, INSURER)
    await common.tell(uow, row, "injury.insurer_told", made, ref=ref)
    return row


async def notify_insurer(uow: UnitOfWork, injury_id: UUID, *, ref: str, policy_no: str = "") -> Injury:
    """Somebody told the insurer by telephone (81). Raises Invalid without its case number."""
    row = await common.injury(uow, injury_id)
    faults: list[Fault] = []
    number = common.words(faults, "ref", ref, least=2, most=60)
    policy = common.words(faults, "policy_no", policy_no, most=60)
    if faults:
        raise Invalid(faults)
    return await insurer_told(uow, row, ref=number, policy_no=policy)


async def called(uow: UnitOfWork, injury_id: UUID, *, words: str) -> Injury:
    """The injured was called (80), within two hours."""
    return await _checked(uow, injury_id, "called_at", CALL, "injury.called", words)


async def visited(uow: UnitOfWork, injury_id: UUID, *, words: str) -> Injury:
    """Somebody went there (80), within a day."""
    return await _checked(uow, injury_id, "visited_at", VISIT, "injury.visited", words)


async def _checked(uow: UnitOfWork, injury_id: UUID, field: str, clock_key: str, event: str, words: str) -> Injury:
    row = await common.injury(uow, injury_id)
    if row.state != "I_REPORTED":
        raise Conflict("这件已经核实过了。")
    faults: list[Fault] = []
    said = common.words(faults, "words", words, least=2, most=500)
    if faults:
        raise Invalid(faults)
    setattr(row, field, getattr(row, field) or uow.now)
    await timers.cancel_timers(uow, row.id, clock_key)
    await common.tell(uow, row, event, None, note=said)
    return row


async def state(uow: UnitOfWork, injury_id: UUID, *, name: str, role: str, words: str) -> Injury:
    """Take down what somebody saw (80)."""
    row = await common.injury(uow, injury_id)
    if row.state == "I_CLOSED":
        raise Conflict("这件已经结案。")
    faults: list[Fault] = []
    who = common.words(faults, "name", name, least=2, most=50)
    said = common.words(faults, "words", words, least=4)
    if role not in ("worker", "employer", "co_worker", "leader", "passer_by"):
        faults.append(Fault("role", "请选是谁说的。", "unknown"))
    if faults:
        raise Invalid(faults)
    uow.session.add(
        InjuryStatement(
            id=new_id(), injury_id=row.id, name=who, role=role, words=said, at=uow.now,
            taken_by=uow.actor.id if uow.actor.kind == "staff" else None,
            tenant=row.tenant, via=row.via, worker_id=row.worker_id, employer_id=row.employer_id,
        )
    )  # fmt: skip
    await common.tell(uow, row, "injury.stated", None, role=role)
    return row


async def verify(uow: UnitOfWork, injury_id: UUID) -> Injury:
    """It is established what happened (80): called, visited, and two people have said what they saw."""
    row = await common.injury(uow, injury_id)
    made = INJURY.step(row.state, "verify", work.hand(uow))
    said = await uow.session.scalar(
        sa.select(sa.func.count(sa.distinct(InjuryStatement.name))).where(InjuryStatement.injury_id == row.id)
    )
    faults = []
    if row.called_at is None:
        faults.append(Fault("called", "还没电话核实。", "required"))
    if row.visited_at is None:
        faults.append(Fault("visited", "还没到场核实。", "required"))
    if int(said or 0) < _STATEMENTS:
        faults.append(Fault("statements", "至少要两个人的陈述。", "required"))
    if faults:
        raise Invalid(faults)
    row.state, row.verified_at = made.target, uow.now
    await timers.cancel_timers(uow, row.id, CALL, VISIT)
    await common.tell(uow, row, "injury.verified", made)
    return row


async def first_help(uow: UnitOfWork, tenant: str, injury_id: UUID | None = None) -> FirstHelp:
    """Return whom to call: 120 first, then the station."""
    node = await uow.session.scalar(sa.select(Node).where(Node.path == tenant))
    return FirstHelp(
        emergency="120", station=node.name if node else "", station_phone=(node.phone or "") if node else "",
        injury_id=injury_id,
    )  # fmt: skip


async def report_mate(uow: UnitOfWork, database: Database, own_id: UUID, name: str, form: InjuryForm) -> FirstHelp:
    """A co-worker reports somebody of his own shift (79), by the name he calls him.

    The system looks and writes, because the one may not see the other's rows; nothing of them comes back. Raises Invalid
    when nobody, or more than one, on the shift goes by that name: then the station finds out who it is.
    """
    own, _ = await work.assignment(uow, own_id)
    if own.state not in (*_ON_SITE, *_DONE) or (uow.actor.kind == "worker" and own.worker_id != uow.actor.id):
        raise NotFound
    async with database.begin(uow.actor.as_system(), EVERYWHERE) as whole:
        found = (
            await whole.session.scalars(
                sa.select(Assignment.id)
                .join(Engagement, Engagement.id == Assignment.engagement_id)
                .where(
                    Assignment.order_id == own.order_id,
                    Assignment.shift_id == own.shift_id,
                    Assignment.id != own.id,
                    Assignment.state.in_((*_ON_SITE, *_DONE)),
                    Engagement.worker_name == name.strip(),
                )
            )
        ).all()
        if len(found) != 1:
            told = await first_help(whole, own.tenant)
            words = f"这个班上叫这个名字的有 {len(found)} 位。先打 120，再打驿站电话 {told.station_phone}，说清是谁。"
            raise Invalid([Fault("name", words, "unknown")])
        await report(whole, msgspec.structs.replace(form, assignment_id=found[0], as_co_worker=True), by="W")
        return await first_help(whole, own.tenant)
