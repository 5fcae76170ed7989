"""Calls to outside systems: written in the business transaction, made outside any, answered once.

A call is a row that exists exactly when its business transaction commits. A job takes what is due in a short transaction,
makes the calls while no transaction and no connection is held, and records each outcome in a transaction of its own. The
row's id is the idempotency key that the outside system is given, so that a call made twice is one call. What fails is
made again later and later, with jitter, on `kernel.clock`; after `Line.tries` failures it is a dead letter that a person
sees and may send again. The first final answer holds: the same one again changes nothing, another one is kept as a
contradiction for a person. A row holds no personal data: `Line.prepare` reads what must be sent, and it stays in memory.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel import reading
from linggong.kernel.db import SYSTEM, Database, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.kernel.paths import EVERYWHERE

log = structlog.get_logger(__name__)

STATES: Final = ("queued", "sent", "failed", "answered", "dead", "dropped")
OPEN: Final = ("queued", "sent", "failed")
"""Not made yet, made and unanswered, to be made again."""
_OPEN_SQL: Final = "state IN ('queued','sent','failed')"
_LEASE: Final = timedelta(minutes=2)
"""How long a call may be in the air before another worker takes it for lost."""
_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(minutes=30)


class OutsideCall(Base):
    """One call to an outside system: what it is about, how far it is, and what was answered."""

    __tablename__ = "outside_calls"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        one_of("state", STATES),
        sa.Index(
            "uq_outside_calls_open", "system", "kind", "subject_id", unique=True, postgresql_where=sa.text(_OPEN_SQL)
        ),
        sa.Index("ix_outside_calls_due", "system", "next_at", postgresql_where=sa.text(_OPEN_SQL)),
        sa.Index(None, "subject_id"),
        sa.Index(None, "tenant", "state", "created_at"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                via="via",
                person="person_id",
                employer="employer_id",
                audit="derived: what was asked outside; what follows from the answer is written where it belongs",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    """The idempotency key that goes with the call."""
    system: Mapped[str]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    chain: Mapped[str]
    """The event chain on which a dead letter and its resending are told."""
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    person_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]
    payload: Mapped[dict[str, Any]]
    """Ids, times and codes; never a name, a number or an account."""
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    """Failures since it was queued or sent again."""
    waits: Mapped[int] = mapped_column(default=0)
    """How often the answer was: not decided yet."""
    resent: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(default="")
    answer: Mapped[dict[str, Any] | None]
    contradiction: Mapped[dict[str, Any] | None]
    """A later final answer that says something else; a person has to ask."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class Unanswered(Exception):
    """The outside system was not reached, failed, or said what cannot be its answer; the call will be made again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call in the air: what the sender needs of its row."""

    id: UUID
    kind: str
    subject_id: UUID
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, without personal data. Not `final`: received, and not decided yet."""

    body: dict[str, Any]
    final: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One outside system and how it is spoken to.

    `prepare` reads what a call needs in the taking transaction; `send` makes it with no transaction open, raises Unanswered
    and bounds its own time; `answered` acts on the first final answer in the transaction that records it (`undecided` on each
    before it); `gave_up` on the last failure, so that a person does by hand what the line could not.
    """

    system: str
    words: str
    kinds: Mapping[str, str]
    """What is asked of it, and how each is called in Chinese."""
    prepare: Callable[[UnitOfWork, OutsideCall], Awaitable[Any]]
    send: Callable[[Asked, Any], Awaitable[Answer]]
    answered: Callable[[UnitOfWork, OutsideCall, dict[str, Any]], Awaitable[None]]
    undecided: Callable[[UnitOfWork, OutsideCall, dict[str, Any]], Awaitable[None]] | None = None
    contradicted: Callable[[UnitOfWork, OutsideCall, dict[str, Any]], Awaitable[None]] | None = None
    gave_up: Callable[[UnitOfWork, OutsideCall], Awaitable[None]] | None = None
    tries: int = 10
    at_once: int = 20
    first: frozenset[str] = frozenset()
    """What goes before everything else that is due, by the word `what` of its payload: somebody stands and waits for it."""


_lines: dict[str, Line] = {}
Outcome = Answer | Unanswered
Heard = Literal["first", "pending", "again", "contradicts", "late"]


def connect(line: Line) -> None:
    """Register an outside system; the same name again replaces it."""
    _lines[line.system] = line


def system_words() -> dict[str, str]:
    """Return how each connected system is called in Chinese."""
    return {name: line.words for name, line in _lines.items()}


def kind_words(system: str, kind: str) -> str:
    """Return how a kind of call is called in Chinese."""
    line = _lines.get(system)
    return line.kinds.get(kind, kind) if line else kind


async def enqueue(
    uow: UnitOfWork,
    *,
    system: str,
    kind: str,
    subject_id: UUID,
    chain: str,
    tenant: str,
    payload: dict[str, Any],
    via: str | None = None,
    person_id: UUID | None = None,
    employer_id: UUID | None = None,
) -> UUID:
    """Write a call that will be made once this transaction has committed; returns its idempotency key.

    Raises ValueError for a kind that the connected line does not name: nobody could tell what it was.
    """
    if system in _lines and kind not in _lines[system].kinds:
        raise ValueError(f"{system} has no kind {kind!r}")
    row = OutsideCall(
        id=new_id(),
        system=system,
        kind=kind,
        subject_id=subject_id,
        chain=chain,
        tenant=tenant,
        via=via,
        person_id=person_id,
        employer_id=employer_id,
        payload=payload,
        state="queued",
        attempts=0,
        next_at=uow.now,
        created_at=uow.now,
    )
    uow.session.add(row)
    return row.id


async def drop(uow: UnitOfWork, subject_id: UUID, kind: str) -> bool:
    """Take back an open call about a subject; False when there is none. One in the air may be answered all the same."""
    done = await uow.execute(
        sa.update(OutsideCall)
        .where(OutsideCall.subject_id == subject_id, OutsideCall.kind == kind, OutsideCall.state.in_(OPEN))
        .values(state="dropped")
        .returning(OutsideCall.id)
    )
    return done.first() is not None


# --- working it off ---------------------------------------------------------------------------------------------------


async def work(database: Database, system: str, *, limit: int = 100) -> int:
    """Make the calls of one system that are due; returns how many were made. Several processes may do it at once.

    A slow system holds up its own calls only: each system has a job of its own, and none holds a connection while it
    waits.
    """
    line = _lines[system]
    taken = await _take(database, line, limit)
    room = asyncio.Semaphore(line.at_once)

    async def make(asked: Asked, request: Any) -> tuple[Asked, Outcome]:
        async with room:
            return asked, await _send(line, asked, request)

    flying = {asyncio.create_task(make(asked, request)) for asked, request in taken}
    while flying:
        landed, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
        await _record_all(database, line, [task.result() for task in landed])
    return len(taken)


async def _take(database: Database, line: Line, limit: int) -> list[tuple[Asked, Any]]:
    taken: list[tuple[Asked, Any]] = []
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        rows = await uow.session.scalars(
            sa.select(OutsideCall)
            .where(OutsideCall.system == line.system, OutsideCall.state.in_(OPEN), OutsideCall.next_at <= uow.now)
            .order_by(OutsideCall.payload["what"].astext.in_(line.first).is_(True).desc(), OutsideCall.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        for row in rows.all():
            try:
                async with uow.savepoint():
                    request = await line.prepare(uow, row)
            except Exception as error:
                log.exception("outside_call_unprepared", system=line.system, call=str(row.id))
                await _failed(uow, line, row, f"没法准备：{type(error).__name__}")
                continue
            row.state, row.sent_at, row.next_at = "sent", uow.now, uow.now + _LEASE
            taken.append((Asked(row.id, row.kind, row.subject_id, row.payload), request))
    return taken


async def _send(line: Line, asked: Asked, request: Any) -> Outcome:
    try:
        return await line.send(asked, request)
    except Unanswered as error:
        return error
    except Exception as error:
        # A fault of the client must not stop the other calls; it is a failed call, and the log says where.
        log.exception("outside_call_broken", system=line.system, call=str(asked.id))
        return Unanswered(f"程序出错：{type(error).__name__}")


async def _record_all(database: Database, line: Line, outcomes: Sequence[tuple[Asked, Outcome]]) -> None:
    """Record what came back together; when one disturbs the rest, each for itself."""
    try:
        async with database.begin(SYSTEM, EVERYWHERE) as uow:
            for asked, outcome in sorted(outcomes, key=lambda o: o[0].id):
                await _record(uow, line, asked, outcome)
        return
    except Exception:
        if len(outcomes) == 1:
            await _unrecorded(database, line, *outcomes[0])
            return
    for asked, outcome in outcomes:
        await _record_all(database, line, [(asked, outcome)])


async def _unrecorded(database: Database, line: Line, asked: Asked, outcome: Outcome) -> None:
    """Keep a call whose answer could not be acted on: it is asked again, and the answer will be the same one."""
    log.exception("outside_answer_unusable", system=line.system, call=str(asked.id))
    async with database.begin(SYSTEM, EVERYWHERE) as uow:
        row = await _locked(uow, asked.id)
        if row.state in OPEN:
            await _failed(uow, line, row, "回复没能记下，稍后再问。")


async def _record(uow: UnitOfWork, line: Line, asked: Asked, outcome: Outcome) -> None:
    row = await _locked(uow, asked.id)
    if isinstance(outcome, Answer):
        await _hear(uow, line, row, outcome)
    elif row.state in OPEN:
        await _failed(uow, line, row, str(outcome))


async def _locked(uow: UnitOfWork, call_id: UUID) -> OutsideCall:
    row = await reading.one(uow, OutsideCall, "WHERE id = $1 FOR UPDATE", call_id)
    if row is None:
        raise NotFound
    return row


async def hear(uow: UnitOfWork, system: str, call_id: UUID, subject_id: UUID, answer: Answer) -> Heard:
    """Take an answer that the outside system brings by itself (system transaction); each counts once.

    'first' changed something, 'pending' and 'again' did not, 'late' came after the call was dropped, 'contradicts' is kept
    for a person. Raises NotFound for a call that was never made to this system, or was about something else.
    """
    line = _lines[system]
    row = await _locked(uow, call_id)
    if row.system != system or row.subject_id != subject_id or row.sent_at is None:
        raise NotFound
    return await _hear(uow, line, row, answer)


async def _hear(uow: UnitOfWork, line: Line, row: OutsideCall, answer: Answer) -> Heard:
    if row.state == "answered":
        if not answer.final or answer.body == row.answer:
            return "again"
        row.contradiction = answer.body
        if line.contradicted is not None:
            await line.contradicted(uow, row, answer.body)
        await _tell(uow, row, "outside.contradicted", answer=row.answer, later=answer.body)
        return "contradicts"
    if not answer.final:
        if row.state in OPEN:
            row.waits += 1
            row.state, row.next_at, row.last_error = "sent", uow.now + _later(row.waits), ""
            if line.undecided is not None:
                await line.undecided(uow, row, answer.body)
        return "pending"
    late = row.state == "dropped"
    row.state, row.answer, row.answered_at, row.last_error = "answered", answer.body, uow.now, ""
    await line.answered(uow, row, answer.body)
    await uow.flush()
    return "late" if late else "first"


async def _failed(uow: UnitOfWork, line: Line, row: OutsideCall, why: str) -> None:
    row.attempts += 1
    row.last_error = why[:300]
    if row.attempts < line.tries:
        row.state, row.next_at = "failed", uow.now + _later(row.attempts)
        return
    row.state = "dead"
    log.error("outside_call_dead", system=row.system, kind=row.kind, call=str(row.id))
    if line.gave_up is not None:
        await line.gave_up(uow, row)
    await _tell(uow, row, "outside.dead", attempts=row.attempts, error=row.last_error)


def _later(times: int) -> timedelta:
    """Return how long to wait after so many failures: twice as long each time, with jitter, so that not all come at once."""
    wait = min(_SHORTEST * int(2 ** min(times - 1, 12)), _LONGEST)
    return wait * random.uniform(0.6, 1.0)  # noqa: S311 - spreads load, guards nothing


async def resend(uow: UnitOfWork, call_id: UUID) -> OutsideCall:
    """Send a dead letter again, from the first try on. Raises NotFound outside the scope, Conflict for one still under way."""
    own = uow.actor.kind == "employer"
    may = OutsideCall.employer_id == uow.actor.employer_id if own else uow.scope.clause(OutsideCall.tenant)
    row = await uow.session.scalar(
        sa.select(OutsideCall)
        .where(OutsideCall.id == call_id, may)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    if row.state not in ("dead", "failed"):
        raise Conflict("这条不用重发：已经有回复，或者正在发。请刷新后再看。", state=row.state)
    row.state, row.attempts, row.waits, row.next_at = "queued", 0, 0, uow.now
    row.resent += 1
    await _tell(uow, row, "outside.resent", resent=row.resent)
    return row


async def _tell(uow: UnitOfWork, row: OutsideCall, event: str, **body: Any) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=row.chain, subject_id=row.subject_id, tenant=row.tenant, person_id=row.person_id,
            employer_id=row.employer_id, body={"call": row.id, "system": row.system, "kind": row.kind, **body},
        )
    )  # fmt: skip
