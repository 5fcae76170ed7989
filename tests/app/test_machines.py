"""The machines' page in the docs is written from the tables that the services use."""

from __future__ import annotations

from pathlib import Path

import pytest

from linggong.app.machines import MACHINES, markdown
from linggong.kernel.machine import NEW, Machine
from tenants.parameters import definitions

PAGE = Path(__file__).parents[2] / "docs" / "machines.md"
SYSTEM_SETS = {"t.start", "t.unanswered"}
"""Keys of timers whose time follows from the shift, without a parameter."""


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), "run: linggong machines --write docs/machines.md"


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_a_table_names_deadlines_that_somebody_can_set(machine: Machine) -> None:
    known = definitions()
    for row in machine.table:
        for key in row.deadline.split():
            assert key in known or key in SYSTEM_SETS, f"{machine.name} {row.number}: no parameter {key}"


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_state_is_reached_and_left(machine: Machine) -> None:
    """Invariant 11: from every state that does not end it, something follows."""
    reached = {row.target for row in machine.table}
    left = {row.source for row in machine.table if row.target != row.source}
    derived = {"O_FULL", "O_LOCKED", "O_ACTIVE", "O_DONE", "O_SETTLING", "O_CLOSED"}
    for state in machine.states:
        assert state in reached or (machine.name == "order" and state in derived), f"{state} is never reached"
        assert machine.is_end(state) or state in left or (machine.name == "order" and state in derived), state
    assert any(row.source == NEW for row in machine.table)
