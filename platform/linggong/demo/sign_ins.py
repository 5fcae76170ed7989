"""The demo's accounts: fixed names, one documented password, made-up numbers. Never in a deployment with real people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
from stdnum.cn import uscc as stdnum_uscc

from linggong.demo.actors import Register
from linggong.demo.folk import Folk
from linggong.demo.places import County, Desk, read_counties
from linggong.demo.plan import Planner
from linggong.demo.planned import PlannedEmployer, PlannedWorker
from linggong.kernel.clock import business_date, day_bounds
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import Scope, TenantPath, tenant_path
from linggong.offices import operators
from linggong.offices.models import Operator
from linggong.people import trial
from linggong.people.employers import register_employer
from linggong.people.forms import AgentForm, EmployerForm, ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit
from linggong.people.models import Staff
from linggong.people.registration import register_worker
from linggong.people.staff import create_staff
from rbac.models import RoleAssignment
from rbac.roles import ROLE_LABELS, Role

PASSWORD = "kaifeng-2026-demo"  # noqa: S105 - documented, for a city of made-up people
SHOW_DESK = tenant_path("/4102/02/003/s01/")
OTHER_DESK = tenant_path("/4102/21/103/s01/")


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """A member of staff of the demo."""

    username: str
    name: str
    role: Role
    path: TenantPath


@dataclass(frozen=True, slots=True)
class PhoneAccount:
    """A person who signs in with a phone; the code is on the page of local messages."""

    phone: str
    name: str
    id_number: str
    employer: str = ""


def _id(area: str, born: str, order: str) -> str:
    body = f"{area}{born}{order}"
    return body + check_digit(body)


STAFF: tuple[StaffAccount, ...] = (
    StaffAccount("city", "周明", Role.CITY_BUREAU, tenant_path("/4102/")),
    StaffAccount("analyst", "方宁", Role.CITY_ANALYST, tenant_path("/4102/")),
    StaffAccount("auditor", "石磊", Role.AUDITOR, tenant_path("/4102/")),
    StaffAccount("cityadmin", "许洋", Role.SYSADMIN, tenant_path("/4102/")),
    StaffAccount("insurer", "康悦", Role.INSURER, tenant_path("/4102/")),
    StaffAccount("county", "韩静", Role.COUNTY_BUREAU, tenant_path("/4102/02/")),
    StaffAccount("admin", "高峰", Role.SYSADMIN, tenant_path("/4102/02/")),
    StaffAccount("privacy", "白雪", Role.PII_OFFICER, tenant_path("/4102/02/")),
    StaffAccount("mediator", "何平", Role.MEDIATOR, tenant_path("/4102/02/")),
    StaffAccount("department", "郑刚", Role.DEPARTMENT_VIEWER, tenant_path("/4102/02/")),
    StaffAccount("operator", "孟凯", Role.COUNTY_OPERATOR, tenant_path("/4102/02/")),
    StaffAccount("street", "田野", Role.STREET_OPERATOR, tenant_path("/4102/02/003/")),
    StaffAccount("manager", "沈洁", Role.STATION_MANAGER, SHOW_DESK),
    StaffAccount("clerk", "李娜", Role.STATION_CLERK, SHOW_DESK),
    StaffAccount("operator2", "王磊", Role.COUNTY_OPERATOR, tenant_path("/4102/21/")),
    StaffAccount("operator3", "宋扬", Role.COUNTY_OPERATOR, tenant_path("/4102/21/104/")),
    StaffAccount("clerk2", "赵敏", Role.STATION_CLERK, OTHER_DESK),
)
"""Accounts of the Kaifeng demo; `placed` puts them at the places of another deployment."""
_TITLES = {"cityadmin": "市系统管理员", "admin": "县系统管理员", "operator3": "第二家运营方"}
WORKERS: tuple[PhoneAccount, ...] = (
    PhoneAccount("13803780001", "张建国", _id("410202", "19680512", "011")),
    PhoneAccount("13803780002", "刘秀英", _id("410202", "19740923", "022")),
)
EMPLOYER = PhoneAccount("13803780009", "陈志强", _id("410202", "19791108", "033"), employer="开封市汴水装饰服务部")
AGENCY = PhoneAccount("13803780010", "黄伟", _id("410202", "19850321", "055"), employer="汴州人力资源有限公司")
"""An agency with its licences, written by `furnishing`."""
_USCC = "92410202MA0DEM0A1"
SECOND_USCC = "91410221MA0DEM0B1" + str(stdnum_uscc.calc_check_digit("91410221MA0DEM0B1"))
EMPLOYER_USCC = _USCC + str(stdnum_uscc.calc_check_digit(_USCC))


def lines(base_url: str) -> list[str]:
    """Return what is printed after the start: an account for every role."""
    out = [
        f"{_TITLES.get(a.username, ROLE_LABELS[a.role]):\u3000<8}{base_url}/sign-in/staff  {a.username} / {PASSWORD}"
        for a in STAFF
    ]
    out += [f"{ROLE_LABELS[Role.WORKER]:\u3000<8}{base_url}/sign-in  {w.phone}（{w.name}）" for w in WORKERS]
    out.append(f"{ROLE_LABELS[Role.EMPLOYER]:\u3000<8}{base_url}/sign-in  {EMPLOYER.phone}（{EMPLOYER.employer}）")
    out.append(f"{'人力资源机构':\u3000<8}{base_url}/sign-in  {AGENCY.phone}（{AGENCY.employer}，只在有演示数据时）")
    out.append(f"工作人员第二步的动态码看 {base_url}/dev/codes ，短信验证码看 {base_url}/dev/messages 。")
    out.append("人和单位都是编的，只用于演示。")
    return out


def placed(counties: list[County]) -> list[StaffAccount]:
    """Return the staff accounts at the places of this deployment: Kaifeng's own, else its first desks and their county."""
    desks = {d.path: c for c in counties for d in c.desks}
    if all(a.path in desks for a in STAFF if a.role is Role.STATION_CLERK):
        return list(STAFF)
    first = counties[0]
    other = counties[1] if len(counties) > 1 else first
    desk = first.desks[-1]
    places = {Role.STATION_CLERK: desk.path, Role.STATION_MANAGER: desk.path, Role.STREET_OPERATOR: desk.street}
    top = (Role.CITY_BUREAU, Role.CITY_ANALYST, Role.AUDITOR, Role.INSURER)
    fixed = {
        "cityadmin": first.top,
        "operator2": other.path,
        "operator3": other.desks[-1].path,
        "clerk2": other.desks[0].path,
    }

    def place(account: StaffAccount) -> TenantPath:
        usual = first.top if account.role in top else places.get(account.role) or first.path
        return fixed.get(account.username, tenant_path(usual))

    # A deployment without streets has nobody who oversees one.
    held = [a for a in STAFF if a.role is not Role.STREET_OPERATOR or desk.street]
    return [replace(a, path=place(a)) for a in held]


async def employ(
    database: Database, sealer: Sealer, counties: list[County], register: Register, *, everywhere: bool = True
) -> None:
    """Make sure that the accounts exist with the demo's second factors, and with `everywhere` a clerk at each desk and an
    operator in each county.
    """
    fixed = placed(counties)
    wanted = {a.path: a for a in fixed if a.role is Role.STATION_CLERK}
    running = {a.path: a for a in fixed if a.role is Role.COUNTY_OPERATOR and any(a.path == c.path for c in counties)}
    others = [a for a in fixed if a not in wanted.values() and a not in running.values()]
    if everywhere:
        for county in counties:
            running.setdefault(county.path, _account("operator", county.path, Role.COUNTY_OPERATOR))
            for desk in county.desks:
                wanted.setdefault(desk.path, _account("clerk", desk.path, Role.STATION_CLERK))
    accounts = [*others, *running.values(), *wanted.values()]
    async with database.system() as uow:
        known = {r.username: r.id for r in (await uow.execute(sa.select(Staff.id, Staff.username))).all()}
    ids: dict[str, UUID] = dict(known)
    for account in accounts:
        if account.username not in ids:
            async with database.system() as uow:
                made = await create_staff(uow, account.username, account.name, account.role, account.path, PASSWORD)
            ids[account.username] = made
    await trial.give(
        database, sealer, [a.username for a in accounts], with_sheet=[a.username for a in fixed if a.role in _DESKS]
    )
    register.clerks.update({path: ids[a.username] for path, a in wanted.items()})
    register.operators.update({path: ids[a.username] for path, a in running.items()})
    by_name = {a.username: a for a in fixed}
    await sign_part_contract(database, by_name["operator2"].path, by_name["operator3"], ids["operator3"])


_DESKS = (Role.STATION_CLERK, Role.STATION_MANAGER)


async def sign_part_contract(database: Database, county: TenantPath, account: StaffAccount, staff_id: UUID) -> None:
    """Let a second operator run a part of a county under a contract of a year (R020)."""
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(sa.exists().where(Operator.uscc == SECOND_USCC))):
            return
        today = business_date(uow.now)
        ends_on = operators.years_after(today, 1) - timedelta(days=1)
        operator_id = await operators.register_operator(
            uow, operators.OperatorForm(name="汴州零工服务有限公司", uscc=SECOND_USCC, path=county)
        )
        contract_id = await operators.sign_contract(
            uow,
            operator_id,
            operators.ContractForm(
                number=f"〔{today.year}〕零工运营 2 号",
                starts_on=today,
                ends_on=ends_on,
                places=[account.path],
            ),
        )
        ends_at = day_bounds(ends_on)[1]
        await uow.execute(
            sa.update(RoleAssignment)
            .where(RoleAssignment.staff_id == staff_id, RoleAssignment.tenant == account.path)
            .values(contract_id=contract_id, ends_at=ends_at)
        )


def _account(kind: str, path: TenantPath, role: Role) -> StaffAccount:
    folk = Folk(f"staff:{path}")
    below = "-".join(path.strip("/").split("/")[1:]) or path.strip("/")
    return StaffAccount(f"{kind}-{below}", folk.name(folk.sex(0.4)), role, path)


async def create(database: Database, sealer: Sealer) -> None:
    """Make the accounts of the demo through the services; what is there already stays."""
    counties = await read_counties(database)
    register = Register()
    await employ(database, sealer, counties, register, everywhere=False)
    post = next(a.path for a in placed(counties) if a.username == "clerk")
    county, desk = next((c, d) for c in counties for d in c.desks if d.path == post)
    home = next((v for v in county.villages if v.street == desk.street), county.villages[0]).code12
    clerk = Actor(kind="staff", id=register.clerks[post], post=post, role=Role.STATION_CLERK.value, channel="desk")
    consent = ProxyConsent(method="slip", evidence="演示账号，编的人")
    async with database.begin(clerk, Scope(trees=(post,))) as uow:
        for account in WORKERS:
            form = msgspec.structs.replace(worker_form(account), home_division_code=home)
            await register_worker(uow, sealer, form, proxy=consent)
        await register_employer(uow, sealer, employer_form(), proxy=consent)


def plan_stars(planner: Planner, desk: Desk, at: datetime) -> tuple[list[PlannedWorker], PlannedEmployer]:
    """Put the accounts into a plan, so that the showcase can give them work, applications and bills of their own."""
    county = next(c for c in planner.counties if desk in c.desks)
    workers = []
    for account in WORKERS:
        form = worker_form(account)
        workers.append(
            PlannedWorker(
                key=len(planner.workers), name=account.name, id_number=account.id_number, county=county, desk=desk,
                sector="haul", trades=form.trades, skill=form.skill_level, pay_fen=form.pay_fen, pay_unit="day",
                contact="mobile", phone=account.phone, note="", online=True, at=at,
            )
        )  # fmt: skip
        planner.workers.append(workers[-1])
    employer = PlannedEmployer(
        len(planner.employers), "individual_business", EMPLOYER.employer, EMPLOYER_USCC, EMPLOYER.name, EMPLOYER.phone,
        county, desk, county.village_near(planner.folk.rng, desk), "deco", True, (EMPLOYER.name, EMPLOYER.id_number), at,
    )  # fmt: skip
    planner.employers.append(employer)
    return workers, employer


def worker_form(account: PhoneAccount) -> WorkerForm:
    """Return the registration of a demo worker."""
    return WorkerForm(
        name=account.name,
        id_number=account.id_number,
        phone=account.phone,
        trades=["6-29-99-00", "4-02-05-01"],
        skill_level=3,
        pay_fen=20000,
        pay_unit="day",
        card_seen=True,
    )


def employer_form() -> EmployerForm:
    """Return the registration of the demo employer."""
    return EmployerForm(
        kind="individual_business",
        name=EMPLOYER.employer,
        uscc=EMPLOYER_USCC,
        contact_name=EMPLOYER.name,
        phone=EMPLOYER.phone,
        address="开封市龙亭区",
        licence_seen=True,
        agent=AgentForm(name=EMPLOYER.name, id_number=EMPLOYER.id_number, phone=EMPLOYER.phone, card_seen=True),
    )
