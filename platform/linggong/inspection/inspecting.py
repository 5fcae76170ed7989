"""Filling in a checklist on the spot: a result an item, with photos that say when; what did not pass becomes a finding (R120)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.inspection import common, rectifying
from linggong.inspection.checklists import Item, items_of
from linggong.inspection.models import InspectionResult, InspectionTask
from linggong.kernel import clock, timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from tenants import evidence
from tenants.evidence import Photo
from tenants.service import parameters

PHOTOS: Final = "inspection"
EXPIRING: Final = "inspection.expiring"
REGION: Final = "inspection"
MOST_WORDS: Final = 500
MOST_PHOTOS: Final = 4
_YEARS: Final = timedelta(days=3660)


class Answer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What one item came to. A failed one needs words; a dated one the day until which it holds."""

    item: Annotated[str, Meta(max_length=40)]
    passed: bool
    words: Annotated[str, Meta(max_length=MOST_WORDS)] = ""
    expires_on: date | None = None


async def record(
    uow: UnitOfWork,
    task_id: UUID,
    answers: Sequence[Answer],
    photos: Mapping[str, Sequence[Photo]],
    *,
    due_on: date | None = None,
) -> InspectionTask:
    """Write down results of a task, each item once; with the last one the task is done and every fault becomes a finding.

    `due_on` is until when the faults are to be put right (default: inspection.rectify). Raises NotFound, Forbidden for whoever was
    not drawn and for the place's own staff, Conflict for a task that is over, Invalid with every fault.
    """
    row = await _mine(uow, task_id)
    items = {one.key: one for one in items_of(row.items)}
    known = set(await uow.session.scalars(sa.select(InspectionResult.item).where(InspectionResult.task_id == row.id)))
    today = clock.business_date(uow.now)
    faults: list[Fault] = [] if answers else [Fault("", "还没有填任何一项。", "required")]
    for answer in answers:
        _answer(answer, items.get(answer.item), photos.get(answer.item, ()), known, uow, faults)
        known.add(answer.item)
    last_day = due_on or today + await rectify_days(uow, row.tenant, "inspection.rectify")
    if last_day <= today:
        faults.append(Fault("due_on", "整改期限要在今天以后。", "past"))
    if faults:
        raise Invalid(faults)
    made = [await _result(uow, row, items[a.item], a, photos.get(a.item, ())) for a in answers]
    await uow.flush()
    if known >= set(items):
        await _done(uow, row, last_day)
    else:
        node = await common.node_at(uow, row.tenant)
        await common.tell(uow, "inspection.recorded", node, row.id, items=[r.item for r in made])
    return row


async def rectify_days(uow: UnitOfWork, path: str, key: str) -> timedelta:
    """Return how long a place has to put something right: a parameter, as days."""
    found = (await parameters(uow, path, key))[key]
    if not isinstance(found, timedelta):
        raise TypeError(f"{key} is not a duration")
    return found


async def expiring(uow: UnitOfWork, timer: timers.Timer) -> None:
    """Something that was dated soon expires: told, unless a later inspection found another date (R035)."""
    row = await uow.session.get(InspectionResult, timer.subject_id)
    if row is None or row.expires_on is None:
        return
    later = await uow.session.scalar(
        sa.select(
            sa.exists().where(
                InspectionResult.tenant == row.tenant, InspectionResult.item == row.item,
                InspectionResult.made_at > row.made_at,
            )
        )
    )  # fmt: skip
    if not later:
        node = await common.node_at(uow, row.tenant)
        await common.tell(uow, EXPIRING, node, row.id, title=row.title, expires_on=row.expires_on)


async def _mine(uow: UnitOfWork, task_id: UUID) -> InspectionTask:
    row = await uow.session.scalar(
        sa.select(InspectionTask)
        .where(InspectionTask.id == task_id, uow.scope.clause(InspectionTask.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    if row.state != "open":
        raise Conflict("这次检查已经结束了。")
    if await common.belongs(uow, uow.actor.id, row.tenant):
        raise Forbidden("本站的人和本站的运营方不能检查本站。")
    if str(uow.actor.id) not in {str(one.get("id")) for one in row.inspectors if isinstance(one, dict)}:
        raise Forbidden("这次检查抽到的不是您，请由抽到的检查人员填。")
    return row


def _answer(
    answer: Answer, item: Item | None, photos: Sequence[Photo], known: set[str], uow: UnitOfWork, faults: list[Fault]
) -> None:
    key, today = answer.item, clock.business_date(uow.now)
    if item is None:
        faults.append(Fault(key, f"检查表里没有“{key[:40]}”这一项。", "unknown"))
        return
    if key in known:
        faults.append(Fault(key, f"“{item.title}”已经填过，填了就不改。", "twice"))
    if not answer.passed and len(answer.words.strip()) < 4:
        faults.append(Fault(f"{key}_words", f"“{item.title}”不合格，请写哪里不合格。", "required"))
    if item.photo and not photos:
        faults.append(Fault(f"{key}_photo", f"“{item.title}”要拍照。", "required"))
    if len(photos) > MOST_PHOTOS:
        faults.append(Fault(f"{key}_photo", f"“{item.title}”最多 {MOST_PHOTOS} 张照片。", "many"))
    for photo in photos:
        evidence.check(photo, faults, now=uow.now, field=f"{key}_photo")
    if item.dated and answer.passed and answer.expires_on is None:
        faults.append(Fault(f"{key}_expires_on", f"“{item.title}”请写有效期到哪天。", "required"))
    if answer.expires_on is not None and (
        (answer.passed and answer.expires_on <= today) or answer.expires_on > today + _YEARS
    ):
        faults.append(Fault(f"{key}_expires_on", f"“{item.title}”的有效期不对，过期了就是不合格。", "range"))


async def _result(
    uow: UnitOfWork, task: InspectionTask, item: Item, answer: Answer, photos: Sequence[Photo]
) -> InspectionResult:
    row = InspectionResult(
        id=new_id(), task_id=task.id, tenant=task.tenant, item=item.key, requirement=item.requirement, row=item.row,
        title=item.title, passed=answer.passed, words=answer.words.strip(), expires_on=answer.expires_on, made_at=uow.now,
        made_by=None if uow.actor.id == NOBODY else uow.actor.id, made_name=await common.name(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    for photo in photos:
        await evidence.keep(uow, tenant_path(task.tenant), PHOTOS, row.id, photo)
    if row.expires_on is not None and row.passed:
        warn = await rectify_days(uow, task.tenant, "inspection.expiry_warn")
        at = clock.day_bounds(row.expires_on)[0] - warn
        await timers.set_timer(
            uow, subject_id=row.id, region=REGION, key=EXPIRING, due_at=max(at, uow.now), tenant=row.tenant
        )
    return row


async def _done(uow: UnitOfWork, task: InspectionTask, due_on: date) -> None:
    task.state, task.done_at = "done", uow.now
    node = await common.node_at(uow, task.tenant)
    rows = list(
        await uow.session.scalars(
            sa.select(InspectionResult).where(InspectionResult.task_id == task.id).order_by(InspectionResult.made_at)
        )
    )
    items = {one.key: one for one in items_of(task.items)}
    failed = [row for row in rows if not row.passed]
    for row in failed:
        await rectifying.find(
            uow, node, requirement=row.requirement, title=row.title, words=row.words, serious=items[row.item].serious,
            due_on=due_on, result_id=row.id,
        )  # fmt: skip
    await uow.flush()
    told = {"passed": len(rows) - len(failed), "failed": [f"{r.title}：{r.words}" for r in failed], "due_on": due_on}
    await common.tell(uow, "inspection.done", node, task.id, **told)
