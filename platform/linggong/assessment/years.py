"""A year's assessment up to its freeze: begun on a version of a card, materials filed row by row, the evidence frozen (R122)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from linggong.assessment import beside, common, gather, keeping
from linggong.assessment.card import Card, Row
from linggong.assessment.evidence import MAX_COUNT
from linggong.assessment.models import Assessment, AssessmentMaterial
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.paths import ancestors, tenant_path
from linggong.offices.models import OperatorContract
from rbac.roles import hand
from tenants import holidays
from tenants import queries as tree
from tenants import service as tenants
from tenants.kinds import REGION_KINDS

REPORT_DAYS: Final = "assess.report_days"


class BeginForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which contract or which station, and the calendar year in which the assessed year begins."""

    contract_id: UUID | None = None
    station: Annotated[str, Meta(max_length=120)] = ""
    year: int
    options: dict[str, int] = {}


class MaterialForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A piece of evidence for a row: its name, what it shows, and what the row counts where a paper says it."""

    row: int
    name: Annotated[str, Meta(max_length=100)]
    words: Annotated[str, Meta(max_length=500)] = ""
    number: int | None = None


async def begin(uow: UnitOfWork, form: BeginForm) -> UUID:
    """Begin the assessment of a year. Raises Invalid, NotFound, Conflict: nothing in force that counts, begun already, not the bureau.

    The year of a contract runs twelve months from its first day and its anniversaries, that of a station from January.
    """
    common.step(uow, NEW, "begun")
    if (form.contract_id is None) == (not form.station):
        common.refuse([Fault("contract_id", "选一份运营合同，或者选一个站点，二选一。", "required")])
    if form.contract_id is not None:
        contract = await _contract(uow, form.contract_id)
        path, subject = await _top_of(uow, contract), "contract"
        first, last = period(contract.starts_on, contract.ends_on, form.year)
        if not contract.starts_on <= first <= contract.ends_on:
            common.refuse(
                [Fault("year", f"合同从 {contract.starts_on} 到 {contract.ends_on}，没有这一年度。", "range")]
            )
    else:
        path, subject = await _station(uow, form.station), "station"
        if not 2000 <= form.year <= 2100:
            common.refuse([Fault("year", "年度写四位数，例如 2026。", "range")])
        first, last = date(form.year, 1, 1), date(form.year, 12, 31)
    if first > clock.business_date(uow.now):
        common.refuse([Fault("year", f"这一年度 {first} 才开始，现在不能开始考核。", "future")])
    kept = await keeping.in_force(uow, path, subject, first)
    if kept is None:
        raise Conflict("这里还没有公布从这一年度起用的考核表，请先公布。")
    if not kept.counts:
        raise Conflict("这张考核表是系统建议，未经采纳，不能用来考核。请先采纳。")
    await common.not_an_operators(uow, path)
    common.refuse(list(_option_faults(kept.card, form.options)))
    row = Assessment(
        id=new_id(), tenant=path, contract_id=form.contract_id, year=form.year, first=first, last=last, card_id=kept.id, state="S_OPEN",
        options=form.options, begun_at=uow.now, begun_by=common.actor(uow),
    )  # fmt: skip
    same = sa.select(Assessment.id).where(Assessment.year == form.year)
    same = same.where(
        Assessment.contract_id == form.contract_id
        if form.contract_id is not None
        else sa.and_(Assessment.contract_id.is_(None), Assessment.tenant == path)
    )
    if await uow.session.scalar(same) is not None:
        raise Conflict("这一年度的考核已经开始了。")
    uow.session.add(row)
    try:
        await uow.flush()
    except IntegrityError:
        raise Conflict("这一年度的考核刚刚有人开始了，请刷新后再看。") from None
    await common.tell(uow, row, "begun", NEW, card=kept.card.id, version=kept.card.version)
    return row.id


def period(starts: date, ends: date, year: int) -> tuple[date, date]:
    """Return the first and last day of the service year of a contract that begins in a calendar year (ruling 18)."""
    first, following = _anniversary(starts, year), _anniversary(starts, year + 1)
    return first, min(ends, following - timedelta(days=1)) if first <= ends else following - timedelta(days=1)


def _anniversary(starts: date, year: int) -> date:
    if not 1900 <= year <= 2200:
        return date.max - timedelta(days=1)
    return date(year, starts.month, min(starts.day, monthrange(year, starts.month)[1]))


async def file_material(uow: UnitOfWork, assessment_id: UUID, form: MaterialForm) -> UUID:
    """File a piece of evidence for a row: the operator or the bureau. Raises NotFound, Invalid, Frozen after the freeze."""
    row = await common.managed(uow, assessment_id)
    if row.state != "S_OPEN":
        raise common.Frozen("证据已经封存，封存以后交来的材料不采用，已记在“封存后交来”里。")
    card = await common.card_of(uow, row)
    of = next((one for one in card.rows if one.n == form.row), None)
    common.refuse(_material_faults(of, form))
    made = AssessmentMaterial(
        id=new_id(), assessment_id=row.id, tenant=row.tenant, row_no=form.row, name=form.name.strip(), words=form.words.strip(),
        number=form.number, by_operator=hand(uow.actor.kind, uow.actor.role) != "B", filed_by=common.actor(uow),
        filed_name=await common.name(uow), filed_at=uow.now,
    )  # fmt: skip
    uow.session.add(made)
    await common.tell(uow, row, "filed", row.state, about=form.row, material=str(made.id))
    return made.id


async def note_refused(database: Database, uow: UnitOfWork, assessment_id: UUID, form: MaterialForm) -> None:
    """List evidence that came after the freeze, in a transaction of its own: the refusal undoes the other one."""
    await uow.rollback()
    async with database.begin(uow.actor, uow.scope) as own:
        row = await common.managed(own, assessment_id)
        await common.say(
            own,
            row,
            "refused",
            f"第 {form.row} 行：{form.name.strip()[:100]}",
            {"row": form.row, "number": form.number},
        )


async def freeze(uow: UnitOfWork, assessment_id: UUID) -> str:
    """Freeze the evidence of a year that is over; returns its hash. Raises NotFound, Conflict before its end and a second time."""
    row = await common.managed(uow, assessment_id)
    target = common.step(uow, row.state, "frozen")
    today = clock.business_date(uow.now)
    if row.last >= today:
        raise Conflict(f"考核期到 {row.last} 才结束，结束以后才能封存证据。")
    await common.not_an_operators(uow, row.tenant)
    row.frozen = await snapshot(uow, row)
    row.frozen_hash = common.digest(row.frozen)
    row.frozen_at, row.frozen_by = uow.now, common.actor(uow)
    days = (await tenants.parameters(uow, row.tenant, REPORT_DAYS))[REPORT_DAYS]
    row.report_until = await holidays.working_deadline(uow, row.tenant, uow.now, int(str(days)))
    before, row.state = row.state, target
    await common.tell(uow, row, "frozen", before, hash=row.frozen_hash)
    return row.frozen_hash


async def snapshot(uow: UnitOfWork, row: Assessment) -> dict[str, Any]:
    """Return the evidence of a year as it stands: what the records say row by row, and what was filed."""
    card = await common.card_of(uow, row)
    paths = await common.places(uow, row)
    filed = await common.materials(uow, row.id)
    ask = gather.Ask(uow, [tenant_path(path) for path in paths], row.first, row.last, deep=True)
    found = await gather.entries(ask, card, common.numbers(filed))
    return {
        "card": card.id, "version": card.version, "first": row.first.isoformat(), "last": row.last.isoformat(), "places": paths,
        "rows": {n: _clean(msgspec.to_builtins(entry)) for n, entry in found.items()},
        "beside": {str(one.n): told for one in card.rows if (told := await beside.facts(ask, one))},
        "records": {str(one.n): await gather.figures(ask, one) for one in card.rows},
        "materials": [
            {
                "id": str(one.id), "row": one.row_no, "name": one.name, "words": one.words, "number": one.number,
                "by": one.filed_name, "operator": one.by_operator, "at": one.filed_at.isoformat(),
            }
            for one in filed
        ],
    }  # fmt: skip


async def drift(uow: UnitOfWork, row: Assessment) -> list[str]:
    """Return what the records say otherwise since the freeze: listed, and never taken into the score."""
    if row.frozen is None:
        return []
    now = await snapshot(uow, row)
    said = []
    for key, was in row.frozen["records"].items():
        for name, value in was.items():
            other = now["records"].get(key, {}).get(name, 0)
            if other != value:
                said.append(f"第 {key} 行 {beside.WORDS.get(name, name)}：封存时 {value}，现在 {other}")
    return said


def _clean(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value not in (None, "", [], ())}


def _material_faults(row: Row | None, form: MaterialForm) -> list[Fault]:
    if row is None:
        return [Fault("row", "打分表没有这一行。", "unknown")]
    faults = []
    if not 2 <= len(form.name.strip()) <= 100:
        faults.append(Fault("name", "写材料的名称，2 到 100 个字。", "required"))
    if len(form.words) > 500:
        faults.append(Fault("words", "说明最多 500 个字。", "length"))
    counted = gather.takes_numbers(row)
    if form.number is not None and not counted:
        faults.append(Fault("number", "这一行不按材料里的数算，不用写数。", "unknown"))
    elif form.number is not None and not 0 <= form.number <= MAX_COUNT:
        faults.append(Fault("number", f"数要在 0 到 {MAX_COUNT} 之间。", "range"))
    elif form.number is None and counted and row.source != "truth":
        faults.append(Fault("number", f"写材料里的数（{row.unit}）。", "required"))
    return faults


def _option_faults(card: Card, options: dict[str, int]) -> list[Fault]:
    known = {option.key: option.values for option in card.options}
    return [
        Fault(f"options.{key}", "打分表没有这个选项，或者不能这样选。", "choice")
        for key, value in options.items()
        if value not in known.get(key, ())
    ]


async def _contract(uow: UnitOfWork, contract_id: UUID) -> OperatorContract:
    found = await uow.session.scalar(
        sa.select(OperatorContract).where(OperatorContract.id == contract_id, uow.scope.clause(OperatorContract.tenant))
    )
    if found is None:
        raise NotFound
    return found


async def _top_of(uow: UnitOfWork, contract: OperatorContract) -> str:
    """Return the lowest place around all that a contract covers: its operator's people see the sheet there, the bureau from above."""
    paths = await common.covered(uow, contract.id) or [contract.tenant]
    shared = [list(ancestors(tenant_path(path))) for path in paths]
    return next(path for path in reversed(shared[0]) if all(path in one for one in shared))


async def _station(uow: UnitOfWork, path: str) -> str:
    place = await tree.managed(uow, path)
    if place.kind in {kind.value for kind in REGION_KINDS}:
        common.refuse([Fault("station", "请选一个站点，不是县（区）或街道。", "kind")])
    return place.path
