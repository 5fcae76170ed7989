"""What a change of posts gives and takes, held against the decisions themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from officers import DECISIONS

from linggong.kernel.paths import tenant_path
from rbac.permissions import OUTSIDE_STAFF, Permission
from rbac.principal import Post, Principal
from rbac.reach import difference, reach
from rbac.roles import STAFF_ROLES, Role

STATION, STREET, COUNTY, CITY = (tenant_path(p) for p in ("/4102/25/001/s01/", "/4102/25/001/", "/4102/25/", "/4102/"))
OTHER = tenant_path("/4102/02/003/s01/")
CLERK = Post(Role.STATION_CLERK, STATION)
POSTS = st.builds(Post, st.sampled_from(STAFF_ROLES), st.sampled_from((STATION, STREET, COUNTY, CITY, OTHER)))


def words(gains: object) -> dict[str, set[Permission]]:
    return {g.place: set(g.permissions) for g in gains}


def test_a_first_post_gives_all_that_it_has_and_takes_nothing() -> None:
    gives, takes = difference(DECISIONS, [], [CLERK])
    assert set(words(gives)) == {STATION}
    assert Permission.PERSON_REGISTER in words(gives)[STATION]
    assert Permission.SESSION_USE not in words(gives)[STATION]
    assert takes == ()


def test_a_transfer_gives_there_and_takes_here() -> None:
    gives, takes = difference(DECISIONS, [CLERK], [Post(Role.STATION_CLERK, OTHER)])
    assert set(words(gives)) == {OTHER}
    assert set(words(takes)) == {STATION}
    assert words(gives)[OTHER] == words(takes)[STATION]


def test_a_post_above_gives_only_what_is_new_there() -> None:
    gives, takes = difference(DECISIONS, [CLERK], [CLERK, Post(Role.MEDIATOR, COUNTY)])
    assert words(gives)[COUNTY] == {
        Permission.CASE_READ, Permission.CASE_NOTE, Permission.CASE_HANDLE, Permission.CASE_ANSWER, Permission.CASE_REFER,
        Permission.CASE_MEDIATE,
    }  # fmt: skip
    assert takes == ()


def test_one_more_post_may_take_something_away() -> None:
    """An auditor writes nothing at any post: the deny rows of one post count at all of them."""
    gives, takes = difference(DECISIONS, [CLERK], [CLERK, Post(Role.AUDITOR, CITY)])
    assert Permission.AUDIT_READ in words(gives)[CITY]
    assert {Permission.PERSON_REGISTER, Permission.PERSON_REVEAL} <= words(takes)[STATION]
    assert Permission.PERSON_READ not in words(takes).get(STATION, set())


@given(st.lists(POSTS, max_size=3))
def test_reach_is_where_some_post_may(posts: list[Post]) -> None:
    found = reach(DECISIONS, posts)
    for permission in set(Permission) - OUTSIDE_STAFF - {Permission.NODE_READ, Permission.PARAMETER_READ}:
        for path in (STATION, STREET, COUNTY, CITY, OTHER):
            may = any(
                DECISIONS.can(Principal(acting=p, others=tuple(q for q in posts if q is not p)), path, permission)
                for p in posts
            )
            assert may == any(path.startswith(top) for top in found.get(permission, ())), (permission, path)


@given(st.lists(POSTS, max_size=3), st.lists(POSTS, max_size=3))
def test_there_and_back_mirror_each_other(before: list[Post], after: list[Post]) -> None:
    gives, takes = difference(DECISIONS, before, after)
    assert difference(DECISIONS, after, before) == (takes, gives)
    assert difference(DECISIONS, before, before) == ((), ())
