"""What every step of credit needs: whose it is, his county, the parameters, telling, loading, the other hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.machine import Machine, Transition
from linggong.offices.duties import require_other_hand
from linggong.people import notices
from linggong.trust.models import CreditEntry, Restriction
from rbac.roles import hand as hand_of
from tenants.parameters import Value
from tenants.service import parameters

DECIDE = "credit-decide"
"""The separation of duties: who reported, proposed or wrote the objection does not decide."""
TEXT = 300


def hand(uow: UnitOfWork) -> str:
    """Return the letter of whoever acts."""
    return hand_of(uow.actor.kind, uow.actor.role)


def side_of(row: CreditEntry | Restriction) -> str:
    """Return worker or employer."""
    return "worker" if row.person_id is not None else "employer"


def chain_of(row: CreditEntry | Restriction) -> str:
    """Return the chain on which everything about this party's credit stands."""
    return f"person:{row.person_id}" if row.person_id is not None else f"employer:{row.employer_id}"


def county_of(path: str) -> str:
    """Return the county (or the top of a deployment that is one) above a place: the first two parts of its path."""
    parts = path.strip("/").split("/")
    return "/" + "/".join(parts[:2]) + "/"


async def numbers(uow: UnitOfWork, path: str, *keys: str) -> dict[str, int]:
    """Return whole-number parameters in force at a place."""
    found: dict[str, Value] = await parameters(uow, path, *keys)
    return {key: int(str(value).partition(".")[0]) for key, value in found.items()}


async def spans(uow: UnitOfWork, path: str, *keys: str) -> dict[str, timedelta]:
    """Return duration parameters in force at a place."""
    found: dict[str, Value] = await parameters(uow, path, *keys)
    return {key: value for key, value in found.items() if isinstance(value, timedelta)}


async def move(uow: UnitOfWork, table: Machine, row: CreditEntry | Restriction, event: str, **body: Any) -> Transition:
    """Make a step of an entry's or a restriction's machine and tell it on the party's chain."""
    made = table.step(row.state, event, hand(uow))
    row.state = made.target
    await uow.flush()
    await tell(uow, table, row, made, **body)
    return made


async def tell(uow: UnitOfWork, table: Machine, row: CreditEntry | Restriction, made: Transition, **body: Any) -> None:
    """Emit the event of a step; its type is the machine's name and the step's."""
    told = {
        "machine": table.name, "subject": str(row.id), "from": made.source, "to": made.target, "event": made.event,
        "transition": made.number, **body,
    }  # fmt: skip
    on_behalf = row.person_id or row.employer_id
    await uow.emit(
        NewEvent(
            type=f"{table.name}.{made.event}",
            chain=chain_of(row),
            subject_id=row.id,
            tenant=row.tenant,
            person_id=row.person_id,
            employer_id=row.employer_id,
            on_behalf_of=on_behalf if uow.actor.kind == "staff" and made.event == "object" else None,
            body=told,
        )
    )


async def notice(uow: UnitOfWork, row: CreditEntry | Restriction, kind: str, text: str, *, call: bool = False) -> None:
    """Tell the party; one receipt."""
    await notices.notify(
        uow, to=side_of(row), kind=kind, text=text[: notices.MAX_TEXT], subject_id=row.id, tenant=row.tenant, via=row.via,
        person_id=row.person_id, employer_id=row.employer_id, call=call,
    )  # fmt: skip


def mine(uow: UnitOfWork, model: type[CreditEntry] | type[Restriction]) -> sa.ColumnElement[bool]:
    """Return the test of rows that the actor may handle: his own, or those of the staff's places."""
    if uow.actor.kind == "worker":
        return model.person_id == uow.actor.id
    if uow.actor.kind == "employer":
        return model.employer_id == uow.actor.employer_id
    if uow.actor.kind == "staff":
        return sa.or_(uow.scope.clause(model.tenant), uow.scope.clause(model.via))
    return sa.true()


async def entry(uow: UnitOfWork, entry_id: UUID) -> CreditEntry:
    """Load and lock an entry; foreign and missing alike are NotFound."""
    found = await uow.session.scalar(
        sa.select(CreditEntry)
        .where(CreditEntry.id == entry_id, mine(uow, CreditEntry))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def restriction(uow: UnitOfWork, restriction_id: UUID) -> Restriction:
    """Load and lock a restriction; foreign and missing alike are NotFound."""
    found = await uow.session.scalar(
        sa.select(Restriction)
        .where(Restriction.id == restriction_id, mine(uow, Restriction))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def other_hand(uow: UnitOfWork, row: CreditEntry | Restriction) -> None:
    """Refuse a decision to whoever reported, proposed, decided before or wrote the objection (invariant 13)."""
    await require_other_hand(uow, DECIDE, subject=row.id)
    if isinstance(row, CreditEntry):
        await require_other_hand(uow, DECIDE, subject=row.subject_id)
        if row.order_id is not None:
            await require_other_hand(uow, DECIDE, subject=row.order_id)


def said(field: str, words: str, what: str) -> str:
    """Return words that somebody must write, trimmed; raises Invalid when there are too few or too many."""
    text = words.strip()
    if not 4 <= len(text) <= TEXT:
        raise Invalid([Fault(field, f"请写明{what}，4 到 {TEXT} 个字。", "required" if len(text) < 4 else "too_long")])
    return text
