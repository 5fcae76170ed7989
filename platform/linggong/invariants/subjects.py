"""Where each machine's subjects stand: the table and column that hold a state, for replay and for tests of every state."""

from __future__ import annotations

from dataclasses import dataclass

from linggong.kernel.machine import Machine
from linggong.market.machine import ORDER
from linggong.wages.machines import BILL, OVERDUE
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
        """Return a query for (machine, id, state, order_id) of every row."""
        order = "id" if self.table == "orders" else "order_id"
        return f"SELECT '{self.name}' AS machine, id, {self.column} AS state, {order} AS order_id FROM {self.table}"  # noqa: S608


SUBJECTS: tuple[Subject, ...] = (
    Subject(ORDER, "orders"),
    Subject(ENGAGEMENT, "engagements"),
    Subject(ASSIGNMENT, "assignments"),
    Subject(BILL, "bills"),
    Subject(OVERDUE, "bills", "wage_state"),
)
BY_NAME = {subject.name: subject for subject in SUBJECTS}
