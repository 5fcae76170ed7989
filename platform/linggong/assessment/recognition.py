"""City recognition of model markets (示范性零工市场, R134): application, checklist with vetoes, visit, publicity, plaque, yearly re-check.

False data is a veto. The hints of M21 prove nothing by themselves: while there are some, the check must say what was found about
them, and a market whose data is false is not recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from linggong.assessment import common
from linggong.assessment.machines import RECOGNITION
from linggong.assessment.payment import months
from linggong.assessment.recognition_models import Recognition, RecognitionWord
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.paths import tenant_path
from linggong.measures import suspicion
from linggong.offices.duties import require_other_hand
from rbac.roles import hand
from tenants import holidays
from tenants import queries as tree
from tenants import service as tenants
from tenants.models import Node

PUBLICITY, OPEN_MONTHS, RECHECK, TARGET = (
    "recognition.publicity_days", "recognition.open_months", "recognition.recheck_months", "model_market.target",
)  # fmt: skip
_MARKETS: Final = ("market_comprehensive", "market_trade")


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the checklist, or a veto."""

    key: str
    words: str


class Checklist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a market shows, and what rules it out."""

    title: str
    source: str
    items: tuple[Item, ...]
    vetoes: tuple[Item, ...]


class Judged(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How a line was judged: passed (for a veto: it does not apply), and what shows it."""

    ok: bool
    shown: Annotated[str, Meta(max_length=300)] = ""


class CheckForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Every line of the checklist and every veto."""

    lines: dict[str, Judged]
    words: Annotated[str, Meta(max_length=common.MOST_WORDS)]


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What was said at a step."""

    kind: str
    words: str
    by: str
    at: datetime


class RecognitionView(msgspec.Struct, frozen=True, kw_only=True):
    """A market on its way."""

    id: UUID
    path: str
    market: str
    state: str
    state_words: str
    applied_at: datetime
    checks: dict[str, Any]
    public_until: datetime | None
    granted_at: datetime | None
    plaque: str
    recheck_due: date | None
    recheck_late: bool
    allowed: list[str]
    said: list[Word]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the target board: how many by when, and how many there are."""

    by: date
    wanted: int
    granted: int
    under_way: int
    met: bool


@cache
def checklist() -> Checklist:
    """Return the checklist."""
    text = resources.files("linggong.assessment.cards").joinpath("model_market.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=Checklist)


async def apply(uow: UnitOfWork, path: str, *, words: str) -> UUID:
    """Apply for a market. Raises NotFound outside the scope, Invalid with every fault, Conflict while another one is under way."""
    place = await tree.managed(uow, path)
    least = await _number(uow, place.path, OPEN_MONTHS)
    faults = common.written(words, "申报说明", least=10)
    if place.kind not in _MARKETS:
        faults.append(Fault("path", "只有零工市场可以申报，驿站和服务点不行。", "kind"))
    elif place.status != "open":
        faults.append(Fault("path", "市场还没有开办，不能申报。", "closed"))
    elif place.opened_on is None:
        faults.append(Fault("path", "这个市场的开办日期还没有登记，请先在数据后台的站点里补上。", "unknown"))
    elif months(place.opened_on, least) > clock.business_date(uow.now):
        faults.append(Fault("path", f"开办满 {least} 个月才能申报，这个市场 {place.opened_on} 才开办。", "young"))
    common.refuse(faults)
    row = Recognition(id=new_id(), tenant=place.path, state="", applied_at=uow.now, checks={})
    live = sa.select(Recognition.id).where(Recognition.tenant == place.path, Recognition.state.not_in(RECOGNITION.ends))
    if await uow.session.scalar(live) is not None:
        raise Conflict("这个市场已经申报或认定了，不用再申报。")
    row.state = _step(uow, NEW, "applied")
    uow.session.add(row)
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict("这个市场刚刚有人申报了，请刷新后再看。") from None
    await _say(uow, row, "applied", words, NEW)
    return row.id


async def check(uow: UnitOfWork, recognition_id: UUID, form: CheckForm) -> None:
    """Judge every line. Raises NotFound, Invalid with every fault, Conflict for a veto and for a line that is not met."""
    row = await _managed(uow, recognition_id)
    target = _step(uow, row.state, "checked")
    listed = checklist()
    keys = [one.key for one in (*listed.items, *listed.vetoes)]
    faults = common.written(form.words, "审核意见")
    faults += [Fault(f"lines.{key}", "清单没有这一项。", "unknown") for key in sorted(form.lines.keys() - set(keys))]
    faults += [Fault(f"lines.{key}", "还没有判断。", "required") for key in keys if key not in form.lines]
    for one in listed.items:
        if one.key in form.lines and form.lines[one.key].ok and len(form.lines[one.key].shown.strip()) < 2:
            faults.append(Fault(f"lines.{one.key}", "写明凭什么材料认为达到。", "evidence"))
    found = await hints(uow, row.tenant)
    said = form.lines.get("false_data")
    if found and said is not None and said.ok and len(said.shown.strip()) < 10:
        faults.append(
            Fault("lines.false_data", f"有 {len(found)} 条造假线索，写明逐条核实的结果（10 个字以上）。", "hints")
        )
    common.refuse(faults)
    stopped = [one.words for one in listed.vetoes if not form.lines[one.key].ok]
    if stopped:
        raise Conflict(f"有一票否决的情形：{'、'.join(stopped)}。不能认定，请按“不予认定”处理。")
    unmet = [one.words for one in listed.items if not form.lines[one.key].ok]
    if unmet:
        raise Conflict(f"还有 {len(unmet)} 项没有达到：{unmet[0]}。补齐以后再审，或者不予认定。")
    await require_other_hand(uow, "recognise", chain=_chain(row.id))
    row.checks = msgspec.to_builtins(form.lines) | {"hints": found}
    await _go(uow, row, "checked", target, form.words)


async def visit(uow: UnitOfWork, recognition_id: UUID, *, words: str) -> None:
    """Note the visit on the spot: who came, what was seen. Raises NotFound, Invalid, Conflict."""
    row = await _managed(uow, recognition_id)
    target = _step(uow, row.state, "visited")
    common.refuse(common.written(words, "现场核查的情况（谁去的、看了什么）", least=10))
    await require_other_hand(uow, "recognise", chain=_chain(row.id))
    await _go(uow, row, "visited", target, words)


async def publicize(uow: UnitOfWork, recognition_id: UUID, *, words: str) -> datetime:
    """Begin the publicity; returns its end. Raises NotFound, Invalid, Conflict."""
    row = await _managed(uow, recognition_id)
    target = _step(uow, row.state, "publicized")
    common.refuse(common.written(words, "在哪里公示"))
    days = await _number(uow, row.tenant, PUBLICITY)
    row.public_until = await holidays.working_deadline(uow, row.tenant, uow.now, days)
    await _go(uow, row, "publicized", target, words)
    return row.public_until


async def note(uow: UnitOfWork, recognition_id: UUID, *, words: str, answers: bool) -> None:
    """Note an objection that came in during the publicity, or the answer to it. Raises NotFound, Invalid, Conflict."""
    row = await _managed(uow, recognition_id)
    if row.state != "R_PUBLIC":
        raise Conflict("公示期里才能记异议和答复。")
    common.refuse(common.written(words, "答复" if answers else "异议的内容"))
    await _say(uow, row, "answer" if answers else "objection", words, row.state)


async def grant(uow: UnitOfWork, recognition_id: UUID, *, plaque: str) -> None:
    """Recognise the market and number its plaque. Raises NotFound, Invalid, Conflict: too early, unanswered, the visitor's own hand."""
    row = await _managed(uow, recognition_id)
    target = _step(uow, row.state, "granted")
    common.refuse([] if 2 <= len(plaque.strip()) <= 40 else [Fault("plaque", "写牌匾编号，2 到 40 个字。", "required")])
    if row.public_until is None or uow.now < row.public_until:
        raise Conflict("公示期还没有过，过了以后才能认定。")
    said = [one.kind for one in (await _said(uow, [row.id]))[row.id]]
    if said.count("objection") > said.count("answer"):
        raise Conflict("公示期里的异议还没有答复，答复以后才能认定。")
    await require_other_hand(uow, "recognise-grant", chain=_chain(row.id))
    row.granted_at, row.plaque = uow.now, plaque.strip()
    row.recheck_due = months(clock.business_date(uow.now), await _number(uow, row.tenant, RECHECK))
    await _go(uow, row, "granted", target, f"牌匾 {row.plaque}")


async def recheck(uow: UnitOfWork, recognition_id: UUID, *, words: str) -> None:
    """Note that a recognised market was looked at again and stays one. Raises NotFound, Invalid, Conflict."""
    row = await _managed(uow, recognition_id)
    target = _step(uow, row.state, "rechecked")
    common.refuse(common.written(words, "复核的情况", least=10))
    row.recheck_due = months(clock.business_date(uow.now), await _number(uow, row.tenant, RECHECK))
    await _go(uow, row, "rechecked", target, words)


async def end(uow: UnitOfWork, recognition_id: UUID, *, words: str) -> None:
    """Refuse an application, or take a recognition back. Raises NotFound, Invalid, Conflict."""
    row = await _managed(uow, recognition_id)
    event = "revoked" if row.state == "R_GRANTED" else "refused"
    target = _step(uow, row.state, event)
    common.refuse(common.written(words, "原因"))
    row.ended_at = uow.now
    await _go(uow, row, event, target, words)


async def hints(uow: UnitOfWork, path: str) -> list[str]:
    """Return what M21 says of a market's records of late, in words."""
    last = clock.business_date(uow.now) - timedelta(days=1)
    first = last - timedelta(days=suspicion.MOST_DAYS - 1)
    return [
        hint.words
        for one in await suspicion.suspects(uow, tenant_path(path), first=first, last=last)
        for hint in one.hints
    ]


async def recognitions(uow: UnitOfWork, recognition_id: UUID | None = None) -> list[RecognitionView]:
    """Return the recognitions of the scope, the latest first."""
    found = (
        sa.select(Recognition, Node.name)
        .join(Node, Node.path == Recognition.tenant)
        .where(uow.scope.clause(Recognition.tenant))
        .order_by(Recognition.applied_at.desc())
        .execution_options(populate_existing=True)
    )
    if recognition_id is not None:
        found = found.where(Recognition.id == recognition_id)
    rows = (await uow.execute(found)).all()
    said, by = await _said(uow, [row.id for row, _ in rows]), hand(uow.actor.kind, uow.actor.role)
    today = clock.business_date(uow.now)
    return [
        RecognitionView(
            id=row.id, path=row.tenant, market=name, state=row.state, state_words=RECOGNITION.labels[row.state],
            applied_at=row.applied_at, checks=row.checks, public_until=row.public_until, granted_at=row.granted_at, plaque=row.plaque,
            recheck_due=row.recheck_due, recheck_late=row.state == "R_GRANTED" and row.recheck_due is not None and row.recheck_due < today,
            allowed=RECOGNITION.allowed(row.state, by), said=said[row.id],
        )
        for row, name in rows
    ]  # fmt: skip


async def board(uow: UnitOfWork, path: str) -> list[Target]:
    """Return the city's targets with what there is (R001, R134); nothing where the place has set none."""
    resolved = (await tenants.resolved(uow, path, TARGET))[TARGET].value
    views = await recognitions(uow)
    granted = sum(1 for one in views if one.state == "R_GRANTED")
    under_way = sum(1 for one in views if one.state not in (*RECOGNITION.ends, "R_GRANTED"))
    lines = []
    for item in resolved if isinstance(resolved, tuple) else ():
        day, _, wanted = item.partition(":")
        lines.append(
            Target(by=date.fromisoformat(day), wanted=int(wanted), granted=granted, under_way=under_way, met=granted >= int(wanted))
        )  # fmt: skip
    return lines


async def _number(uow: UnitOfWork, path: str, key: str) -> int:
    return int(str((await tenants.parameters(uow, path, key))[key]))


async def _managed(uow: UnitOfWork, recognition_id: UUID) -> Recognition:
    found = await uow.session.scalar(
        sa.select(Recognition)
        .where(Recognition.id == recognition_id, uow.scope.clause(Recognition.tenant))
        .with_for_update(of=Recognition)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _step(uow: UnitOfWork, state: str, event: str) -> str:
    return RECOGNITION.step(state, event, hand(uow.actor.kind, uow.actor.role)).target


def _chain(recognition_id: UUID) -> str:
    return f"recognition:{recognition_id}"


async def _go(uow: UnitOfWork, row: Recognition, event: str, target: str, words: str) -> None:
    before, row.state = row.state, target
    await _say(uow, row, event, words, before)


async def _say(uow: UnitOfWork, row: Recognition, kind: str, words: str, before: str) -> None:
    uow.session.add(
        RecognitionWord(
            id=new_id(), recognition_id=row.id, tenant=row.tenant, kind=kind, words=words.strip(), said_by=common.actor(uow),
            said_name=await common.name(uow), said_at=uow.now,
        )
    )  # fmt: skip
    await uow.flush()
    made = RECOGNITION.find(before, kind)
    body = {} if made is None else {
        "machine": RECOGNITION.name, "subject": str(row.id), "from": before, "to": row.state, "event": kind,
        "transition": made.number,
    }  # fmt: skip
    await uow.emit(
        NewEvent(type=f"recognition.{kind}", chain=_chain(row.id), subject_id=row.id, tenant=row.tenant, body=body)
    )


async def _said(uow: UnitOfWork, ids: list[UUID]) -> Mapping[UUID, list[Word]]:
    rows = await uow.session.scalars(
        sa.select(RecognitionWord)
        .where(RecognitionWord.recognition_id.in_(ids))
        .order_by(RecognitionWord.said_at, RecognitionWord.id)
    )
    found: dict[UUID, list[Word]] = {one: [] for one in ids}
    for row in rows:
        found[row.recognition_id].append(Word(kind=row.kind, words=row.words, by=row.said_name, at=row.said_at))
    return found
