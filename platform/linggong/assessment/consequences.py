"""What a final grade asks for (R128): a plan of improvement as a task for whoever ran the places, the end of the agreement for the bureau.

The system asks; a person acts. Nothing ends and nobody is paid by itself.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from linggong.assessment import common
from linggong.assessment.card import Card
from linggong.assessment.models import Assessment
from linggong.inbox import subscribers as inbox
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import tenant_path
from linggong.offices.models import OperatorContract
from tenants import queries as tree
from tenants import service as tenants

PLAN_DAYS: Final = "assess.plan_days"


async def follow(uow: UnitOfWork, row: Assessment, card: Card) -> None:
    """Tell the grade to whoever was assessed, and set the tasks that it asks for."""
    grade = next((one for one in card.grades if one.name == row.grade), None)
    names = await tree.names(uow, [row.tenant])
    place = names.get(row.tenant, "")
    number = await uow.session.scalar(sa.select(OperatorContract.number).where(OperatorContract.id == row.contract_id))
    what = f"合同 {number}" if number else place
    points = f"{row.points} 分，" if row.points is not None else ""
    said = f"{what} {row.first} 到 {row.last} 的考核已定案：{points}{row.grade}。考核表在“考核”里看。"
    mine = [(path, "operator" if row.contract_id else "station") for path in await common.places(uow, row)]
    days = int(str((await tenants.parameters(uow, row.tenant, PLAN_DAYS))[PLAN_DAYS]))
    if grade is not None and grade.task == "plan":
        body = f"{said}请在 {days} 个工作日内提交提升方案，写明丢分的每一行怎么改、谁负责、到哪天（R128）。"
        await inbox.notice(uow, mine, title=f"{place}：{row.grade}，提交提升方案", body=body, days=days)
    else:
        await inbox.notice(uow, mine, title=f"{place}年度考核：{row.grade}", body=said)
    county = await inbox.above(uow, tenant_path(row.tenant))
    if grade is not None and grade.task == "end" and county is not None:
        body = f"{said}按规定终止服务协议（R128）：请发终止通知，办交接，再到“运营方”里终止合同。系统不会自己终止。"
        await inbox.notice(uow, [(county, "bureau")], title=f"{what}：{row.grade}，办理终止", body=body, days=days)
