"""Which requests are sent: every operation x every place of an id x subjects, each with a row that lies somewhere."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from linggong.kernel.chance import repeatable
from linggong.prove import bodies
from linggong.prove.city import A11, CODES, PLACES, A, City, Subject
from linggong.prove.client import Ask, multipart
from linggong.prove.operations import Operation, Slot
from linggong.prove.oracle import Oracle
from linggong.prove.world import Row, World

FORM = "application/x-www-form-urlencoded"
_PATHS = ("path", "parent", "tenant", "area", "at")


@dataclass(frozen=True, slots=True)
class Case:
    """One request with what was put where: `target` stands in `slot`; the twin names a row that is not there."""

    operation: Operation
    subject: Subject
    ask: Ask
    slot: Slot | None = None
    target: Row | None = None
    twin: Ask | None = None
    named: tuple[str, ...] = ()
    """What stands in the request and not in its twin, and the other way round."""


def relation(subject: Subject, path: str) -> str:
    """Return where a place lies as the subject sees it."""
    own = subject.path
    if path == own:
        return "own"
    if path.startswith(own):
        return "child"
    if own.startswith(path):
        return "parent"
    up, theirs = own.rstrip("/").rpartition("/")[0], path.rstrip("/").rpartition("/")[0]
    return "sibling" if up == theirs else "other branch" if own[:6] == path[:6] else "other county"


@dataclass(slots=True)
class Planner:
    """Draws requests from a seed."""

    city: City
    world: World
    oracle: Oracle
    operations: list[Operation]
    seed: int
    rng: random.Random = field(init=False)
    _now: str = field(init=False)
    _of: dict[tuple[str, str], list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._now = self.city.now.isoformat()
        self.rng = repeatable(f"requests {self.seed}")

    def cases(self) -> Iterator[Case]:
        """Yield requests without end: all operations in each round, the cells of each in an order of their own."""
        cells = {o.key: self._cells(o) for o in self.operations}
        while True:
            for operation in self.operations:
                subject, slot = next(cells[operation.key])
                yield self.case(operation, subject, slot)

    def _cells(self, operation: Operation) -> Iterator[tuple[Subject, Slot | None]]:
        subjects = self.city.subjects
        let_in = [
            s for s in subjects
            if self.oracle.may_call(s, operation.permission) and (not operation.also or self.oracle.may_call(s, operation.also))
        ]  # fmt: skip
        slots: list[Slot | None] = [*operation.slots] or [None]
        while True:
            # Whom the guard lets in meets the other two walls: three of four requests are theirs.
            inside = [(s, slot) for s in let_in for slot in slots]
            everybody = [(s, slot) for s in subjects for slot in slots]
            self.rng.shuffle(inside)
            self.rng.shuffle(everybody)
            while inside or everybody:
                for _ in range(3):
                    if inside:
                        yield inside.pop()
                if everybody:
                    yield everybody.pop()

    def rows(self, table: str, place: str) -> list[Row]:
        """Return the rows of a table that lie at a place."""
        key = (table, place)
        if key not in self._of:
            self._of[key] = [r for r in self.world.by_table.get(table, ()) if place in r.sides.paths]
        return self._of[key]

    def target(self, table: str, subject: Subject) -> Row | None:
        """Draw a row: at a place of some relation to the subject's, all relations alike often."""
        at = subject if subject.is_staff else Subject(name="", role="", path=subject.name.rpartition(" ")[2] or A11)
        by: dict[str, list[str]] = {}
        for place in PLACES:
            if self.rows(table, place):
                by.setdefault(relation(at, place), []).append(place)
        if not by:
            found = self.world.by_table.get(table, [])
            return self.rng.choice(found) if found else None
        place = self.rng.choice(by[self.rng.choice(sorted(by))])
        rows = self.rows(table, place)
        # Most steps need an order that takes people: half of the draws are of those.
        lively = [
            r for r in rows if table == "orders" and r.cells["state"] == "O_OPEN" and r.cells["starts_at"] > self._now
        ]
        return self.rng.choice(lively if lively and self.rng.random() < 0.5 else rows)

    def own(self, table: str, operation: Operation, subject: Subject) -> Row | None:
        """Draw a row that the subject may see, to fill the other places of a request; any row when there is none."""
        for _ in range(6):
            row = self.target(table, subject)
            if row is None or self.oracle.sees(subject, operation.permission, row):
                return row
        return row

    def case(self, operation: Operation, subject: Subject, slot: Slot | None, target: Row | None = None) -> Case:
        """Build a request with a row at a place of an id, and its twin with a key that is not there."""
        kind = slot.kind if slot is not None else ""
        if slot is not None and target is None and kind:
            target = self.target(kind, subject)
        if slot is not None and target is None and slot.where != "path" and slot.name.rsplit(".", 1)[-1] not in _PATHS:
            # A field whose name does not tell takes keys of every kind.
            found = self.world.by_table[self.rng.choice(sorted(self.world.by_table))]
            target = self.rng.choice(found) if found else None
        seed = self.rng.getrandbits(64)
        ask, value = self._build(operation, subject, slot, target, None, seed)
        twin: Ask | None = None
        named: tuple[str, ...] = ()
        if slot is not None and target is not None and value:
            other = self._like(value, seed)
            twin, _ = self._build(operation, subject, slot, target, other, seed)
            named = (value, other)
        return Case(operation, subject, ask, slot, target, twin, named)

    def _like(self, value: str, seed: int) -> str:
        if value.isdigit():
            return "999999"
        if len(value) == 36:
            return bodies.missing_id(repeatable(seed))
        if value.startswith("/"):
            return "/41/none/"
        return "zq" + "x" * (len(value) - 2)

    def _value(self, slot: Slot, target: Row | None, rng: random.Random) -> str:
        name = slot.name.rsplit(".", 1)[-1]
        if target is not None:
            if name in ("ref", "trace_code") and rng.random() < 0.5:
                return str(target.cells.get("trace_code", target.key))
            return target.key.partition("|")[0]
        return rng.choice(PLACES) if name in _PATHS else ""

    def _build(
        self,
        operation: Operation,
        subject: Subject,
        slot: Slot | None,
        target: Row | None,
        instead: str | None,
        seed: int,
    ) -> tuple[Ask, str]:
        rng = repeatable(seed)
        put = ""
        values: dict[tuple[str, str], str] = {}
        for each in operation.slots:
            drawn = self._value(each, target, rng) if each == slot else ""
            if each.type == "uuid" and len(drawn) != 36:
                drawn = ""  # another sort of key: the address would not lead anywhere
            if drawn:
                put = drawn
                drawn = instead or drawn
            drawn = drawn or self._filler(each, operation, subject, rng)
            if each.type == "uuid" and len(drawn) != 36:
                drawn = self._any_key(rng)
            values[each.where, each.name] = drawn
        path = operation.path
        for name in {s.name for s in operation.slots if s.where == "path"}:
            path = path.replace("{" + name + "}", quote(values["path", name] or "x", safe=""))
        query = [
            (name, values.get(("query", name)) or self._plain(name, schema, operation, rng))
            for name, schema in operation.query.items()
            if (slot is not None and slot.where == "query" and slot.name == name)
            or name in operation.always
            or rng.random() < 0.25
        ]
        body, media = self._body(operation, slot, values, target, rng)
        page = not path.startswith(("/api/", "/health", "/metrics"))
        ask = Ask(
            subject=subject,
            method=operation.method,
            path=path or "/",
            query=tuple(query),
            body=body,
            media=media,
            page=page,
        )
        return ask, put

    def _filler(self, slot: Slot, operation: Operation, subject: Subject, rng: random.Random) -> str:
        state, self.rng = self.rng, rng
        try:
            if slot.kind:
                row = self.own(slot.kind, operation, subject)
                return row.key.partition("|")[0] if row is not None else bodies.missing_id(rng)
            if slot.name.rsplit(".", 1)[-1] in _PATHS:
                return subject.path if subject.is_staff else A
            if slot.type == "int":
                return str(rng.randint(1, 400))
            if slot.type == "uuid":
                return self._any_key(rng)
            if slot.where == "path" and operation.words:
                return rng.choice(operation.words)
            return (
                bodies.text(slot.name.rsplit(".", 1)[-1], "", rng) if slot.where != "path" else self.city.maker.word()
            )
        finally:
            self.rng = state

    def _any_key(self, rng: random.Random) -> str:
        row = rng.choice(self.world.by_table[rng.choice(sorted(self.world.by_table))] or self.world.rows)
        key = row.key.partition("|")[0]
        return key if len(key) == 36 else bodies.missing_id(rng)

    def _plain(self, name: str, schema: dict[str, Any], operation: Operation, rng: random.Random) -> str:
        value = bodies.instance(schema, operation.document, rng, name)
        if isinstance(value, list):
            value = value[0] if value else ""
        return "1" if value is True else "0" if value is False else str(value)

    def _body(
        self,
        operation: Operation,
        slot: Slot | None,
        values: dict[tuple[str, str], str],
        target: Row | None,
        rng: random.Random,
    ) -> tuple[bytes, str]:
        if operation.encoding == "json" and operation.body is not None:
            made = bodies.instance(operation.body, operation.document, rng)
            for each in operation.slots:
                if each.where == "body" and (each == slot or (each.kind and rng.random() < 0.7)):
                    made = bodies.put(made, each.name, values["body", each.name])
            return json.dumps(made, ensure_ascii=False).encode(), "application/json"
        fields = {}
        for name in operation.fields if operation.encoding == "form" else ():
            if ("form", name) in values:
                fields[name] = values["form", name]
            elif rng.random() < 0.8:
                fields[name] = self._word(name, operation, rng)
        wants_file = operation.encoding == "multipart" or "import" in operation.path
        if wants_file and operation.method != "GET":
            files = {"data": ("list.csv", self._file(operation, rng)), "file": ("list.csv", self._file(operation, rng))}
            return multipart(fields, files, rng)
        if operation.encoding == "form":
            return urlencode(fields).encode(), FORM
        return b"", ""

    def _word(self, name: str, operation: Operation, rng: random.Random) -> str:
        if name in bodies.VALUES or name.endswith(("_at", "_on", "_date", "number")) or not operation.words:
            return bodies.text(name, "", rng)
        return rng.choice((bodies.text(name, "", rng), rng.choice(operation.words), "1", ""))

    def _file(self, operation: Operation, rng: random.Random) -> bytes:
        """Return a file whose rows name somebody or something of any place."""
        place = rng.choice(PLACES)
        employers, persons = self.rows("employers", place), self.rows("persons", place)
        if "orders" in operation.path or "posts" in operation.path:
            return bodies.posts_file(rng, str(rng.choice(employers).cells["uscc"]), rng.choice(sorted(CODES.values())))
        if "people" in operation.path or "workers" in operation.path:
            number = next(iter(rng.choice(persons).clear))
            return bodies.people_file(rng, number, f"139{rng.randint(0, 10**8 - 1):08d}")
        return bodies.any_file([r.key for t in self.world.by_table.values() for r in t[:1]])
