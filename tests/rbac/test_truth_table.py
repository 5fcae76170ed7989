"""The truth table, asked of `can` (cold and warm), of `scope`, and of the explanation."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import cast

import pytest

from rbac.decisions import Decisions
from rbac.explain import Reason, judge
from rbac.permissions import Permission
from rbac.permissions import Permission as P
from rbac.policies import INHERITS, seed_policies
from rbac.principal import Post, Principal
from rbac.roles import STAFF_ROLES, Role
from tests.rbac.truth import CASES as PLAIN_CASES
from tests.rbac.truth import CITY, STATION, Case, Held
from tests.rbac.truth_ledgers import LEDGER_CASES
from tests.rbac.truth_limited import LIMITED, LIMITED_CASES
from tests.rbac.truth_outreach import OUTREACH_CASES
from tests.rbac.truth_places import CASES as PLACE_CASES
from tests.rbac.truth_site import SITE_CASES

CASES = (*PLAIN_CASES, *SITE_CASES, *PLACE_CASES, *OUTREACH_CASES, *LEDGER_CASES)


@cache
def _seeded() -> Decisions:
    return Decisions(seed_policies(), INHERITS)


@cache
def _limited() -> Decisions:
    return Decisions([*seed_policies(), *LIMITED], INHERITS)


def principal_of(held: tuple[Held, ...]) -> Principal:
    acting, *others = (Post(cast(Role, role), path) for role, path in held)
    return Principal(acting=acting, others=tuple(others))


def _ids(cases: Iterable[Case]) -> list[str]:
    return [f"{held[0][0]}-{permission}-{reason}" for held, _, permission, _, reason in cases]


def _ask(decisions: Decisions, case: Case) -> None:
    held, path, permission, answer, reason = case
    principal, wanted = principal_of(held), cast(P, permission)
    if wanted not in list(P):
        assert decisions.can(principal, path, wanted) is answer, reason
        assert decisions.scope(principal, wanted).is_empty, reason
        return
    assert decisions.can(principal, path, wanted) is answer, reason
    assert decisions.can(principal, path, wanted) is answer, f"{reason}, and again from the memo"
    assert decisions.scope(principal, wanted).covers(path) is answer, f"{reason}, as a list"
    areas = decisions.areas(principal, wanted.object)
    assert (areas.read.covers(path) if wanted.action == "read" else areas.may(wanted.action, path)) is answer, reason
    verdict = judge(decisions, principal, path, wanted)
    assert verdict.allowed is answer, reason
    assert verdict.allowed is (verdict.reason is Reason.ALLOWED), f"{reason}: the explanation names what decided"


@pytest.mark.parametrize("case", CASES, ids=_ids(CASES))
def test_seeded(case: Case) -> None:
    _ask(_seeded(), case)


@pytest.mark.parametrize("case", LIMITED_CASES, ids=_ids(LIMITED_CASES))
def test_limited_to_a_subtree(case: Case) -> None:
    _ask(_limited(), case)


def test_the_table_is_whole() -> None:
    cases = [*CASES, *LIMITED_CASES]
    assert len(cases) >= 150
    assert len({(held, path, p) for held, path, p, _, _ in CASES}) == len(CASES), "no case twice"
    acting = {held[0][0] for held, *_ in cases}
    assert acting >= set(Role)
    for role in STAFF_ROLES:
        assert {answer for held, _, _, answer, _ in CASES if held[0][0] == role} == {True, False}, role
    assert {row[4] for row in LIMITED} == {"down", "own", "up", "any"}


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    auditor = principal_of(((Role.AUDITOR, CITY),))
    his = {P.AUDIT_EXPORT, P.CONSOLE_USE} | {P.PUBLIC_USE, P.SESSION_USE}
    for permission in Permission:
        may = _seeded().can(auditor, STATION, permission)
        assert may is (permission.is_read or permission in his), permission


def test_every_permission_is_granted_to_somebody() -> None:
    granted = {(row[2], row[3]) for row in seed_policies() if row[5] == "allow"}
    assert {(p.object, p.action) for p in Permission} == granted
