"""Cards on pages: what is in force, the versions with what each changed, publishing, changing, adopting (R079)."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.assessment import card as cards
from linggong.assessment import keeping, scorecard
from linggong.assessment.card import Row, Tier
from linggong.assessment.keeping import ChangeForm, PublishForm, RowChange
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.web import menus, pages
from linggong.web.assess.years import KINDS
from linggong.web.office import steps
from linggong.web.places import typed_place
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
HOME = "/bureau/cards"
_TIER = re.compile(r"(\d{1,9})-(\d{0,9}):(\d{1,3})")
_EMPTY: dict[str, Any] = {"values": {}, "errors": {}}


class Cards(Controller):
    """Score cards of the scope."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.SCORECARD_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """All cards at the acting post and above, and the form that publishes one."""
        return await _list(request, principal, uow)

    @post("/", opt={"permission": Permission.SCORECARD_ASSESS})
    async def publish(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Publish what a preset brings."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_list, request, principal), values):
            path = await typed_place(uow, str(values.get("path", "")), within=uow.scope)
            typed = {k: values.get(k) or " " for k in ("preset", "first")}
            made = await keeping.publish(uow, pages.convert(PublishForm, typed | {"path": path}))
        return pages.redirect(request, f"{HOME}/{made}", say="考核表公布了。")

    @get("/{score_card_id:uuid}", opt={"permission": Permission.SCORECARD_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        score_card_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One version: its rows, and what changed from version to version."""
        return await _one(request, principal, score_card_id, uow)

    @post("/{score_card_id:uuid}/change", opt={"permission": Permission.SCORECARD_ASSESS})
    async def change(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        score_card_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Publish the next version."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_one, request, principal, score_card_id), values):
            kept = await keeping.kept(uow, score_card_id)
            made = await keeping.change(uow, score_card_id, _changes(kept.card.rows, values))
        return pages.redirect(request, f"{HOME}/{made}", say="新的一版公布了，从写明的那天起的年度用它。")

    @post("/{score_card_id:uuid}/adopt", opt={"permission": Permission.SCORECARD_ASSESS})
    async def adopt(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        score_card_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Make a proposal the place's own."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_one, request, principal, score_card_id), values):
            await keeping.adopt(uow, score_card_id, document=str(values.get("document", ""))[:300])
        return pages.redirect(request, f"{HOME}/{score_card_id}", say="采纳了，可以用来考核了。")


def _changes(rows: tuple[Row, ...], values: dict[str, Any]) -> ChangeForm:
    """Read the rows that differ from what stands; raises Invalid with every cell that cannot be read."""
    faults: list[Fault] = []
    changed = []
    for row in rows:
        points = _number(values, f"rows.{row.n}.points", row.points, faults)
        ruling = str(values.get(f"rows.{row.n}.ruling") or row.ruling).strip()
        tiers = _tiers(row, str(values.get(f"rows.{row.n}.tiers", "")), faults) if row.tiers else ()
        one = RowChange(
            n=row.n, points=points if points != row.points else None, ruling=ruling if ruling != row.ruling else None,
            tiers=list(tiers) if tiers != row.tiers else None,
        )  # fmt: skip
        if (one.points, one.ruling, one.tiers) != (None, None, None):
            changed.append(one)
    first: date | None = None
    try:
        first = date.fromisoformat(str(values.get("first", "")))
    except ValueError:
        faults.append(Fault("first", "写从哪天起的年度用新的一版。", "required"))
    if faults or first is None:
        raise Invalid(faults)
    return ChangeForm(rows=changed, reason=str(values.get("reason", ""))[:300], first=first)


def _number(values: dict[str, Any], name: str, before: int, faults: list[Fault]) -> int:
    typed = str(values.get(name, "")).strip()
    if not typed:
        return before
    found = pages.whole(typed, most=1000)
    if found is None:
        faults.append(Fault(name, "分值写整数。", "number"))
        return before
    return found


def _tiers(row: Row, typed: str, faults: list[Fault]) -> tuple[Tier, ...]:
    if not typed.strip():
        return row.tiers
    read = [_TIER.fullmatch(part) for part in typed.split()]
    if any(one is None for one in read):
        faults.append(Fault(f"rows.{row.n}.tiers", "分档写成 0-699:3 700-1000:4 1001-:5 这样，用空格隔开。", "tiers"))
        return row.tiers
    options = {(tier.start, tier.end): tier.option for tier in row.tiers}
    found = []
    for one in read:
        if one is not None:
            start, end = int(one[1]), int(one[2]) if one[2] else None
            found.append(Tier(start=start, end=end, points=int(one[3]), option=options.get((start, end), "")))
    return tuple(found)


async def _list(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    top = uow.actor.post or "/"
    found = await keeping.all_at(uow, top)
    newest: dict[tuple[str, str], keeping.Kept] = {}
    for one in found:
        newest.setdefault((one.path, one.card.id), one)
    own = await tree.preset_name(uow, top)
    library = [
        {
            "value": preset,
            "label": cards.of_library(preset).title + ("（本地）" if preset == own else "（借用，要采纳）"),
        }
        for preset in sorted(cards.LIBRARY, key=lambda p: p != own)
    ]
    assesses = menus.may(request, principal, Permission.SCORECARD_ASSESS)
    return menus.render(
        request, principal, "assess/cards.html", cards=list(newest.values()), names=await tree.names(uow, [one.path for one in found]),
        assesses=assesses, library=library, places=await steps.places(uow, ("city", "county", "zone", "street")) if assesses else [],
        proposal=cards.PROPOSAL, first=clock.business_date(uow.now).replace(month=1, day=1), form=_EMPTY,
    )  # fmt: skip


async def _one(request: AnyRequest, principal: Principal, card_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    kept = await keeping.kept(uow, card_id)
    versions = [one for one in await keeping.log(uow, kept.path, kept.card.id) if one[0].path == kept.path]
    assesses = menus.may(request, principal, Permission.SCORECARD_ASSESS) and uow.scope.covers(kept.path)
    return menus.render(
        request, principal, "assess/card.html", kept=kept, card=kept.card, place=(await tree.names(uow, [kept.path])).get(kept.path, ""), kinds=KINDS,
        versions=[{"kept": one, "changes": changes} for one, changes in versions], newest=versions[0][0].id == kept.id,
        changes=assesses and versions[0][0].id == kept.id, adopts=assesses and not kept.counts, tiers=keeping.tiers, worded=scorecard.tiers_in_words, proposal=cards.PROPOSAL, form=_EMPTY,
    )  # fmt: skip
