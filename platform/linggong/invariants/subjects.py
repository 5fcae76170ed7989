"""Where each machine's subjects stand: the table and column that hold a state, for replay and for tests of every state."""

from __future__ import annotations

from dataclasses import dataclass

from linggong.kernel.machine import Machine
from linggong.market.machine import ORDER
from linggong.wages.machines import BILL
from linggong.work.machines import ASSIGNMENT, ENGAGEMENT


@dataclass(frozen=True, slots=True)
class Subject:
    """A machine and its rows."""

    machine: Machine
    table: str
    column: str = "state"

    @property
    def name(self) -> str:
        """Return the machine's name."""
        return self.machine.name

    def sql(self) -> str:
        """Return a query for (machine, id, state) of every row."""
        return f"SELECT '{self.name}' AS machine, id, {self.column} AS state FROM {self.table}"  # noqa: S608 - constants


SUBJECTS: tuple[Subject, ...] = (
    Subject(ORDER, "orders"),
    Subject(ENGAGEMENT, "engagements"),
    Subject(ASSIGNMENT, "assignments"),
    Subject(BILL, "bills"),
)
BY_NAME = {subject.name: subject for subject in SUBJECTS}
