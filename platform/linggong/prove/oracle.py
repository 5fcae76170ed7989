"""The oracle: who may see and write which row, in plain Python of its own.

It reads the policies as rows (`casbin_rule`) and evaluates them by these few lines; it shares no code with
`rbac.decisions`, the scopes or the row policies, so that a mistake there is not repeated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from linggong.prove.city import Subject
from linggong.prove.world import Row, Sides, World, public_tables, unreachable_tables

REVEALING = frozenset(
    {
        "person:reveal",
        "person:recover",
        "employer:reveal",
        "engagement:contact",
        "order:review",
        "person:self",
        "employer:self",
    }
)
"""Only under these does a number appear in clear (R049)."""
OPEN_STATES = ("A_CONFIRMED", "A_CONTRACTED")
_FOLLOWS = frozenset({"confirmed", "state", "closed_at", "refreshed_at", "hiring", "end_reason"})
"""Cells of an order that follow from its engagements, whoever of their sides acts."""
OF_THE_PLACE = frozenset({"node_photos"})
"""Rows that come with a place itself: whoever may read places sees them below his post."""
ACCOUNTS = frozenset({"public:use", "session:use"})


@dataclass(frozen=True, slots=True)
class Area:
    """Where a permission holds: at and below `trees`, at `nodes`; `anywhere` is for what is not tied to a place."""

    trees: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    anywhere: bool = False
    denied: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.trees or self.nodes or self.anywhere) and "*" not in self.denied

    def holds(self, path: str) -> bool:
        """Tell whether a place lies in it."""
        if any(d == "*" or path.startswith(d) for d in self.denied):
            return False
        return path in self.nodes or any(path.startswith(t) for t in self.trees)


@dataclass(slots=True)
class Oracle:
    """Answers for one city."""

    world: World
    rules: list[tuple[str, str, str, str, str, str]]
    inherits: Mapping[str, tuple[str, ...]]
    _areas: dict[tuple[str, str], Area] = field(default_factory=dict)
    _tokens: dict[tuple[str, Area, str], frozenset[str]] = field(default_factory=dict)

    def roles(self, role: str) -> tuple[str, ...]:
        """Return a role with those that it includes."""
        return (role, *self.inherits.get(role, ()))

    def area(self, subject: Subject, permission: str) -> Area:
        """Return where the subject has the permission."""
        key = (subject.name, permission)
        if key not in self._areas:
            self._areas[key] = self._area(subject, permission)
        return self._areas[key]

    def _area(self, subject: Subject, permission: str) -> Area:
        obj, _, act = permission.partition(":")
        trees, nodes, denied, anywhere = [], [], [], False
        held = [(subject.role, subject.path, True), *((r, p, False) for r, p in subject.others)]
        for role, at, acting in held:
            for who, dom, o, a, relation, effect in self.rules:
                if o != obj or a != act or who not in self.roles(role) or (effect == "allow" and not acting):
                    continue
                limit = "/" if dom == "*" else dom
                if effect == "deny":
                    denied.append(
                        "*" if relation == "any" and dom == "*" else limit if relation == "any" else max(at, limit)
                    )
                elif relation == "any":
                    anywhere = True
                elif relation == "down" and (at.startswith(limit) or limit.startswith(at)):
                    trees.append(max(at, limit, key=len))
                elif relation == "own" and at.startswith(limit):
                    nodes.append(at)
                elif relation == "up":
                    nodes += [p for p in _above(at) if p.startswith(limit)]
        return Area(tuple(trees), tuple(nodes), anywhere, tuple(denied))

    def may_call(self, subject: Subject, permission: str) -> bool:
        """Tell whether the guard lets the subject through at all."""
        return bool(self.area(subject, permission))

    def owns(self, subject: Subject, sides: Sides) -> bool:
        """Tell whether the row names the subject himself, or the employer for which he acts."""
        if subject.is_staff:
            return str(subject.id) in sides.staff
        return str(subject.id) in sides.persons or (
            subject.employer_id is not None and str(subject.employer_id) in sides.employers
        )

    def sees(self, subject: Subject, permission: str, row: Row) -> bool:
        """Tell whether the subject may see a row in the answer of an operation of this permission."""
        if row.table in public_tables():
            return True
        area = self.area(subject, permission)
        if not area:
            return False
        if row.table == "employers" and permission == "session:use":
            # He may act for them, so he is told which they are.
            return str(subject.id) in self.world.members.get(row.key, ())
        if subject.role == "anonymous" or row.table in unreachable_tables():
            return row.table in unreachable_tables() and self._reads_system(subject, permission, row)
        if self.owns(subject, row.sides):
            return True
        if row.table in OF_THE_PLACE and area.anywhere:
            return subject.is_staff and any(p.startswith(subject.path) for p in row.sides.paths)
        # Who holds a post at a place is known there, wherever his account is kept.
        # His account, though, is looked after at its home alone.
        known = row.table == "staff" and permission != "staff:secure"
        paths = row.sides.paths | self.world.posts.get(row.key, set()) if known else row.sides.paths
        return subject.is_staff and any(area.holds(p) and p.startswith(subject.path) for p in paths)

    def _reads_system(self, subject: Subject, permission: str, row: Row) -> bool:
        if row.table in ("casbin_rule", "policy_state"):
            return permission.startswith("policy:")
        if row.table in ("web_sessions", "staff_credentials"):
            account = str(row.cells.get("account_id") or row.cells.get("staff_id"))
            if account == str(subject.id):
                return True
            home = self.world.by_key.get(("staff", account))
            return home is not None and permission.startswith("staff:") and self.sees(subject, permission, home)
        return row.table == "out_messages" and permission.startswith("message:")

    def tokens(self, subject: Subject, permission: str) -> frozenset[str]:
        """Return every canary that may stand in an answer to the subject."""
        # Permissions that hold at the same places show the same rows, but for the few that open accounts and rules.
        special = permission if permission.partition(":")[0] in ("session", "staff", "policy", "message") else ""
        key = (subject.name, self.area(subject, permission), special)
        if key not in self._tokens:
            seen = set(self.world.public_tokens)
            for row in self.world.rows:
                if self.sees(subject, permission, row):
                    seen |= row.tokens
            self._tokens[key] = frozenset(seen)
        return self._tokens[key]

    def console_tokens(self, subject: Subject, permission: str, reads: Iterable[str]) -> frozenset[str]:
        """Return the canaries that the console may show: beside a row's own cells, names of what the subject may read."""
        shown = self.tokens(subject, permission)
        for read in reads:
            if self.may_call(subject, read):
                shown |= self.tokens(subject, read)
        return shown

    def number_may_show(self, subject: Subject, permission: str, number: str) -> bool:
        """Tell whether a sealed number may stand in clear in the answer."""
        row = self.world.clear.get(number)
        if row is None:
            return True
        if self.owns(subject, row.sides) or (subject.role == "worker" and self.other_side(subject, row)):
            return True
        if permission not in REVEALING:
            return False
        return self.sees(subject, permission, row) or self.other_side(subject, row)

    def other_side(self, subject: Subject, row: Row) -> bool:
        """R049: both have confirmed, so the worker may call the order's contact, and the employer the worker."""
        for engagements in self.world.engaged.values():
            for e in engagements:
                if e.cells["state"] not in OPEN_STATES or e.cells["confirmed_at"] is None:
                    continue
                mine = self.owns(subject, e.sides) or (
                    subject.is_staff and any(p.startswith(subject.path) for p in e.sides.paths)
                )
                if mine and (row.key == e.cells["order_id"] or row.cells.get("person_id") == e.cells["worker_id"]):
                    return True
        return False

    def writes(
        self,
        subject: Subject,
        permission: str,
        table: str,
        sides: Sides,
        change: tuple[Any, Any],
        beside: Sequence[Mapping[str, Any]] = (),
    ) -> bool:
        """Tell whether the subject may have changed a row with these sides; `change` is the cells before and after.

        `beside` are the engagements that the same transaction wrote.
        """
        if self.owns(subject, sides):
            return True
        if permission in ACCOUNTS and table in unreachable_tables():
            return True
        area = self.area(subject, permission)
        if subject.is_staff and any(
            p.startswith(subject.path) and (area.holds(p) or area.anywhere) for p in sides.paths
        ):
            return True
        if table in ("casbin_rule", "policy_state"):
            return permission == "policy:change"
        if table in unreachable_tables() or table == "idempotency_keys":
            return self._writes_system(subject, permission, table, change)
        if table in ("board_posts", "trace_entries"):
            order = self.world.by_key.get(("orders", str((change[1] or change[0])["order_id"])))
            if order is not None and self.writes(
                subject, permission, "orders", order.sides, (order.cells, order.cells)
            ):
                return True
        if table in ("orders", "board_posts", "trace_entries"):
            return self._follows(subject, table, change)
        if table == "service_links":
            # Who serves a worker brings him to another place's order, and that place then serves him for it.
            cells = change[1] or change[0]
            served = self.world.links.get(str(cells["subject_id"]), ())
            own = subject.is_staff and any(area.holds(p) and p.startswith(subject.path) for p in served)
            hired = any(
                e["worker_id"] == cells["subject_id"]
                and e["tenant"] == cells["tenant"]
                and self.owns(subject, self.world.sides_of("engagements", e))
                for e in beside
            )
            return cells["kind"] == "order" and (own or hired)
        if table in ("persons", "workers", "contacts", "consents", "employers", "employer_members", "agencies"):
            # Somebody new belongs to nobody yet.
            return change[0] is None and not sides.paths and permission not in ("board:read",)
        return False

    def _writes_system(self, subject: Subject, permission: str, table: str, change: tuple[Any, Any]) -> bool:
        cells = change[1] or change[0]
        account = cells.get("account_id") or cells.get("staff_id") or cells.get("actor_id")
        if account is None:
            return True
        if str(account) == str(subject.id):
            return True
        for kind in ("staff", "persons"):
            home = self.world.by_key.get((kind, str(account)))
            if home is not None:
                return subject.is_staff and any(
                    self.area(subject, permission).holds(p) and p.startswith(subject.path) for p in home.sides.paths
                )
        return True

    def _follows(self, subject: Subject, table: str, change: tuple[Any, Any]) -> bool:
        """An order's counters, and its public line follow what its workers' sides do."""
        before, after = change
        cells = after or before
        order = cells.get("order_id") if table in ("board_posts", "trace_entries") else cells.get("id")
        if table == "orders" and (
            before is None or after is None or {k for k in after if after[k] != before.get(k)} - _FOLLOWS
        ):
            return False
        return any(
            self.owns(subject, e.sides) or (subject.is_staff and any(p.startswith(subject.path) for p in e.sides.paths))
            for e in self.world.engaged.get(str(order), ())
        )


def _above(path: str) -> list[str]:
    parts = path.strip("/").split("/") if path != "/" else []
    return ["/", *("/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts)))]


async def read(owner: asyncpg.Connection[Any], world: World) -> Oracle:
    """Read the policies in force."""
    rows = await owner.fetch("SELECT * FROM casbin_rule ORDER BY id")
    rules = [
        (r["v0"], r["v1"], r["v2"] or "", r["v3"] or "", r["v4"] or "", r["v5"] or "")
        for r in rows
        if r["ptype"] == "p"
    ]
    inherits: dict[str, tuple[str, ...]] = {}
    for r in rows:
        if r["ptype"] == "g":
            inherits[r["v0"]] = (*inherits.get(r["v0"], ()), r["v1"])
    return Oracle(world, rules, inherits)
