"""Policies for workers and wishes to learn in the demo: made up, and each says so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa

from linggong.kernel.clock import business_date
from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import EVERYWHERE, Scope, TenantPath, tenant_path
from linggong.people import training
from linggong.people.models import ServiceLink, Staff, Worker
from linggong.publishing import benefits
from linggong.publishing.benefit_models import Benefit
from linggong.publishing.benefits import BenefitForm
from rbac.models import RoleAssignment
from rbac.roles import Role

_SOURCE: Final = "演示用，不是真文件"
_CITY: Final = (
    ("training", "电工初级免费培训", "16 岁以上、在本市登记的零工", "学 10 天，考过发证，中午管饭", "到最近的驿站报名，带身份证；凑够 30 人开班", 26),
    ("subsidy", "零工意外险补贴", "在本市接活的零工", "每天的意外险由政府出钱，不用自己掏", "接活时系统自动办，不用申请", None),
    ("help", "困难零工帮扶", "零就业家庭、低保、残疾的零工", "优先派活，每月回访，交通补助", "到驿站登记，带户口本和有关证件", 300),
)  # fmt: skip
_COUNTY: Final = (
    ("training", "养老护理员免费培训", "想做护理的女工，年龄不限", "学 7 天，推荐到养老院上岗", "打电话报名，带身份证和一寸照片", 9),
    ("insurance", "灵活就业社保补贴", "交了社保的 40、50 岁以上零工", "补贴交费的一部分，按季度打到卡里", "到县人社局窗口，带身份证、银行卡、交费单", 120),
)  # fmt: skip
_WISHES: Final = ("电工", "焊工、电工", "养老护理", "厨师", "家政月嫂", "电商直播", "叉车", "电工")


async def furnish(database: Database) -> int:
    """Write policies as city and county bureau, and what a few workers of the first clerk's station want to learn; once."""
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(sa.exists().where(Benefit.id.is_not(None)))):
            return 0
        rows = await uow.execute(
            sa.select(Staff.username, RoleAssignment.staff_id, RoleAssignment.role, RoleAssignment.tenant)
            .join(Staff, Staff.id == RoleAssignment.staff_id)
            .where(Staff.username.in_(("city", "county", "clerk")))
        )
        who = {r.username: (r.staff_id, r.role, tenant_path(r.tenant)) for r in rows}
        station: TenantPath | None = who["clerk"][2] if "clerk" in who else None
        people = list(
            await uow.session.scalars(
                sa.select(Worker.person_id)
                .join(ServiceLink, ServiceLink.subject_id == Worker.person_id)
                .where(ServiceLink.tenant == station, Worker.training_wish == "")
                .distinct()
                .order_by(Worker.person_id)
                .limit(len(_WISHES))
            )
        )
        today = business_date(uow.now)
    written = 0
    for name, lines in (("city", _CITY), ("county", _COUNTY)):
        if name not in who:
            continue
        staff_id, role, path = who[name]
        actor = Actor(kind="staff", id=staff_id, post=path, role=role, channel="desk")
        async with database.begin(actor, Scope(trees=(path,))) as uow:
            for line in lines:
                await benefits.write(uow, _form(path, today, *line))
                written += 1
    for person, wish in zip(people, _WISHES, strict=False):
        async with database.begin(Actor(kind="worker", id=person, role=Role.WORKER.value), EVERYWHERE) as uow:
            await training.say(uow, wish)
        written += 1
    return written


def _form(
    path: TenantPath, today: date, kind: str, title: str, who: str, what: str, how: str, days: int | None
) -> BenefitForm:
    return BenefitForm(
        path=path, kind=kind, title=title, who=who, what=what, how=how, phone="0371-00009000", source=_SOURCE,
        valid_from=today - timedelta(days=40), valid_to=None if days is None else today + timedelta(days=days),
    )  # fmt: skip
