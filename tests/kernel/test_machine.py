"""Machines as data: what a declaration refuses, what a step refuses, and what events give back."""

from __future__ import annotations

import pytest

from linggong.kernel.errors import Conflict
from linggong.kernel.machine import NEW, Machine, machine, rows
from linggong.kernel.replay import replay

_LABELS = {"UP": "开", "DOWN": "关"}


def _door() -> Machine:
    return machine(
        "door",
        "门",
        (
            rows("1", NEW, "DOWN", "build", "E C", "造"),
            rows("2", "DOWN", "UP", "open", "E C", "开门"),
            rows("3", "UP DOWN", "=", "knock", "W", "敲门"),
            rows("4", "UP", "DOWN", "shut", "S", "关门", deadline="t.night"),
        ),
        _LABELS,
        ends=("DOWN",),
    )


def test_a_step_leads_where_the_table_says() -> None:
    made = _door().step("DOWN", "open", "E")
    assert (made.number, made.machine, made.target) == ("2", "door", "UP")
    assert _door().step("UP", "knock", "W").target == "UP"
    assert _door().step("DOWN", "open", "O").target == "UP", "an operator may do what a clerk may"


@pytest.mark.parametrize(
    ("state", "event", "hand", "words"),
    [
        ("UP", "open", "E", "现在是“开”"),
        ("UP", "shut", "E", "要由另一方"),
        ("DOWN", "open", "S", "要由另一方"),
        ("DOWN", "knock", "", "要由另一方"),
    ],
)
def test_what_the_table_does_not_say_is_refused_with_a_reason(state: str, event: str, hand: str, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        _door().step(state, event, hand)


def test_allowed_lists_what_a_hand_may_say() -> None:
    door = _door()
    assert (door.allowed("DOWN", "C"), door.allowed("UP", "W"), door.allowed("UP", "S")) == (
        ["open"],
        ["knock"],
        ["shut"],
    )


def test_a_table_that_contradicts_itself_is_not_declared() -> None:
    twice = (rows("1", "UP", "DOWN", "shut", "E", "关"), rows("2", "UP", "UP", "shut", "W", "关"))
    with pytest.raises(ValueError, match="two rows leave UP by shut"):
        machine("door", "门", twice, _LABELS)
    with pytest.raises(ValueError, match="no word for the state AJAR"):
        machine("door", "门", (rows("1", "UP", "AJAR", "lean", "E", "虚掩"),), _LABELS)


def test_the_diagram_has_an_arrow_for_every_move() -> None:
    assert _door().diagram().splitlines()[:3] == [
        "stateDiagram-v2",
        "    [*] --> DOWN: 1 build",
        "    DOWN --> UP: 2 open",
    ]


def test_replay_tells_where_a_chain_breaks() -> None:
    def body(source: str, target: str) -> dict[str, object]:
        return {"machine": "door", "subject": "a", "from": source, "to": target, "moved": [["bell", "b", NEW, "RUNG"]]}

    good = replay([body(NEW, "DOWN")])
    assert good.states == {("door", "a"): "DOWN", ("bell", "b"): "RUNG"}
    assert good.breaks == []
    torn = replay([body(NEW, "DOWN"), {"words": "no move"}, body("UP", "DOWN")])
    assert [b.split(":")[0] for b in torn.breaks] == ["event 2", "event 2"]
