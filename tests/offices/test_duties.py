"""Separated duties: the second step on a row is not for whoever took the first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import DECISIONS
from small_city import STATION, City

from linggong.kernel.db import Actor
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.offices.duties import require_other_hand
from rbac.models import DutySeparation
from rbac.permissions import Permission
from rbac.principal import Post, Principal
from rbac.roles import Role

AT = tenant_path(STATION)
PAIRS = {
    "enter-approve": "order.submitted",
    "settle-pay": "settlement.request",
    "approve-confirm": "settlement.approve",
    "operate-assess": "scorecard.reported",
    "propose-takedown": "takedown.proposed",
    "enter-mediate": "case.opened",
    "record-confirm": "incident.recorded",
    "credit-decide": "credit_entry.object",
    "assess-final": "scorecard.assessed",
    "recognise": "recognition.applied",
    "recognise-grant": "recognition.visited",
}


def staff(who: UUID, **more: Any) -> Actor:
    return Actor(kind="staff", id=who, post=AT, role="county_bureau", **more)


async def test_the_pairs_of_the_specification_are_data(city: City) -> None:
    async with city.database.system() as uow:
        rows = {r.key: r for r in (await uow.execute(sa.select(DutySeparation))).scalars()}
    assert rows.keys() == PAIRS.keys()
    for key, event in PAIRS.items():
        assert event in rows[key].first.split()
        assert rows[key].words.endswith("。")
    pairs = {(p, q) for r in rows.values() for p in r.first_roles for q in r.second_roles}
    assert pairs == {("county_operator", "county_bureau")}


def test_roles_that_are_kept_apart_are_those_that_could_take_both_steps() -> None:
    def may(role: Role, permission: Permission) -> bool:
        return DECISIONS.anywhere(Principal(acting=Post(role, tenant_path("/4102/25/"))), permission)

    for first, second in (
        (Permission.SETTLEMENT_SETTLE, Permission.SETTLEMENT_APPROVE),
        (Permission.SETTLEMENT_SETTLE, Permission.SCORECARD_ASSESS),
    ):
        assert [r for r in Role if may(r, first)] == [Role.COUNTY_OPERATOR]
        assert [r for r in Role if may(r, second)] == [Role.COUNTY_BUREAU]


@pytest.mark.parametrize("key", list(PAIRS))
async def test_the_second_step_takes_another_hand(city: City, key: str) -> None:
    first, second, row = new_id(), new_id(), new_id()
    async with city.database.begin(staff(first), Scope(trees=(AT,))) as uow:
        await uow.emit(NewEvent(type=PAIRS[key], chain=f"row:{row}", subject_id=row, tenant=AT))
        with pytest.raises(Conflict):
            await require_other_hand(uow, key, chain=f"row:{row}")
    for named in ({"chain": f"row:{row}"}, {"subject": row}):
        for again in (staff(first), staff(second, on_behalf_of=first)):
            async with city.database.begin(again, Scope(trees=(AT,))) as uow:
                with pytest.raises(Conflict):
                    await require_other_hand(uow, key, **named)
        async with city.database.begin(staff(second), Scope(trees=(AT,))) as uow:
            await require_other_hand(uow, key, **named)
    async with city.database.begin(staff(first), Scope(trees=(AT,))) as uow:
        await require_other_hand(uow, key, chain=f"row:{new_id()}")


async def test_what_a_colleague_did_in_my_stead_is_my_own_hand(city: City) -> None:
    mine, colleague, row = new_id(), new_id(), new_id()
    async with city.database.begin(staff(colleague, on_behalf_of=mine), Scope(trees=(AT,))) as uow:
        await uow.emit(NewEvent(type=PAIRS["enter-approve"], chain=f"row:{row}", subject_id=row, tenant=AT))
    for who in (mine, colleague):
        async with city.database.begin(staff(who), Scope(trees=(AT,))) as uow:
            with pytest.raises(Conflict):
                await require_other_hand(uow, "enter-approve", chain=f"row:{row}")


async def test_an_unknown_separation_is_no_permission(city: City) -> None:
    async with city.database.begin(staff(new_id()), Scope(trees=(AT,))) as uow:
        with pytest.raises(NotFound):
            await require_other_hand(uow, "nothing", chain="row:1")
        with pytest.raises(ValueError, match="name the row"):
            await require_other_hand(uow, "settle-pay")
