"""The file of a contractor (R014): licences with their scope and last day, the declaration, the annual re-check, photos of the papers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock, timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from linggong.offices.models import Operator, OperatorContract
from linggong.operators import place_rules
from linggong.operators.codes import BUSINESS, CHECKS, EVIDENCE_DOSSIER, HR, LICENCES
from linggong.operators.models import OperatorCheck, OperatorLicence
from rbac.models import RoleAssignment
from tenants import evidence
from tenants.evidence import Photo
from tenants.service import parameters

REGION, EXPIRES = "operators", "operators.licence"
WARN = "agency.licence_warn_days"
_NINE = time(9, tzinfo=clock.SHANGHAI)
_OLD = date(1980, 1, 1)
_FAR_YEARS = 100


class LicenceForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A licence as it lies on the desk."""

    kind: Annotated[str, Meta(max_length=20)]
    number: Annotated[str, Meta(max_length=60)] = ""
    scope: Annotated[str, Meta(max_length=300)] = ""
    legal_person: Annotated[str, Meta(max_length=40)] = ""
    issued_on: date | None = None
    expires_on: date | None = None


class CheckForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A declaration of the operator, or the bureau's re-check."""

    kind: Annotated[str, Meta(max_length=20)]
    day: date | None = None
    independent: bool = False
    controlled: bool = False
    violation: bool = False
    words: Annotated[str, Meta(max_length=300)] = ""


async def note_licence(
    uow: UnitOfWork, operator_id: UUID, form: LicenceForm, photos: list[Photo] | None = None
) -> OperatorLicence:
    """Note a licence, with photos of it; the newest of its kind counts. Raises NotFound, Invalid with every fault."""
    operator = await managed(uow, operator_id)
    today = clock.business_date(uow.now)
    faults: list[Fault] = []
    if form.kind not in LICENCES:
        faults.append(Fault("kind", "请选营业执照或人力资源服务许可证。", "choice"))
    number = form.number.strip().upper()
    if len(number) < 4:
        faults.append(Fault("number", "请填证照上的编号。", "required"))
    elif form.kind == BUSINESS and number != operator.uscc:
        faults.append(Fault("number", f"营业执照上的信用代码和登记的不一样（{operator.uscc}），请核对。", "differs"))
    if len(form.scope.strip()) < 2:
        faults.append(Fault("scope", "请照证照抄写许可（经营）范围。", "required"))
    if form.kind == BUSINESS and len(form.legal_person.strip()) < 2:
        faults.append(Fault("legal_person", "请填法定代表人。", "required"))
    if form.issued_on is None or not _OLD <= form.issued_on <= today:
        faults.append(Fault("issued_on", "请填发证日期，不能晚于今天。", "range"))
    if form.expires_on is None and form.kind == HR:
        faults.append(Fault("expires_on", "许可证都有期限，请填有效期的最后一天。", "required"))
    elif form.expires_on is not None and (
        form.expires_on <= (form.issued_on or _OLD) or form.expires_on.year > today.year + _FAR_YEARS
    ):
        faults.append(Fault("expires_on", "有效期的最后一天要晚于发证日期，请核对。", "range"))
    _check_photos(uow, photos, faults)
    if faults or form.issued_on is None:
        raise Invalid(faults)
    row = OperatorLicence(
        id=new_id(), operator_id=operator.id, tenant=operator.tenant, kind=form.kind, number=number, scope=form.scope.strip(),
        legal_person=form.legal_person.strip() if form.kind == BUSINESS else "", issued_on=form.issued_on,
        expires_on=form.expires_on, noted_at=uow.now, noted_by=actor(uow),
    )  # fmt: skip
    for earlier in (await licences(uow, operator.id, kind=form.kind)).values():
        await timers.cancel_timers(uow, earlier.id, EXPIRES)
    uow.session.add(row)
    await uow.flush()
    await _keep(uow, operator, photos)
    await _remind(uow, row)
    await tell(uow, "operator.licence", operator, kind=row.kind, number=row.number, expires_on=row.expires_on)
    return row


async def note_check(
    uow: UnitOfWork, operator_id: UUID, form: CheckForm, photos: list[Photo] | None = None
) -> OperatorCheck:
    """Note a declaration or a re-check. Raises NotFound, Invalid with every fault."""
    operator = await managed(uow, operator_id)
    rules = await place_rules.at(uow, operator.tenant)
    today = clock.business_date(uow.now)
    faults: list[Fault] = []
    if form.kind not in CHECKS:
        faults.append(Fault("kind", "请选承诺书或年度复核。", "choice"))
    if form.day is None or not today - timedelta(days=366) <= form.day <= today:
        faults.append(Fault("day", "请填日期：最近一年内，不能晚于今天。", "range"))
    if (form.violation or not form.independent or not form.controlled) and len(form.words.strip()) < 2:
        faults.append(Fault("words", "有一项不符合，请写明是什么情况。", "required"))
    _check_photos(uow, photos, faults)
    if faults or form.day is None:
        raise Invalid(faults)
    row = OperatorCheck(
        id=new_id(), operator_id=operator.id, tenant=operator.tenant, kind=form.kind, day=form.day, independent=form.independent,
        controlled=form.controlled, violation=form.violation, years=rules.no_violation_years or 0, words=form.words.strip(),
        noted_at=uow.now, noted_by=actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await _keep(uow, operator, photos)
    await tell(uow, "operator.checked", operator, kind=row.kind, day=row.day, violation=row.violation)
    return row


async def licences(uow: UnitOfWork, operator_id: UUID, *, kind: str = "") -> dict[str, OperatorLicence]:
    """Return the licences that count, by kind."""
    statement = (
        sa.select(OperatorLicence)
        .where(OperatorLicence.operator_id == operator_id)
        .order_by(OperatorLicence.noted_at, OperatorLicence.id)
    )
    if kind:
        statement = statement.where(OperatorLicence.kind == kind)
    # The last of a kind stays.
    return {row.kind: row for row in (await uow.execute(statement)).scalars()}


async def last_check(uow: UnitOfWork, operator_id: UUID) -> OperatorCheck | None:
    """Return the newest declaration or re-check."""
    return await uow.session.scalar(
        sa.select(OperatorCheck)
        .where(OperatorCheck.operator_id == operator_id)
        .order_by(OperatorCheck.day.desc(), OperatorCheck.id.desc())
        .limit(1)
    )


async def lacks(uow: UnitOfWork, operator: Operator, day: date) -> list[str]:
    """Return what stands against awarding to an operator on a day, in words.

    A licence that is over by then stands against it everywhere. Where the place asks for years without a violation, its paper
    asks for a whole file: both licences, and a declaration not older than a year.
    """
    rules = await place_rules.at(uow, operator.tenant)
    known = await licences(uow, operator.id)
    words = []
    for kind, title in LICENCES.items():
        row = known.get(kind)
        if row is None:
            if rules.no_violation_years is not None:
                words.append(f"档案里没有{title}。")
        elif row.expires_on is not None and row.expires_on < day:
            words.append(f"{title}（{row.number}）到 {row.expires_on} 为止，{day} 已经过期。")
        elif row.issued_on > day:
            words.append(f"{title}（{row.number}）{row.issued_on} 才发证，{day} 还没有。")
    check = await last_check(uow, operator.id)
    if check is not None and check.violation:
        words.append(f"{check.day} 的{CHECKS[check.kind]}写明有重大违法违规记录。")
    elif rules.no_violation_years is not None:
        if check is None or check.day < day - timedelta(days=366):
            words.append(f"没有一年内的“近 {rules.no_violation_years} 年无重大违法违规”承诺书或复核。")
        elif not (check.independent and check.controlled):
            words.append(f"{check.day} 的{CHECKS[check.kind]}不符合：要是独立法人，内控和财务健全。")
    return words


async def managed(uow: UnitOfWork, operator_id: UUID) -> Operator:
    """Return an operator of the scope. Raises NotFound."""
    found = await uow.session.scalar(
        sa.select(Operator).where(Operator.id == operator_id, uow.scope.clause(Operator.tenant))
    )
    if found is None:
        raise NotFound
    return found


async def own_operator(uow: UnitOfWork) -> UUID | None:
    """Return the operator for which the acting post works, by the contract that the post hangs on; None for anybody else.

    A post that hangs on no contract, as the command line gives one, is kept to nothing but its place.
    """
    return await uow.session.scalar(
        sa.select(OperatorContract.operator_id)
        .join(RoleAssignment, RoleAssignment.contract_id == OperatorContract.id)
        .where(RoleAssignment.id == uow.actor.post_id, RoleAssignment.staff_id == uow.actor.id)
    )


async def require_own(uow: UnitOfWork, operator_id: UUID) -> None:
    """Keep the papers and the money of one operator from the people of another. Raises NotFound."""
    own = await own_operator(uow)
    if own is not None and own != operator_id:
        raise NotFound


def actor(uow: UnitOfWork) -> UUID | None:
    """Return who acts; None for the machine."""
    return None if uow.actor.id == NOBODY else uow.actor.id


async def tell(uow: UnitOfWork, event: str, operator: Operator, **body: object) -> None:
    """Append an event of an operator's chain."""
    await uow.emit(
        NewEvent(type=event, chain=f"operator:{operator.id}", subject_id=operator.id, tenant=operator.tenant, body=body)
    )


def nine(day: date) -> datetime:
    """Return nine in the morning of a day in the city."""
    return datetime.combine(day, _NINE)


def _check_photos(uow: UnitOfWork, photos: list[Photo] | None, faults: list[Fault]) -> None:
    for photo in photos or []:
        evidence.check(photo, faults, now=uow.now)


async def _keep(uow: UnitOfWork, operator: Operator, photos: list[Photo] | None) -> None:
    for photo in photos or []:
        await evidence.keep(uow, tenant_path(operator.tenant), EVIDENCE_DOSSIER, operator.id, photo)


async def _remind(uow: UnitOfWork, row: OperatorLicence) -> None:
    """Set when the office is told that a licence ends: some days before, or tomorrow where that is past."""
    if row.expires_on is None:
        return
    days = int(str((await parameters(uow, row.tenant, WARN))[WARN]))
    at = max(nine(row.expires_on - timedelta(days=days)), uow.now)
    await timers.set_timer(uow, subject_id=row.id, region=REGION, key=EXPIRES, due_at=at, tenant=row.tenant)
