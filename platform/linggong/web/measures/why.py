"""What a measure means, and the records behind its numerator and denominator."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.insight import measured
from linggong.insight.measured import Behind
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import TenantPath
from linggong.kernel.settings import Settings
from linggong.measures import behind
from linggong.measures.answers import Answer, answers
from linggong.measures.behind import SOURCES
from linggong.measures.definitions import BY_ID, Definition
from linggong.measures.fresh import caught_up
from linggong.measures.subject import GROUPS
from linggong.web import menus
from linggong.web.bureau.behind import href_of
from linggong.web.filters import yuan
from linggong.web.labels import STATES, label_of, tone_of
from linggong.web.measures import asking, contract, shown, stations
from linggong.web.measures.asking import HOME, Asked
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
SIDES = {"above": "分子", "below": "分母"}


class Why(Controller):
    """One measure."""

    path = HOME
    include_in_schema = False

    @get("/{metric:str}", opt={"permission": Permission.OVERVIEW_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], database: NamedDependency[Database],
        principal: NamedDependency[Principal], decisions: NamedDependency[Decisions], settings: NamedDependency[Settings],
        metric: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """A measure in words, its figures for the days and place asked for, and the records behind one of them."""
        from linggong.web.measures import asked_of

        definition = BY_ID.get(metric)
        if definition is None:
            raise NotFound
        asked, form, top = await asked_of(request, uow)
        as_of = await caught_up(database)
        answer = None
        if definition.figures:
            found = await answers(
                uow, [metric], TenantPath(top.path), first=asked.span.first, last=asked.span.last, trade_code=asked.trade,
                group=asked.group,
            )  # fmt: skip
            answer = found[metric]
        sides = _sides(definition, answer, asked)
        figures = shown.card(answer, asked)["figures"] if answer else []
        if metric in stations.OF_STATIONS:
            looks = decisions.anywhere(principal, Permission.INSPECTION_READ)
            figures = await stations.figures(uow, metric, TenantPath(top.path), asked.span, looks=looks)
        if metric == contract.METRIC:
            figures = await contract.figures(uow, settings.preset, TenantPath(top.path), asked.span)
        side = next((s for s in sides if s["of"] == request.query_params.get("of")), None)
        return menus.render(
            request,
            principal,
            "measures/why.html",
            status=400 if form.errors else 200,
            definition=definition, place=top.name, words=asked.span.words, as_of=as_of, faults=list(form.errors.values()),
            group=GROUPS[asked.group].label if asked.group else "", trade=asked.trade,
            stations=stations.href(top.path) if metric in stations.OF_STATIONS else "",
            back=asked.href(metrics=()), series=asked.href(metrics=(metric,), by=_series(asked)), places=asked.href(metrics=(metric,), by="place"),
            figures=figures, sides=sides, side=side,
            records=await _records(request, uow, database, principal, decisions, asked, side) if side else None,
        )  # fmt: skip


def _series(asked: Asked) -> str:
    days = (asked.span.last - asked.span.first).days + 1
    return "day" if days <= asking.MOST_LINES else "week"


def _sides(definition: Definition, answer: Answer | None, asked: Asked) -> list[dict[str, str]]:
    """Return the numerators and denominators that have records, each once, with what they count."""
    told = {v.key: v for v in answer.figures} if answer else {}
    found: dict[str, dict[str, str]] = {}
    for figure in definition.figures:
        value = told.get(figure.key)
        for name, component in (("above", figure.above), ("below", figure.below)):
            if component in SOURCES and component not in found and (value is None or not value.hidden):
                label = SIDES[name] if len(definition.figures) == 1 else f"{figure.label}的{SIDES[name]}"
                if figure.kind == "percentile":
                    label = "算进来的" if name == "above" else "还没完的"
                found[component] = {
                    "of": component, "label": label, "href": f"{asked.href(f'/{definition.id}', metrics=(), by='')}&{urlencode({'of': component})}#records",
                }  # fmt: skip
    return list(found.values())


async def _records(
    request: AnyRequest, uow: UnitOfWork, database: Database, principal: Principal, decisions: Decisions, asked: Asked, side: dict[str, str]
) -> dict[str, Any]:  # fmt: skip
    """Return the page of records of one side; `refused` where they are not for this post."""
    needed = [measured.read_of(side["of"])]
    if asked.group in ("hardship", "others"):
        # Whoever sees the figure of a group of hardship does not thereby see who is in it.
        needed.append(Permission.PRIORITY_READ)
    if not all(decisions.anywhere(principal, permission) for permission in needed):
        return {"refused": True}
    question = behind.Asked(
        side["of"], TenantPath(asked.path), asked.span.first, asked.span.last, asked.trade, asked.group
    )
    seen = [decisions.scope(principal, permission) for permission in needed]
    page = await measured.records(uow, database, question, seen=seen, cursor=request.query_params.get("cursor"))
    names = await tree.names(uow, {r.place for r in page.items if r.place})
    checks = decisions.anywhere(principal, Permission.AUDIT_READ)
    return {
        "refused": False,
        "rows": [
            _row(r, names, href_of(r.record, checks=checks, may=lambda p: decisions.anywhere(principal, p))) for r in page.items
        ],
        "more": f"{side['href'].removesuffix('#records')}&{urlencode({'cursor': page.next})}#records" if page.next else "",
    }  # fmt: skip


def _row(one: Behind, names: dict[str, str], href: str) -> dict[str, Any]:
    record = one.record
    return {
        "title": record.title or "—", "sub": record.sub, "href": href, "state": label_of(record.state),
        "tone": tone_of(record.state) if record.state in STATES else "off", "place": names.get(one.place or "", ""),
        "day": one.day, "counts": yuan(one.amount) + " 元" if one.money else one.counts,
    }  # fmt: skip
