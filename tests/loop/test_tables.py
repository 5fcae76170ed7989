"""Every state x event x hand of every machine, and every numbered transition of the design held against the tables."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from linggong.app.machines import MACHINES as EVERY
from linggong.invariants.subjects import SUBJECTS
from linggong.kernel.errors import Conflict
from linggong.kernel.machine import NEW, Machine
from linggong.market.machine import DERIVED

MACHINES = {m.name: m for m in EVERY}
HANDS = "WELCOBMIS"
CSV = Path(__file__).parent / "data" / "assignment-transitions.csv"

# The design's flat states of the main line, where the three levels keep them (rulings 1 and 2).
_BILL = {"A_BILLED": "OPEN", "A_PAYCLAIMED": "CLAIMED", "A_SETTLED": "SETTLED", "X_RULED": "RULED", "A_ACCEPTED": NEW}

RULED_OUT = {
    ("A_OFFERED", "A_CONFIRMED", "E"): "18 is the other side's word, and the employer has spoken by his offer (17)",
    ("A_APPLIED", "X_DECLINED", "W"): "a worker who applied withdraws (27); 14 is the other side's word",
    ("A_CONFIRMED", "X_NOSHOW_W", "S"): "ruling 12: the system proposes a no-show, a person says it",
    ("A_CONTRACTED", "X_NOSHOW_W", "S"): "ruling 12: the system proposes a no-show, a person says it",
}
"""Arrows and hands of the flat table that the rulings took away."""

# Every number of order-states section 2 and where it lives; a side effect names what carries it instead of an arrow.
HELD = {
    1: "order", 2: "order", 3: "order", 4: "order", 5: "order", 6: "order", 7: "order engagement", 8: "order", 9: "order",
    10: "order", 11: "engagement", 12: "engagement", 13: "engagement", 14: "engagement", 15: "engagement", 16: "engagement",
    17: "engagement", 18: "engagement assignment", 19: "engagement", 20: "engagement assignment", 21: "engagement",
    22: "order", 23: "order:22", 24: "terms", 25: "terms", 26: "terms", 27: "engagement assignment",
    28: "engagement assignment", 29: "order engagement assignment", 30: "order assignment", 31: "order",
    32: "order engagement assignment", 33: "assignment", 34: "order engagement assignment", 35: "new order",
    36: "assignment", 37: "assignment", 38: "assignment engagement", 39: "assignment engagement", 40: "engagement assignment",
    41: "assignment", 42: "assignment", 43: "assignment", 44: "assignment", 45: "assignment", 46: "assignment",
    47: "assignment", 48: "assignment", 49: "assignment engagement", 50: "assignment", 51: "assignment", 52: "assignment",
    53: "assignment", 54: "bill overdue", 55: "overdue", 56: "bill", 57: "bill overdue", 58: "bill", 59: "bill overdue",
    60: "bill", 61: "rating", 62: "order", 63: "overdue", 64: "overdue", 65: "overdue", 66: "overdue", 67: "overdue",
    68: "overdue bill", 69: "hold", 70: "dispute", 71: "dispute", 72: "dispute", 73: "dispute", 74: "dispute", 75: "dispute",
    76: "dispute", 77: "dispute", 78: "dispute", 79: "injury", 80: "injury", 81: "injury", 82: "injury", 83: "injury",
    84: "injury", 85: "injury", 86: "injury", 87: "injury", 88: "wages as usual",
}  # fmt: skip
BESIDE = {
    "order:22": "O_LOCKED is derived like O_FULL (section 3); the timer t.lock looks",
    "new order": "a rescheduled order is linked to the cancelled one (35) and begins its own life at 1",
    "rating": "ratings are rows of their own (61); no state moves",
    "hold": "a hold on the bill (69): rows of bill_holds and the pause of region W; no state moves",
    "wages as usual": "88 is the rule that nothing happens to the wage: the bill of 54 comes and falls due as always",
}


OFFICES = {"scorecard": 122, "recognition": 134, "settlement": 126}
"""Machines of the offices, which the design of the loop does not number: they bear their requirement's number."""


def _number(text: str) -> int:
    return int(re.match(r"\d+", text)[0])


def test_every_machine_is_replayed() -> None:
    # A settlement's requests have a chain each, so that no one chain tells its state; tests/operators hold its steps.
    assert {s.name for s in SUBJECTS} | {"settlement"} == set(MACHINES)


def test_no_number_is_missing() -> None:
    assert set(HELD) == set(range(1, 89))
    lost = []
    for number, where in HELD.items():
        if where in BESIDE:
            continue
        for name in where.split():
            rows = MACHINES[name].table if name in MACHINES else ()
            if not any(_number(r.number) == number for r in rows):
                lost.append((number, name))
    assert lost == []


def test_no_number_is_made_up() -> None:
    known = {number: set(where.split()) for number, where in HELD.items()}
    for name, machine in MACHINES.items():
        for row in machine.table:
            assert _number(row.number) in known or OFFICES.get(name) == _number(row.number), (name, row.number)


def _arrows(source: str, target: str) -> list[tuple[Machine, str, str]]:
    """Return where an arrow of the flat table may live."""
    found = [(MACHINES["engagement"], source, target), (MACHINES["assignment"], source, target)]
    if source in _BILL and target in _BILL:
        found.append((MACHINES["bill"], _BILL[source], _BILL[target]))
    return found


@pytest.mark.parametrize(
    "line", list(csv.DictReader(CSV.read_text().splitlines())), ids=lambda r: f"{r['ref']}-{r['from']}-{r['to']}"
)
def test_every_arrow_of_the_design(line: dict[str, str]) -> None:
    rows = [
        (machine, row)
        for machine, source, target in _arrows(line["from"], line["to"])
        for row in machine.table
        if row.source == source and row.target == target
    ]
    numbers = {_number(line["ref"])} | ({29} if line["ref"] == "30" else set())
    assert any(_number(row.number) in numbers for _, row in rows), "no such transition"
    for hand in line["actors"].split("/"):
        if (line["from"], line["to"], hand) in RULED_OUT:
            continue
        assert any(machine.permits(row, hand) for machine, row in rows), f"{hand} may not"


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_by_every_event_by_every_hand(name: str) -> None:
    machine = MACHINES[name]
    declared = {(r.source, r.event): r for r in machine.table}
    assert len(declared) == len(machine.table)
    legal = illegal = 0
    for state in (NEW, *machine.states):
        for event in (*machine.events, "no_such_event"):
            for hand in HANDS:
                row = declared.get((state, event))
                hands = set(row.actors) if row else set()
                may = hand in hands or (hand == "O" and "C" in hands)
                if row is not None and may:
                    made = machine.step(state, event, hand)
                    assert (made.source, made.target, made.event) == (state, row.target, event)
                    assert (event in machine.allowed(state, hand)) is not row.follows
                    legal += 1
                    continue
                with pytest.raises(Conflict) as refused:
                    machine.step(state, event, hand)
                assert re.search("[\u4e00-\u9fff]", str(refused.value)), (state, event, hand)
                assert event not in machine.allowed(state, hand)
                illegal += 1
    assert legal + illegal == (len(machine.states) + 1) * (len(machine.events) + 1) * len(HANDS)
    assert legal


@pytest.mark.parametrize("name", MACHINES)
def test_no_dead_ends(name: str) -> None:
    """From every state that is no end something leads on, and every state but the first is reached (invariant 11)."""
    machine = MACHINES[name]
    reached, todo = {NEW}, [NEW]
    while todo:
        here = todo.pop()
        leads = {row.target for row in machine.table if row.source == here}
        if name == "order" and here in DERIVED:
            # `derive` is one row: section 3 says which of these states follows from places, shifts, bills and cases.
            leads |= set(DERIVED)
        todo += leads - reached
        reached |= leads
    assert set(machine.states) - reached <= UNREACHED.get(name, set())
    for state in machine.states:
        if not machine.is_end(state):
            derived = name == "order" and state in DERIVED
            assert derived or any(r.source == state and r.target != state for r in machine.table), state


UNREACHED = {"assignment": {"X_DECLINED"}}
"""A shift is written only for somebody confirmed: the word for not being taken is the engagement's."""
REOPENS = {"35", "38b", "59", "77", "72", "10b"}
"""Listed steps out of an end (invariant 10); 72 adds a settlement's lines to a settled bill, 10b answers an objection."""


@pytest.mark.parametrize("name", MACHINES)
def test_ends_change_by_listed_steps_only(name: str) -> None:
    machine = MACHINES[name]
    for row in machine.table:
        if machine.is_end(row.source) and row.target != row.source:
            assert row.number in REOPENS, row
