"""What goes out to people in the demo: visits, a survey, briefings, publicity, a fair that was held and one to come, training, a sample.

Written once, as the people whose names are printed after the start; what is past is written with a moved clock.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import segno
import sqlalchemy as sa

from linggong.demo.letters import Acting, as_staff
from linggong.demo.stations import SOURCE
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import LinggongError
from linggong.market.models import Order
from linggong.outreach import (
    brands,
    briefings,
    fair_push,
    guidance,
    holding,
    officers,
    publicity,
    satisfaction,
    surveys,
    training,
    visits,
)
from linggong.outreach.brands import BrandForm
from linggong.outreach.briefings import BriefingForm
from linggong.outreach.guidance import GuidanceForm
from linggong.outreach.holding import FairForm
from linggong.outreach.models import Briefing
from linggong.outreach.publicity import PublicityForm, SnapshotForm
from linggong.outreach.satisfaction import SampleForm
from linggong.outreach.survey_rows import SurveyRow
from linggong.outreach.surveys import SheetForm
from linggong.outreach.training import CourseForm, Question
from linggong.outreach.visits import VisitForm
from linggong.people.models import Employer, Staff
from linggong.people.service_links import served_by
from rbac.models import RoleAssignment
from tenants.evidence import Photo

_PEOPLE: Final = ("county", "operator", "clerk")
_DAY: Final = timedelta(days=1)


async def play(database: Database, sealer: Sealer) -> int:
    """Write it at the desk of the printed clerk and in his county; returns how many records there are. Nothing a second time."""
    satisfaction.register()
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(sa.exists().where(Briefing.id.is_not(None)))):
            return 0
        rows = await uow.execute(
            sa.select(Staff.username, Staff.id, RoleAssignment.role, RoleAssignment.tenant)
            .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
            .where(Staff.username.in_(_PEOPLE))
        )
        people = {r.username: as_staff(r.id, r.role, r.tenant) for r in rows}
    if len(people) < len(_PEOPLE):
        return 0
    cast = _Cast(database, sealer, people)
    for step in (cast.visits, cast.told, cast.survey, cast.fairs, cast.training, cast.sample, cast.rest):
        await step()
    return cast.written


class _Cast:
    """The clerk, the operator and the bureau, and what they write."""

    def __init__(self, database: Database, sealer: Sealer, people: dict[str, Acting]) -> None:
        self.database, self.sealer, self.people, self.written = database, sealer, people, 0
        self.now = clock.now().replace(second=0, microsecond=0)
        self.morning = clock.at_shanghai(clock.business_date(self.now), time(10))

    @asynccontextmanager
    async def at(self, who: str, ago: timedelta) -> AsyncIterator[UnitOfWork]:
        """A transaction of somebody's, now or on the morning of a day before; what is refused there (no such people) is left out."""
        moment = self.morning - ago if ago else self.now
        with clock.clock_set(MovableClock(moment)), contextlib.suppress(LinggongError):
            async with self.database.begin(*self.people[who]) as uow:
                yield uow
                self.written += 1

    async def employers(self) -> list[UUID]:
        async with self.database.begin(*self.people["clerk"]) as uow:
            found = sa.select(Employer.id).where(served_by(uow, Employer.id), Employer.status == "active")
            return list(await uow.session.scalars(found.order_by(Employer.created_at, Employer.id).limit(6)))

    async def visits(self) -> None:
        """Visits of the last days, one of them owed a call today; the clerk looks after two employers."""
        known = await self.employers()
        said = (
            (9, "visit", "要 6 个打包工，下周一早上 7 点上工", 6, 8), (3, "call", "这周人够，月底赶货再要 10 个", 10, None),
            (1, "visit", "暂不用工，问了社保补贴怎么办", None, 14),
        )  # fmt: skip
        for employer, (days, channel, needs, heads, again) in zip(known, said, strict=False):
            async with self.at("clerk", days * _DAY) as uow:
                day = clock.business_date(uow.now)
                form = VisitForm(
                    channel=channel, happened_at=uow.now - timedelta(hours=1), needs=needs, employer_id=employer, place="厂里",
                    headcount=heads, follow_up_on=day + again * _DAY if again else None,
                )  # fmt: skip
                await visits.record(
                    uow, self.sealer, form, photo(uow.now - timedelta(hours=1)) if channel == "visit" else None
                )
        async with self.at("clerk", _DAY) as uow:
            form = VisitForm(
                channel="visit", happened_at=uow.now - timedelta(hours=2), needs="新开张，要两个洗碗工，想先试两天", headcount=2,
                employer_name="东大街新开的面馆", contact_name="老板娘", phone="13803789901", place="东大街 18 号",
            )  # fmt: skip
            await visits.record(uow, self.sealer, form)
        for employer in known[:2]:
            async with self.at("operator", 8 * _DAY) as uow:
                await officers.assign(uow, employer, self.people["clerk"][0].id)

    async def told(self) -> None:
        """A briefing and two publications at the desk; the county's followers of two months."""
        for days, topic, heads in ((16, "灵活就业社保补贴怎么领", 46), (5, "工钱没拿到怎么办", 31)):
            async with self.at("clerk", days * _DAY) as uow:
                form = BriefingForm(topic=topic, place="社区文化广场", audience=heads, happened_at=uow.now - timedelta(hours=3), speaker="李娜")  # fmt: skip
                await briefings.record(uow, form, photo(uow.now - timedelta(hours=3)))
        for days, channel, title in ((2, "wechat_group", "今天 6 个活，日结"), (1, "hall", "明早用工信息")):
            async with self.at("clerk", days * _DAY) as uow:
                entry = PublicityForm(kind="posts", channel=channel, title=title, happened_at=uow.now)
                await publicity.record(uow, entry, photo(uow.now))
        for days, n in ((33, 1866), (1, 2104)):
            async with self.at("operator", days * _DAY) as uow:
                await publicity.snapshot(uow, SnapshotForm(account="零工市场服务号", followers=n), photo(uow.now))

    async def survey(self) -> None:
        """A morning at the bridge: nobody agreed to be registered yet, so they are counted only."""
        async with self.at("clerk", 4 * _DAY) as uow:
            rows = [
                SurveyRow(situation=s, wants_work=True, trade_code="6-29-99-00", wants_training=n % 3 == 0)
                for n, s in enumerate(("odd_jobs", "odd_jobs", "idle", "farming", "odd_jobs", "idle"))
            ]
            form = SheetForm(kind="roadside", place="东关桥头", heads=38, happened_at=uow.now, rows=rows)
            await surveys.enter(uow, self.sealer, form)

    async def fairs(self) -> None:
        """A fair that was held with its employers, and one to come that was told of."""
        post, known, made = self.people["clerk"][0].post, await self.employers(), None
        if post is None:
            return
        async with self.at("clerk", 13 * _DAY) as uow:
            made = await holding.plan(uow, self._fair(uow.now + _DAY, "家门口用工专场", str(post)))
            await fair_push.push(uow, made.id, "notice")
        if made is None:
            return
        for employer in known:
            async with self.at("clerk", 12 * _DAY - timedelta(hours=1)) as uow:
                await holding.sign_in(uow, made.id, employer)
        async with self.at("clerk", 12 * _DAY - timedelta(hours=5)) as uow:
            await holding.close(uow, made.id, visitors=73, note="当场谈成的多是打包和保洁。")
        async with self.at("clerk", timedelta()) as uow:
            codes = await uow.session.scalars(
                sa.select(Order.trace_code).where(uow.scope.clause(Order.tenant), Order.state == "O_OPEN").limit(3)
            )
            await holding.plan(
                uow,
                self._fair(
                    clock.at_shanghai(clock.business_date(uow.now) + 6 * _DAY, time(8, 30)),
                    "年底短工专场",
                    str(post),
                    orders=list(codes),
                ),
            )

    def _fair(self, start: datetime, theme: str, station: str, **more: Any) -> FairForm:
        return FairForm(
            theme=theme,
            place="驿站门前广场",
            starts_at=start,
            ends_at=start + timedelta(hours=4),
            stations=[station],
            **more,
        )

    async def training(self) -> None:
        """The bureau trains the stations; the clerk passes at the second try."""
        made = None
        async with self.at("county", 20 * _DAY) as uow:
            questions = [
                Question(text="岗位的工钱怎么写？", options=["写明数目和怎么结", "写面议", "不写"], right=0),
                Question(text="能不能写只要男的？", options=["能", "不能"], right=1),
                Question(text="零工不同意登记，姓名电话能不能先记下来？", options=["能", "不能"], right=1),
            ]
            form = CourseForm(title="岗位信息怎么录才合格", trainer="韩静", place="县人社局二楼", minutes=90, happened_at=uow.now, questions=questions)  # fmt: skip
            made = await training.hold(uow, form)
        for days, answers in ((19, [0, 0, 0]), (18, [0, 1, 1])):
            async with self.at("clerk", days * _DAY) as uow:
                if made is not None:
                    await training.answer(uow, made.id, answers)

    async def sample(self) -> None:
        """The bureau draws whom to ask about the last days: thirty of each side, all where there are fewer."""
        async with self.at("county", timedelta()) as uow:
            day = clock.business_date(uow.now)
            first, last = day - 8 * _DAY, day - _DAY
            rows = await satisfaction.population(uow, first, last)
            sides = [min(30, len({getattr(row, key) for row in rows})) for key in ("worker_id", "employer_id")]
            await satisfaction.draw(uow, SampleForm(first=first, last=last, workers=sides[0], employers=sides[1]))

    async def rest(self) -> None:
        """A brand of the county, and an employer who was guided."""
        async with self.at("county", 10 * _DAY) as uow:
            story = f"老城手艺人多，木工瓦工走村串巷几十年。（{SOURCE}）"
            await brands.add(uow, BrandForm(name="古城瓦木匠", story=story, trade_codes=["6-29-01-01", "6-06-03-02"]))
        known = await self.employers()
        async with self.at("clerk", 6 * _DAY) as uow:
            form = GuidanceForm(
                employer_id=known[-1], topics=["contract"], words="有两个人没签约定就上工了，请补签，以后先签再干。",
                happened_at=uow.now, fix_by=clock.business_date(uow.now) + 10 * _DAY,
            )  # fmt: skip
            await guidance.guide(uow, form)


def photo(at: datetime) -> Photo:
    """Return a picture that says it is a sample: what stands for a photo in the demo."""
    out = io.BytesIO()
    segno.make(f"示例照片 {at:%Y-%m-%d %H:%M}").save(out, kind="png", scale=6)
    return Photo(data=out.getvalue(), taken_at=at, note="示例照片，不是现场")
