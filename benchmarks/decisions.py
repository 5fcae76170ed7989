"""How long a decision takes, at 10,000 staff and 2,600 nodes with the seeded rules, beside other ways to decide the same.

    python -m benchmarks.decisions [--decisions 20000] [--requests 1500] [--no-http]

One run, one machine, one set of questions that all of them answer alike (checked first):

- `ours`: rbac.decisions, on a memo hit and on a miss (the memo emptied before each question); `scope()` the same way;
- `dict`: a dict written by hand for these rules;
- `pycasbin`: the library as its manual has it, staff as `g` rows with a domain matching function (fewer questions, warm:
  the first touch of each domain is told apart);
- `cedarpy`: the rules in Cedar, policies and the whole entity graph parsed beforehand, which is its best case.

Then the whole app in process on a real PostgreSQL: what guard and scoped transaction add to one endpoint, with the
session's lookup told apart.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import casbin
import cedarpy

from benchmarks._decisions_http import measure_requests
from linggong.kernel.paths import TenantPath, ancestors, tenant_path
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.policies import INHERITS, seed_policies
from rbac.principal import Post, Principal
from rbac.roles import Role

CITY = tenant_path("/4102/")
COUNTIES = [tenant_path(f"/4102/{c:02d}/") for c in range(10)]
STREETS = [tenant_path(f"{COUNTIES[s % 10]}{s:03d}/") for s in range(120)]
STATIONS = [tenant_path(f"{STREETS[n % 120]}s{n:04d}/") for n in range(2469)]
NODES = [CITY, *COUNTIES, *STREETS, *STATIONS]
STAFF = 10_000
_AT_STATION = (Role.STATION_CLERK, Role.STATION_CLERK, Role.STATION_CLERK, Role.STATION_MANAGER)
_AT_COUNTY = (
    Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.MEDIATOR, Role.DEPARTMENT_VIEWER, Role.AUDITOR, Role.PII_OFFICER,
    Role.SYSADMIN,
)  # fmt: skip
_AT_CITY = (Role.CITY_BUREAU, Role.CITY_ANALYST, Role.AUDITOR, Role.SYSADMIN, Role.INSURER)
Question = tuple[Principal, TenantPath, Permission]
WARM_PLACES = 12


def staff(rng: random.Random) -> list[Principal]:
    """Draw 10,000 members of staff with one to three posts."""

    def post() -> Post:
        where = rng.random()
        if where < 0.80:
            return Post(rng.choice(_AT_STATION), rng.choice(STATIONS))
        if where < 0.92:
            return Post(Role.STREET_OPERATOR, rng.choice(STREETS))
        if where < 0.98:
            return Post(rng.choice(_AT_COUNTY), rng.choice(COUNTIES))
        return Post(rng.choice(_AT_CITY), CITY)

    found = []
    for _ in range(STAFF):
        acting, *others = (post() for _ in range(rng.choices((1, 2, 3), (80, 15, 5))[0]))
        found.append(Principal(acting=acting, others=tuple(others)))
    return found


def questions(rng: random.Random, people: list[Principal], count: int) -> list[Question]:
    """Draw what is asked: mostly near one's own place, as real requests are."""
    below: dict[str, list[TenantPath]] = {}
    for node in NODES:
        for above in ancestors(node):
            below.setdefault(above, []).append(node)
    permissions = list(Permission)
    asked = []
    for _ in range(count):
        who = rng.choice(people)
        at, where = who.acting.path, rng.random()
        path = (
            at if where < 0.45
            else rng.choice(below[at]) if where < 0.75
            else rng.choice(ancestors(at)[1:]) if where < 0.85
            else rng.choice(NODES)
        )  # fmt: skip
        asked.append((who, path, rng.choice(permissions)))
    return asked


class HandWritten:
    """What one would write without an engine, for these rules and no others."""

    def __init__(self) -> None:
        heirs: dict[str, list[str]] = {}
        for role, source in INHERITS:
            heirs.setdefault(source, []).append(role)
        self.allow: dict[tuple[str, str], set[str]] = {}
        self.deny: set[tuple[str, str]] = set()
        for role, _, object_type, action, relation, effect in seed_policies():
            for name in (role, *heirs.get(role, ())):
                key = (name, f"{object_type}:{action}")
                if effect == "deny":
                    self.deny.add(key)
                else:
                    self.allow.setdefault(key, set()).add(relation)

    def can(self, who: Principal, path: TenantPath, permission: Permission) -> bool:
        acting = who.acting
        relations = self.allow.get((acting.role, permission))
        if relations is None or (acting.role, permission) in self.deny:
            return False
        for other in who.others:
            if (other.role, permission) in self.deny:
                return False
        at = acting.path
        return (
            "any" in relations
            or ("down" in relations and path.startswith(at))
            or ("up" in relations and at.startswith(path))
        )


_UPWARD = {row[0] for row in seed_policies() if row[4] == "up"} | {Role.STATION_MANAGER}
_PLAIN = """[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, obj, act, rel, eft
[role_definition]
g = _, _, _
g2 = _, _
g3 = _, _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.obj == p.obj && r.act == p.act && (p.rel == "any" && g2(r.sub, p.sub) || p.rel == "down" && g(r.sub, p.sub, r.dom) || p.rel == "up" && g3(r.sub, p.sub, r.dom))
"""


class PlainCasbin:
    """The library as its manual has it: a `g` row for every post, domains matched by a function."""

    def __init__(self, people: list[Principal]) -> None:
        self._names = {id(p): f"u{n}" for n, p in enumerate(people)}
        self._enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=_PLAIN))
        self._enforcer.add_named_domain_matching_func("g", lambda asked, held: asked.startswith(held))
        self._enforcer.add_named_domain_matching_func("g3", lambda asked, held: held.startswith(asked))
        rows = []
        for role, _, object_type, action, relation, effect in seed_policies():
            rows.append([f"!{role}" if effect == "deny" else role, object_type, action, relation, effect])
        self._enforcer.add_policies(rows)
        down, anywhere, up = [], [], []
        for who in people:
            name = self._names[id(who)]
            down.append([name, who.acting.role.value, who.acting.path])
            if who.acting.role in _UPWARD:
                up.append([name, who.acting.role.value, who.acting.path])
            anywhere.append([name, who.acting.role.value])
            anywhere += [[name, f"!{p.role.value}"] for p in (who.acting, *who.others)]
        for role, source in INHERITS:
            anywhere.append([role.value, source.value])
            down.append([role.value, source.value, "/"])
            up.append([role.value, source.value, "/4102/"])
        self._enforcer.add_named_grouping_policies("g", [list(r) for r in {tuple(r) for r in down}])
        self._enforcer.add_named_grouping_policies("g2", [list(r) for r in {tuple(r) for r in anywhere}])
        self._enforcer.add_named_grouping_policies("g3", [list(r) for r in {tuple(r) for r in up}])

    def can(self, who: Principal, path: TenantPath, permission: Permission) -> bool:
        return bool(self._enforcer.enforce(self._names[id(who)], path, permission.object, permission.action))


class Cedar:
    """The rules as Cedar policies; places and posts as entities, all parsed beforehand."""

    def __init__(self, people: list[Principal]) -> None:
        self._names = {id(p): f"u{n}" for n, p in enumerate(people)}
        where = {"down": "resource in principal.at", "up": "principal.at in resource", "any": "true"}
        texts = []
        for role, _, object_type, action, relation, effect in seed_policies():
            head = f'action == Action::"{object_type}:{action}", resource'
            if effect == "deny":
                texts.append(f'forbid(principal, {head}) when {{ principal.held.contains(Role::"{role}") }};')
            else:
                texts.append(f'permit(principal in Role::"{role}", {head}) when {{ {where[relation]} }};')
        self._policies = cedarpy.PolicySet.from_str("\n".join(texts))
        entities = []
        for node in ["/", *NODES]:
            above = [] if node == "/" else [{"type": "Node", "id": ancestors(TenantPath(node))[-2]}]
            entities.append({"uid": {"type": "Node", "id": node}, "attrs": {}, "parents": above})
        for role in Role:
            parents = [{"type": "Role", "id": b.value} for a, b in INHERITS if a is role]
            entities.append({"uid": {"type": "Role", "id": role.value}, "attrs": {}, "parents": parents})
        for who in people:
            held = [{"__entity": {"type": "Role", "id": p.role.value}} for p in (who.acting, *who.others)]
            entities.append({
                "uid": {"type": "Post", "id": self._names[id(who)]},
                "attrs": {"at": {"__entity": {"type": "Node", "id": who.acting.path}}, "held": held},
                "parents": [{"type": "Role", "id": who.acting.role.value}],
            })  # fmt: skip
        self._entities = cedarpy.Entities.from_json_str(json.dumps(entities))

    def can(self, who: Principal, path: TenantPath, permission: Permission) -> bool:
        request = {
            "principal": {"type": "Post", "id": self._names[id(who)]},
            "action": {"type": "Action", "id": permission.value},
            "resource": {"type": "Node", "id": path},
            "context": {},
        }
        return bool(cedarpy.is_authorized(request, self._policies, self._entities).allowed)


@dataclass(frozen=True)
class Times:
    """Microseconds a question."""

    p50: float
    p99: float


def timed(ask: Callable[[Principal, TenantPath, Permission], object], asked: Iterable[Question], before: Callable[[], None] | None = None) -> Times:  # fmt: skip
    """Ask one after the other; the clock's own cost is taken off."""
    clock = time.perf_counter_ns
    empty = min(-clock() + clock() for _ in range(10_000))
    taken = []
    gc.collect()
    gc.disable()
    try:
        for who, path, permission in asked:
            if before is not None:
                before()
            begun = clock()
            ask(who, path, permission)
            taken.append(clock() - begun - empty)
    finally:
        gc.enable()
    taken.sort()
    return Times(taken[len(taken) // 2] / 1000, taken[int(len(taken) * 0.99)] / 1000)


def line(name: str, times: Times, hit: Times, miss: Times, note: str = "") -> None:
    """Print one row: microseconds, and how many of our hits and misses fit in."""
    ratios = f"{times.p50 / hit.p50:10.1f}{times.p99 / hit.p99:10.1f}{times.p50 / miss.p50:10.2f}"
    print(f"{name:34}{times.p50:11.2f}{times.p99:11.2f}{ratios}  {note}")


def decide(count: int, seed: int = 1) -> None:
    """Measure every way of deciding, after checking that all answer alike."""
    rng = random.Random(seed)
    people = staff(rng)
    asked = questions(rng, people, count)
    ours = Decisions(seed_policies(), INHERITS)
    hand, cedar = HandWritten(), Cedar(people)
    answers = [ours.can(*q) for q in asked]
    few = asked[:3000]
    assert [hand.can(*q) for q in asked] == answers, "the dict answers otherwise"
    assert [cedar.can(*q) for q in few] == answers[: len(few)], "Cedar answers otherwise"
    assert [ours.scope(w, p).covers(path) for w, path, p in asked] == answers, "a scope answers otherwise"
    print(f"{len(people)} staff, {len(NODES)} nodes, {len(ours.policies)} rules, {count} questions, {sum(answers)} yes")
    kept = sum(len(look.memo) for look in ours._looks.values())
    print(f"{kept} answers kept for them, {len(ours._scopes)} scopes")
    hit = timed(ours.can, asked)

    def forget() -> None:
        for look in ours._looks.values():
            look.memo.clear()

    miss = timed(ours.can, few, forget)
    print(f"\n{'microseconds':34}{'p50':>11}{'p99':>11}{'x hit p50':>10}{'x hit p99':>10}{'x miss':>10}")
    line("ours, hit", hit, hit, miss, "aim: p99 <= 3")
    line("ours, miss", miss, hit, miss, "aim: p99 <= 50")
    warm = timed(lambda w, _, p: ours.scope(w, p), asked)
    line("ours, scope(), hit", warm, hit, miss)
    line("ours, anywhere() of the guard", timed(lambda w, _, p: ours.anywhere(w, p), asked), hit, miss)
    line("ours, scope(), miss", timed(lambda w, _, p: ours.scope(w, p), few, ours._scopes.clear), hit, miss)
    line("a dict written by hand", timed(hand.can, asked), hit, miss)
    line("cedarpy, all parsed beforehand", timed(cedar.can, few), hit, miss, "aim: 20 of our hits fit in")
    begun = time.perf_counter()
    plain = PlainCasbin(people)
    loaded = time.perf_counter() - begun
    places = sorted({path for _, path, _ in asked})[:: max(1, len({p for _, p, _ in asked}) // WARM_PLACES)]
    near = [q for q in asked if q[1] in places][:400]
    first = timed(plain.can, [next(q for q in near if q[1] == p) for p in places if any(q[1] == p for q in near)])
    assert [plain.can(*q) for q in near] == [ours.can(*q) for q in near], "plain pycasbin answers otherwise"
    line(
        "pycasbin, staff as g, warm",
        timed(plain.can, near),
        hit,
        miss,
        f"{len(near)} questions at {len(places)} places",
    )
    line("pycasbin, first touch of a place", first, hit, miss, f"its rows took {loaded:.0f} s to load")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=1_500)
    parser.add_argument("--no-http", action="store_true")
    given = parser.parse_args()
    decide(given.decisions)
    if not given.no_http:
        asyncio.run(measure_requests(given.requests))
