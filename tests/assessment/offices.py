"""A county with its bureau, a second hand there, an operator with a contract; for assessments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from officers import Officer, contract, hire
from small_city import COUNTY, START, STATION, City

from linggong.assessment import keeping, review, years
from linggong.assessment.keeping import PublishForm
from linggong.assessment.review import Given, ReportForm, ReviewForm
from linggong.assessment.years import BeginForm, MaterialForm
from linggong.cases.injury_models import Incident
from linggong.cases.models import Case
from linggong.inbox import service as inbox
from linggong.kernel.db import SYSTEM, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.measures.models import MetricFact
from linggong.measures.shape import VERSION
from rbac.permissions import Permission as P
from rbac.roles import Role
from tenants.models import Node

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
JUDGED = (2, 3, 4, 5, 6, 7, 8, 11)
FULL = {2: 5, 3: 7, 4: 6, 5: 7, 6: 6, 7: 6, 8: 5, 11: 2}


@dataclass(frozen=True)
class Offices:
    """Who sits where, and the contract."""

    bureau: Officer
    colleague: Officer
    operator: Officer
    contract_id: UUID
    card_id: UUID


async def found(city: City, *, preset: str = "jianning") -> Offices:
    """Hire them, sign the contract, publish the card as the place's own."""
    inbox.register()
    bureau = await hire(city.database, "xian", Role.COUNTY_BUREAU, COUNTY, name="罗志华")
    colleague = await hire(city.database, "xian2", Role.COUNTY_BUREAU, COUNTY, name="周敏")
    contract_id = await contract(bureau, [COUNTY])
    operator = await hire(city.database, "yunying", Role.COUNTY_OPERATOR, COUNTY, name="侯建军")
    card_id = await publish(city, bureau, preset)
    return Offices(bureau, colleague, operator, contract_id, card_id)


async def publish(city: City, bureau: Officer, preset: str, *, own: bool = True, first: date = FIRST) -> UUID:
    """Publish a preset's card; `own`: the place was loaded from that preset."""
    if own:
        async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
            await uow.execute(sa.update(Node).where(Node.path == COUNTY).values(extra={"preset": preset}))
    async with bureau.may(P.SCORECARD_ASSESS) as uow:
        return await keeping.publish(uow, PublishForm(preset=preset, path=COUNTY, first=first))


async def begin(offices: Offices, year: int = 2026) -> UUID:
    """Begin the contract's year."""
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        return await years.begin(uow, BeginForm(contract_id=offices.contract_id, year=year))


async def file(who: Officer, assessment_id: UUID, row: int, name: str, number: int | None = None) -> None:
    """File a piece of evidence."""
    async with who.may(P.SCORECARD_FILE) as uow:
        await years.file_material(uow, assessment_id, MaterialForm(row=row, name=name, number=number))


async def keep(uow: UnitOfWork, tenant: str, day: date, **sums: int) -> None:
    """Write daily facts."""
    rows = [
        {"tenant": tenant, "day": day, "component": name.replace("__", "."), "trade_code": "", "grp": "", "key": "", "value": n, "version": VERSION}
        for name, n in sums.items()
    ]  # fmt: skip
    await uow.execute(sa.insert(MetricFact), rows)


def incident(at: datetime, status: str, kind: str = "fight", tenant: str = STATION) -> Incident:
    """An incident."""
    return Incident(
        id=new_id(), tenant=tenant, kind=kind, status=status, happened_at=at, words="打起来了", reported_at=at,
        decided_at=None if status == "reported" else at, findings="",
    )  # fmt: skip


def case(n: int, *, tenant: str = STATION, at: datetime = START, **more: Any) -> Case:
    """A case that a worker brought."""
    values: dict[str, Any] = {
        "id": new_id(), "receipt": f"JF{tenant[6:8]}{n:04d}", "digits": "1234", "tenant": tenant, "kind": "wage", "channel": "desk", "state": "D_OPEN",
        "claimant": "worker", "against": "employer", "claim": "工钱没给", "created_at": at, "ack_due_at": at + timedelta(hours=2),
        "first_due_at": at + timedelta(days=1), "close_due_at": at + timedelta(days=5),
    }  # fmt: skip
    return Case(**(values | more))


async def busy_year(city: City) -> None:
    """Write a year's records: 700 posts, 300 finished shifts, good ratings, no trouble."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        year = {"published": 702, "posts": 700, "agreed": 320, "confirmed": 320, "contracted": 310, "completed": 299, "bills__confirmed": 290, "cases": 1}  # fmt: skip
        await keep(uow, STATION, FIRST, **year, satisfied__worker=95, rated__worker=100)
        await keep(uow, STATION, date(2026, 3, 1), completed=1, satisfied__employer=95, rated__employer=100)
        uow.session.add(case(1))


def rows(points: dict[int, float] | None = None) -> list[Given]:
    """What a reviewer gives, in full where nothing else is said."""
    return [Given(row=n, points=p, evidence=["现场检查记录 2026-12"]) for n, p in (FULL | (points or {})).items()]


async def report(who: Officer, assessment_id: UUID, **claims: float) -> None:
    """The operator's own report."""
    async with who.may(P.SCORECARD_FILE) as uow:
        form = ReportForm(words="这一年站点天天开门，信息都登记了。", claims={k[1:]: v for k, v in claims.items()})
        await review.report(uow, assessment_id, form)


async def reviewed(who: Officer, assessment_id: UUID, given: Sequence[Given] | None = None) -> None:
    """A review."""
    async with who.may(P.SCORECARD_ASSESS) as uow:
        form = ReviewForm(rows=list(given if given is not None else rows()), words="按材料和现场检查评的。")
        await review.review(uow, assessment_id, form)


async def freeze(who: Officer, assessment_id: UUID) -> str:
    """Freeze the evidence."""
    async with who.may(P.SCORECARD_ASSESS) as uow:
        return await years.freeze(uow, assessment_id)


async def finish(who: Officer, assessment_id: UUID) -> None:
    """Make it final."""
    async with who.may(P.SCORECARD_ASSESS) as uow:
        await review.finish(uow, assessment_id, words="同意评审结果。")
