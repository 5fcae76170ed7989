"""The bureau organises: tasks and draws, a draw with its proof, the checklists with their log of changes."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.inspection import checklists, planning, queries
from linggong.inspection.checklists import ChecklistForm, Item
from linggong.inspection.planning import DrawForm, PlanForm
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import ROOT
from linggong.web import menus, pages
from linggong.web.inspection.deciding import ref, sites
from linggong.web.inspection.field import day, task_page
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.kinds import NodeKind

AnyRequest = Request[Any, Any, Any]
NEW_ROWS: Final = 3
"""Empty rows for new items at the end of a checklist's form."""


class OfficePages(Controller):
    """Planning, and what is looked at."""

    path = "/bureau"
    include_in_schema = False

    @get("/inspections", opt={"permission": Permission.INSPECTION_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Tasks, draws and the forms of new ones."""
        return await _page(request, uow, principal)

    @post("/inspections/draws", opt={"permission": Permission.INSPECTION_PLAN})
    async def draw(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Draw places and inspectors."""
        values = await pages.form_values(request)
        kinds = values.get("kinds", [])
        form = DrawForm(
            places=pages.whole(values.get("places"), 9999) or 0, hands=pages.whole(values.get("hands"), 99) or 0,
            due_on=day(values.get("draw_due_on")) or clock.business_date(uow.now).replace(year=2000), joint=bool(values.get("joint")),
            kinds=[str(k)[:40] for k in (kinds if isinstance(kinds, list) else [kinds])], seed=str(values.get("seed", ""))[:60],
        )  # fmt: skip
        async with filled(request, uow, lambda fresh: _page(request, fresh, principal), values):
            row = await planning.draw(uow, form)
        return pages.redirect(request, f"/bureau/inspections/draws/{row.id}", say="抽好了，检查人员已看到任务。")

    @post("/inspections", opt={"permission": Permission.INSPECTION_PLAN})
    async def plan(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Plan the inspection of one place."""
        values = await pages.form_values(request)
        who = values.get("inspectors", [])
        chosen = [found for found in (ref(str(w)) for w in (who if isinstance(who, list) else [who])) if found]
        form = PlanForm(
            site=ref(str(values.get("site", ""))) or UUID(int=0), kind=str(values.get("kind", ""))[:20], inspectors=chosen,
            due_on=day(values.get("due_on")) or clock.business_date(uow.now).replace(year=2000), note=str(values.get("note", ""))[:200],
        )  # fmt: skip
        async with filled(request, uow, lambda fresh: _page(request, fresh, principal), values):
            if not form.site.int:
                raise Invalid([Fault("site", "请选检查哪个站点。", "required")])
            await planning.plan(uow, form)
        return pages.redirect(request, "/bureau/inspections", say="安排好了，检查人员已看到任务。")

    @post("/inspections/{inspection_task_id:uuid}/cancel", opt={"permission": Permission.INSPECTION_PLAN})
    async def cancel(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        inspection_task_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Take back an inspection that was planned by mistake and that nobody has begun."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: task_page(request, fresh, principal, inspection_task_id), values):
            await planning.cancel(uow, inspection_task_id, reason=str(values.get("reason", ""))[:200])
        return pages.redirect(request, "/bureau/inspections", say="取消了，检查人员的任务里不再列它。")

    @get("/inspections/draws/{inspection_draw_id:uuid}", opt={"permission": Permission.INSPECTION_READ})
    async def drawn(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        inspection_draw_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """A draw: the seed, the lists, what was drawn, and that it comes out the same again."""
        return menus.render(
            request, principal, "inspection/draw.html", draw=await queries.draw(uow, inspection_draw_id)
        )

    @get("/checklists", opt={"permission": Permission.INSPECTION_READ})
    async def lists(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        kind: Annotated[str, QueryParameter(max_length=40)] = "station",
    ) -> Response[bytes]:  # fmt: skip
        """The checklist of a kind of place, its log, and the form of the next version."""
        return await _checklist(request, uow, principal, kind)

    @post("/checklists", opt={"permission": Permission.INSPECTION_PLAN})
    async def change(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Decide the next version."""
        values = {k: str(v) for k, v in (await pages.form_values(request)).items()}
        kind = values.get("kind", "")
        form = ChecklistForm(
            kind=kind[:40], title=values.get("title", "")[:60], items=_items(values), reason=values.get("reason", "")[:300],
            source=values.get("source", "")[:200],
        )  # fmt: skip
        async with filled(request, uow, lambda fresh: _checklist(request, fresh, principal, kind), values):
            await checklists.change(uow, form)
        return pages.redirect(
            request, f"/bureau/checklists?kind={kind}", say="新的检查表从现在起用，已经安排的检查还按原来的。"
        )


def _items(values: dict[str, str]) -> list[Item]:
    """Read the rows of the form; a row without a title is dropped, a new one gets a key of its own."""
    found = []
    for n in range(checklists.MOST_ITEMS + NEW_ROWS):
        title = values.get(f"title_{n}", "")
        if not title:
            continue
        row = pages.whole(values.get(f"row_{n}"), 99)
        found.append(
            Item(
                key=values.get(f"key_{n}") or f"item_{clock.now():%y%m%d}_{n}", requirement=values.get(f"requirement_{n}", "")[:10],
                title=title[:60], passes=values.get(f"passes_{n}", "")[:300], photo=bool(values.get(f"photo_{n}")),
                serious=bool(values.get(f"serious_{n}")), dated=bool(values.get(f"dated_{n}")), row=row,
            )
        )  # fmt: skip
    return found


async def _page(request: AnyRequest, uow: UnitOfWork, principal: Principal) -> Response[bytes]:
    may = menus.may(request, principal, Permission.INSPECTION_PLAN)
    people = await planning.inspectors(uow, joint=True) if may else []
    kinds = [{"value": k, "label": NodeKind(k).label} for k in checklists.built_in()]
    return menus.render(
        request, principal, "inspection/plan.html", rows=await queries.tasks(uow), draws=await queries.draws(uow), may=may,
        findings=await queries.findings(uow), sites=await sites(uow) if may else [], kinds=kinds,
        people=[{"value": p.id, "label": f"{p.name}（{p.office}）"} for p in people],
        form=pages.form_state({"hands": "2", "kinds": ["station"], "kind": "planned"}), today=clock.business_date(uow.now),
    )  # fmt: skip


async def _checklist(request: AnyRequest, uow: UnitOfWork, principal: Principal, kind: str) -> Response[bytes]:
    post = uow.actor.post or ROOT
    kinds = [{"value": k, "label": NodeKind(k).label} for k in checklists.built_in()]
    known = kind if kind in checklists.built_in() else "station"
    found = await checklists.at(uow, post, known)
    items = [msgspec.to_builtins(i) for i in found.items] if found else []
    blank = {
        "key": "",
        "requirement": "",
        "title": "",
        "passes": "",
        "photo": False,
        "serious": False,
        "dated": False,
        "row": None,
    }
    return menus.render(
        request, principal, "inspection/checklists.html", checklist=found, kinds=kinds, kind=known,
        rows=[*items, *[blank] * NEW_ROWS], log=await checklists.log(uow, post, known),
        may=menus.may(request, principal, Permission.INSPECTION_PLAN), form=pages.form_state({"title": found.title if found else ""}),
    )  # fmt: skip
