"""Where each machine's subjects stand: the table and column that hold a state, for replay and for tests of every state."""

from __future__ import annotations

from dataclasses import dataclass

from linggong.assessment.machines import ASSESSMENT as SCORECARD
from linggong.assessment.machines import RECOGNITION
from linggong.cases.machines import DISPUTE, INJURY
from linggong.cover.machines import POLICY, WAIVER
from linggong.inbox.machines import MEMO
from linggong.kernel.machine import Machine
from linggong.market.machine import ORDER
from linggong.trust.machines import ENTRY, LEVEL
from linggong.wages.machines import BILL, OVERDUE
from linggong.work.machines import ASSIGNMENT, ENGAGEMENT, TERMS


@dataclass(frozen=True, slots=True)
class Subject:
    """A machine and its rows."""

    machine: Machine
    table: str
    column: str = "state"
    """The column that holds the state, or what gives it."""
    order: str = "order_id"
    """The column of the order on whose chain its events stand; empty there, and they stand on a chain of its own."""
    party: bool = False
    """It belongs to no order: its events stand on the chain of the person or the employer whose it is."""
    chain: str = ""
    """It belongs to nobody but itself: its events stand on the chain of this name and its id."""

    @property
    def name(self) -> str:
        """Return the machine's name."""
        return self.machine.name

    def sql(self) -> str:
        """Return a query for (machine, id, state, chain) of every row."""
        chain = f"coalesce('order:' || {self.order}, 'case:' || id)"
        if self.chain:
            chain = f"'{self.chain}:' || id"
        elif self.party:
            chain = "coalesce('person:' || person_id, 'employer:' || employer_id)"
        return f"SELECT '{self.name}' AS machine, id, {self.column} AS state, {chain} AS chain FROM {self.table}"  # noqa: S608 - constants


SUBJECTS: tuple[Subject, ...] = (
    Subject(ORDER, "orders", order="id"),
    Subject(ENGAGEMENT, "engagements"),
    Subject(ASSIGNMENT, "assignments"),
    Subject(BILL, "bills"),
    Subject(OVERDUE, "bills", "wage_state"),
    Subject(DISPUTE, "cases"),
    Subject(INJURY, "injuries"),
    Subject(TERMS, "terms_changes"),
    Subject(POLICY, "cover_policies"),
    Subject(WAIVER, "cover_waivers", "CASE WHEN worker_at IS NULL THEN 'asked' ELSE 'waived' END"),
    Subject(ENTRY, "credit_entries", party=True),
    Subject(LEVEL, "restrictions", party=True),
    Subject(MEMO, "memos", chain="memo"),
    Subject(SCORECARD, "assessments", chain="scorecard"),
    Subject(RECOGNITION, "recognitions", chain="recognition"),
)
BY_NAME = {subject.name: subject for subject in SUBJECTS}
