"""The bureau decides: what the system proposes and on what, cards, and the removal of a station with its preview."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.inspection import cards, queries, removing, wording
from linggong.inspection.cards import CardForm, DecisionForm, Proof
from linggong.inspection.models import InspectionResult
from linggong.inspection.removing import RemovalForm
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import ROOT
from linggong.measures.site_models import SiteHit
from linggong.measures.sites import open_sites
from linggong.web import menus, pages
from linggong.web.inspection.field import day
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants.models import Node

AnyRequest = Request[Any, Any, Any]
Ref = Annotated[str, QueryParameter(max_length=60)]


class CardPages(Controller):
    """Proposals and cards."""

    path = "/bureau/station-cards"
    include_in_schema = False

    @get("/", opt={"permission": Permission.CARD_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        site: Ref = "",
    ) -> Response[bytes]:
        """What waits for a decision, the cards, and the form of a new one (for a station: with its evidence)."""
        return await _cards(request, uow, principal, site)

    @post("/", opt={"permission": Permission.CARD_DECIDE})
    async def give(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Give a card."""
        values = await pages.form_values(request)
        site = str(values.get("site", ""))
        async with filled(request, uow, lambda fresh: _cards(request, fresh, principal, site), values):
            card = await cards.give(uow, _card(values))
        return pages.redirect(request, "/bureau/station-cards", say=f"{card.title}记下了，公文已发给站点。")

    @post("/proposals/{card_proposal_id:uuid}", opt={"permission": Permission.CARD_DECIDE})
    async def decide(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        card_proposal_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Take a proposed step, or decline it."""
        values = {k: str(v) for k, v in (await pages.form_values(request)).items()}
        form = DecisionForm(
            accept=values.get("accept") == "yes", reason=values.get("reason", ""), demand=values.get("demand", ""),
            due_on=day(values.get("due_on")),
        )  # fmt: skip
        async with filled(request, uow, lambda fresh: _cards(request, fresh, principal, ""), values):
            row = await cards.decide(uow, card_proposal_id, form)
        said = "办了，公文已发给站点。" if row.state == "accepted" else "记下了，没有采纳。"
        return pages.redirect(request, "/bureau/station-cards", say=said)


class RemovalPages(Controller):
    """The removal of a station."""

    path = "/bureau/removals"
    include_in_schema = False

    @get("/", opt={"permission": Permission.NODE_REMOVE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        site: Ref = "", target: Ref = "", proposal: Ref = "",
    ) -> Response[bytes]:  # fmt: skip
        """What a removal would do: choose the station and the one that takes over."""
        return await _removal(request, uow, principal, site, target, proposal)

    @post("/", opt={"permission": Permission.NODE_REMOVE})
    async def remove(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Remove it."""
        values = {k: str(v) for k, v in (await pages.form_values(request)).items()}
        site, target, proposal = (values.get(k, "") for k in ("site", "target", "proposal"))
        nobody = UUID(int=0)
        form = RemovalForm(
            site=ref(site) or nobody, target=ref(target) or nobody, basis=values.get("basis", "")[:200],
            grounds=values.get("grounds", "")[:1000], proposal_id=ref(proposal),
        )  # fmt: skip
        async with filled(
            request, uow, lambda fresh: _removal(request, fresh, principal, site, target, proposal), values
        ):
            await removing.remove(uow, form)
        return pages.redirect(request, "/bureau/removals", say="除名了。没办完的事都转过去了，有关的人都通知了。")


def ref(raw: str) -> UUID | None:
    """Read an id of a form; None for anything else."""
    try:
        return UUID(raw)
    except ValueError:
        return None


def _card(values: dict[str, Any]) -> CardForm:
    chosen = values.get("evidence", [])
    proofs = []
    for one in chosen if isinstance(chosen, list) else [chosen]:
        kind, _, raw = str(one).partition(":")
        if raw:
            proofs.append(Proof(kind=kind, id=ref(raw)))
    paper = str(values.get("paper", "")).strip()
    if paper:
        proofs.append(Proof(kind="paper", words=paper[:300]))
    text = {k: str(values.get(k, "")) for k in ("words", "demand")}
    return CardForm(
        site=ref(str(values.get("site", ""))) or UUID(int=0), colour=str(values.get("colour", ""))[:10],
        words=text["words"][:1000], demand=text["demand"][:1000], evidence=proofs, due_on=day(values.get("due_on")),
    )  # fmt: skip


async def sites(uow: UnitOfWork) -> list[dict[str, str]]:
    """Return the open stations of the scope as the options of a form."""
    found = await open_sites(uow, uow.actor.post or ROOT)
    ids = {
        n.path: str(n.id)
        for n in await uow.execute(sa.select(Node.id, Node.path).where(Node.path.in_([s.path for s in found])))
    }
    return [{"value": ids[s.path], "label": s.name} for s in found]


async def _evidence(uow: UnitOfWork, site: str) -> list[dict[str, str]]:
    """Return what may be named as evidence against (or for) a station: its months under the zombie rule, its last results."""
    path = await uow.session.scalar(sa.select(Node.path).where(Node.id == ref(site), uow.scope.clause(Node.path)))
    if path is None:
        return []
    hits = await uow.session.scalars(
        sa.select(SiteHit).where(SiteHit.tenant == path).order_by(SiteHit.month.desc()).limit(6)
    )
    results = await uow.session.scalars(
        sa.select(InspectionResult)
        .where(InspectionResult.tenant == path)
        .order_by(InspectionResult.made_at.desc())
        .limit(20)
    )
    found = [
        {"value": f"site_hit:{h.id}", "label": f"{h.month:%Y年%-m月}：{h.evidence.get('words', '')}"} for h in hits
    ]
    for one in results:
        label = f"{one.title}：{'合格' if one.passed else one.words}（{clock.business_date(one.made_at)} 检查）"
        found.append({"value": f"result:{one.id}", "label": label})
    return found


async def _cards(request: AnyRequest, uow: UnitOfWork, principal: Principal, site: str) -> Response[bytes]:
    may = menus.may(request, principal, Permission.CARD_DECIDE)
    post, shown, chosen = uow.actor.post or ROOT, await queries.cards(uow), ref(site) if may else None
    live = await cards.open_of(uow, chosen) if chosen else None
    return menus.render(
        request, principal, "inspection/cards.html", proposals=await queries.proposed(uow), cards=shown,
        held=next((one for one in shown if live and one.id == live.id), None),
        may=may, may_remove=menus.may(request, principal, Permission.NODE_REMOVE), sites=await sites(uow) if may else [],
        site=site, evidence=await _evidence(uow, site) if site and may else [], award=await wording.award_title(uow, post),
        yellow=wording.YELLOW, form=pages.form_state({"site": site}), today=clock.business_date(uow.now),
    )  # fmt: skip


async def _removal(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, site: str, target: str, proposal: str
) -> Response[bytes]:
    options = await sites(uow)
    chosen = ref(site)
    told = await removing.preview(uow, chosen, ref(target)) if chosen else None
    rows = await removing.removals(uow)
    names = {
        n.id: n.name
        for n in await uow.execute(
            sa.select(Node.id, Node.name).where(Node.id.in_({i for row in rows for i in (row.node_id, row.target_id)}))
        )
    }
    past = [
        {"site": names.get(row.node_id, ""), "target": names.get(row.target_id, ""), "at": row.removed_at, "by": row.removed_name,
         "grounds": row.grounds, "letter": row.letter_id, "moved": [f"{k} {v}" for k, v in row.moved.items() if v]}
        for row in rows
    ]  # fmt: skip
    return menus.render(
        request, principal, "inspection/remove.html", sites=options, site=site, target=target, proposal=proposal, told=told,
        past=past, form=pages.form_state({"site": site, "target": target}),
    )  # fmt: skip
