"""How the decisions behave: whose rows count, what is kept and for how long, and that threads do not disturb each other."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from linggong.kernel.paths import ROOT, tenant_path
from rbac import decisions as module
from rbac.decisions import Decisions
from rbac.permissions import Permission as P
from rbac.policies import INHERITS, PolicyRow, seed_policies
from rbac.principal import ANONYMOUS, Post, Principal
from rbac.roles import Role
from tests.rbac.truth import CASES, CITY, COUNTY, OTHER, SIBLING, STATION, STREET


@pytest.fixture(scope="module")
def decisions() -> Decisions:
    return Decisions(seed_policies(), INHERITS)


def at(role: Role, path: str, *others: Post) -> Principal:
    return Principal(acting=Post(role, tenant_path(path)), others=others)


def test_without_policies_nobody_may_anything() -> None:
    """Casbin evaluates a matcher with empty words when there is no row; ours says no to them."""
    empty = Decisions([])
    assert not empty.can(ANONYMOUS, STATION, P.BOARD_READ)
    assert empty.scope(ANONYMOUS, P.BOARD_READ).is_empty


def test_deny_of_another_post_counts() -> None:
    rows: list[PolicyRow] = [
        ("station_clerk", "*", "order", "read", "down", "allow"),
        ("county_operator", "*", "order", "read", "down", "deny"),
    ]
    decisions = Decisions(rows)
    assert decisions.can(at(Role.STATION_CLERK, STATION), STATION, P.ORDER_READ)
    both = at(Role.STATION_CLERK, STATION, Post(Role.COUNTY_OPERATOR, COUNTY))
    assert not decisions.can(both, STATION, P.ORDER_READ)
    assert not decisions.scope(both, P.ORDER_READ).covers(STATION)
    elsewhere = at(Role.STATION_CLERK, STATION, Post(Role.COUNTY_OPERATOR, OTHER))
    assert decisions.can(elsewhere, STATION, P.ORDER_READ), "the memo tells the two apart"


def test_a_deny_is_inherited_like_an_allow() -> None:
    rows = [*seed_policies(), ("station_clerk", "*", "overview", "read", "any", "deny")]
    decisions = Decisions(rows, INHERITS)
    assert not decisions.can(at(Role.STATION_MANAGER, STATION), STATION, P.OVERVIEW_READ)
    both = at(Role.COUNTY_OPERATOR, COUNTY, Post(Role.STATION_MANAGER, STATION))
    assert not decisions.can(both, COUNTY, P.OVERVIEW_READ), "also from another post"


def test_inheritance_goes_over_several_steps_and_survives_a_ring() -> None:
    rows: list[PolicyRow] = [("c", "*", "order", "read", "down", "allow")]
    chain = Decisions(rows, [("a", "b"), ("b", "c"), ("c", "a")])
    assert chain.roles_of("a") == {"a", "b", "c"}
    assert chain.can(at(cast(Role, "a"), STATION), STATION, P.ORDER_READ)
    assert chain.roles_of("d") == frozenset()


def test_a_scope_says_no_more_than_it_must(decisions: Decisions) -> None:
    clerk = at(Role.STATION_CLERK, STATION)
    upward = decisions.scope(clerk, P.PARAMETER_READ)
    assert upward.trees == (STATION,)
    assert upward.nodes == (ROOT, CITY, COUNTY, STREET)
    auditing = at(Role.STATION_CLERK, STATION, Post(Role.AUDITOR, OTHER))
    assert decisions.scope(auditing, P.PERSON_REGISTER).is_empty, "wholly denied is empty, so that the guard refuses"
    assert not decisions.anywhere(auditing, P.PERSON_REGISTER)
    rows: list[PolicyRow] = [
        ("county_bureau", "*", "order", "read", "down", "allow"),
        ("county_bureau", STREET, "order", "read", "any", "deny"),
        ("county_bureau", SIBLING, "order", "read", "own", "deny"),
        ("county_bureau", OTHER, "order", "read", "any", "deny"),
    ]
    limited = Decisions(rows).scope(at(Role.COUNTY_BUREAU, COUNTY), P.ORDER_READ)
    assert (limited.trees, limited.not_trees, limited.nodes, limited.not_nodes) == ((COUNTY,), (STREET,), (), ())


def test_read_and_write_areas_of_an_object(decisions: Decisions) -> None:
    areas = decisions.areas(at(Role.SYSADMIN, COUNTY), "parameter")
    assert areas.read.covers(CITY)
    assert not areas.may("set", CITY)
    assert areas.may("set", STATION)
    assert set(decisions.areas(at(Role.AUDITOR, CITY), "order").write) == set()
    assert set(decisions.areas(at(Role.COUNTY_BUREAU, COUNTY), "order").write) == {
        "review", "export", "suspend", "decide", "takedown",
    }  # fmt: skip
    assert decisions.areas(at(Role.CITY_BUREAU, CITY), "crown").read.is_empty


def test_a_scope_is_derived_once_a_version(decisions: Decisions) -> None:
    clerk, colleague = at(Role.STATION_CLERK, STATION), at(Role.STATION_CLERK, STATION)
    assert decisions.scope(clerk, P.ORDER_READ) is decisions.scope(colleague, P.ORDER_READ)
    auditing = at(Role.STATION_CLERK, STATION, Post(Role.AUDITOR, OTHER))
    assert decisions.scope(auditing, P.ORDER_READ) is decisions.scope(clerk, P.ORDER_READ), "no deny row observes it"
    assert decisions.scope(auditing, P.ORDER_REVIEW) is not decisions.scope(clerk, P.ORDER_REVIEW)


def test_memos_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MEMO_LIMIT", 5)
    monkeypatch.setattr(module, "_SCOPE_LIMIT", 7)
    decisions = Decisions(
        [*seed_policies(), *((r, f"/x{n}/", "order", "read", "down", "allow") for n in range(20) for r in ("worker",))]
    )
    for n in range(200):
        path = tenant_path(f"/x{n % 20}/y{n}/")
        role = list(Role)[n % len(Role)]
        decisions.can(at(role, path), path, P.ORDER_READ)
        decisions.scope(at(role, path), P.ORDER_READ)
        assert len(decisions._looks["order:read"].memo) <= 5
        assert len(decisions._scopes) <= 7


def test_the_memo_does_not_grow_with_the_city() -> None:
    decisions = Decisions(seed_policies(), INHERITS)
    for county in range(20):
        for station in range(50):
            path = tenant_path(f"/4102/{county}/s{station}/")
            assert decisions.can(at(Role.STATION_CLERK, path), path, P.ORDER_READ)
    assert len(decisions._looks["order:read"].memo) == 1


def test_a_row_that_casbin_would_pass_over_is_refused() -> None:
    for bad in (("beside", "allow"), ("down", "Deny"), ("down", "")):
        with pytest.raises(ValueError, match="unknown relation or effect"):
            Decisions([("auditor", "*", "person", "reveal", *bad)])


def test_threads_agree() -> None:
    fresh = Decisions(seed_policies(), INHERITS)
    wrong: list[tuple[object, ...]] = []

    def ask() -> None:
        for held, row, permission, answer, _ in CASES * 20:
            if permission not in list(P):
                continue
            acting, *others = (Post(cast(Role, role), path) for role, path in held)
            principal = Principal(acting=acting, others=tuple(others))
            if fresh.can(principal, row, cast(P, permission)) is not answer:
                wrong.append((held, row, permission))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
