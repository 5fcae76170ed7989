"""A year's assessment on pages: the list, the sheet with its steps, the records behind a row, the sheet to take away."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.assessment import (
    beside,
    common,
    consequences,
    drill,
    gather,
    keeping,
    queries,
    review,
    sheet,
    upkeep,
    workbook,
    years,
)
from linggong.assessment.review import Given, ReportForm, ReviewForm
from linggong.assessment.years import BeginForm, MaterialForm
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import tenant_path
from linggong.offices import operator_queries
from linggong.web import menus, pages
from linggong.web.refused import filled
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
HOME = "/bureau/assessments"
_EMPTY: dict[str, Any] = {"values": {}, "errors": {}}


class Years(Controller):
    """Assessments of the scope."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.SCORECARD_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The years, the latest first, and the form that begins one."""
        return await _list(request, principal, uow)

    @post("/", opt={"permission": Permission.SCORECARD_ASSESS})
    async def begin(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Begin a year."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_list, request, principal), values):
            typed = {k: v for k, v in values.items() if k in ("contract_id", "station", "year") and v}
            form = pages.convert(BeginForm, {"year": " "} | typed)
            made = await years.begin(uow, form)
        return pages.redirect(request, f"{HOME}/{made}", say="考核开始了，这一年度用的表不再变。")

    @get("/{assessment_id:uuid}", opt={"permission": Permission.SCORECARD_READ})
    async def one(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        assessment_id: FromPath[UUID], until: Annotated[str, QueryParameter(max_length=10)] = "",
    ) -> Response[bytes]:  # fmt: skip
        """The sheet of a year as it stands, with the steps that may be taken."""
        return await _one(request, principal, assessment_id, uow, until=_day(until))

    @post("/{assessment_id:uuid}/materials", opt={"permission": Permission.SCORECARD_FILE})
    async def material(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database],
        principal: NamedDependency[Principal], assessment_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """File a piece of evidence; what comes after the freeze is refused and listed."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_one, request, principal, assessment_id), values):
            typed = {k: v for k, v in values.items() if k in ("row", "name", "words", "number") and v}
            if not typed.get("row"):
                raise Invalid([Fault("row", "请选材料是哪一行的。", "required")])
            form = pages.convert(MaterialForm, {"name": " "} | typed)
            try:
                await years.file_material(uow, assessment_id, form)
            except common.Frozen:
                await years.note_refused(database, uow, assessment_id, form)
                raise
        return pages.redirect(request, f"{HOME}/{assessment_id}", say=f"第 {form.row} 行的材料收下了。")

    @post("/{assessment_id:uuid}/{step:str}", opt={"permission": Permission.SCORECARD_FILE})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        assessment_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Freeze, report, review, appeal, decide, finish."""
        if step not in _STEPS:
            raise NotFound
        values = await pages.form_values(request)
        if step in ("freeze", "review", "decide", "finish", "letter"):
            menus.need(request, principal, Permission.LETTER_ISSUE if step == "letter" else Permission.SCORECARD_ASSESS)
        async with filled(request, uow, partial(_one, request, principal, assessment_id), values):
            await _STEPS[step](uow, assessment_id, values)
        return pages.redirect(request, f"{HOME}/{assessment_id}", say=_DONE[step])

    @get("/{assessment_id:uuid}/rows/{number:int}", opt={"permission": Permission.SCORECARD_READ})
    async def row(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        decisions: NamedDependency[Decisions], assessment_id: FromPath[UUID], number: FromPath[int],
    ) -> Response[bytes]:  # fmt: skip
        """What a row rests on, down to the records."""
        found = await queries.detail(uow, assessment_id)
        row, card = await queries.row_of(uow, assessment_id)
        of = next((one for one in card.rows if one.n == number), None)
        if of is None:
            raise NotFound
        ask = gather.Ask(uow, [tenant_path(path) for path in found.places], row.first, row.last)
        may = of.source not in drill.OWN or decisions.anywhere(principal, drill.OWN[of.source][2])
        listed = await drill.listed(uow, of, ask) if may else None
        names = await tree.names(
            uow, [*found.places, *(line.place for line in listed.lines)] if listed else found.places
        )
        return menus.render(
            request, principal, "assess/row.html", detail=found.assessment, row=next(r for r in found.score.rows if r.n == number), kinds=sheet.KINDS,
            basis=partial(sheet.basis, filed=[one.row for one in found.materials]), listed=listed, hidden=not may, names=names, links=_links(of.source, found, names),
            log=await upkeep.entries(uow, row.first, row.last) if of.source == "upkeep" else [],
            facts=(row.frozen or {}).get("beside", {}).get(str(number)) or await beside.facts(ask, of),
            uptime=await upkeep.uptime(uow, row.first, row.last) if of.source == "upkeep" else None,
            materials=[one for one in found.materials if one.row == number],
        )  # fmt: skip

    @get("/{assessment_id:uuid}/sheet/{kind:str}", opt={"permission": Permission.SCORECARD_READ})
    async def paper(
        self, uow: NamedDependency[UnitOfWork], assessment_id: FromPath[UUID], kind: FromPath[str]
    ) -> Response[bytes]:
        """The sheet as PDF or workbook."""
        if kind not in ("pdf", "xlsx"):
            raise NotFound
        found = await queries.detail(uow, assessment_id)
        row, _ = await queries.row_of(uow, assessment_id)
        counts = (await keeping.kept(uow, row.card_id)).counts
        made = partial(sheet.pdf, found, counts=counts) if kind == "pdf" else partial(workbook.book, found)
        name = f"考核表_{found.assessment.what}_{found.assessment.year}.{kind}"
        return attachment(name, await asyncio.to_thread(made))


async def _freeze(uow: UnitOfWork, assessment_id: UUID, values: dict[str, Any]) -> None:
    await years.freeze(uow, assessment_id)


async def _report(uow: UnitOfWork, assessment_id: UUID, values: dict[str, Any]) -> None:
    faults: list[Fault] = []
    claims = {n: points for n, points in _points(values, "claims.", "", faults).items() if points is not None}
    if faults:
        raise Invalid(faults)
    await review.report(uow, assessment_id, ReportForm(words=_words(values), claims=claims))


async def _review(uow: UnitOfWork, assessment_id: UUID, values: dict[str, Any]) -> None:
    await review.review(uow, assessment_id, _review_form(values))


async def _decide(uow: UnitOfWork, assessment_id: UUID, values: dict[str, Any]) -> None:
    await review.decide(uow, assessment_id, _review_form(values))


async def _appeal(uow: UnitOfWork, assessment_id: UUID, values: dict[str, Any]) -> None:
    given = values.get("rows", [])
    numbers = [pages.whole(one) for one in (given if isinstance(given, list) else [given])]
    await review.appeal(uow, assessment_id, words=_words(values), rows=[n for n in numbers if n is not None])


async def _finish(uow: UnitOfWork, assessment_id: UUID, values: dict[str, Any]) -> None:
    await review.finish(uow, assessment_id, words=_words(values))


async def _letter(uow: UnitOfWork, assessment_id: UUID, values: dict[str, Any]) -> None:
    fields = {k: str(v)[:1300] for k, v in values.items() if k in ("matter", "demand", "basis", "from", "handover")}
    await consequences.write(uow, assessment_id, fields, due_on=_day(str(values.get("due_on", ""))))


_STEPS = {
    "freeze": _freeze,
    "report": _report,
    "review": _review,
    "appeal": _appeal,
    "decide": _decide,
    "finish": _finish,
    "letter": _letter,
}
_DONE = {
    "freeze": "证据封存了，校验码在考核表上。", "report": "自评交上了，等县人社局评审。", "review": "评审好了，运营方可以在申诉期里申诉。",
    "appeal": "申诉交上了，由另一位同事答复。", "decide": "申诉答复了，已定案。", "finish": "定案了，等次已经通知。", "letter": "公文发出了，对方签收后在“公文”里看得到。",
}  # fmt: skip


def _words(values: dict[str, Any]) -> str:
    return str(values.get("words", ""))[: common.MOST_WORDS + 1]


def _points(values: dict[str, Any], head: str, tail: str, faults: list[Fault]) -> dict[str, float | None]:
    """Return typed points by row; a text that is no number is a fault."""
    found: dict[str, float | None] = {}
    for key, typed in values.items():
        n = key.removeprefix(head).removesuffix(tail)
        if (
            not (key.startswith(head) and key.endswith(tail) and n.isascii() and n.isdecimal())
            or not str(typed).strip()
        ):
            continue
        try:
            found[n] = float(str(typed))
        except ValueError:
            faults.append(Fault(key, "写数字，例如 6 或 5.5。", "number"))
    return found


def _review_form(values: dict[str, Any]) -> ReviewForm:
    faults: list[Fault] = []
    points = _points(values, "rows.", ".points", faults)
    if faults:
        raise Invalid(faults)
    verdicts = {
        key.split(".")[1]: str(typed)[:500] for key, typed in values.items() if key.startswith("rows.") and key.endswith(".words") and typed
    }  # fmt: skip
    rows = [
        Given(
            row=int(n), points=points.get(n), words=verdicts.get(n, ""),
            evidence=[one.strip()[:200] for one in str(values.get(f"rows.{n}.by", "")).replace("；", "\n").splitlines() if one.strip()][:20],
        )
        for n in sorted({*points, *verdicts}, key=int)
    ]  # fmt: skip
    return ReviewForm(rows=rows, words=_words(values), grade=str(values.get("grade", ""))[:20])


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None


def _links(source: str, found: queries.AssessmentDetail, names: dict[str, str]) -> list[dict[str, str]]:
    """Return the ways to the records that stand on the pages of measures: one for each place and count."""
    one, links = found.assessment, []
    for path in found.places:
        for key, (metric, component) in drill.MEASURED.get(source, {}).items():
            query = {
                "path": path,
                "period": "free",
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "of": component,
            }
            label = f"{names.get(path, path)}：{LABELS.get(key, key)}"
            links.append({"href": f"/bureau/measures/{metric}?{urlencode(query)}#records", "label": label})
    if source in _BOOKS:
        links.append(_BOOKS[source])
    return links


KINDS = sheet.KINDS
_BOOKS = {
    "followers": {"href": "/outreach/publicity/followers", "label": "关注人数登记和截图"},
    "fairs": {"href": "/outreach/fairs", "label": "招聘会"},
    "reports": {"href": "/reports", "label": "月报"},
}
"""Counts whose records are a book of their own."""
LABELS = {
    "assignments": "认定完工的派工", "audited": "审核过的岗位", "raw": "发布过的岗位", "false_posts": "查实的虚假岗位", "stale": "过期没更新的岗位",
    "workers": "零工的评价", "employers": "用工方的评价", "post_orders": "发布的用工单", "take_orders": "说定的派工", "price": "双方确认的派工",
    "contract_insurance": "签了约定的派工", "settlement": "本人确认的工资单", "negotiation_complaint": "投诉和纠纷",
}  # fmt: skip


async def _list(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    assesses = menus.may(request, principal, Permission.SCORECARD_ASSESS)
    contracts = await operator_queries.contracts_seen(uow) if assesses else []
    stations = await tree.sites(uow, uow.scope.trees[0] if uow.scope.trees else None) if assesses else []
    return menus.render(
        request, principal, "assess/years.html", years=await queries.assessments(uow), assesses=assesses, form=_EMPTY,
        contracts=[
            {"value": str(c.id), "label": f"{c.number} {c.operator}（{c.starts_on} 到 {c.ends_on}）"} for c in contracts if uow.scope.covers(c.county.path)
        ],
        stations=[{"value": s.path, "label": s.name} for s in stations if uow.scope.covers(s.path)], year=_today(uow).year,
        recognitions=menus.may(request, principal, Permission.RECOGNITION_READ),
    )  # fmt: skip


async def _one(
    request: AnyRequest, principal: Principal, assessment_id: UUID, uow: UnitOfWork, *, until: date | None = None
) -> Response[bytes]:
    found = await queries.detail(uow, assessment_id, until=until)
    row, card = await queries.row_of(uow, assessment_id)
    kept = await keeping.kept(uow, row.card_id)
    one, files = found.assessment, menus.may(request, principal, Permission.SCORECARD_FILE)
    assesses = menus.may(request, principal, Permission.SCORECARD_ASSESS)
    steps = {
        "frozen": "freeze",
        "reported": "report",
        "assessed": "review",
        "appealed": "appeal",
        "decided": "decide",
        "finished": "finish",
    }
    bureaus = {"freeze", "review", "decide", "finish"}
    allowed = {steps[event] for event in one.allowed if event in steps}
    return menus.render(
        request, principal, "assess/year.html", one=one, score=found.score, is_forecast=found.is_forecast, kinds=sheet.KINDS, basis=sheet.basis,
        outcome=sheet.outcome(found), counts=kept.counts, materials=found.materials, said=found.said, refused=[s for s in found.said if s.kind == "refused"],
        steps={step for step in allowed if (assesses if step in bureaus else files)}, files=files and one.state == "S_OPEN", paper=assesses,
        money=menus.may(request, principal, Permission.SETTLEMENT_READ),
        judged=[r for r in card.rows if r.reads in ("given", "words")],
        counted={r.n: r.unit for r in card.rows if gather.takes_numbers(r)},
        rows=[{"value": str(r.n), "label": f"{r.n} {r.item}"} for r in card.rows], grades=[{"value": g.name, "label": g.name} for g in card.grades],
        drift=await years.drift(uow, row) if assesses and row.frozen is not None and one.state != "S_FINAL" else [],
        until=until or min(row.last, _today(uow)), form=_EMPTY, claims=_claims(found), facts=(row.frozen or {}).get("beside", {}), letter=await consequences.asked(uow, row, card) if menus.may(request, principal, Permission.LETTER_ISSUE) else None,
    )  # fmt: skip


def _today(uow: UnitOfWork) -> date:
    return clock.business_date(uow.now)


def _claims(found: queries.AssessmentDetail) -> dict[str, float]:
    said = [one for one in found.said if one.kind == "report"]
    claims: dict[str, float] = said[-1].body.get("claims", {}) if said else {}
    return claims
