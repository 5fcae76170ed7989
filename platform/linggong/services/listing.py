"""What other floors read of services: counts of a period, and rows with trace code, when it happened and when it was entered.

Ledgers (R086, R093), inspections and score rows use these and no table of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases.models import Case
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import in_subtree, tenant_path
from linggong.people.identity_numbers import veil_name
from linggong.services import catalogue, codes
from linggong.services.hall_models import StationRating, ThingUse
from linggong.services.help_models import HelpCase, HelpNote
from linggong.services.learn_models import Course, Enrolment
from linggong.services.models import ServiceEntry

Kind = Literal[
    "consultation",
    "startup_consultation",
    "startup_success",
    "hardship_help",
    "training",
    "guidance",
    "service",
]
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consultation": "咨询", "startup_consultation": "创业咨询", "startup_success": "成功创业并享受补贴",
        "hardship_help": "困难援助", "training": "技能培训", "guidance": "职业指导", "service": "服务事项",
    }
)  # fmt: skip
CONSULTATION: Final = "zixun"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a ledger; names are veiled. `subject_id` is the row itself, for its photos and its page."""

    kind: str
    trace_code: str
    tenant: str
    subject_id: UUID
    happened_at: datetime
    created_at: datetime
    who: str
    topic: str
    outcome: str
    place: str = ""
    people: int = 1
    amount_fen: int | None = None
    paper: str = ""
    by_id: UUID | None = None


async def counts(uow: UnitOfWork, tenant: str, first: date, last: date) -> dict[str, int]:
    """Return how much of each kind a place and those below it had from `first` to `last`, both included.

    Keys: `item.<code>` for each item of the catalogue (with the cases that were opened elsewhere), `taken`, `done`,
    `in_time`, `told_twice`, each ledger's kind of `KINDS`, `trainees` (people, once each), `certificates`, `tool_loans`,
    `deposits`, `bookings`, `ratings`.
    """
    top = tenant_path(tenant)
    found: dict[str, int] = {f"item.{item.code}": 0 for item in (await catalogue.at(uow, top)).items}
    rows = await uow.execute(
        sa.select(ServiceEntry.code, sa.func.count()).where(*_of(uow, ServiceEntry, ServiceEntry.happened_at, top, first, last)).group_by(ServiceEntry.code)
    )  # fmt: skip
    for code, n in rows:
        found[f"item.{code}"] = n
    found["taken"] = sum(found.values())
    for code, n in (await _cases(uow, top, first, last)).items():
        found[code] = found.get(code, 0) + n
    ended = (*_of(uow, ServiceEntry, ServiceEntry.ended_on_at, top, first, last), ServiceEntry.state == "done")
    found["done"] = await _count(uow, ServiceEntry, *ended)
    found["in_time"] = found["done"] - await _count(uow, ServiceEntry, *ended, ServiceEntry.breaches.contains(["late"]))
    found["told_twice"] = await _count(uow, ServiceEntry, *ended, ServiceEntry.breaches.contains(["told_twice"]))
    for kind in KINDS:
        model, at, *where = _ledger(kind)
        found[kind] = await _count(uow, model, *_of(uow, model, at, top, first, last), *where)
    of_training = _of(uow, Enrolment, Enrolment.created_at, top, first, last)
    found["trainees"] = int(
        await uow.session.scalar(
            sa.select(sa.func.count(sa.distinct(Enrolment.worker_id))).where(*of_training, Enrolment.state != "left")
        )
        or 0
    )
    found["certificates"] = await _count(uow, Enrolment, *of_training, Enrolment.certificate != "")
    of_use = _of(uow, ThingUse, ThingUse.from_at, top, first, last)
    for name, kind in (("tool_loans", "tool"), ("deposits", "locker"), ("bookings", "room")):
        found[name] = await _count(uow, ThingUse, *of_use, ThingUse.kind == kind)
    found["ratings"] = await _count(uow, StationRating, *_of(uow, StationRating, StationRating.at, top, first, last))
    return found


async def rows(uow: UnitOfWork, kind: Kind, tenant: str, first: date, last: date, *, limit: int = 5000) -> list[Entry]:
    """Return the rows of a ledger at a place and below that happened from `first` to `last`, the oldest first."""
    model, at, *where = _ledger(kind)
    wanted = (*_of(uow, model, at, tenant_path(tenant), first, last), *where)
    order = (at, model.id)
    if kind in ("consultation", "service"):
        return [
            _entry(kind, r)
            for r in await uow.session.scalars(sa.select(model).where(*wanted).order_by(*order).limit(limit))
        ]
    if kind == "training":
        found = sa.select(Enrolment, Course).join(Course, Course.id == Enrolment.course_id)
        return [_training(*r) for r in (await uow.execute(found.where(*wanted).order_by(*order).limit(limit)))]
    of_help = sa.select(HelpNote, HelpCase).join(HelpCase, HelpCase.id == HelpNote.help_id)
    found_help = await uow.execute(of_help.where(*wanted).order_by(*order).limit(limit))
    return [_help(kind, note, of) for note, of in found_help]


def _ledger(kind: str) -> tuple[Any, ...]:
    """Return of a ledger: its table, when its rows happened, and which rows are its own."""

    def helped(what: str) -> sa.ColumnElement[bool]:
        return HelpNote.help_id.in_(sa.select(HelpCase.id).where(HelpCase.kind == what))

    return {
        "consultation": (ServiceEntry, ServiceEntry.happened_at, ServiceEntry.code == CONSULTATION),
        "service": (ServiceEntry, ServiceEntry.happened_at),
        "startup_consultation": (HelpNote, HelpNote.happened_at, HelpNote.stage == "consult"),
        "startup_success": (HelpNote, HelpNote.happened_at, HelpNote.stage == "subsidy"),
        "hardship_help": (HelpNote, HelpNote.happened_at, helped("hardship")),
        "guidance": (HelpNote, HelpNote.happened_at, helped("guidance")),
        "training": (Enrolment, Enrolment.created_at),
    }[kind]  # fmt: skip


def _of(uow: UnitOfWork, model: Any, at: Any, top: str, first: date, last: date) -> tuple[sa.ColumnElement[bool], ...]:
    begins, ends = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    return in_subtree(model.tenant, tenant_path(top)), uow.scope.clause(model.tenant), at >= begins, at < ends


async def _count(uow: UnitOfWork, model: Any, *where: sa.ColumnElement[bool]) -> int:
    return int(await uow.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0)


async def _cases(uow: UnitOfWork, top: str, first: date, last: date) -> dict[str, int]:
    """Count cases that were opened elsewhere than at the counter of services, each under its kind's first item."""
    linked = sa.select(ServiceEntry.case_id).where(ServiceEntry.case_id.is_not(None))
    rows = await uow.execute(
        sa.select(Case.kind, sa.func.count())
        .where(*_of(uow, Case, Case.created_at, top, first, last), Case.id.not_in(linked))
        .group_by(Case.kind)
    )
    of_kind = {row.kind: row[1] for row in rows}
    seen: set[str] = set()
    found = {}
    for item in catalogue.given().values():
        if item.case:
            found[f"item.{item.code}"] = 0 if item.case in seen else of_kind.get(item.case, 0)
            seen.add(item.case)
    return found


def _entry(kind: str, r: ServiceEntry) -> Entry:
    return Entry(
        kind=kind, trace_code=r.trace_code, tenant=r.tenant, subject_id=r.id, happened_at=r.happened_at,
        created_at=r.created_at, who=veil_name(r.name), topic=f"{r.item_name}：{r.words}" if r.words else r.item_name,
        outcome=r.outcome, by_id=r.owner_id,
    )  # fmt: skip


def _training(r: Enrolment, of: Course) -> Entry:
    outcome = codes.ENROLMENT_STATES[r.state] + (f"，证书 {r.certificate}" if r.certificate else "")
    return Entry(
        kind="training", trace_code=r.trace_code, tenant=r.tenant, subject_id=r.id, happened_at=r.created_at,
        created_at=r.created_at, who=veil_name(r.name), topic=of.title, outcome=outcome, place=of.place,
        amount_fen=r.training_fen, paper=r.certificate, by_id=r.created_by,
    )  # fmt: skip


def _help(kind: str, note: HelpNote, of: HelpCase) -> Entry:
    return Entry(
        kind=kind, trace_code=of.trace_code, tenant=note.tenant, subject_id=of.id, happened_at=note.happened_at,
        created_at=note.created_at, who=veil_name(of.name), topic=of.topic, outcome=note.words,
        amount_fen=note.amount_fen, paper=note.paper, by_id=note.by_id,
    )  # fmt: skip
