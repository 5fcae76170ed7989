"""The proof can fail: a planted leak, a write outside, a policy that is true and a guard that says yes are each found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.app import registry
from linggong.kernel.db import Database, UnitOfWork
from linggong.prove import mutants, run, scratch, walls
from linggong.prove.judge import LEAK, MISMATCH, OUTSIDE
from rbac.permissions import Permission

if TYPE_CHECKING:
    from conftest import Server


@get("/api/v1/planted/{order_id:uuid}", opt={"permission": Permission.ORDER_READ})
async def planted_read(database: NamedDependency[Database], order_id: FromPath[UUID]) -> dict[str, str]:
    """Answers any order to whoever may read some."""
    async with database.system() as uow:
        row = (await uow.execute(sa.text("SELECT place, tenant FROM orders WHERE id = :id"), {"id": order_id})).one()
    return {"place": row.place, "tenant": row.tenant}


@post("/api/v1/planted/{staff_id:uuid}/rename", opt={"permission": Permission.ORDER_CREATE})
async def planted_write(database: NamedDependency[Database], staff_id: FromPath[UUID]) -> dict[str, str]:
    """Renames any member of staff."""
    async with database.system() as uow:
        await uow.execute(sa.text("UPDATE staff SET name = 'x' WHERE id = :id"), {"id": staff_id})
    return {}


@get("/api/v1/planted-orders", opt={"permission": Permission.ORDER_READ})
async def planted_list(uow: NamedDependency[UnitOfWork]) -> list[str]:
    """Trusts row security alone: right as long as that wall stands."""
    return list(await uow.session.scalars(sa.text("SELECT place FROM orders")))


Work = Callable[[run.Stage], Coroutine[Any, Any, Any]]


def on_a_city(server: Server, work: Work) -> Any:
    place = scratch.embedded(server.info, server.passwords)

    async def all_of_it(name: str) -> Any:
        return await work(await run.build(place, name, 3))

    with scratch.migrated(place) as name:
        return asyncio.run(all_of_it(name))


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = [planted_read, planted_write, planted_list]
    monkeypatch.setattr(registry, "CONTROLLERS", [*registry.CONTROLLERS, *planted])


async def _only(stage: run.Stage, site: Any, path: str, rounds: int) -> list[Any]:
    proof = run.Proof(stage, site, 3)
    proof.planner.operations = [o for o in proof.operations if o.path.startswith(path)]
    cases = proof.planner.cases()
    for _ in range(rounds):
        await proof.one(next(cases))
    return proof.report.findings


@pytest.mark.usefixtures("planted")
def test_planted_operations_are_found(server: Server) -> None:
    async def work(stage: run.Stage) -> dict[str, list[Any]]:
        async with run.opened(stage) as (site, owner):
            found = {
                "read": await _only(stage, site, "/api/v1/planted/{order_id}", 40),
                "write": await _only(stage, site, "/api/v1/planted/{staff_id}", 40),
                "list": await _only(stage, site, "/api/v1/planted-orders", 40),
            }
            async with walls.rows_open(owner):
                found["list without the wall"] = await _only(stage, site, "/api/v1/planted-orders", 40)
            with walls.guards_open():
                found["without the guard"] = await _only(stage, site, "/api/v1/orders/{order_id}/roster", 60)
            return found

    found = on_a_city(server, work)
    assert {LEAK, MISMATCH} <= {f.kind for f in found["read"]}
    assert OUTSIDE in {f.kind for f in found["write"]}
    assert found["list"] == []
    assert LEAK in {f.kind for f in found["list without the wall"]}
    assert MISMATCH in {f.kind for f in found["without the guard"]}
    assert "as " in found["read"][0].told, "the request that shows it again"


def test_a_hole_that_nobody_asks_through_survives(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the requests do not look, a mutant is reported as surviving: the figure is not 100 % by construction."""

    async def work(stage: run.Stage) -> mutants.Walls:
        async with run.opened(stage) as (site, owner):
            alone = mutants.Alone(stage, site, 3)
            alone.operations = [o for o in alone.operations if o.permission == "bill:read"]
            made = mutants.Walls()
            async with walls.rows_open(owner):
                with walls.guards_open():
                    made.mutants += (await alone.scope_mutants())[0]
                    monkeypatch.setattr(walls, "scopes_open", _nothing)
                    made.mutants += (await alone.scope_mutants())[0]
            return made

    made = on_a_city(server, work)
    assert [m.killed for m in made.mutants] == [True, False]
    assert made.line()["survived"] == ["scopes: bill:read"]


def _nothing(_: Any = None) -> Any:
    from contextlib import nullcontext

    return nullcontext()
