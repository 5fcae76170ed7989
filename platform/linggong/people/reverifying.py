"""An employer's data are confirmed anew every six months (R049): told in time, and nothing new is posted once it is over [law].

His own word renews what he said of himself; another name, another licence, and an agency's expired licence need papers
at a station. A clerk may enter his word for him, and says how he heard it.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.timers import Timer
from linggong.people import limits, notices, papers
from linggong.people.forms import Confirmation, check_confirmation
from linggong.people.identity_numbers import mask_account
from linggong.people.models import Agency, Employer, ServiceLink
from linggong.people.registration import whole
from linggong.people.service_links import served_by
from tenants.service import parameters

TIMER, REGION = "t.reverify", "verify"
_MORNING = time(9)


class OwnData(msgspec.Struct, frozen=True, kw_only=True):
    """An employer's data as he reads them himself; numbers of accounts stay masked."""

    name: str
    kind: str
    uscc: str
    contact_name: str
    phone: str
    address: str
    legal_representative: str
    bank: str
    licence_on: date | None
    """When the photo of the licence came."""
    verified_level: int
    verified_on: date | None
    reverify_on: date | None
    over: bool
    soon: bool


async def watch(uow: UnitOfWork, employer: Employer, tenant: str | None, days: int) -> None:
    """Start the six months anew from today, and the notice before their end; without a node the one that serves him."""
    tenant = tenant or await _home(uow, employer.id)
    today = clock.business_date(uow.now)
    employer.reverify_on = today + timedelta(days=days)
    await _set(uow, employer, tenant, employer.reverify_on - timedelta(days=await _before(uow, tenant)))


async def on_due(uow: UnitOfWork, timer: Timer) -> None:
    """Tell the employer that the end is near, and on the day after it that it is over."""
    employer = await uow.session.get(Employer, timer.subject_id)
    if employer is None or employer.reverify_on is None or employer.status == "closed":
        return
    over = clock.business_date(uow.now) > employer.reverify_on
    last = f"{employer.reverify_on.month}月{employer.reverify_on.day}日"
    text = (
        f"您的用工主体资料 {last} 到期，还没核实，先不能发新岗位。请到“我的用工-核实资料”核对一遍，或打驿站电话。"
        if over
        else f"您的用工主体资料半年要核实一次，{last} 前请到“我的用工-核实资料”核对一遍，过期就不能发新岗位。"
    )
    await notices.notify(
        uow, to="employer", kind="employer.reverify", text=text, subject_id=employer.id, tenant=timer.tenant,
        employer_id=employer.id, call=over,
    )  # fmt: skip
    if not over:
        await _set(uow, employer, timer.tenant, employer.reverify_on + timedelta(days=1))


async def may_post(uow: UnitOfWork, employer_id: UUID) -> str | None:
    """Return why an employer may not post now: his six months are over."""
    rows = await uow.fetch("SELECT reverify_on FROM employers WHERE id = $1", employer_id)
    until = rows[0]["reverify_on"] if rows else None
    if until is None or clock.business_date(uow.now) <= until:
        return None
    return (
        f"用工主体资料半年核实一次，{until:%Y-%m-%d} 已到期，核实以前不能发新岗位。"
        "请在“我的用工”里点“核实资料”核对一遍，或打驿站电话，工作人员替您登记。"
    )


async def confirm(uow: UnitOfWork, sealer: Sealer, employer_id: UUID, form: Confirmation) -> Employer:
    """Confirm, and correct where it changed, what is on file: the six months begin anew (R049). By himself, or a clerk for him.

    Raises Invalid with every fault, Conflict for an agency whose licence has expired and for a closed one, NotFound.
    """
    employer = await _of(uow, employer_id, lock=True)
    if employer.status == "closed":
        raise Conflict("这个用工主体已注销，不用再核实。")
    if employer.verified_level < 1:
        raise Conflict("还没有核实过，请先带营业执照或身份证到驿站。")
    faults: list[Fault] = []
    phone = check_confirmation(form, faults)
    by_staff = uow.actor.kind == "staff"
    if by_staff and not form.evidence:
        faults.append(Fault("evidence", "请写怎么核的，例如“电话里逐项核对，王经理”。", "required"))
    if faults:
        raise Invalid(faults)
    today = clock.business_date(uow.now)
    agency = await uow.session.get(Agency, employer.id)
    if agency is not None and agency.hr_licence_expires_on < today:
        raise Conflict("人力资源服务许可证已过期，请带新证到驿站登记，再核实。")
    changed = [
        name
        for name in ("contact_name", "address", "legal_representative")
        if getattr(form, name) and getattr(form, name) != getattr(employer, name)
    ]
    for name in changed:
        setattr(employer, name, getattr(form, name))
    if phone is not None and sealer.blind_index("phone", phone.number) != employer.phone_index:
        employer.phone_sealed = sealer.seal(phone.number, f"employers.phone_sealed.{employer.id}")
        employer.phone_index = sealer.blind_index("phone", phone.number)
        changed.append("phone")
    tenant = uow.actor.post or await _home(uow, employer.id)
    days = whole((await parameters(uow, tenant, "employer.reverify_days"))["employer.reverify_days"])
    await watch(uow, employer, tenant, days)
    await uow.emit(
        NewEvent(
            type="employer.confirmed",
            chain=f"employer:{employer.id}",
            subject_id=employer.id,
            tenant=tenant,
            employer_id=employer.id,
            body={
                "changed": sorted(changed),
                "channel": "desk" if by_staff else "self",
                "evidence": form.evidence,
                "reverify_on": employer.reverify_on,
            },
        )
    )
    return employer


async def own(uow: UnitOfWork, sealer: Sealer) -> OwnData:
    """Return the acting employer's data; raises NotFound."""
    row = await _of(uow, uow.actor.employer_id)
    today = clock.business_date(uow.now)
    before = await _before(uow, await _home(uow, row.id))
    until = row.reverify_on
    return OwnData(
        name=row.name,
        kind=row.kind,
        uscc=row.uscc or "",
        contact_name=row.contact_name,
        phone=sealer.open(row.phone_sealed, f"employers.phone_sealed.{row.id}"),
        address=row.address,
        legal_representative=row.legal_representative,
        bank=mask_account(sealer.open(row.bank_sealed, f"employers.bank_sealed.{row.id}")) if row.bank_sealed else "",
        licence_on=await papers.on_file(uow, row.id),
        verified_level=row.verified_level,
        verified_on=clock.business_date(row.verified_at) if row.verified_at else None,
        reverify_on=until,
        over=until is not None and today > until,
        soon=until is not None and today <= until <= today + timedelta(days=before),
    )


async def _of(uow: UnitOfWork, employer_id: UUID, *, lock: bool = False) -> Employer:
    if uow.actor.kind == "employer" and uow.actor.employer_id != employer_id:
        raise NotFound
    statement = sa.select(Employer).where(Employer.id == employer_id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    if uow.actor.kind == "staff":
        statement = statement.where(served_by(uow, Employer.id))
    found = await uow.session.scalar(statement)
    if found is None:
        raise NotFound
    return found


async def _home(uow: UnitOfWork, employer_id: UUID) -> str:
    """Return the node that served the employer last, the top of the tree without one."""
    found = await uow.session.scalar(
        sa.select(ServiceLink.tenant)
        .where(ServiceLink.subject_id == employer_id)
        .order_by(ServiceLink.ends_at.desc(), ServiceLink.tenant)
        .limit(1)
    )
    return str(found or await limits.top(uow))


async def _before(uow: UnitOfWork, tenant: str) -> int:
    return whole((await parameters(uow, tenant, "employer.reverify_notice_days"))["employer.reverify_notice_days"])


async def _set(uow: UnitOfWork, employer: Employer, tenant: str, day: date) -> None:
    await timers.set_timer(
        uow, subject_id=employer.id, region=REGION, key=TIMER, due_at=clock.at_shanghai(day, _MORNING), tenant=tenant,
        employer_id=employer.id,
    )  # fmt: skip
