"""Drawn worlds: a tree, roles that inherit, rules, and people with posts; and what happens to them.

The oracle is plain Python over path segments (never over prefixes of text), so that it shares no line with the decisions.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from linggong.kernel.paths import TenantPath, tenant_path
from rbac.permissions import Permission
from rbac.policies import PolicyRow
from rbac.principal import Post, Principal
from rbac.roles import Role

SEGMENTS = ("a", "b", "ab", "2", "25")
ROLES = (Role.STATION_CLERK, Role.STATION_MANAGER, Role.COUNTY_OPERATOR, Role.AUDITOR, Role.CITY_BUREAU)
PERMISSIONS = (Permission.ORDER_READ, Permission.ORDER_REVIEW, Permission.PERSON_REVEAL)
RELATIONS = ("own", "down", "up", "any")

Place = tuple[str, ...]


def place(path: str) -> Place:
    return tuple(part for part in path.split("/") if part)


def text(at: Place) -> TenantPath:
    return tenant_path("/" + "".join(f"{part}/" for part in at))


@dataclass
class World:
    """Everything that a decision depends on."""

    rng: random.Random
    nodes: list[Place] = field(default_factory=lambda: [()])
    inherits: list[tuple[str, str]] = field(default_factory=list)
    rules: list[PolicyRow] = field(default_factory=list)
    people: list[list[tuple[Role, Place]]] = field(default_factory=list)

    def draw(self) -> World:
        for _ in range(self.rng.randint(4, 14)):
            self.grow()
        for _ in range(self.rng.choice((0, 0, 1, 2, 3))):
            a, b = self.rng.sample(ROLES, 2)
            if (a.value, b.value) not in self.inherits:
                self.inherits.append((a.value, b.value))
        for _ in range(self.rng.randint(1, 9)):
            self.add_rule()
        for _ in range(3):
            self.people.append([self.post() for _ in range(self.rng.choice((1, 1, 2, 3)))])
        return self

    def post(self) -> tuple[Role, Place]:
        return self.rng.choice(ROLES), self.rng.choice(self.nodes)

    def grow(self) -> bool:
        node = (*self.rng.choice(self.nodes), self.rng.choice(SEGMENTS))
        if len(node) > 5 or node in self.nodes:
            return False
        self.nodes.append(node)
        return True

    def add_rule(self) -> bool:
        permission = self.rng.choice(PERMISSIONS)
        limit = "*" if self.rng.random() < 0.6 else str(text(self.rng.choice(self.nodes)))
        effect = self.rng.choice(("allow", "allow", "deny"))
        row = (
            self.rng.choice(ROLES).value,
            limit,
            permission.object,
            permission.action,
            self.rng.choice(RELATIONS),
            effect,
        )
        if row in self.rules:
            return False
        self.rules.append(row)
        return True

    def remove_rule(self) -> bool:
        if not self.rules:
            return False
        self.rules.pop(self.rng.randrange(len(self.rules)))
        return True

    def revoke(self) -> bool:
        person = self.rng.choice(self.people)
        if len(person) < 2:
            return False
        person.pop(self.rng.randrange(len(person)))
        return True

    def grant(self) -> bool:
        person = self.rng.choice(self.people)
        if len(person) > 3:
            return False
        person.append(self.post())
        return True

    def move(self) -> bool:
        """Hang a subtree under another node, as `tenants.moving` does: nodes, posts and the rules limited to it follow."""
        tops = [n for n in self.nodes if n]
        if not tops:
            return False
        top = self.rng.choice(tops)
        target = (*self.rng.choice(self.nodes), self.rng.choice(SEGMENTS))
        if target[: len(top)] == top or target in self.nodes or len(target) > 4:
            return False

        def moved(at: Place) -> Place:
            return target + at[len(top) :] if at[: len(top)] == top else at

        self.nodes = [moved(n) for n in self.nodes]
        self.people = [[(role, moved(at)) for role, at in person] for person in self.people]
        self.rules = [(r[0], r[1] if r[1] == "*" else str(text(moved(place(r[1])))), *r[2:]) for r in self.rules]
        return True

    def change(self) -> str:
        """Let something happen; returns what."""
        while True:
            name = self.rng.choice(("move", "move", "revoke", "grant", "add_rule", "remove_rule", "grow"))
            if getattr(self, name)():
                return name

    def principals(self) -> list[Principal]:
        """Every person at each of his posts."""
        found = []
        for person in self.people:
            posts = [Post(role, text(at)) for role, at in person]
            found += [Principal(acting=p, others=tuple(o for o in posts if o is not p)) for p in posts]
        return found

    def places(self) -> list[TenantPath]:
        """Every node, and some paths where no node is."""
        strange = [(*self.rng.choice(self.nodes), self.rng.choice(SEGMENTS)) for _ in range(2)]
        return [text(n) for n in [*self.nodes, *strange]]

    def oracle(self, principal: Principal, path: str, permission: Permission) -> bool:
        """Say what must be answered."""
        row = place(path)

        def heirs(role: str) -> set[str]:
            found, more = {role}, [role]
            while more:
                one = more.pop()
                for a, b in self.inherits:
                    if a == one and b not in found:
                        found.add(b)
                        more.append(b)
            return found

        def matches(rule: PolicyRow, post: Post) -> bool:
            role, limit, object_type, action, relation, _ = rule
            if f"{object_type}:{action}" != permission or role not in heirs(post.role):
                return False
            if limit != "*" and row[: len(place(limit))] != place(limit):
                return False
            at = place(post.path)
            return {
                "own": row == at,
                "down": row[: len(at)] == at,
                "up": at[: len(row)] == row,
                "any": True,
            }[relation]

        posts = (principal.acting, *principal.others)
        if any(matches(r, p) for r in self.rules if r[5] == "deny" for p in posts):
            return False
        return any(matches(r, principal.acting) for r in self.rules if r[5] == "allow")
