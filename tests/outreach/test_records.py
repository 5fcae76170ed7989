"""Visits, officers, briefings, publicity: what is kept, what is refused, all faults at once (R054, R086, R089, R111)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import tenant_path
from linggong.outreach import briefings, freezes, officers, publicity, visits
from linggong.outreach.briefings import BriefingForm
from linggong.outreach.publicity import PublicityForm, SnapshotForm
from linggong.outreach.visits import VisitForm
from rbac.permissions import Permission as P

from .conftest import COUNTY, STATION, City, Offices, photo, refused


def visit(city: City, **changes: Any) -> VisitForm:
    values: dict[str, Any] = {
        "channel": "visit", "happened_at": city.clock.now() - timedelta(hours=2), "needs": "要 5 个小工，下周开工",
        "employer_id": city.trusted, "place": "东关大街12号", "headcount": 5,
    }  # fmt: skip
    return VisitForm(**(values | changes))


async def test_visit_and_follow_up(city: City, offices: Offices) -> None:
    """R054, R087, R089: a visit with photo and point; the follow-up is a call of its own, and is owed by nobody afterwards."""
    now, sealer, clerk = city.clock.now(), city.secrets.sealer, offices.clerk
    async with clerk.may(P.OUTREACH_RECORD) as uow:
        tomorrow = date(2026, 3, 11)
        first = await visits.record(uow, sealer, visit(city, follow_up_on=tomorrow), photo(now - timedelta(hours=2)))
        unknown = visit(
            city, employer_id=None, employer_name="路口新开的饭店", phone="138 1234 5678", channel="call", place=""
        )
        second = await visits.record(uow, sealer, unknown)
        assert await visits.phone_of(uow, sealer, second.id) == "13812345678"
        assert await visits.to_call(uow) == []
    city.clock.advance(timedelta(days=1))
    async with clerk.may(P.OUTREACH_READ) as uow:
        (due,) = await visits.to_call(uow)
        assert (due.visit_id, due.employer, due.mine) == (first.id, "开封建筑公司", True)
    async with offices.colleague.may(P.OUTREACH_RECORD) as uow:
        call = visit(city, channel="call", needs="人找齐了", happened_at=city.clock.now(), follows=first.id)
        await visits.record(uow, sealer, call)
        with pytest.raises(Conflict, match="已经有人回访过"):
            await visits.record(uow, sealer, call)
    city.clock.advance(timedelta(days=35))
    async with offices.bureau.may(P.OUTREACH_READ) as uow:
        assert {line.why[-3:] for line in await visits.to_call(uow)} == {"联系了", "联系过"}
        lines = await visits.listed(uow, tenant_path(COUNTY), date(2026, 3, 10), date(2026, 3, 11))
        assert [(line.trace_code == first.trace_code, line.photos, line.figures["headcount"]) for line in lines] == [
            (True, 1, 5), (False, 0, 5), (False, 0, 5),
        ]  # fmt: skip
        assert lines[0].written_at > lines[0].happened_at
    async with offices.other_clerk.may(P.OUTREACH_RECORD) as uow:
        assert await visits.recent(uow) == []
        with pytest.raises(NotFound):
            await visits.record(uow, sealer, visit(city, happened_at=city.clock.now()))
        with pytest.raises(NotFound):
            await visits.phone_of(uow, sealer, second.id)


async def test_visit_refused(city: City, offices: Offices) -> None:
    """In the future, of nobody, half a point, no such trade, a photo without its time: told together."""
    now = city.clock.now()
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        bad = visit(
            city, happened_at=now + timedelta(hours=1), employer_id=None, needs="", channel="email", place="", latitude=34.8,
            trade_code="9-99", follow_up_on=date(2026, 3, 1), phone="12",
        )  # fmt: skip
        assert await refused(lambda: visits.record(uow, city.secrets.sealer, bad, photo(None))) == {
            "channel", "happened_at", "needs", "employer_name", "latitude", "trade_code", "follow_up_on", "phone", "photo_taken_at",
        }  # fmt: skip
        yesterday = photo(now - timedelta(days=1))
        assert await refused(lambda: visits.record(uow, city.secrets.sealer, visit(city, place=""), yesterday)) == {
            "place", "photo_taken_at",
        }  # fmt: skip


async def test_officer_hands_over(city: City, offices: Offices) -> None:
    """R089: an employer's officer is one; who takes over reads why, and nobody without a post here is one."""
    async with offices.operator.may(P.OUTREACH_MANAGE) as uow:
        await officers.assign(uow, city.trusted, offices.clerk.id)
        with pytest.raises(Conflict, match="已经是"):
            await officers.assign(uow, city.trusted, offices.clerk.id)
        assert await refused(lambda: officers.assign(uow, city.trusted, offices.colleague.id)) == {"reason"}
        assert await refused(lambda: officers.assign(uow, city.trusted, offices.other_clerk.id)) == {
            "reason",
            "staff_id",
        }
        await officers.assign(uow, city.trusted, offices.colleague.id, reason="李敏调走了；老板早上好找")
        rows = {row.employer_id: row for row in await officers.employers(uow)}
        assert rows[city.trusted].officer == "黎明"
        assert rows[city.trusted].before == "李敏交接：李敏调走了；老板早上好找"
        assert rows[city.fresh].staff_id is None
        assert city.elsewhere not in rows
        assert {one.name: one.employers for one in await officers.staff_here(uow)}["黎明"] == 1
        with pytest.raises(NotFound):
            await officers.assign(uow, city.elsewhere, offices.clerk.id)


async def test_briefing(city: City, offices: Offices) -> None:
    """R086: date, place, topic, how many, a photo of that day; without its photo there is none."""
    now = city.clock.now()
    form = BriefingForm(
        topic="灵活就业社保补贴", place="东关村文化广场", audience=43, happened_at=now - timedelta(hours=1)
    )
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        row = await briefings.record(uow, form, photo(now - timedelta(hours=1)))
        bad = BriefingForm(topic="", place="", audience=1, happened_at=now + timedelta(days=1))
        assert await refused(lambda: briefings.record(uow, bad, photo(None))) == {
            "topic", "place", "happened_at", "photo_taken_at",
        }  # fmt: skip
        freezes.frozen["test"] = _closed
        assert await refused(lambda: briefings.record(uow, form, photo(now - timedelta(hours=1)))) == {"happened_at"}
    async with offices.top.may(P.OUTREACH_READ) as uow:
        (line,) = await briefings.listed(uow, tenant_path("/4102/"), date(2026, 3, 10), date(2026, 3, 10))
        assert (line.trace_code, line.photos, line.figures) == (row.trace_code, 1, {"audience": 43})


async def _closed(uow: object, tenant: str, day: date) -> str:
    return "2026 年度考核已冻结" if day.year == 2026 else ""


async def test_followers_and_publicity(city: City, offices: Offices) -> None:
    """R111, row 17: a number with its screenshot once a month, the largest official account counts; frozen days take none."""
    now = city.clock.now()
    async with offices.operator.may(P.OUTREACH_RECORD) as uow:
        for account, platform, n in (("兰考零工", "official_account", 2000), ("兰考就业", "official_account", 1500), ("兰考视频", "short_video", 90_000)):  # fmt: skip
            await publicity.snapshot(uow, SnapshotForm(account=account, platform=platform, followers=n), photo(now))
        with pytest.raises(Conflict, match="不能改"):
            await publicity.snapshot(uow, SnapshotForm(account="兰考零工", followers=2600), photo(now))
        bad = SnapshotForm(account="", platform="tv", followers=1)
        assert await refused(lambda: publicity.snapshot(uow, bad, photo(None))) == {
            "account",
            "platform",
            "photo_taken_at",
        }
        county = tenant_path(COUNTY)
        assert await publicity.followers(uow, county, date(2026, 3, 10)) == 2000
        assert await publicity.followers(uow, county, date(2026, 3, 9)) is None
        post = PublicityForm(kind="posts", channel="wechat_group", title="今天 6 个活", happened_at=now)
        assert await refused(lambda: publicity.record(uow, post)) == {"link"}
        assert await refused(
            lambda: publicity.record(
                uow, PublicityForm(kind="x", channel="y", title="好", happened_at=now, link="abc", order="NOSUCH")
            )
        ) == {"kind", "channel", "title", "link", "order"}
        row = await publicity.record(uow, post, photo(now))
        (seen,) = await publicity.recent(uow)
        assert (seen.id, len(seen.photos)) == (row.id, 1)
    freezes.frozen["test"] = _closed
    city.clock.advance(timedelta(days=31))
    async with offices.operator.may(P.OUTREACH_RECORD) as uow:
        with pytest.raises(Invalid, match="2026 年度考核已冻结"):
            await publicity.snapshot(uow, SnapshotForm(account="兰考零工", followers=2600), photo(city.clock.now()))
        assert await publicity.followers(uow, tenant_path(STATION), date(2026, 4, 10)) is None
