"""Guidance of employers (用工指导): what was shown to them, a warning in writing, whether it was put right (R119).

Stations and operators guide; only the bureau warns. A warning costs credit points, to which the employer may object like to any.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id, short_code
from linggong.letters import service as letters
from linggong.letters.service import LetterForm
from linggong.outreach import records
from linggong.outreach.codes import GUIDANCE_TOPICS
from linggong.outreach.more_models import EmployerGuidance
from linggong.outreach.visits import called
from linggong.people import notices
from linggong.people.employers import employer_served
from linggong.people.models import Employer

_KIND: Final = "guidance"


class GuidanceForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What an employer is shown or warned of."""

    employer_id: UUID
    topics: Annotated[list[Annotated[str, Meta(max_length=20)]], Meta(max_length=10)]
    words: str
    happened_at: datetime
    fix_by: date | None = None


class GuidanceView(msgspec.Struct, frozen=True, kw_only=True):
    """A guidance or warning as staff read it."""

    id: UUID
    trace_code: str
    employer_id: UUID
    employer: str
    kind: str
    topics: list[str]
    words: str
    fix_by: date | None
    state: str
    happened_at: datetime
    written_at: datetime
    checked_words: str
    letter_id: UUID | None
    overdue: bool


async def guide(uow: UnitOfWork, form: GuidanceForm) -> EmployerGuidance:
    """Write down that an employer was shown what to do better. Raises Invalid with every fault, NotFound for a foreign one."""
    return await _record(uow, form, "guidance")


async def warn(uow: UnitOfWork, form: GuidanceForm) -> EmployerGuidance:
    """Warn an employer by a sealed letter with what he has to put right by when; his credit takes the points of a warning.

    Raises Invalid with every fault, a missing date among them, Forbidden for whoever is no bureau, NotFound.
    """
    row = await _record(uow, form, "warning")
    said = "、".join(GUIDANCE_TOPICS[topic] for topic in row.topics)
    until = f"{row.fix_by.year}年{row.fix_by.month}月{row.fix_by.day}日" if row.fix_by is not None else ""
    letter = await letters.issue(
        uow,
        LetterForm(
            kind="warning", recipient="employer", to=row.employer_id, about="guidance", about_id=row.id,
            fields={"matter": f"{said}：{row.words}", "demand": f"请于{until}前改正，并把改正情况告诉为你单位服务的驿站。"},
        ),
    )  # fmt: skip
    row.letter_id = letter.id
    await uow.flush()
    return row


async def _record(uow: UnitOfWork, form: GuidanceForm, kind: str) -> EmployerGuidance:
    at, faults = records.here(uow), list[Fault]()
    topics = list(dict.fromkeys(form.topics))
    if not topics:
        faults.append(Fault("topics", "请选是哪方面的问题。", "required"))
    elif any(topic not in GUIDANCE_TOPICS for topic in topics):
        faults.append(Fault("topics", "没有这个方面，请重新选。", "unknown"))
    words = records.long(faults, "words", form.words, "情况和要求", most=400)
    records.past(faults, uow.now, form.happened_at, "指导")
    if form.fix_by is None and kind == "warning":
        faults.append(Fault("fix_by", "警示要写明哪天以前改好。", "required"))
    elif form.fix_by is not None and form.fix_by < clock.business_date(uow.now):
        faults.append(Fault("fix_by", "改正的期限已经过了，请往后写。", "range"))
    if faults:
        raise Invalid(faults)
    await employer_served(uow, form.employer_id)
    row = EmployerGuidance(
        id=new_id(), tenant=at, trace_code=short_code(), employer_id=form.employer_id, kind=kind, topics=topics, words=words,
        fix_by=form.fix_by, state="open", happened_at=min(form.happened_at, uow.now), written_at=uow.now,
        done_by=records.who(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    said = "、".join(GUIDANCE_TOPICS[topic] for topic in topics)
    until = f"，{form.fix_by.month}月{form.fix_by.day}日前改好" if form.fix_by is not None else ""
    head = "人社局警示" if kind == "warning" else "用工指导"
    text = f"{head}：{said[:50]}{until}。详情请问为您服务的驿站或县人社局，编号{row.trace_code}。"
    await notices.notify(
        uow, to="employer", kind=_KIND, text=text, subject_id=row.id, tenant=at, employer_id=row.employer_id
    )
    await records.tell(
        uow, row, f"guidance.{'warned' if kind == 'warning' else 'recorded'}", at=row.happened_at, topics=topics
    )
    return row


async def check(uow: UnitOfWork, guidance_id: UUID, *, fixed: bool, words: str) -> EmployerGuidance:
    """Note whether it was put right. Raises Invalid without a word, Conflict for one that was checked already, NotFound."""
    row = await uow.session.get(EmployerGuidance, guidance_id, with_for_update=True)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    faults: list[Fault] = []
    said = records.long(faults, "words", words, "看到了什么")
    if faults:
        raise Invalid(faults)
    if row.state != "open":
        raise Conflict("这一条已经核过了。")
    row.state, row.checked_at, row.checked_by, row.checked_words = "fixed" if fixed else "unfixed", uow.now, records.who(uow), said  # fmt: skip
    await uow.flush()
    await records.tell(uow, row, "guidance.checked", fixed=fixed)
    return row


async def recent(uow: UnitOfWork, *, limit: int = 60) -> list[GuidanceView]:
    """Return guidance and warnings of the scope, what is still open first."""
    rows = await uow.execute(
        sa.select(EmployerGuidance, Employer.name, Employer.kind)
        .outerjoin(Employer, Employer.id == EmployerGuidance.employer_id)
        .where(uow.scope.clause(EmployerGuidance.tenant))
        .order_by(EmployerGuidance.state != "open", EmployerGuidance.happened_at.desc(), EmployerGuidance.id.desc())
        .limit(limit)
    )
    today = clock.business_date(uow.now)
    return [
        GuidanceView(
            id=row.id, trace_code=row.trace_code, employer_id=row.employer_id, employer=called("", name, kind), kind=row.kind,
            topics=[GUIDANCE_TOPICS[topic] for topic in row.topics if topic in GUIDANCE_TOPICS], words=row.words,
            fix_by=row.fix_by, state=row.state, happened_at=row.happened_at, written_at=row.written_at,
            checked_words=row.checked_words, letter_id=row.letter_id,
            overdue=row.state == "open" and row.fix_by is not None and row.fix_by < today,
        )
        for row, name, kind in rows
    ]  # fmt: skip
