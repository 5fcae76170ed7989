"""The roster of certified mediators, and mediation of at most 15 days by one of them who is no party (73, R118)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import sqlalchemy as sa

from linggong.cases import codes, common
from linggong.cases.models import Case, Mediator
from linggong.kernel import timers
from linggong.kernel.clock import business_date
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, is_under, tenant_path
from linggong.offices import duties
from linggong.offices.models import OperatorContract
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants.holidays import working_deadline
from tenants.models import Node

MEDIATE = "t.dispute.mediate"


async def enrol(
    uow: UnitOfWork, *, staff_id: UUID, path: str, certificate: str, issued_by: str, valid_from: date, valid_to: date
) -> Mediator:
    """Put a member of staff with a mediator's certificate on the roster of a county, zone or street."""
    faults: list[Fault] = []
    number = common.words(faults, "certificate", certificate, least=4, most=60)
    issuer = common.words(faults, "issued_by", issued_by, least=2, most=100)
    if valid_to < valid_from:
        faults.append(Fault("valid_to", "有效期止不能早于有效期起。", "range"))
    if valid_to < business_date(uow.now):
        faults.append(Fault("valid_to", "证书已经过期。", "range"))
    try:
        at = tenant_path(path)
    except ValueError:
        raise NotFound from None
    node = await uow.session.scalar(sa.select(Node).where(Node.path == at))
    if node is None or not uow.scope.covers(at):
        raise NotFound
    if node.kind not in ("county", "zone", "street"):
        faults.append(Fault("path", "调解员设在县区或街道（乡镇）。", "kind"))
    name = await uow.session.scalar(
        sa.select(Staff.name).where(Staff.id == staff_id, sa.or_(uow.scope.clause(Staff.tenant), _holds_post(uow)))
    )
    if name is None:
        raise NotFound
    if faults:
        raise Invalid(faults)
    if await uow.session.scalar(sa.select(Mediator.id).where(Mediator.tenant == at, Mediator.certificate == number)):
        raise Conflict("这个证书号已经在名册里。")
    row = Mediator(
        id=new_id(), tenant=at, staff_id=staff_id, name=name, certificate=number, issued_by=issuer,
        valid_from=valid_from, valid_to=valid_to, added_by=uow.actor.id, added_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await _tell(uow, row, "mediator.enrolled")
    return row


async def strike(uow: UnitOfWork, mediator_id: UUID) -> Mediator:
    """Take somebody off the roster; what he has mediated stands."""
    row = await uow.session.scalar(
        sa.select(Mediator).where(Mediator.id == mediator_id, uow.scope.clause(Mediator.tenant)).with_for_update()
    )
    if row is None:
        raise NotFound
    if row.ended_at is not None:
        raise Conflict("已经不在名册里了。")
    row.ended_at = uow.now
    await _tell(uow, row, "mediator.struck")
    return row


async def mediate(uow: UnitOfWork, case_id: UUID) -> Case:
    """A mediator takes the case (73). He is on the roster here with a valid certificate, no party, no employee of the
    operator that is one, and he neither entered nor signed it for a side (invariant 13). Raises Conflict, Forbidden.
    """
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "mediate")
    if row.worker_id is None or row.employer_id is None:
        raise Conflict("这件没有对方当事人，不能调解。")
    await may_mediate(uow, row)
    row.state, row.mediator_id, row.handler_id = made.target, uow.actor.id, uow.actor.id
    span = (await common.spans(uow, row.tenant, MEDIATE))[MEDIATE]
    days = await common.numbers(uow, row.tenant, "sla.complaint.mediated")
    row.mediate_until = uow.now + span
    row.close_due_at = await working_deadline(uow, row.tenant, row.created_at, days["sla.complaint.mediated"])
    await timers.cancel_timers(uow, row.id, "t.dispute.negotiate", "t.dispute.first")
    await common.set_timer(uow, row, MEDIATE, row.mediate_until)
    await common.set_timer(uow, row, "sla.complaint.simple", row.close_due_at)
    await common.tell(uow, row, "case.mediation", made, mediator=uow.actor.id)
    await common.notify_both(
        uow, row, f"受理号{row.receipt}开始调解，最长15天。调解不收费，不愿调解可随时走仲裁或诉讼。"
    )
    return row


async def may_mediate(uow: UnitOfWork, row: Case) -> None:
    """Raise Forbidden or Conflict with the reason why this member of staff may not mediate the case."""
    today = business_date(uow.now)
    listed = await uow.session.scalar(
        sa.select(Mediator.id).where(
            Mediator.staff_id == uow.actor.id,
            Mediator.tenant.in_(ancestors(tenant_path(row.tenant))),
            Mediator.ended_at.is_(None),
            Mediator.valid_from <= today,
            Mediator.valid_to >= today,
        )
    )
    if listed is None:
        raise Forbidden("您不在这里的调解员名册里，或者证书过期了。请县人社局核对名册。")
    common.refuse_own(uow, row)
    if row.against in codes.OFFICES and await works_for(uow, row.against_path or row.tenant):
        raise Conflict("这件事涉及您所在的运营方，请换一位调解员。")
    await duties.require_other_hand(uow, "enter-mediate", subject=row.id)


async def works_for(uow: UnitOfWork, path: str) -> bool:
    """Tell whether the member of staff holds any post under the contract of whoever runs this place."""
    posts = await uow.execute(
        sa.select(RoleAssignment.tenant, RoleAssignment.role, RoleAssignment.contract_id)
        .outerjoin(OperatorContract, OperatorContract.id == RoleAssignment.contract_id)
        .where(
            RoleAssignment.staff_id == uow.actor.id,
            RoleAssignment.starts_at <= uow.now,
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
        )
    )
    return any(
        (contract is not None or role == Role.COUNTY_OPERATOR) and (is_under(path, at) or is_under(at, path))
        for at, role, contract in posts
    )


async def hear(uow: UnitOfWork, case_id: UUID, *, words: str) -> Case:
    """Write down a hearing: who came, what each side said, what was proposed."""
    row = await common.case(uow, case_id)
    made = common.step(uow, row, "hear")
    if row.mediator_id != uow.actor.id:
        raise Conflict("调解经过由本件的调解员来记。")
    faults: list[Fault] = []
    said = common.words(faults, "words", words, least=4)
    if faults:
        raise Invalid(faults)
    await common.note(uow, row, "hearing", said)
    await common.tell(uow, row, "case.heard", made)
    return row


def _holds_post(uow: UnitOfWork) -> sa.Exists:
    return sa.exists().where(RoleAssignment.staff_id == Staff.id, uow.scope.clause(RoleAssignment.tenant))


async def _tell(uow: UnitOfWork, row: Mediator, event: str) -> None:
    await uow.flush()
    await uow.emit(
        NewEvent(
            type=event, chain=f"mediator:{row.id}", subject_id=row.id, tenant=row.tenant,
            body={"staff": row.staff_id, "certificate": row.certificate, "valid_to": row.valid_to.isoformat()},
        )
    )  # fmt: skip
