"""All SQL reads of orders. The city board has a room of its own, because it is read without a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.kernel.timers import Timer
from linggong.market.machine import ORDER
from linggong.market.models import BoardPost, Order, Suspension, TermsVersion
from linggong.market.views import FindingView, OrderLine, OrderView, QueueLine, SuspensionView
from linggong.people.identity_numbers import surname_call, veil_name
from linggong.people.models import Employer, Person
from linggong.people.service_links import served_by
from rbac.roles import hand
from tenants.kinds import BuildStatus, NodeKind
from tenants.models import Node

_EMPLOYER = "SELECT id, name, kind, verified_level, is_trusted, status FROM employers WHERE id = $1"
_OPEN_BELOW = "SELECT path FROM nodes WHERE path > $1 AND path < $1 || '~' AND kind = ANY ($2::text[]) AND status = $3 ORDER BY path"
_SERVING = (NodeKind.STATION, NodeKind.SERVICE_POINT, NodeKind.MARKET_COMPREHENSIVE)


@dataclass(frozen=True, slots=True)
class OrderEmployer:
    """What posting needs to know of an employer; `name` is the public form (an individual is 王师傅)."""

    id: UUID
    name: str
    level: int
    is_trusted: bool
    status: str


def _employers() -> Any:
    return sa.select(
        Employer.id, Employer.name, Employer.kind, Employer.verified_level, Employer.is_trusted, Employer.status
    )


def _employer(row: Any) -> OrderEmployer:
    """Read a row by the names of its columns."""
    name = surname_call(row["name"]) if row["kind"] == "individual" else row["name"]
    return OrderEmployer(row["id"], name, row["verified_level"], row["is_trusted"], row["status"])


async def serves(uow: UnitOfWork, employer_id: UUID) -> bool:
    """Tell whether a node of the scope serves the employer by a live link."""
    return bool(
        await uow.session.scalar(sa.select(Employer.id).where(Employer.id == employer_id, served_by(uow, Employer.id)))
    )


async def is_agency(uow: UnitOfWork, employer_id: UUID) -> bool:
    """Tell whether an employer is an agency with licences to look after (R047)."""
    return bool(await uow.session.scalar(sa.select(Employer.is_agency).where(Employer.id == employer_id)))


async def employer_for_order(uow: UnitOfWork, employer_id: UUID) -> OrderEmployer:
    """Return the employer; raises NotFound when there is none that the actor may see (row security)."""
    rows = await uow.fetch(_EMPLOYER, employer_id)
    if not rows:
        raise NotFound
    return _employer(rows[0])


async def employers_by_number(
    uow: UnitOfWork, usccs: Iterable[str], id_indexes: Iterable[bytes]
) -> tuple[dict[str, OrderEmployer], dict[bytes, OrderEmployer]]:
    """Return the visible employers by credit code, and individuals by the blind index of their ID number."""
    codes, indexes = sorted(set(usccs)), sorted(set(id_indexes))
    by_code: dict[str, OrderEmployer] = {}
    by_index: dict[bytes, OrderEmployer] = {}
    if codes:
        found = await uow.execute(_employers().add_columns(Employer.uscc).where(Employer.uscc.in_(codes)))
        by_code = {row["uscc"]: _employer(row) for row in found.mappings()}
    if indexes:
        joined = _employers().add_columns(Person.id_index).join(Person, Person.id == Employer.person_id)
        found = await uow.execute(joined.where(Person.id_index.in_(indexes)))
        by_index = {row["id_index"]: _employer(row) for row in found.mappings()}
    return by_code, by_index


async def nodes_of_codes(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, str]:
    """Return {division code: path} for those of the codes that the deployment's tree holds."""
    known = sorted(set(codes))
    asked = "SELECT division_code, path FROM nodes WHERE division_code = ANY ($1::text[])"
    return {row["division_code"]: row["path"] for row in await uow.fetch(asked, known)} if known else {}


async def serving_node(uow: UnitOfWork, path: str) -> str:
    """Return the open station that serves a place, so that somebody reviews a post sent from a phone.

    The nearest one: of the community itself, then of its street. Never one of another street, because the board filters
    by street; without a station the place itself, which the county's operator sees.
    """
    street = "/" + "/".join(path.strip("/").split("/")[:3]) + "/"
    stations: list[str] = [row["path"] for row in await uow.fetch(_OPEN_BELOW, street, _SERVING, BuildStatus.OPEN)]
    below = [s for s in stations if s.startswith(path)]
    beside = [s for s in stations if s.rstrip("/").rpartition("/")[0] + "/" == street]
    return next(iter(below or beside or stations), path)


async def order(uow: UnitOfWork, order_id: UUID, *, lock: bool = False) -> Order:
    """Return the order for reading or (locked) for changing; raises NotFound for foreign and missing alike."""
    query = sa.select(Order).where(Order.id == order_id, uow.scope.clause(Order.tenant))
    if uow.actor.kind == "employer":
        query = query.where(Order.employer_id == uow.actor.employer_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found: Order | None = (await uow.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def was_published(uow: UnitOfWork, employer_id: UUID) -> bool:
    """Tell whether any post of the employer ever reached the board, anywhere in the city."""
    found = await uow.execute(sa.select(sa.exists().where(BoardPost.employer_id == employer_id)))
    return bool(found.scalar())


async def terms(uow: UnitOfWork, order_id: UUID, version: int | None = None) -> TermsVersion:
    """Return a version of an order's terms, the last one by default; raises NotFound. Terms are public (R073)."""
    query = sa.select(TermsVersion).where(TermsVersion.order_id == order_id)
    query = query.where(TermsVersion.is_general if version is None else TermsVersion.version == version)
    newest = query.order_by(TermsVersion.version.desc()).limit(1)
    found: TermsVersion | None = (await uow.execute(newest)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def findings_view(stored: Sequence[str]) -> list[FindingView]:
    """Return stored findings as readers get them."""
    return [FindingView(*line.split("|", 3)) for line in stored]


_LINE = tuple(getattr(Order, name) for name in OrderLine.__struct_fields__)


async def orders(
    uow: UnitOfWork,
    *,
    states: Sequence[str] = (),
    employer_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[OrderLine]:
    """Return orders in the scope, newest first: an employer's own, or those of the staff member's post."""
    query = sa.select(*_LINE).where(uow.scope.clause(Order.tenant))
    if uow.actor.kind == "employer":
        query = query.where(Order.employer_id == uow.actor.employer_id)
    if employer_id is not None:
        query = query.where(Order.employer_id == employer_id)
    if states:
        query = query.where(Order.state.in_(states))
    if cursor:
        (after,) = decode_cursor(cursor, UUID)
        query = query.where(Order.id < after)
    rows = (await uow.execute(query.order_by(Order.id.desc()).limit(limit + 1))).all()
    items = [OrderLine(**row._mapping) for row in rows[:limit]]
    return Page(items, encode_cursor(str(items[-1].id)) if len(rows) > limit else None)


async def review_queue(uow: UnitOfWork, *, cursor: str | None = None, limit: int = 20) -> Page[QueueLine]:
    """Return what waits for review in the scope, oldest first, with the time limit of each (R057)."""
    fields = QueueLine.__struct_fields__
    own = {"first_time", "own_entry", "due_at", "findings"}
    due = (
        sa.select(Timer.due_at)
        .where(Timer.subject_id == Order.id, Timer.key == "t.review", Timer.state == "live")
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(
        *(getattr(Order, name) for name in fields if name not in own),
        Order.findings,
        (~sa.exists().where(BoardPost.employer_id == Order.employer_id)).label("first_time"),
        own_entry(uow.actor.id).label("own_entry"),
        due.label("due_at"),
    ).where(uow.scope.clause(Order.tenant), Order.state == "O_REVIEW")
    if cursor:
        after_at, after_id = decode_cursor(cursor, str, UUID)
        at = sa.cast(sa.literal(after_at, sa.Text), sa.DateTime(timezone=True))
        query = query.where(sa.tuple_(Order.submitted_at, Order.id) > sa.tuple_(at, sa.literal(after_id)))
    rows = (await uow.execute(query.order_by(Order.submitted_at, Order.id).limit(limit + 1))).all()
    items = [QueueLine(**{**row._mapping, "findings": findings_view(row.findings)}) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items, encode_cursor(items[-1].submitted_at.isoformat(), str(items[-1].id)) if more else None)


def own_entry(staff_id: UUID) -> sa.ColumnElement[bool]:
    """Return the SQL of invariant 13: this person entered the order by proxy."""
    created = sa.and_(Order.created_by_kind == "staff", Order.created_by == staff_id)
    return sa.or_(sa.func.coalesce(created, False), sa.func.coalesce(Order.submitted_by == staff_id, False))


def order_view(uow: UnitOfWork, row: Order) -> OrderView:
    """Return an order for its employer, and for its node's staff with the contact's name masked."""
    made = {"last_date", "first_ends_at", "findings", "contact_name", "actions"}
    values = {name: getattr(row, name) for name in OrderView.__struct_fields__ if name not in made}
    return OrderView(
        **values,
        last_date=row.work_date + timedelta(days=row.days - 1),
        first_ends_at=row.ends_at - timedelta(days=row.days - 1),
        findings=findings_view(row.findings),
        contact_name=row.contact_name if uow.actor.kind == "employer" else veil_name(row.contact_name),
        actions=ORDER.allowed(row.state, hand(uow.actor.kind, uow.actor.role)),
    )


async def suspensions(uow: UnitOfWork, order: Order) -> list[SuspensionView]:
    """Return every freezing of an order, the latest first. The employer reads notes and findings once it is decided."""
    rows = await uow.session.scalars(
        sa.select(Suspension).where(Suspension.order_id == order.id).order_by(Suspension.suspended_at.desc())
    )
    own = {"proposed", "findings", "note"}
    names = [name for name in SuspensionView.__struct_fields__ if name not in own]
    found = []
    for row in rows:
        told = uow.actor.kind == "staff" or row.outcome is not None
        found.append(
            SuspensionView(
                **{name: getattr(row, name) for name in names},
                proposed=row.proposed_at is not None,
                findings=row.findings if told else "",
                note=row.note if uow.actor.kind == "staff" else "",
            )
        )
    return found


async def node_exists(uow: UnitOfWork, path: str) -> bool:
    """Tell whether the tree has a place at this path."""
    return bool((await uow.execute(sa.select(sa.exists().where(Node.path == path)))).scalar())
