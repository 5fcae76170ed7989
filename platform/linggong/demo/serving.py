"""Services in the demo: matters taken in, people helped, a course, things that are lent, ratings; of the first clerk's station."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.clock import MovableClock, at_shanghai
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import LinggongError
from linggong.kernel.paths import Scope, tenant_path
from linggong.people.models import Person, ServiceLink, Staff
from linggong.services import catalogue, entries, helping, learning, ratings, things
from linggong.services.catalogue import ItemForm
from linggong.services.entries import TakeForm
from linggong.services.hall_models import StationRating
from linggong.services.helping import HelpForm, StepForm
from linggong.services.learning import CourseForm
from linggong.services.ratings import RatingForm
from linggong.services.things import UseForm
from rbac.models import RoleAssignment

Who = tuple[Actor, Scope]
T = TypeVar("T")
_MATTERS: Final = (
    (20, "linghuo", "韩大勇 13900000011", "在工地干了三年，想登记", "end", "登记好了，登记号灵就 0231"),
    (18, "shebaobutie", "宋玉梅 13900000012", "交了一年社保", "refer", "就服 2026-118"),
    (15, "shiye", "马国庆 13900000013", "饭店关门了", "end", "登记好了"),
    (12, "shiye", "孔令军 13900000014", "厂里裁人", "papers", "离职证明"),
    (8, "canbao", "曹秀兰 13900000015", "想自己交养老", "", ""),
    (6, "zixun", "许长河", "问电工证怎么考", "end", "告诉他开班的日子了"),
    (2, "linghuo", "邓平安 13900000016", "送外卖的", "", ""),
    (1, "changdi", "宏达建筑劳务", "周五面谈二十个人", "end", "面谈室订好了"),
    (0, "shebaobutie", "任桂芳 13900000017", "四零五零人员", "papers", "社保缴费凭证"),
    (0, "zixun", "钱老五", "问哪里还招搬运", "end", "带他看了招工栏"),
)  # fmt: skip
"""Days ago, item, who, words, what was done next, and its words."""
_SCORES: Final = (
    (70, 3, 4, None, "凳子少"), (66, 4, 4, 3, ""), (40, 4, 5, 4, ""), (38, 3, 5, None, "开水有了"), (12, 5, 5, 5, "小李耐心"),
    (5, 4, 5, None, ""), (2, 5, 4, 5, ""),
)  # fmt: skip
_THINGS: Final = (("tool", "手推车"), ("tool", "电钻"), ("tool", "铁锹"), ("room", "面谈室"), ("locker", "1号柜"))


async def furnish(database: Database, sealer: Sealer) -> int:
    """Write it once, each thing at its own time; returns how many things were written, 0 without the printed accounts."""
    async with database.system() as uow:
        rows = await uow.execute(
            sa.select(Staff.username, RoleAssignment.staff_id, RoleAssignment.role, RoleAssignment.tenant)
            .join(Staff, Staff.id == RoleAssignment.staff_id)
            .where(Staff.username.in_(("clerk", "county")))
        )
        who = {r.username: _as(r.staff_id, r.role, r.tenant) for r in rows}
        known = await uow.session.scalar(sa.select(sa.exists().where(StationRating.id.is_not(None))))
        if known or "clerk" not in who:
            return 0
        people = list(
            await uow.session.scalars(
                sa.select(Person.name)
                .join(ServiceLink, ServiceLink.subject_id == Person.id)
                .where(ServiceLink.tenant == who["clerk"][0].post, Person.status == "active")
                .distinct()
                .order_by(Person.name)
                .limit(8)
            )
        )
    play = _Play(database, sealer, who["clerk"])
    if "county" in who:
        await play.at(21, _catalogue, who=who["county"])
    for line in _MATTERS:
        await play.matter(*line)
    await play.help(people)
    await play.course(people)
    await play.hall()
    return play.written


def _as(staff_id: UUID, role: str, tenant: str) -> Who:
    path = tenant_path(tenant)
    return Actor(kind="staff", id=staff_id, post=path, role=role, channel="desk"), Scope(trees=(path,))


async def _catalogue(uow: UnitOfWork) -> object:
    form = ItemForm(
        name="失业登记", kind="register", department="公共就业服务中心", materials="身份证或社保卡\n离职证明（有就带）", limit_n=2,
        limit_unit="day", guide="驿站收件，当天转公共就业服务中心。", source="演示用，不是真文件",
    )  # fmt: skip
    return await catalogue.write(uow, str(uow.actor.post), form, "shiye")


class _Play:
    """Writes steps, each at its own time, and counts them; what a place refuses is left out."""

    def __init__(self, database: Database, sealer: Sealer, clerk: Who) -> None:
        self.database, self.sealer, self.clerk = database, sealer, clerk
        self.now = clock.now()
        self.written = 0

    async def at(self, days: int, step: Callable[[UnitOfWork], Awaitable[T]], *, who: Who | None = None) -> T | None:
        """Take a step some days ago; None when it was refused."""
        today = clock.business_date(self.now)
        moment = min(at_shanghai(today - timedelta(days=days), time(9, 30)), self.now)
        with clock.clock_set(MovableClock(moment)):
            try:
                async with self.database.begin(*(who or self.clerk)) as uow:
                    made = await step(uow)
            except LinggongError:
                return None
        self.written += 1
        return made

    async def matter(self, days: int, item: str, who: str, words: str, then: str, said: str) -> None:
        """Take a matter in, and what was done with it a day later."""
        form = TakeForm(item=item, who=who, words=words)
        made = await self.at(days, lambda uow: entries.take(uow, self.sealer, form))
        if made is None or not then:
            return
        steps: dict[str, Callable[[UnitOfWork], Awaitable[object]]] = {
            "end": lambda uow: entries.close(uow, made.id, said),
            "refer": lambda uow: entries.refer(uow, made.id, "公共就业服务中心", said),
            "papers": lambda uow: entries.ask_papers(uow, made.id, [said]),
        }
        await self.at(max(0, days - 1), steps[then])

    async def help(self, people: list[str]) -> None:
        """Guidance, a start-up that succeeds, hardship help that is due."""
        names = [*people, "李四", "王五", "赵六"]
        talk = HelpForm(
            kind="guidance", who=names[0], topic="腰不好，想换轻活", minutes=25, result="建议学养老护理，下月有班"
        )
        await self.at(9, lambda uow: helping.open_case(uow, self.sealer, talk))
        shop = HelpForm(kind="startup", who=names[1], topic="想在家门口开早点铺", plan="看店面、办执照、申请贷款")
        made = await self.at(60, lambda uow: helping.open_case(uow, self.sealer, shop))
        if made is not None:
            key = made.id
            for days, stage, words, fen, paper in (
                (52, "training", "听了三天创业课", None, ""), (45, "opening", "陪他办了执照", None, ""),
                (30, "loan", "担保贷款批了", 10_000_000, "担贷演示 009"), (6, "subsidy", "开业补贴到账", 500_000, "创补演示 003"),
            ):  # fmt: skip
                step = StepForm(words=words, stage=stage, amount_fen=fen, paper=paper)
                await self.at(days, partial(helping.step, help_id=key, form=step))
        for days, who, topic in ((33, names[2], "低保，一人带两个孩子"), (20, names[3], "残疾人，能做手工活")):
            hard = HelpForm(
                kind="hardship", who=who, topic=topic, plan="先派近处的活，每半月问一次",
                next_on=clock.business_date(self.now) - timedelta(days=days - 31),
            )  # fmt: skip
            await self.at(days, partial(helping.open_case, sealer=self.sealer, form=hard))

    async def course(self, people: list[str]) -> None:
        """A course that is over with its certificates, and one to come."""
        today = clock.business_date(self.now)
        past = CourseForm(
            title="养老护理员初级班", provider="县职业技术学校", need="urgent", place="县职校实训楼", lessons=40, seats=30,
            begins_on=today - timedelta(days=40), ends_on=today - timedelta(days=30), subsidy="考过发证，培训补贴 800 元",
        )  # fmt: skip
        made = await self.at(45, lambda uow: learning.offer(uow, past))
        if made is None:
            return
        key = made.id
        for n, name in enumerate(people[:4]):
            row = await self.at(42, partial(learning.enrol, sealer=self.sealer, course_id=key, who=name))
            if row is None:
                continue
            await self.at(31, partial(learning.attend, enrolment_id=row.id, lessons=40 - 4 * n))
            paper = f"护演示 {n + 1:03d}" if n < 3 else ""
            await self.at(29, partial(learning.finish, enrolment_id=row.id, state="finished", certificate=paper))
            if n < 2:
                await self.at(25, partial(learning.subsidy, enrolment_id=row.id, which="training", state="asked"))
            if n < 1:
                granted = partial(
                    learning.subsidy, enrolment_id=row.id, which="training", state="granted", amount_fen=80_000
                )
                await self.at(10, granted)
        coming = CourseForm(
            title="电工初级班", provider="县职业技术学校", need="urgent", place="县职校实训楼", lessons=60, seats=30,
            begins_on=today + timedelta(days=6), ends_on=today + timedelta(days=16), subsidy="考过发证，中午管饭",
        )  # fmt: skip
        made = await self.at(3, lambda uow: learning.offer(uow, coming))
        if made is not None:
            for name in people[4:7]:
                await self.at(1, partial(learning.enrol, sealer=self.sealer, course_id=made.id, who=name))

    async def hall(self) -> None:
        """Tools, a booking, ratings."""
        for kind, name in _THINGS:
            made = await self.at(50, partial(things.add, kind=kind, name=name))
            if made is None or name == "铁锹":
                continue
            use = UseForm(who="韩大勇 13900000011")
            if kind == "room":
                noon = at_shanghai(clock.business_date(self.now) + timedelta(days=2), time(14))
                use = UseForm(who="宏达建筑劳务", note="招工面谈", from_at=noon, until=noon + timedelta(hours=2))
            row = await self.at(
                1 if name == "手推车" else 0, partial(things.use, sealer=self.sealer, thing_id=made.id, form=use)
            )
            if row is not None and name == "电钻":
                await self.at(0, partial(things.give_back, use_id=row.id, condition="worn"))
        for days, upkeep, service, guidance, words in _SCORES:
            form = RatingForm(upkeep=upkeep, service=service, guidance=guidance, words=words)
            await self.at(days, partial(ratings.on_paper, form=form))
