"""decision = scope = explanation = oracle, in drawn worlds, after every move, grant, revocation and change of policy;
and the scope as SQL on a real database says the same.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import ANONYMOUS
from linggong.kernel.ids import new_id
from rbac.decisions import Decisions
from rbac.explain import judge
from tenants.models import Node
from tests.rbac.worlds import PERMISSIONS, World

if TYPE_CHECKING:
    from conftest import TestDatabase

    from linggong.kernel.db import Database

REBUILDS = {"move", "add_rule", "remove_rule"}
"""What changes `casbin_rule`; posts alone leave the decisions, with their memo, as they are."""


def agree(world: World, decisions: Decisions, seen: Counter[str]) -> None:
    places = world.places()
    for principal in world.principals():
        for permission in PERMISSIONS:
            scope = decisions.scope(principal, permission)
            said = decisions.anywhere(principal, permission)
            answers = set()
            for path in world.rng.sample(places, min(4, len(places))):
                expected = world.oracle(principal, path, permission)
                where = (world, principal, path, permission)
                assert decisions.can(principal, path, permission) is expected, where
                assert decisions.can(principal, path, permission) is expected, ("from the memo", *where)
                assert scope.covers(path) is expected, ("as a list", *where)
                assert judge(decisions, principal, path, permission).allowed is expected, where
                answers.add(expected)
                seen["yes" if expected else "no"] += 1
            assert said or True not in answers


def run(worlds: int, seed: int, changes: int = 8) -> Counter[str]:
    seen: Counter[str] = Counter()
    for number in range(worlds):
        world = World(random.Random(f"{seed}:{number}")).draw()
        decisions = Decisions(world.rules, world.inherits)
        agree(world, decisions, seen)
        for _ in range(changes):
            happened = world.change()
            seen[happened] += 1
            if happened in REBUILDS:
                decisions = Decisions(world.rules, world.inherits)
            agree(world, decisions, seen)
    return seen


def test_decision_scope_and_oracle_agree() -> None:
    seen = run(150, seed=20260401)
    assert seen["yes"] > 2_000
    assert seen["no"] > 2_000
    assert all(seen[name] > 50 for name in ("move", "revoke", "grant", "add_rule", "remove_rule", "grow")), seen


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_decision_scope_and_oracle_agree_in_ten_thousand_worlds() -> None:
    seen = run(10_000, seed=4102)
    assert sum(seen[name] for name in ("move", "revoke", "grant", "add_rule", "remove_rule", "grow")) == 80_000
    print(dict(seen))


async def sql_agrees(blank: TestDatabase, database: Database, worlds: int, seed: int) -> int:
    """Compare scopes as SQL with the oracle, node by node; returns how many were compared."""
    owner = await blank.owner()
    compared = 0
    for number in range(worlds):
        world = World(random.Random(f"{seed}:{number}")).draw()
        for _ in range(6):
            world.change()
        decisions = Decisions(world.rules, world.inherits)
        paths = sorted({str(p) for p in world.places()})
        await owner.execute("DELETE FROM nodes")
        await owner.executemany(
            "INSERT INTO nodes (id, path, kind, name, short_name, status, point_is_demo, name_warnings, extra, created_at) "
            "VALUES ($1, $2, 'street', $2, $2, 'open', true, '[]', '{}', $3)",
            [(new_id(), path, clock.now()) for path in paths],
        )
        async with database.begin(ANONYMOUS) as uow:
            for principal in world.principals():
                for permission in PERMISSIONS:
                    scope = decisions.scope(principal, permission)
                    found = await uow.session.scalars(sa.select(Node.path).where(scope.clause(Node.path)))
                    expected = {path for path in paths if world.oracle(principal, path, permission)}
                    assert set(found) == expected, (world, principal, permission, scope)
                    compared += 1
    await owner.close()
    return compared


async def test_a_scope_as_sql_agrees(blank: TestDatabase, database: Database) -> None:
    assert await sql_agrees(blank, database, worlds=30, seed=7) >= 300


@pytest.mark.prove
@pytest.mark.timeout(900)
async def test_many_scopes_as_sql_agree(blank: TestDatabase, database: Database) -> None:
    assert await sql_agrees(blank, database, worlds=1_000, seed=25) >= 10_000
