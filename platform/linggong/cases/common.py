"""What every step of a case needs: loading within sight, telling, its clocks, who is a party, deriving the order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.cases import codes
from linggong.cases.injury_models import Injury
from linggong.cases.machines import DISPUTE
from linggong.cases.models import Case, CaseNote, CaseSided
from linggong.kernel import timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.machine import Machine, Transition
from linggong.kernel.paths import is_under
from linggong.market import happenings
from linggong.market.models import BoardPost
from linggong.people import notices
from linggong.people.text import clean
from linggong.work.common import hand
from rbac.roles import Role
from tenants.service import parameters

OF_THE_OPERATOR = frozenset({Role.COUNTY_OPERATOR, Role.STATION_MANAGER, Role.STATION_CLERK})
_MOST_WORDS = 2000


def words(faults: list[Fault], field: str, raw: str, *, least: int = 0, most: int = _MOST_WORDS) -> str:
    """Return typed words in their kept form; adds faults."""
    return clean(faults, field, raw, least=least, most=most, lines=True)


def side_of(uow: UnitOfWork, case: Case) -> str | None:
    """Return for which party this actor speaks himself: worker, employer, or nobody's."""
    if uow.actor.kind == "worker" and case.worker_id == uow.actor.id:
        return "worker"
    if uow.actor.kind == "employer" and case.employer_id == uow.actor.employer_id:
        return "employer"
    return None


def is_own_case(uow: UnitOfWork, case: Case) -> bool:
    """Tell whether the member of staff is one of the operator or station that the case complains of (invariant 13)."""
    if case.against not in codes.OFFICES or uow.actor.role not in OF_THE_OPERATOR or uow.actor.post is None:
        return False
    of = case.against_path or case.tenant
    return is_under(of, uow.actor.post) or is_under(uow.actor.post, of)


def refuse_own(uow: UnitOfWork, case: Case) -> None:
    """Refuse whoever would decide a case against himself; raises Conflict (invariant 13)."""
    if is_own_case(uow, case):
        raise Conflict("这件事投诉的是您所在的运营方，要由人社局来办。")


def visible(uow: UnitOfWork, model: type[CaseSided]) -> sa.ColumnElement[bool]:
    """Return the scope test of a case's row: parties through row security, staff by its place or the worker's."""
    if uow.actor.kind == "staff":
        return sa.or_(uow.scope.clause(model.tenant), uow.scope.clause(model.via))
    return sa.true()


def not_own(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the test that hides from an operator's people the cases against themselves: they name who complained."""
    if uow.actor.kind != "staff" or uow.actor.role not in OF_THE_OPERATOR or uow.actor.post is None:
        return sa.true()
    post = uow.actor.post
    of = sa.func.coalesce(Case.against_path, Case.tenant)
    overlapping = sa.or_(of.startswith(post, autoescape=True), sa.literal(post).startswith(of))
    return sa.or_(Case.against.not_in(codes.OFFICES), sa.not_(overlapping))


async def case(uow: UnitOfWork, case_id: UUID) -> Case:
    """Load and lock a case; foreign, missing and one's own office's alike are NotFound."""
    found = await uow.session.scalar(
        sa.select(Case)
        .where(Case.id == case_id, visible(uow, Case), not_own(uow))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def injury(uow: UnitOfWork, injury_id: UUID) -> Injury:
    """Load and lock an injury; foreign and missing alike are NotFound."""
    found = await uow.session.scalar(
        sa.select(Injury)
        .where(Injury.id == injury_id, visible(uow, Injury))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def step(uow: UnitOfWork, case: Case, event: str) -> Transition:
    """Return the transition that this actor makes; raises Conflict."""
    return DISPUTE.step(case.state, event, hand(uow))


def allowed(uow: UnitOfWork, of: Machine, state: str) -> list[str]:
    """Return what this actor may say in a state, each once."""
    return list(dict.fromkeys(of.allowed(state, hand(uow))))


def said_by(uow: UnitOfWork) -> str:
    """Return who spoke: self, proxy:<staff id> or system."""
    if uow.actor.kind == "staff":
        return f"proxy:{uow.actor.id}"
    return "system" if uow.actor.kind == "system" else "self"


async def tell(uow: UnitOfWork, row: Case | Injury, event: str, made: Transition | None, **body: Any) -> None:
    """Emit an event of a case or injury, on its order's chain where it has one, else on its own."""
    told: dict[str, Any] = {**body}
    if made is not None:
        told |= {
            "machine": made.machine,
            "subject": str(row.id),
            "from": made.source,
            "to": made.target,
            "event": made.event,
            "transition": made.number,
        }
    await uow.flush()
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"order:{row.order_id}" if row.order_id else f"case:{row.id}",
            subject_id=row.id,
            tenant=row.tenant,
            person_id=row.worker_id,
            employer_id=row.employer_id,
            body=told,
        )
    )


async def derive(uow: UnitOfWork, row: Case | Injury) -> None:
    """Let the order's state follow: it settles as long as a region is open (order-states section 3)."""
    if row.order_id is None:
        return
    post = await uow.session.get(BoardPost, row.order_id)
    if post is not None:
        await happenings.derive(uow, row.order_id, tenant=post.tenant, employer_id=post.employer_id)


async def set_timer(uow: UnitOfWork, row: Case | Injury, key: str, due_at: datetime) -> None:
    """Start (or move) a clock of a case or injury."""
    await timers.set_timer(
        uow,
        subject_id=row.id,
        region="case" if isinstance(row, Case) else "injury",
        key=key,
        due_at=due_at,
        tenant=row.tenant,
        via=row.via,
        person_id=row.worker_id,
        employer_id=row.employer_id,
    )


async def spans(uow: UnitOfWork, path: str, *keys: str) -> dict[str, timedelta]:
    """Return duration parameters in force at a place."""
    found = await parameters(uow, path, *keys)
    return {key: value for key, value in found.items() if isinstance(value, timedelta)}


async def numbers(uow: UnitOfWork, path: str, *keys: str) -> dict[str, int]:
    """Return whole-number parameters in force at a place."""
    found = await parameters(uow, path, *keys)
    return {key: value for key, value in found.items() if isinstance(value, int)}


async def notify(uow: UnitOfWork, row: Case | Injury, side: str, text: str, *, call: bool = False) -> None:
    """Tell a party, if it takes part: one receipt, sent by SMS, called where nobody answers."""
    if (row.worker_id if side == "worker" else row.employer_id) is None:
        return
    await notices.notify(
        uow, to=side, kind="case" if isinstance(row, Case) else "injury", text=text[: notices.MAX_TEXT],
        subject_id=row.id, tenant=row.tenant, via=row.via, person_id=row.worker_id, employer_id=row.employer_id, call=call,
    )  # fmt: skip


async def notify_both(uow: UnitOfWork, row: Case | Injury, text: str) -> None:
    """Tell both parties, and a claimant without an account who left a telephone."""
    for side in ("worker", "employer"):
        await notify(uow, row, side, text)
    if isinstance(row, Case):
        await notify_claimant(
            uow, row, f"受理号{row.receipt}有进展。凭受理号和查询码在“查办理进度”里看，或打驿站电话问。"
        )


async def notify_claimant(uow: UnitOfWork, row: Case, text: str) -> None:
    """Tell whoever reported without an account, if he left a telephone; the text names nobody."""
    if row.phone_sealed is None or row.claimant not in ("person", "anonymous"):
        return
    await notices.notify(
        uow,
        to="claimant",
        kind="case",
        text=text[: notices.MAX_TEXT],
        subject_id=row.id,
        tenant=row.tenant,
        via=row.via,
    )


async def note(
    uow: UnitOfWork,
    case: Case,
    kind: str,
    text: str,
    *,
    inside: bool = False,
    by_name: str = "",
    to: UUID | None = None,
) -> None:
    """Write down what was done or said; `inside` keeps it from the parties, but from whoever says it."""
    uow.session.add(
        CaseNote(
            id=new_id(),
            case_id=case.id,
            kind=kind,
            words=text,
            by_kind=uow.actor.kind,
            by_id=uow.actor.id if uow.actor.id != NOBODY else None,
            by_name=by_name,
            to_id=to,
            at=uow.now,
            tenant=case.tenant,
            via=case.via,
            worker_id=None if inside and uow.actor.kind != "worker" else case.worker_id,
            employer_id=None if inside and uow.actor.kind != "employer" else case.employer_id,
        )
    )
    await uow.flush()


async def breach(uow: UnitOfWork, row: Case | Injury, what: str) -> None:
    """Mark a missed clock or a broken promise; it stays with the case."""
    if what not in row.breaches:
        row.breaches = [*row.breaches, what]
        await tell(uow, row, "case.late" if isinstance(row, Case) else "injury.late", None, clock=what)
