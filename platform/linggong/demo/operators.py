"""The operator of the demo's first county: file, procurement, a year's contract, one instalment paid and one under review.

Kaifeng's paper has none of these numbers; the county takes 建宁's for show, and each parameter says so.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from stdnum.cn import uscc as stdnum_uscc

from linggong.demo.sign_ins import PASSWORD
from linggong.kernel.clock import business_date, day_bounds
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.paths import EVERYWHERE, TenantPath, tenant_path
from linggong.offices import operators
from linggong.offices.models import Operator
from linggong.offices.operators import ContractForm, OperatorForm
from linggong.operators import dossier, place_rules, planning, procurement, settlements, terms
from linggong.operators.dossier import CheckForm, LicenceForm
from linggong.operators.procurement import AwardForm, BidderForm, ProcurementForm
from linggong.operators.settlements import PaidForm, RequestForm
from linggong.operators.terms import LineForm, TermsForm
from linggong.people import trial
from linggong.people.models import Staff
from linggong.people.staff import create_staff
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants import service
from tenants.evidence import Photo
from tenants.models import Node
from tenants.preset_files import load_preset

COUNTY: Final = tenant_path("/4102/02/")
_BODY, _OTHER = "91410202MA0DEM0C1", "91410202MA0DEM0D1"
USCC: Final = _BODY + str(stdnum_uscc.calc_check_digit(_BODY))
SECOND_OFFICIAL: Final = "county2"
_PAPER: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000400000002808000000006ba5a335000000244944415478da6338432160183560d4805103460d183560d4805103"
    "460d183560381a0000c93ff86a2b449e1e0000000049454e44ae426082"
)
"""The photo of a made-up paper: grey, and nothing on it."""


async def furnish(database: Database, sealer: Sealer) -> int:
    """Write it through the services, once; returns how many instalments there are. Nothing in a city without that county."""
    async with database.system() as uow:
        there = await uow.session.scalar(sa.select(sa.exists().where(Node.path == COUNTY)))
        done = await uow.session.scalar(sa.select(sa.exists().where(Operator.uscc == USCC)))
        staff_id = await uow.session.scalar(sa.select(Staff.id).where(Staff.username == "operator"))
        first = await uow.session.scalar(sa.select(Staff.id).where(Staff.username == "county"))
        if not there or done or staff_id is None or first is None:
            return 0
        second = await create_staff(uow, SECOND_OFFICIAL, "周岚", Role.COUNTY_BUREAU, COUNTY, PASSWORD)
        for one in load_preset("jianning").parameters:
            if one.key in place_rules.KEYS:
                await service.set_parameter(uow, COUNTY, one.key, one.raw, f"演示：照{one.source}"[:200])
        await service.set_parameter(uow, COUNTY, "pay.plan.reading", "whole_contract", "演示：编的")
    await trial.give(database, sealer, [SECOND_OFFICIAL])
    async with database.system() as uow:
        contract_id = await _sign(uow, staff_id)
        rows = await planning.of_contract(uow, contract_id)
    await _pay(database, rows[0].id, staff_id, first, second)
    async with database.begin(await _actor(database, staff_id), EVERYWHERE) as uow:
        await settlements.request(
            uow, rows[1].id, RequestForm(words="前三个月服务 1,860 人次，附季度小结和发票。"), [paper_photo(uow)]
        )
    async with database.begin(await _actor(database, second), EVERYWHERE) as uow:
        await settlements.check(uow, rows[1].id)
    return len(rows)


async def _sign(uow: UnitOfWork, staff_id: UUID) -> UUID:
    """Register the operator with its file, buy its service and sign a year that began four months ago."""
    today = business_date(uow.now)
    signed = today - timedelta(days=121)
    operator_id = await operators.register_operator(
        uow, OperatorForm(name="开封汴梁零工运营有限公司", uscc=USCC, path=COUNTY)
    )
    long_ago = today - timedelta(days=900)
    for form in (
        LicenceForm(kind="business", number=USCC, scope="人力资源服务、职业中介（演示）", legal_person="魏国强", issued_on=long_ago),
        LicenceForm(kind="hr", number="豫人许〔2024〕0099号", scope="职业介绍、用工信息发布（演示）", issued_on=long_ago, expires_on=today + timedelta(days=24)),
    ):  # fmt: skip
        await dossier.note_licence(uow, operator_id, form)
    await dossier.note_check(
        uow,
        operator_id,
        CheckForm(kind="declaration", day=signed - timedelta(days=30), independent=True, controlled=True),
    )
    bought = await procurement.open_one(
        uow,
        ProcurementForm(
            path=COUNTY, number=f"龙财采〔{signed.year}〕演示3号", title="龙亭区零工市场运营服务", route="negotiation", budget_fen=40_000_000,
            opened_on=signed - timedelta(days=25),
        ),
    )  # fmt: skip
    other = _OTHER + str(stdnum_uscc.calc_check_digit(_OTHER))
    for name, uscc, bid in (("开封汴梁零工运营有限公司", USCC, 38_000_000), ("宋都人力服务中心", other, 39_500_000)):
        await procurement.add_bidder(uow, bought.id, BidderForm(name=name, uscc=uscc, bid_fen=bid))
    papers = [f"成交通知书 龙采〔{signed.year}〕演示8号"]
    await procurement.award(
        uow, bought.id, AwardForm(operator_id=operator_id, awarded_on=signed - timedelta(days=5), papers=papers)
    )
    ends_on = operators.years_after(signed, 1) - timedelta(days=1)
    contract_id = await operators.sign_contract(
        uow, operator_id,
        ContractForm(number=f"〔{signed.year}〕零工运营 1 号", starts_on=signed, ends_on=ends_on, places=[COUNTY], note="演示"),
    )  # fmt: skip
    lines = [
        LineForm(kind="network", title="软件平台和网络", amount_fen=7_600_000), LineForm(kind="operation", title="场地、人员、宣传", amount_fen=30_400_000),
    ]  # fmt: skip
    money = TermsForm(signed_on=signed, go_live_on=signed + timedelta(days=20), procurement_id=bought.id, lines=lines)
    await terms.enter(uow, contract_id, money)
    await uow.execute(
        sa.update(RoleAssignment)
        .where(RoleAssignment.staff_id == staff_id, RoleAssignment.tenant == COUNTY)
        .values(contract_id=contract_id, ends_at=day_bounds(ends_on)[1])
    )
    return contract_id


async def _pay(database: Database, settlement_id: UUID, asks: UUID, first: UUID, second: UUID) -> None:
    """Bring the first instalment from the request to the voucher, by three pairs of hands."""
    async with database.begin(await _actor(database, asks), EVERYWHERE) as uow:
        await settlements.request(uow, settlement_id, RequestForm(words="软件已上线，附验收单。"), [paper_photo(uow)])
    for who, steps in ((first, (settlements.check, settlements.approve)), (second, (settlements.confirm,))):
        actor = await _actor(database, who)
        for step in steps:
            async with database.begin(actor, EVERYWHERE) as uow:
                await step(uow, settlement_id)
    async with database.begin(await _actor(database, second), EVERYWHERE) as uow:
        form = PaidForm(paid_on=business_date(uow.now), voucher="演示-2026-0031")
        await settlements.pay(uow, settlement_id, form)


async def _actor(database: Database, staff_id: UUID) -> Actor:
    """Return somebody at his post in the county."""
    async with database.system() as uow:
        row = (
            await uow.execute(
                sa.select(RoleAssignment).where(RoleAssignment.staff_id == staff_id, RoleAssignment.tenant == COUNTY)
            )
        ).scalar_one()
    post: TenantPath = tenant_path(row.tenant)
    return Actor(kind="staff", id=staff_id, post=post, role=row.role, post_id=row.id, channel="web")


def paper_photo(uow: UnitOfWork) -> Photo:
    """Return the photo of a made-up paper, taken now."""
    return Photo(data=_PAPER, taken_at=uow.now, note="演示：编的材料")
