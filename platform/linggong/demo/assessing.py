"""What the assessment shows in the demo: a taken-over card that the county adopted, a year that is final, one that runs, upkeep, a market
on its way to be recognised.

Written once, with a moved clock, through the services, as the printed accounts and a colleague of the county's bureau.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from stdnum.cn import uscc as stdnum_uscc

from linggong.assessment import keeping, recognition, review, upkeep, years
from linggong.assessment.keeping import PublishForm
from linggong.assessment.models import ScoreCard
from linggong.assessment.recognition import CheckForm, Judged
from linggong.assessment.review import Given, ReportForm, ReviewForm
from linggong.assessment.upkeep import UpkeepForm
from linggong.assessment.years import BeginForm, MaterialForm
from linggong.demo import sign_ins
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock, at_shanghai
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.paths import Scope, TenantPath, tenant_path
from linggong.offices import operators
from linggong.offices.models import Operator, OperatorContract
from linggong.offices.operators import ContractForm, OperatorForm
from linggong.people.models import Staff
from linggong.people.staff import create_staff
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants import service as tenants
from tenants.models import Node
from tenants.views import NodeChanges

_MADE_UP: Final = "演示用，不是真文件"
_COLLEAGUE: Final = "county2"
_BODY: Final = "91410202MA0DEM0E1"
_USCC: Final = _BODY + str(stdnum_uscc.calc_check_digit(_BODY))
_FILED: Final = (
    (2, "维护记录汇总 12 份", None), (3, "制度上墙照片 6 张", None), (7, "专职人员合同和社保证明 3 人", None), (8, "营业执照、人力资源服务许可证", None),
    (17, "公众号后台截图", 2360),
)  # fmt: skip
_GIVEN: Final = {2: 4.5, 3: 6.5, 4: 5.0, 5: 6.0, 6: 5.5, 7: 6.0, 8: 4.5, 11: 2.0}
_UPKEEP: Final = (
    (40, "database", "backup_drill", "从备份恢复到备机，抽查 5 张表一致。", 0), (26, "security", "patch", "系统和数据库补丁打到当月版本。", 6),
    (19, "function", "upkeep", "按县局要求改了月报样式，开工前核对过。", 0), (9, "platform", "incident", "光缆被挖断，换备用线路。", 38),
    (3, "security", "upkeep", "检查登录日志，停用 2 个离岗账号。", 0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stage:
    """Who plays, and the clock."""

    database: Database
    moved: MovableClock
    today: date
    people: dict[str, tuple[Actor, Scope]]

    @asynccontextmanager
    async def on(self, day: date, who: str) -> AsyncIterator[UnitOfWork]:
        """A transaction of somebody's at ten o'clock of a day."""
        self.moved.move_to(at_shanghai(day, time(10)))
        async with self.database.begin(*self.people[who]) as uow:
            yield uow


async def write(database: Database) -> int:
    """Play it; returns how many years were begun. Nothing a second time, nor without the printed accounts."""
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(sa.exists().where(ScoreCard.id.is_not(None)))):
            return 0
        people = await _people(uow)
        if not {"county", "operator", "city"} <= people.keys():
            return 0
        county = people["county"][1].trees[0]
        if _COLLEAGUE not in people:
            made = await create_staff(uow, _COLLEAGUE, "周岚", Role.COUNTY_BUREAU.value, county, sign_ins.PASSWORD)
            people[_COLLEAGUE] = _as(made, Role.COUNTY_BUREAU.value, county)
    now = clock.now()
    moved = MovableClock(now)
    with clock.clock_set(moved):
        stage = _Stage(database, moved, clock.business_date(now), people)
        begun = await _years(stage, county)
        for back, kind, what, words, down in _UPKEEP:
            day = stage.today - timedelta(days=back)
            async with stage.on(day, "operator") as uow:
                form = UpkeepForm(path=county, kind=kind, what=what, day=day, words=words, down_minutes=down)
                await upkeep.enter(uow, form)
        await _market(stage, county)
    return begun


async def _people(uow: UnitOfWork) -> dict[str, tuple[Actor, Scope]]:
    rows = await uow.execute(
        sa.select(Staff.username, Staff.id, RoleAssignment.role, RoleAssignment.tenant)
        .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
        .where(Staff.username.in_(("city", "county", "operator", _COLLEAGUE)), RoleAssignment.stands_in_for.is_(None))
    )
    return {row.username: _as(row.id, row.role, tenant_path(row.tenant)) for row in rows}


def _as(staff_id: UUID, role: str, path: TenantPath) -> tuple[Actor, Scope]:
    return Actor(kind="staff", id=staff_id, post=path, role=role, channel="desk"), Scope(trees=(path,))


async def _years(stage: _Stage, county: TenantPath) -> int:
    running = await _running(stage, county)
    # The year before the one that runs is over, and another contract may not cover its days.
    ended = running[1] - timedelta(days=1) if running else stage.today - timedelta(days=36)
    starts = ended - timedelta(days=364)
    async with stage.on(starts, "county") as uow:
        card = await keeping.publish(
            uow, PublishForm(preset="jianning", path=county, first=starts.replace(month=1, day=1))
        )
        await keeping.adopt(uow, card, document=f"参照建宁县考核表（{_MADE_UP}）")
        operator = await _operator(uow, county)
        form = ContractForm(number=f"演示龙采〔{starts.year}〕2 号", starts_on=starts, ends_on=ended, places=[county])
        old = await operators.sign_contract(uow, operator, form)
    if running is None:
        async with stage.on(stage.today - timedelta(days=35), "county") as uow:
            last = stage.today + timedelta(days=329)
            form = ContractForm(
                number=f"演示龙采〔{last.year}〕2 号",
                starts_on=ended + timedelta(days=1),
                ends_on=last,
                places=[county],
            )
            running = await operators.sign_contract(uow, operator, form), ended + timedelta(days=1)
    for contract_id, first, filed in ((old, starts, _FILED), (*running, _FILED[:3])):
        day = min(stage.today, first + timedelta(days=20))
        async with stage.on(day, "county") as uow:
            year = await years.begin(uow, BeginForm(contract_id=contract_id, year=first.year))
        for row, name, number in filed:
            async with stage.on(day, "operator") as uow:
                await years.file_material(uow, year, MaterialForm(row=row, name=f"{name}（演示）", number=number))
        if contract_id == old:
            await _to_final(stage, year, ended)
    return 2


async def _running(stage: _Stage, county: TenantPath) -> tuple[UUID, date] | None:
    async with stage.database.system() as uow:
        row = (
            await uow.execute(
                sa.select(OperatorContract.id, OperatorContract.starts_on)
                .where(OperatorContract.tenant == county, OperatorContract.starts_on <= stage.today, OperatorContract.ends_on >= stage.today)
                .order_by(OperatorContract.starts_on)
                .limit(1)
            )
        ).one_or_none()  # fmt: skip
    return None if row is None else (row.id, row.starts_on)


async def _operator(uow: UnitOfWork, county: TenantPath) -> UUID:
    known = await uow.session.scalar(sa.select(Operator.id).where(Operator.tenant == county).limit(1))
    return known or await operators.register_operator(
        uow, OperatorForm(name="惠民零工服务有限公司（演示）", uscc=_USCC, path=county)
    )


async def _to_final(stage: _Stage, year: UUID, ended: date) -> None:
    def after(days: int) -> date:
        return ended + timedelta(days=days)

    async with stage.on(after(2), "county") as uow:
        await years.freeze(uow, year)
    async with stage.on(after(4), "operator") as uow:
        claims = {str(n): p for n, p in _GIVEN.items()}
        await review.report(
            uow, year, ReportForm(words="一年来站点天天开门，信息逐条登记，纠纷都有回音。", claims=claims)
        )
    async with stage.on(after(7), "county") as uow:
        given = [Given(row=n, points=p, evidence=["现场检查记录（演示）"]) for n, p in _GIVEN.items()]
        await review.review(uow, year, ReviewForm(rows=given, words="按封存的记录和现场检查评的。"))
    async with stage.on(after(22), _COLLEAGUE) as uow:
        await review.finish(uow, year, words="没有申诉，按评审结果定案。")


async def _market(stage: _Stage, county: TenantPath) -> None:
    async with stage.database.system() as uow:
        market = await uow.session.scalar(
            sa.select(Node.path)
            .where(
                Node.path.startswith(county, autoescape=True),
                Node.kind == "market_comprehensive",
                Node.status == "open",
            )
            .limit(1)
        )
    if market is None:
        return
    async with stage.on(stage.today - timedelta(days=12), "county") as uow:
        await tenants.change_node(uow, market, NodeChanges(opened_on=stage.today - timedelta(days=560)))
        made = await recognition.apply(uow, market, words="开办以来每天五点开门，三项基本功能都在用。")
    listed = recognition.checklist()
    lines = {
        one.key: Judged(ok=True, shown="材料和现场一致，线索逐条电话核实过（演示）")
        for one in (*listed.items, *listed.vetoes)
    }
    async with stage.on(stage.today - timedelta(days=9), "city") as uow:
        await recognition.check(uow, made, CheckForm(lines=lines, words="材料齐全。"))
    async with stage.on(stage.today - timedelta(days=5), "city") as uow:
        await recognition.visit(uow, made, words="两人到场，看了大厅、台账和大屏（演示）。")
    async with stage.on(stage.today - timedelta(days=1), "city") as uow:
        await recognition.publicize(uow, made, words="市人社局网站（演示）")
