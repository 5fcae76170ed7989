"""What follows the freeze: the operator's own report, the bureau's review, the appeal, the decision, the final grade (R017, R122).

Each step is another hand's where it must be: the operator reports and appeals and never scores; who reviewed does not make it final.
Computed rows are scored on the frozen evidence alone; nobody types their points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from linggong.assessment import common, consequences, queries
from linggong.assessment.card import Card, Row
from linggong.assessment.evidence import Entry, Evidence
from linggong.assessment.models import Assessment
from linggong.assessment.scorecard import Score, score
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.offices.duties import require_other_hand
from rbac.roles import hand
from tenants import holidays
from tenants import service as tenants

APPEAL_DAYS: Final = "assess.appeal_days"
_GIVEN: Final = ("given", "words")


class Given(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a reviewer gives a row that a person judges: points, or a verdict in words; and the evidence by name."""

    row: int
    points: float | None = None
    words: Annotated[str, Meta(max_length=500)] = ""
    evidence: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=20)] = []


class ReportForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The operator's report on itself: what it did, and the points that it thinks it has by row."""

    words: Annotated[str, Meta(max_length=common.MOST_WORDS)]
    claims: dict[str, float] = {}


class ReviewForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The bureau's review: every row that a person judges, and in words what it comes to."""

    rows: list[Given]
    words: Annotated[str, Meta(max_length=common.MOST_WORDS)]
    grade: str = ""
    """The verdict for the whole, where the card evaluates in words."""


async def report(uow: UnitOfWork, assessment_id: UUID, form: ReportForm) -> None:
    """Report on one's own year, or enter as the bureau what came on paper: the operator's accounts end with its contract.

    Raises NotFound, Conflict, Invalid with every fault: no words, points above the row, unknown rows.
    """
    row = await common.managed(uow, assessment_id)
    target = common.step(uow, row.state, "reported")
    card = await common.card_of(uow, row)
    most = {str(one.n): one.points for one in card.rows}
    faults = common.written(form.words, "自评", least=10)
    for n, points in form.claims.items():
        if n not in most:
            faults.append(Fault(f"claims.{n}", "打分表没有这一行。", "unknown"))
        elif not 0 <= points <= most[n] or round(points * 10) != points * 10:
            faults.append(Fault(f"claims.{n}", f"第 {n} 行自评 0 到 {most[n]} 分，最多一位小数。", "range"))
    common.refuse(faults)
    before, row.state = row.state, target
    await common.say(uow, row, "report", form.words, {"claims": form.claims} | _paper(uow))
    await common.tell(uow, row, "reported", before)


async def review(uow: UnitOfWork, assessment_id: UUID, form: ReviewForm) -> Score:
    """Score a frozen year. Raises NotFound, Invalid with every fault of the rows, Conflict for the wrong hand or time."""
    row = await common.managed(uow, assessment_id)
    target = common.step(uow, row.state, "assessed")
    if row.state == "S_FROZEN" and row.report_until is not None and uow.now < row.report_until:
        raise Conflict("运营方还没有交自评，自评期也没有过。过了自评期才能直接评审。")
    await common.not_an_operators(uow, row.tenant)
    if common.actor(uow) and await common.said_by(uow, row, "report") == common.actor(uow):
        raise Conflict("这份自评是您代录的，请另一位同事来评审。")
    await require_other_hand(uow, "operate-assess", chain=common.chain(row.id))
    found = await _scored(uow, row, form)
    _keep(row, found)
    row.reviewed_at, row.reviewed_by = uow.now, common.actor(uow)
    days = (await tenants.parameters(uow, row.tenant, APPEAL_DAYS))[APPEAL_DAYS]
    row.appeal_until = await holidays.working_deadline(uow, row.tenant, uow.now, int(str(days)))
    before, row.state = row.state, target
    await common.say(uow, row, "review", form.words, {"rows": msgspec.to_builtins(form.rows), "grade": form.grade})
    await common.tell(uow, row, "assessed", before, points=row.points, grade=row.grade)
    return found


async def appeal(uow: UnitOfWork, assessment_id: UUID, *, words: str, rows: Sequence[int] = ()) -> None:
    """Object to a review, in time and with reasons; the bureau enters an appeal on paper. Raises NotFound, Conflict when the days are over, Invalid."""
    row = await common.managed(uow, assessment_id)
    target = common.step(uow, row.state, "appealed")
    if row.appeal_until is not None and uow.now >= row.appeal_until:
        raise Conflict("申诉期已经过了，不能再申诉。")
    card = await common.card_of(uow, row)
    faults = common.written(words, "申诉的理由", least=10)
    unknown = sorted(set(rows) - {one.n for one in card.rows})
    faults += [Fault("rows", f"打分表没有第 {n} 行。", "unknown") for n in unknown]
    common.refuse(faults)
    before, row.state = row.state, target
    await common.say(uow, row, "appeal", words, {"rows": sorted(set(rows))} | _paper(uow))
    await common.tell(uow, row, "appealed", before)


async def decide(uow: UnitOfWork, assessment_id: UUID, form: ReviewForm) -> Score:
    """Answer an appeal and make the grade final, by another hand than the reviewer's. Rows that are left out stay as reviewed."""
    row = await common.managed(uow, assessment_id)
    target = common.step(uow, row.state, "decided")
    await _other_hand(uow, row)
    if common.actor(uow) and await common.said_by(uow, row, "appeal") == common.actor(uow):
        raise Conflict("这份申诉是您代录的，请另一位同事来答复。")
    reviewed = await _reviewed(uow, row)
    changed = {one.row for one in form.rows}
    whole = msgspec.structs.replace(
        form, rows=[*form.rows, *(one for one in reviewed.rows if one.row not in changed)], grade=form.grade or reviewed.grade
    )  # fmt: skip
    found = await _scored(uow, row, whole)
    _keep(row, found)
    await common.say(uow, row, "decision", form.words, {"rows": msgspec.to_builtins(form.rows), "grade": form.grade})
    await _final(uow, row, "decided", target)
    return found


async def finish(uow: UnitOfWork, assessment_id: UUID, *, words: str) -> None:
    """Make a review final that nobody appealed, by another hand than the reviewer's. Raises NotFound, Conflict, Invalid."""
    row = await common.managed(uow, assessment_id)
    target = common.step(uow, row.state, "finished")
    if row.appeal_until is not None and uow.now < row.appeal_until:
        raise Conflict("申诉期还没有过，过了以后才能定案。")
    await _other_hand(uow, row)
    common.refuse(common.written(words, "定案意见"))
    await common.say(uow, row, "final", words)
    await _final(uow, row, "finished", target)


async def _final(uow: UnitOfWork, row: Assessment, event: str, target: str) -> None:
    before, row.state = row.state, target
    row.final_at, row.final_by = uow.now, common.actor(uow)
    await common.tell(uow, row, event, before, points=row.points, grade=row.grade)
    await consequences.follow(uow, row, await common.card_of(uow, row))


async def _other_hand(uow: UnitOfWork, row: Assessment) -> None:
    await common.not_an_operators(uow, row.tenant)
    said = [one for one in await queries.said(uow, row.id) if one.kind == "report"]
    # Who typed in the operator's paper did not report on himself: a county of two officials comes to an end, too.
    if not (said and said[-1].body.get("paper")):
        await require_other_hand(uow, "operate-assess", chain=common.chain(row.id))
    await require_other_hand(uow, "assess-final", chain=common.chain(row.id))


def _paper(uow: UnitOfWork) -> dict[str, bool]:
    """Return the mark of what the bureau entered in another's stead."""
    return {"paper": True} if hand(uow.actor.kind, uow.actor.role) == "B" else {}


async def _reviewed(uow: UnitOfWork, row: Assessment) -> ReviewForm:
    said = await queries.last_said(uow, row.id, "review")
    return msgspec.convert({"rows": said.body["rows"], "grade": said.body["grade"], "words": said.words}, ReviewForm)


def _keep(row: Assessment, found: Score) -> None:
    row.score = msgspec.to_builtins(found)
    scored = any(one.most for one in found.rows)
    row.points, row.grade = (found.counted if scored else None), found.grade


async def _scored(uow: UnitOfWork, row: Assessment, form: ReviewForm) -> Score:
    """Score the frozen evidence with what the reviewer gives. Raises Invalid with every fault at once."""
    card = await common.card_of(uow, row)
    frozen: Mapping[str, Any] = row.frozen or {}
    if row.frozen_hash != common.digest(frozen):
        raise Conflict("封存的证据和封存时的校验码对不上，不能评审。请联系管理员查审计记录。")
    entries = {n: msgspec.convert(entry, Entry) for n, entry in frozen["rows"].items()}
    by = await common.name(uow) or "评审人"
    faults = [*common.written(form.words, "评审意见"), *_row_faults(card, form)]
    judged = {one.n for one in card.rows if one.reads in _GIVEN}
    for one in form.rows:
        if one.row in judged:
            shown = tuple(name.strip() for name in one.evidence if name.strip())
            words = one.words if not card.scored else None
            entries[str(one.row)] = Entry(
                points=one.points if card.scored else None, words=words, by=by, evidence=shown
            )
    given = Evidence(
        card=card.id, version=card.version, first=row.first, last=row.last, rows=entries, options=row.options, grade=form.grade
    )  # fmt: skip
    try:
        found = score(card, given)
    except Invalid as invalid:
        raise Invalid([*faults, *invalid.faults]) from None
    common.refuse(faults)
    return found


def _row_faults(card: Card, form: ReviewForm) -> list[Fault]:
    known: dict[int, Row] = {one.n: one for one in card.rows}
    given = [one.row for one in form.rows]
    faults = [Fault(f"rows.{n}", "打分表没有这一行。", "unknown") for n in sorted(set(given) - known.keys())]
    faults += [Fault(f"rows.{n}", f"第 {n} 行写了两次。", "twice") for n in sorted(set(given)) if given.count(n) > 1]
    for one in form.rows:
        if one.row in known and known[one.row].reads not in _GIVEN:
            faults.append(Fault(f"rows.{one.row}", f"第 {one.row} 行按封存的记录算分，不能手工给分。", "computed"))
    for n, row in known.items():
        if row.reads in _GIVEN and n not in given:
            asked = "points" if card.scored else "words"
            faults.append(Fault(f"rows.{n}.{asked}", f"第 {n} 行还没有评。", "required"))
    if not card.scored and not form.grade:
        faults.append(Fault("grade", "写总的结论。", "required"))
    return faults
