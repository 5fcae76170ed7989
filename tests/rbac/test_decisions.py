"""Decisions: the literal access lists of part one's roles, Casbin against a plain oracle, scope against can."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linggong.kernel.paths import ROOT, TenantPath, tenant_path
from rbac.decisions import Decisions
from rbac.engine import related, within
from rbac.permissions import Permission
from rbac.permissions import Permission as P
from rbac.policies import PolicyRow, seed_policies
from rbac.principal import ANONYMOUS, Post, Principal
from rbac.roles import Role

CITY, COUNTY, STREET, STATION = (tenant_path(p) for p in ("/4102/", "/4102/02/", "/4102/02/001/", "/4102/02/001/s01/"))
SIBLING, OTHER_COUNTY = tenant_path("/4102/02/001/s02/"), tenant_path("/4102/05/")


@pytest.fixture(scope="module")
def decisions() -> Decisions:
    return Decisions(seed_policies())


def at(role: Role, path: TenantPath) -> Principal:
    return Principal(acting=Post(role, path))


CASES = [
    # role, held at, row at, permission, answer, reason
    (Role.STATION_CLERK, STATION, STATION, P.PERSON_REGISTER, True, "a clerk registers at his own station"),
    (Role.STATION_CLERK, STATION, SIBLING, P.PERSON_REGISTER, False, "not at the next station"),
    (Role.STATION_CLERK, STATION, STREET, P.ORDER_READ, False, "not above his station"),
    (Role.STATION_CLERK, STATION, STREET, P.PARAMETER_READ, True, "but he reads the numbers that hold for him"),
    (Role.STATION_CLERK, STATION, OTHER_COUNTY, P.PARAMETER_READ, False, "not another county's"),
    (Role.STATION_CLERK, STATION, STATION, P.PARAMETER_SET, False, "a clerk sets no policy numbers"),
    (Role.STATION_CLERK, STATION, STATION, P.OVERVIEW_READ, False, "the overview is for operators and bureaus"),
    (Role.STATION_CLERK, STATION, STATION, P.NODE_MANAGE, False, "a clerk closes no station"),
    (Role.COUNTY_OPERATOR, COUNTY, STATION, P.ORDER_REVIEW, True, "the operator runs the county's stations"),
    (Role.COUNTY_OPERATOR, COUNTY, OTHER_COUNTY, P.ORDER_REVIEW, False, "and no other county's"),
    (Role.COUNTY_OPERATOR, COUNTY, CITY, P.OVERVIEW_READ, False, "nor the city's overview"),
    (
        Role.COUNTY_OPERATOR,
        COUNTY,
        COUNTY,
        P.NODE_MANAGE,
        False,
        "the operator does not change the tree it is paid for",
    ),
    (Role.COUNTY_BUREAU, COUNTY, STATION, P.NODE_MANAGE, True, "the bureau owns its county's tree"),
    (Role.COUNTY_BUREAU, COUNTY, STATION, P.PERSON_REGISTER, False, "and does not work the desk"),
    (Role.COUNTY_BUREAU, COUNTY, STATION, P.PAYMENT_RECORD, False, "nor record wages"),
    (Role.COUNTY_BUREAU, COUNTY, CITY, P.PARAMETER_SET, False, "nor set the city's numbers"),
    (Role.CITY_BUREAU, CITY, STATION, P.ORDER_READ, True, "the city reads everywhere"),
    (Role.CITY_BUREAU, CITY, STATION, P.ORDER_REVIEW, False, "and reviews nothing"),
    (Role.CITY_BUREAU, CITY, COUNTY, P.PARAMETER_SET, True, "but sets numbers"),
    (Role.WORKER, ROOT, STATION, P.ENGAGEMENT_APPLY, True, "a worker applies anywhere in the city"),
    (Role.WORKER, ROOT, STATION, P.ENGAGEMENT_OFFER, False, "and chooses nobody"),
    (Role.WORKER, ROOT, STATION, P.PAYMENT_RECORD, False, "nor records a payment"),
    (Role.EMPLOYER, ROOT, STATION, P.ORDER_CREATE, True, "an employer posts at any station"),
    (Role.EMPLOYER, ROOT, STATION, P.ORDER_REVIEW, False, "and reviews no post"),
    (Role.EMPLOYER, ROOT, STATION, P.PAYMENT_CONFIRM, False, "nor confirms his own payment"),
    (Role.ANONYMOUS, ROOT, STATION, P.BOARD_READ, True, "the board is open to everybody"),
    (Role.ANONYMOUS, ROOT, STATION, P.ENGAGEMENT_APPLY, False, "who applies signs in first"),
    (Role.ANONYMOUS, ROOT, STATION, P.SESSION_USE, False, "nobody has no account"),
]


@pytest.mark.parametrize(("role", "held", "row", "permission", "answer", "reason"), CASES)
def test_literal(
    decisions: Decisions, role: Role, held: TenantPath, row: TenantPath, permission: P, answer: bool, reason: str
) -> None:
    assert decisions.can(at(role, held), row, permission) is answer, reason


def test_nobody_unknown_gets_anything(decisions: Decisions) -> None:
    stranger = Principal(acting=Post("king", ROOT))  # type: ignore[arg-type]
    assert not decisions.can(stranger, STATION, P.BOARD_READ)
    assert decisions.scope(stranger, P.BOARD_READ).is_empty
    assert not Decisions([]).can(ANONYMOUS, STATION, P.BOARD_READ)


def test_every_permission_is_granted_to_somebody() -> None:
    granted = {(row[2], row[3]) for row in seed_policies() if row[5] == "allow"}
    assert {(p.object, p.action) for p in Permission} == granted


def test_deny_of_another_post_counts() -> None:
    rows: list[PolicyRow] = [
        ("station_clerk", "*", "order", "read", "down", "allow"),
        ("county_operator", "*", "order", "read", "down", "deny"),
    ]
    decisions = Decisions(rows)
    clerk = Principal(acting=Post(Role.STATION_CLERK, STATION))
    both = Principal(acting=Post(Role.STATION_CLERK, STATION), others=(Post(Role.COUNTY_OPERATOR, COUNTY),))
    assert decisions.can(clerk, STATION, P.ORDER_READ)
    assert not decisions.can(both, STATION, P.ORDER_READ)
    assert not decisions.scope(both, P.ORDER_READ).covers(STATION)


def test_an_allow_of_another_post_does_not_count(decisions: Decisions) -> None:
    both = Principal(acting=Post(Role.STATION_CLERK, STATION), others=(Post(Role.COUNTY_OPERATOR, COUNTY),))
    assert not decisions.can(both, SIBLING, P.ORDER_READ)


_SEGMENT = st.sampled_from(["a", "b", "ab"])
_PATHS = st.lists(_SEGMENT, max_size=3).map(lambda parts: tenant_path("/" + "".join(f"{p}/" for p in parts)))
_ROLES = st.sampled_from([Role.STATION_CLERK, Role.COUNTY_OPERATOR, Role.CITY_BUREAU])
_ROWS = st.lists(
    st.tuples(
        _ROLES.map(str),
        st.one_of(st.just("*"), _PATHS.map(str)),
        st.just("order"),
        st.sampled_from(["read", "create"]),
        st.sampled_from(["own", "down", "up", "any"]),
        st.sampled_from(["allow", "allow", "deny"]),
    ),
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(_ROWS, _ROLES, _PATHS, st.lists(st.tuples(_ROLES, _PATHS), max_size=2), _PATHS)
def test_casbin_memo_and_scope_agree_with_the_oracle(
    rows: list[PolicyRow], role: Role, held: TenantPath, others: list[tuple[Role, TenantPath]], row: TenantPath
) -> None:
    principal = Principal(acting=Post(role, held), others=tuple(Post(r, p) for r, p in others))
    posts = [(role, held, True), *((r, p, False) for r, p in others)]

    def matches(effect: str) -> bool:
        return any(
            rule == holder and eff == effect and act == "read" and within(row, dom) and related(rel, path, row)
            for rule, dom, _, act, rel, eff in rows
            for holder, path, acting in posts
            if acting or effect == "deny"
        )

    expected = matches("allow") and not matches("deny")
    decisions = Decisions(rows)
    assert decisions.can(principal, row, P.ORDER_READ) is expected
    assert decisions.can(principal, row, P.ORDER_READ) is expected, "and again from the memo"
    assert decisions.scope(principal, P.ORDER_READ).covers(row) is expected


def test_threads_agree(decisions: Decisions) -> None:
    fresh = Decisions(seed_policies())
    wrong: list[tuple[object, ...]] = []

    def ask() -> None:
        for role, held, row, permission, answer, _ in CASES * 20:
            if fresh.can(at(role, held), row, permission) is not answer:
                wrong.append((role, row, permission))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
