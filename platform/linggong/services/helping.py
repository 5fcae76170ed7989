"""Help for one person: guidance, start-up, hardship; a plan, steps, the next contact, the outcome (R066-R068, R107)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id, short_code
from linggong.matching import priority
from linggong.matching.tiers import tier_of
from linggong.people.models import Person
from linggong.people.queries import age_on
from linggong.people.text import clean
from linggong.services import codes, entries
from linggong.services.help_models import HelpCase, HelpNote
from linggong.services.who import Who, recognise
from tenants.parameters import parse_duration
from tenants.service import parameters

EVERY: Final = "help.contact_every"
_FURTHEST: Final = timedelta(days=366)
Line = Annotated[str, Meta(max_length=1000)]


class HelpForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A case as it is opened. Guidance may end at once: with minutes and a result."""

    kind: Line = ""
    who: Line = ""
    topic: Line = ""
    plan: Line = ""
    minutes: int | None = None
    result: Line = ""
    next_on: date | None = None
    """Empty: as often as his tier asks for."""
    happened_at: datetime | None = None


class StepForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Something done for him: a talk, a step, a stage of a start-up with its money, or the end."""

    words: Line = ""
    minutes: int | None = None
    stage: Line = ""
    amount_fen: int | None = None
    paper: Line = ""
    next_on: date | None = None
    outcome: Line = ""
    """Set, it ends the case."""
    happened_at: datetime | None = None


async def open_case(uow: UnitOfWork, sealer: Sealer, form: HelpForm) -> HelpCase:
    """Open a case at the acting post. Raises Invalid with every fault, NotFound without a post."""
    post = entries.post_of(uow)
    faults: list[Fault] = []
    if form.kind not in codes.HELP_KINDS:
        faults.append(Fault("kind", "请选是职业指导、创业服务还是困难援助。", "choice"))
    who = await recognise(uow, sealer, form.who, faults)
    topic = clean(faults, "topic", form.topic, most=200, least=2)
    plan = clean(faults, "plan", form.plan, most=500, least=2 if form.kind == "hardship" else 0, lines=True)
    result = clean(faults, "result", form.result, most=500, lines=True)
    _minutes(form.minutes, faults, needed=form.kind == "guidance")
    happened = entries.happened_at(uow, form.happened_at, faults)
    next_on = _next(uow, form.next_on, faults)
    if faults:
        raise Invalid(faults)
    tier = await tier_today(uow, who)
    ends = form.kind == "guidance" and bool(result) and next_on is None
    me = None if uow.actor.id == NOBODY else uow.actor.id
    row = HelpCase(
        id=new_id(), tenant=post, worker_id=who.person_id, trace_code=short_code(), kind=form.kind, name=who.name,
        tier=tier, topic=topic, plan=plan, stage="consult" if form.kind == "startup" else None,
        next_on=None if ends else next_on or await _by_tier(uow, post, tier), owner_id=me, happened_at=happened,
        created_at=uow.now, ended_at=uow.now if ends else None, outcome="settled" if ends else None,
        result=result if ends else "",
    )  # fmt: skip
    row.phone_sealed = sealer.seal(who.phone, f"help_cases.phone_sealed.{row.id}") if who.phone else None
    uow.session.add(row)
    await uow.flush()
    await _note(
        uow, row, "talk" if form.kind == "guidance" else "stage" if row.stage else "plan", result or plan or topic,
        happened, minutes=form.minutes, stage=row.stage, next_on=row.next_on,
    )  # fmt: skip
    await _tell(uow, row, "help.opened", kind=row.kind)
    return row


async def step(uow: UnitOfWork, help_id: UUID, form: StepForm) -> HelpCase:
    """Write down what was done; moves the next contact, the stage, or ends the case.

    Raises Invalid with every fault (an end without a result, a contact in the past, a subsidy without its paper), Conflict, NotFound.
    """
    row = await _row(uow, help_id)
    faults: list[Fault] = []
    words = clean(faults, "words", form.words, most=500, least=2, lines=True)
    paper = clean(faults, "paper", form.paper, most=100)
    _minutes(form.minutes, faults)
    happened = entries.happened_at(uow, form.happened_at, faults)
    if happened < row.happened_at:
        faults.append(Fault("happened_at", "时间比开始帮扶还早，请核对。", "order"))
    next_on = _next(uow, form.next_on, faults)
    _stage(row, form, paper, faults)
    if form.outcome and form.outcome not in codes.OUTCOMES:
        faults.append(Fault("outcome", "请选是怎么了结的。", "choice"))
    if form.outcome and next_on is not None:
        faults.append(Fault("next_on", "了结了就不用再约下次。", "order"))
    if faults:
        raise Invalid(faults)
    if form.stage:
        row.stage = form.stage
    if form.outcome:
        row.ended_at, row.outcome, row.result, row.next_on = uow.now, form.outcome, words, None
    else:
        row.next_on = next_on or await _by_tier(uow, row.tenant, row.tier)
    kind = "end" if form.outcome else "stage" if form.stage else "talk" if form.minutes else "step"
    await _note(
        uow, row, kind, words, happened, minutes=form.minutes, stage=form.stage or None, amount_fen=form.amount_fen,
        paper=paper, next_on=row.next_on,
    )  # fmt: skip
    await _tell(uow, row, "help.ended" if form.outcome else "help.step", kind=row.kind, stage=form.stage)
    return row


def _stage(row: HelpCase, form: StepForm, paper: str, faults: list[Fault]) -> None:
    if not form.stage:
        if form.amount_fen is not None:
            faults.append(Fault("amount_fen", "金额只在“担保贷款”“享受补贴”两步里写。", "stage"))
        return
    if row.kind != "startup":
        faults.append(Fault("stage", "只有创业服务分阶段。", "stage"))
    elif form.stage not in codes.STAGES:
        faults.append(Fault("stage", "请从单子里选一个阶段。", "choice"))
    elif row.stage == "subsidy":
        faults.append(Fault("stage", "已经成功创业并享受补贴，阶段不再变。", "order"))
    paid = form.stage in ("loan", "subsidy")
    if paid and (form.amount_fen is None or not 0 < form.amount_fen <= 1_000_000_000):
        faults.append(Fault("amount_fen", "请写贷款或补贴的金额。", "required"))
    if paid and not paper:
        faults.append(Fault("paper", "请写批准文件或到账凭证的编号。", "required"))
    if not paid and form.amount_fen is not None:
        faults.append(Fault("amount_fen", "金额只在“担保贷款”“享受补贴”两步里写。", "stage"))


async def tier_today(uow: UnitOfWork, who: Who) -> int:
    """Return the tier of a person whom the place serves (R066): his proofs and his age; 0 for a walk-in."""
    if who.person_id is None:
        return 0
    born = await uow.session.scalar(sa.select(Person.birth_date).where(Person.id == who.person_id))
    proofs = (await priority.of(uow, [who.person_id])).get(who.person_id, [])
    age = age_on(born, clock.business_date(uow.now)) if born is not None else 0
    return tier_of(proofs, idle_days=None, age=age)


async def _by_tier(uow: UnitOfWork, path: str, tier: int) -> date:
    found = (await parameters(uow, path, EVERY))[EVERY]
    if not isinstance(found, list | tuple) or not found:
        raise TypeError(f"{EVERY} is not a list of days by tier")
    return clock.business_date(uow.now + parse_duration(str(found[min(tier, len(found) - 1)])))


def _minutes(minutes: int | None, faults: list[Fault], *, needed: bool = False) -> None:
    if minutes is None:
        if needed:
            faults.append(Fault("minutes", "请写谈了多少分钟。", "required"))
    elif not 1 <= minutes <= 480:
        faults.append(Fault("minutes", "分钟数写 1 到 480。", "range"))


def _next(uow: UnitOfWork, day: date | None, faults: list[Fault]) -> date | None:
    today = clock.business_date(uow.now)
    if day is not None and day < today:
        faults.append(Fault("next_on", "下次联系的日子已经过了，请改。", "past"))
    elif day is not None and day > today + _FURTHEST:
        faults.append(Fault("next_on", "下次联系太远了，最多一年。", "range"))
    return day


async def _row(uow: UnitOfWork, help_id: UUID) -> HelpCase:
    row = await uow.session.scalar(
        sa.select(HelpCase)
        .where(HelpCase.id == help_id, uow.scope.clause(HelpCase.tenant))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    if row.ended_at is not None:
        raise Conflict("这件帮扶已经了结。要再帮，请另开一件。")
    return row


async def _note(
    uow: UnitOfWork, row: HelpCase, kind: str, words: str, happened: datetime, *, minutes: int | None = None,
    stage: str | None = None, amount_fen: int | None = None, paper: str = "", next_on: date | None = None,
) -> None:  # fmt: skip
    uow.session.add(
        HelpNote(
            id=new_id(), tenant=row.tenant, worker_id=row.worker_id, help_id=row.id, kind=kind, words=words,
            minutes=minutes, stage=stage, amount_fen=amount_fen, paper=paper, next_on=next_on, happened_at=happened,
            created_at=uow.now, by_id=None if uow.actor.id == NOBODY else uow.actor.id,
        )
    )  # fmt: skip
    await uow.flush()


async def _tell(uow: UnitOfWork, row: HelpCase, event: str, **body: Any) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=f"help:{row.id}", subject_id=row.id, tenant=row.tenant, person_id=row.worker_id, body=body
        )
    )  # fmt: skip
