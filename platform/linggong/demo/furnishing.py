"""What the offices' first screens show in the demo: cases on their way, a claim, whom the outside people stand for, a target.

Written once, when the days are; everything through the services, as the people whose names are printed after the start.
"""

from __future__ import annotations

import contextlib
from datetime import date, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from stdnum.cn import uscc as stdnum_uscc

from linggong.cases import handling, injuries, intake, mediation, outside, referrals
from linggong.cases import subscribers as case_subscribers
from linggong.cases.forms import CaseForm, InjuryForm, ReferForm
from linggong.cases.models import OutsideDesk
from linggong.demo import public_site, sign_ins
from linggong.kernel.clock import at_shanghai, business_date
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database
from linggong.kernel.errors import LinggongError
from linggong.kernel.paths import Scope, TenantPath, in_subtree, parent, tenant_path
from linggong.market import service as orders
from linggong.market.codes import JobForm, LegalForm, PayChannel, PayUnit, Settlement
from linggong.market.forms import OrderForm
from linggong.people.employers import register_employer
from linggong.people.forms import AgencyForm, AgentForm, EmployerForm, ProxyConsent
from linggong.people.models import Staff
from linggong.wages.models import Bill
from linggong.work.models import Assignment
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants import service
from tenants.models import Node

_CLAIMS = (
    ("工钱说好当天付，到现在没给", "把钱付清"),
    ("加班两小时没算钱", "补上加班的钱"),
    ("说好管饭没管，饭钱没给", "补饭钱"),
    ("干了半天让走，只肯给一半", "按整天算"),
)
_SITES_TARGET = "60"


async def furnish(database: Database, sealer: Sealer) -> int:
    """Add cases, an injury and desks to the county of the printed accounts; returns how many things were written.

    Nothing where it was done before, where the accounts are not, or where the days left no bills.
    """
    case_subscribers.register()
    async with database.system() as uow:
        people = {
            r.role: (r.staff_id, tenant_path(r.tenant))
            for r in await uow.execute(
                sa.select(RoleAssignment.role, RoleAssignment.staff_id, RoleAssignment.tenant)
                .join(Staff, Staff.id == RoleAssignment.staff_id)
                .where(Staff.username.in_(("city", "county", "mediator", "department", "insurer", "clerk")))
            )
        }
        known = await uow.session.scalar(sa.select(sa.exists().where(OutsideDesk.id.is_not(None))))
    if known or not {Role.COUNTY_BUREAU, Role.MEDIATOR, Role.DEPARTMENT_VIEWER, Role.STATION_CLERK} <= people.keys():
        return 0
    written = await _desks(database, people)
    county = people[Role.COUNTY_BUREAU][1]
    written += await _cases(database, sealer, people, county)
    written += await _injury(database, people, county)
    if Role.CITY_BUREAU in people:
        written += await public_site.furnish(database, _as(people, Role.CITY_BUREAU), _as(people, Role.COUNTY_BUREAU))
    return written + await _agency(database, sealer, people)


def _as(people: dict[str, tuple[UUID, TenantPath]], role: Role) -> tuple[Actor, Scope]:
    staff_id, path = people[role]
    return Actor(kind="staff", id=staff_id, post=path, role=role.value, channel="desk"), Scope(trees=(path,))


async def _desks(database: Database, people: dict[str, tuple[UUID, TenantPath]]) -> int:
    bureau = _as(people, Role.COUNTY_BUREAU)
    county = people[Role.COUNTY_BUREAU][1]
    async with database.begin(*bureau) as uow:
        department, place = people[Role.DEPARTMENT_VIEWER]
        await outside.set_desk(uow, department, place, "inspection")
        today = business_date(uow.now)
        await mediation.enrol(
            uow, staff_id=people[Role.MEDIATOR][0], path=county, certificate="豫调2025-0208", issued_by="河南省人社厅",
            valid_from=date(today.year - 1, 1, 1), valid_to=date(today.year + 1, 12, 31),
        )  # fmt: skip
        await service.set_parameter(uow, county, "station.year.posts", _SITES_TARGET, "演示用的目标，不是真文件")
    if Role.INSURER in people and Role.CITY_BUREAU in people:
        async with database.begin(*_as(people, Role.CITY_BUREAU)) as uow:
            offered = await outside.insurers(uow)
            if offered:
                await outside.set_desk(uow, *people[Role.INSURER], offered[0])
    return 4


async def _cases(
    database: Database, sealer: Sealer, people: dict[str, tuple[UUID, TenantPath]], county: TenantPath
) -> int:
    """Open a case about each of some unpaid bills; the second is mediated, the third and fourth are referred."""
    bureau = _as(people, Role.COUNTY_BUREAU)
    async with database.begin(*bureau) as uow:
        rows = await uow.session.scalars(
            sa.select(Bill)
            .where(in_subtree(Bill.tenant, county), Bill.state.in_(("OPEN", "CLAIMED")), Bill.total_fen > Bill.paid_fen)
            .order_by(Bill.due_at, Bill.id)
            .limit(len(_CLAIMS))
        )
        bills = list(rows)
    written = 0
    for n, (bill, (claim, wanted)) in enumerate(zip(bills, _CLAIMS, strict=False)):
        form = CaseForm(
            kind="wage", claim=claim, wanted=wanted, bill_id=bill.id, asks="unpaid", channel="phone", claimant="worker",
            amount_fen=bill.total_fen - bill.paid_fen,
        )  # fmt: skip
        worker = Actor(kind="worker", id=bill.worker_id, role=Role.WORKER.value, channel="web")
        with contextlib.suppress(LinggongError):
            async with database.begin(worker) as uow:
                case = await intake.open_case(uow, sealer, _own(form))
            async with database.begin(*bureau) as uow:
                await handling.acknowledge(uow, case.id)
                if n:
                    await handling.contact(uow, case.id, words="打了电话，两边说法不一样，约了再谈")
            if n == 1:
                async with database.begin(*_as(people, Role.MEDIATOR)) as uow:
                    await mediation.mediate(uow, case.id)
            if n >= 2:
                async with database.begin(*bureau) as uow:
                    number = f"龙监察〔2026〕{30 + n}号"
                    await referrals.refer(
                        uow, case.id, ReferForm(body="inspection", number=number, reason="谈不拢，零工要求转监察")
                    )
                if n == 3:
                    async with database.begin(*_as(people, Role.DEPARTMENT_VIEWER)) as uow:
                        waiting = await outside.referred(uow)
                        await outside.accept(uow, waiting[-1].id, number=f"龙监察受〔2026〕{30 + n}号")
            written += 1
    return written


def _own(form: CaseForm) -> CaseForm:
    """Return a claim as the worker himself makes it: he does not say who he is."""
    form.claimant, form.channel = None, "web"
    return form


async def _injury(database: Database, people: dict[str, tuple[UUID, TenantPath]], county: TenantPath) -> int:
    """Report an injury of somebody who came to work today."""
    async with database.begin(*_as(people, Role.COUNTY_BUREAU)) as uow:
        shift = await uow.session.scalar(
            sa.select(Assignment)
            .where(
                in_subtree(Assignment.tenant, county),
                Assignment.state.in_(("A_WORKING", "A_ARRIVED", "A_FINISHED", "A_ACCEPTED")),
                Assignment.ends_at > uow.now - timedelta(hours=20),
            )
            .order_by(Assignment.starts_at.desc(), Assignment.id)
            .limit(1)
        )
    if shift is None:
        return 0
    worker = Actor(kind="worker", id=shift.worker_id, role=Role.WORKER.value, channel="web")
    with contextlib.suppress(LinggongError):
        async with database.begin(worker) as uow:
            await injuries.report(
                uow,
                InjuryForm(
                    assignment_id=shift.id, place="卸货口", words="搬箱子时手被夹了一下，破皮了", can_go_on=True
                ),
            )
        return 1
    return 0


async def _agency(database: Database, sealer: Sealer, people: dict[str, tuple[UUID, TenantPath]]) -> int:
    """Register an agency whose licence runs out soon, with two posts of its own."""
    clerk = _as(people, Role.STATION_CLERK)
    account = sign_ins.AGENCY
    async with database.begin(*clerk) as uow:
        today = business_date(uow.now)
        code = "91410202MA0DEM0C1"
        form = EmployerForm(
            kind="enterprise", name=account.employer, uscc=code + str(stdnum_uscc.calc_check_digit(code)),
            contact_name=account.name, phone=account.phone, address="开封市龙亭区", licence_seen=True,
            legal_representative=account.name,
            agent=AgentForm(name=account.name, id_number=account.id_number, phone=account.phone, card_seen=True),
            agency=AgencyForm(
                business_licence=code, hr_licence="（演示）410202—2023—011", hr_licence_scope="职业中介、劳务派遣",
                hr_licence_expires_on=today + timedelta(days=45), legal_representative=account.name,
                responsible_contact=account.name,
            ),
        )  # fmt: skip
        proxy = ProxyConsent(method="slip", evidence="演示账号，编的")
        employer_id = (await register_employer(uow, sealer, form, proxy=proxy)).employer_id
        street = parent(people[Role.STATION_CLERK][1]) or people[Role.STATION_CLERK][1]
        area = await uow.session.scalar(
            sa.select(Node.division_code)
            .where(in_subtree(Node.path, street), Node.division_code.is_not(None))
            .order_by(sa.func.length(Node.path).desc(), Node.path)
            .limit(1)
        )
    start = at_shanghai(today + timedelta(days=2), time(8))
    for title, heads in (("仓库分拣，管午饭", 6), ("会展搭建小工", 4)):
        async with database.begin(*clerk) as uow:
            order = OrderForm(
                title=title, trade_code="6-29-99-00", headcount=heads, place="大兴街道物流园", division_code=area,
                starts_at=start, ends_at=start + timedelta(hours=9), meal_minutes=60, pay_fen=20000, pay_unit=PayUnit.DAY,
                settlement=Settlement.DAILY, pay_channel=PayChannel.WECHAT, contact_name=account.name,
                contact_phone=account.phone, description="搬运、分拣。", job_form=JobForm.TEMPORARY, legal_form=LegalForm.SERVICE,
            )  # fmt: skip
            await orders.create_order(
                uow, sealer, order, employer_id=employer_id, tenant=people[Role.STATION_CLERK][1], submit=True
            )
    return 3
