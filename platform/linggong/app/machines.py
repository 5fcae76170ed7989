"""Every machine of the market in one place: for the docs, which are written from it, and for tests over all of them."""

from __future__ import annotations

from collections.abc import Iterator

from linggong.assessment.machines import ASSESSMENT as SCORECARD
from linggong.assessment.machines import RECOGNITION
from linggong.cases.machines import DISPUTE, INJURY
from linggong.cover.machines import POLICY, WAIVER
from linggong.inbox.machines import MEMO
from linggong.kernel.machine import NEW, Machine
from linggong.market.machine import ORDER
from linggong.operators.machines import SETTLEMENT
from linggong.trust.machines import ENTRY, LEVEL
from linggong.wages.machines import BILL, OVERDUE
from linggong.work.machines import ASSIGNMENT, ENGAGEMENT, TERMS

MACHINES: tuple[Machine, ...] = (
    ORDER, ENGAGEMENT, ASSIGNMENT, TERMS, POLICY, WAIVER, BILL, OVERDUE, DISPUTE, INJURY, ENTRY, LEVEL,
    MEMO, SETTLEMENT, SCORECARD, RECOGNITION,
)  # fmt: skip

_HANDS = (
    "W worker, E employer, L crew leader, C clerk, manager or street, O county operator (who may do what C may), B bureau, "
    "M mediator, I insurer, S system"
)


def markdown() -> str:
    """Return the page docs/machines.md: for each machine its diagram and its table."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# State machines"
    yield ""
    yield "Written by `linggong machines --write docs/machines.md` from the tables that the services use; a test holds this page"
    yield "against them. A number is that of the transition in the requirements' state tables; a letter after it marks a step"
    yield f"that a later ruling added. Hands: {_HANDS}."
    yield "A step in *italics* only follows from a step of another subject: nobody presses a button for it."
    for machine in MACHINES:
        yield ""
        yield f"## {machine.title} (`{machine.name}`)"
        yield ""
        yield "```mermaid"
        yield machine.diagram()
        yield "```"
        yield ""
        yield "| state | 中文 |"
        yield "|---|---|"
        for state, words in machine.labels.items():
            yield f"| `{state}` | {words}{'（终）' if machine.is_end(state) else ''} |"
        yield ""
        yield "| # | from | event | to | hands | guard | deadline | effects |"
        yield "|---|---|---|---|---|---|---|---|"
        yield from _rows(machine)


def _rows(machine: Machine) -> Iterator[str]:
    grouped: dict[tuple[str, ...], list[str]] = {}
    for row in machine.table:
        target = "unchanged" if row.target == row.source else f"`{row.target}`"
        event = f"*{row.event}*" if row.follows else row.event
        key = (
            row.number, event, target, " ".join(sorted(row.actors, key="WELCOBMIS".index)), row.guard,
            ", ".join(f"`{k}`" for k in row.deadline.split()), row.effects,
        )  # fmt: skip
        grouped.setdefault(key, []).append("new" if row.source == NEW else f"`{row.source}`")
    for (number, event, target, hands, guard, deadline, effects), sources in grouped.items():
        yield f"| {number} | {', '.join(sources)} | {event} | {target} | {hands} | {guard} | {deadline} | {effects} |"
