"""Alerts of bureau, station and feed, and what they do to outdoor orders (32, 33, ruling 17, worked path h)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, START, STATION, City

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.market.models import Order
from linggong.people.notice_models import Notice
from linggong.work import attend, stopping, terms
from linggong.work.models import Assignment, Engagement
from linggong.work.terms_values import TermsForm
from linggong.work.weather import alerts, feed, orders
from linggong.work.weather.alerts import AlertForm
from linggong.work.weather.models import WeatherAlert, WeatherDecision
from linggong.work.weather.source import HttpSource
from linggong.work.weather.stand_in import StandIn

from .conftest import Site, people, publish
from .looking import replays, shift, told
from .walking import signed

MIDNIGHT = datetime(2026, 3, 10, 16, tzinfo=UTC)
"""The day of the work begins: Wednesday 11 March."""


def heat(**changes: Any) -> AlertForm:
    values = {
        "kind": "heat", "level": "red", "temperature_c": 41, "begins_at": MIDNIGHT, "ends_at": MIDNIGHT + timedelta(days=1),
        "number": "410225-2026-7",
    }  # fmt: skip
    return AlertForm(**(values | changes))


async def enter(site: Site, form: AlertForm | None = None, path: str = COUNTY) -> UUID:
    async with site.begin(site.city.staff(path)) as uow:
        return (await alerts.enter(uow, form or heat())).id


async def outdoor(city: City, count: int = 1, **changes: Any) -> Site:
    return Site(city, await publish(city, conditions=["outdoor"], **changes), await people(city, count))


async def decisions(site: Site) -> list[tuple[str, str]]:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        rows = await uow.execute(
            sa.select(WeatherDecision.verdict, WeatherDecision.outcome).where(WeatherDecision.words != "")
        )
        return sorted((r.verdict, r.outcome) for r in rows)


async def order_state(site: Site) -> tuple[str, str]:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        row = await uow.session.get_one(Order, site.order_id)
        return row.state, row.end_reason


async def test_an_unmoved_order_is_cancelled_before_five(city: City) -> None:
    """Path h."""
    site = await outdoor(city)
    engagement_id, _ = await signed(site)
    await enter(site)
    await timers.sweep(city.database)
    assert await decisions(site) == [("stop", "open")]
    assert [(b["verdict"], b["temperature_c"]) for b in await told(site, "weather.alerted")] == [("stop", 41.0)]
    city.clock.move_to(MIDNIGHT + timedelta(hours=4, minutes=44))
    await timers.sweep(city.database)
    assert (await order_state(site))[0] != "O_CANCELLED"
    city.clock.move_to(MIDNIGHT + timedelta(hours=4, minutes=46))
    await timers.sweep(city.database)
    assert await decisions(site) == [("stop", "cancelled")]
    assert await order_state(site) == ("O_CANCELLED", "weather")
    async with site.begin(site.clerk) as uow:
        assert (await uow.session.get_one(Engagement, engagement_id)).state == "X_CANCEL_W"
        heard = (await uow.session.scalars(sa.select(Notice).where(Notice.to_side == "worker"))).all()
        assert any("41℃" in n.text for n in heard)
    await replays(site)


async def test_hours_within_the_cool_of_the_morning_stand(city: City) -> None:
    site = await outdoor(
        city, starts_at=MIDNIGHT + timedelta(hours=5), ends_at=MIDNIGHT + timedelta(hours=10), meal_minutes=0
    )
    await enter(site)
    await timers.sweep(city.database)
    assert await decisions(site) == [("warn", "told")]
    city.clock.move_to(MIDNIGHT + timedelta(hours=4, minutes=50))
    await timers.sweep(city.database)
    assert (await order_state(site))[0] != "O_CANCELLED"


async def test_everybody_answers_for_himself_when_the_hours_move(city: City) -> None:
    """Path h: who agrees to the cool hours keeps his work, who does not is let go before five."""
    site = await outdoor(city, 2)
    (_, yes), (_, no) = await signed(site, 0), await signed(site, 1)
    with pytest.raises(Conflict, match="没有要"):
        async with site.begin(site.employer) as uow:
            await orders.move(uow, site.order_id)
    await enter(site)
    await timers.sweep(city.database)
    async with site.begin(site.employer) as uow:
        changes = {c.worker_id: c.id for c in await orders.move(uow, site.order_id)}
    async with site.begin(site.worker(0)) as uow:
        await terms.agree(uow, changes[site.workers[0]])
    city.clock.move_to(MIDNIGHT + timedelta(hours=4, minutes=46))
    await timers.sweep(city.database)
    assert await decisions(site) == [("stop", "moved")]
    kept, gone = await shift(site, yes), await shift(site, no)
    assert (kept.state, kept.starts_at) == ("A_CONTRACTED", MIDNIGHT + timedelta(hours=5))
    assert gone.state == "X_CANCEL_W"
    assert (await order_state(site))[0] not in ("O_CANCELLED", "O_EXPIRED")
    await replays(site)


async def test_hours_that_were_moved_are_not_cancelled(city: City) -> None:
    site = await outdoor(city)
    await enter(site)
    await timers.sweep(city.database)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(
            sa.text("UPDATE shifts SET starts_at = :a, ends_at = :b"),
            {"a": MIDNIGHT + timedelta(hours=5), "b": MIDNIGHT + timedelta(hours=10)},
        )
    city.clock.move_to(MIDNIGHT + timedelta(hours=4, minutes=50))
    await timers.sweep(city.database)
    assert await decisions(site) == [("stop", "moved")]
    assert (await order_state(site))[0] != "O_CANCELLED"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"temperature_c": 38}, [("limit", "told")]),
        ({"temperature_c": 36}, [("warn", "told")]),
        ({"temperature_c": 30}, []),
        ({"kind": "rain", "level": "orange", "temperature_c": None}, [("warn", "told")]),
    ],
)
async def test_milder_weather_warns(city: City, changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    site = await outdoor(city)
    await enter(site, heat(**changes))
    await timers.sweep(city.database)
    assert await decisions(site) == expected
    city.clock.move_to(START - timedelta(minutes=30))
    await timers.sweep(city.database)
    assert (await order_state(site))[0] != "O_CANCELLED"


async def test_indoor_work_and_other_counties_are_not_touched(city: City) -> None:
    indoor = Site(city, await publish(city), await people(city, 1))
    await enter(indoor)
    site = await outdoor(city)
    async with site.begin(city.staff(OTHER_COUNTY)) as uow:
        await alerts.enter(uow, heat(number="410202-1"))
    await timers.sweep(city.database)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        touched = list(await uow.session.scalars(sa.select(WeatherDecision.order_id)))
        assert touched == [site.order_id]
        area = await uow.session.scalar(
            sa.select(WeatherAlert.tenant).join(WeatherDecision, WeatherDecision.alert_id == WeatherAlert.id)
        )
        assert area == COUNTY


async def test_an_order_that_comes_after_the_alert_is_held_to_it(city: City) -> None:
    site = Site(city, new_id(), [])
    await enter(site)
    await timers.sweep(city.database)
    late = await outdoor(city)
    assert await decisions(late) == [("stop", "open")]


async def test_one_hot_day_of_three_ends_that_day_alone(city: City) -> None:
    site = await outdoor(city, last_date=date(2026, 3, 13))
    engagement_id, _ = await signed(site)
    await enter(site)
    await timers.sweep(city.database)
    city.clock.move_to(MIDNIGHT + timedelta(hours=4, minutes=46))
    await timers.sweep(city.database)
    async with site.begin(site.clerk) as uow:
        rows = await uow.execute(sa.select(Assignment.work_date, Assignment.state).order_by(Assignment.work_date))
        assert [r.state for r in rows] == ["X_CANCEL_W", "A_CONTRACTED", "A_CONTRACTED"]
        assert (await uow.session.get_one(Engagement, engagement_id)).state == "A_CONTRACTED"
    await replays(site)


async def test_a_withdrawn_alert_lifts_what_waits(city: City) -> None:
    site = await outdoor(city)
    alert_id = await enter(site)
    await timers.sweep(city.database)
    async with site.begin(city.staff(COUNTY)) as uow:
        with pytest.raises(Invalid, match="解除"):
            await alerts.withdraw(uow, alert_id, why=" ")
        await alerts.withdraw(uow, alert_id, why="气象台已解除")
        with pytest.raises(Conflict):
            await alerts.withdraw(uow, alert_id, why="气象台已解除")
    city.clock.move_to(MIDNIGHT + timedelta(hours=4, minutes=46))
    await timers.sweep(city.database)
    assert await decisions(site) == [("stop", "lifted")]
    assert (await order_state(site))[0] != "O_CANCELLED"


async def test_who_enters_where(city: City) -> None:
    """A station for itself, a county for all below; nobody for a place that is not his."""
    site = Site(city, new_id(), [])
    await enter(site, heat(number="a"), path=STATION)
    for path, area in ((STATION, COUNTY), (OTHER_STATION, STATION), (COUNTY, OTHER_COUNTY), (COUNTY, "nonsense")):
        async with site.begin(city.staff(path)) as uow:
            with pytest.raises(NotFound):
                await alerts.enter(uow, heat(area=area))
    async with site.begin(city.staff(OTHER_COUNTY)) as uow:
        alert_id = await uow.session.scalar(sa.select(WeatherAlert.id))
        with pytest.raises(NotFound):
            await alerts.withdraw(uow, alert_id, why="不归我管")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"ends_at": MIDNIGHT}, {"ends_at"}),
        ({"ends_at": MIDNIGHT + timedelta(days=8)}, {"ends_at"}),
        ({"begins_at": datetime(2026, 1, 1, tzinfo=UTC), "ends_at": datetime(2026, 1, 2, tzinfo=UTC)}, {"ends_at"}),
        ({"begins_at": datetime(2026, 5, 1, tzinfo=UTC), "ends_at": datetime(2026, 5, 2, tzinfo=UTC)}, {"begins_at"}),
        ({"level": "blue", "temperature_c": None}, {"temperature_c"}),
        ({"level": "blue", "temperature_c": None, "ends_at": MIDNIGHT}, {"temperature_c", "ends_at"}),
    ],
)
async def test_bad_alerts_name_every_fault(city: City, changes: dict[str, Any], fields: set[str]) -> None:
    async with city.database.begin(*city.staff(COUNTY)) as uow:
        with pytest.raises(Invalid) as caught:
            await alerts.enter(uow, heat(**changes))
        assert {f.field for f in caught.value.faults} == fields


async def test_the_same_number_twice_is_one_alert(city: City) -> None:
    site = Site(city, new_id(), [])
    assert await enter(site) == await enter(site)


async def test_rain_after_arrival_is_paid(city: City) -> None:
    """33: he came, and nobody begins."""
    site = await outdoor(city)
    _, one = await signed(site)
    city.clock.move_to(START - timedelta(minutes=20))
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, one, method="roll_call")
    async with site.begin(site.worker()) as uow:
        with pytest.raises(Conflict, match="另一方"):
            await orders.no_work(uow, one)
    async with site.begin(site.employer) as uow:
        row = await orders.no_work(uow, one, note="雨大，今天不干了")
        assert row.state == "X_CANCEL_W"
    assert [b["paid_kind"] for b in await told(site, "assignment.rain_on_site")] == ["rain_on_site"]
    async with site.begin(site.clerk) as uow:
        assert await uow.session.scalar(sa.text("SELECT total_fen FROM bills")) == 6000
    await replays(site)


async def hot_at_work(city: City, degrees: float) -> tuple[Site, UUID, UUID]:
    """Outdoor work that had begun when the alert came."""
    site = await outdoor(city)
    engagement_id, one = await signed(site)
    city.clock.move_to(START)
    if degrees < 40:
        await enter(site, heat(level="orange", temperature_c=degrees))
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, one, method="roll_call")
    await timers.sweep(city.database)
    return site, engagement_id, one


async def test_work_that_runs_when_the_alert_comes_is_told_to_stop_and_may_not_be_resumed(city: City) -> None:
    site, _, one = await hot_at_work(city, 41)
    site.at(hours=3)
    await enter(site)
    await timers.sweep(city.database)
    assert (await shift(site, one)).state == "A_WORKING", "nobody takes his work from him; he and the employer are told"
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        texts = list(await uow.session.scalars(sa.select(Notice.text).where(Notice.to_side == "worker")))
    assert any("请停下室外的活" in t for t in texts)
    async with site.begin(site.worker()) as uow:
        await stopping.pause(uow, one, cause="heat")
    async with site.begin(site.employer) as uow:
        with pytest.raises(Conflict, match="不能复工"):
            await stopping.resume(uow, one)
        await stopping.end_pause(uow, one)
    row = await shift(site, one)
    assert (row.state, row.end_reason) == ("A_FINISHED", "heat")
    await replays(site)


async def test_a_day_that_limits_hours_says_when_they_are_over_and_takes_no_overtime(city: City) -> None:
    site, engagement_id, one = await hot_at_work(city, 38)
    with pytest.raises(Conflict, match="不能加班"):
        async with site.begin(site.employer) as uow:
            wanted = TermsForm(kind="overtime", until=START + timedelta(hours=10), hourly_fen=3000)
            await terms.propose(uow, engagement_id, wanted)
    site.at(hours=5, minutes=59)
    await timers.sweep(city.database)
    assert await told(site, "assignment.heat_limit") == []
    site.at(minutes=1)
    await timers.sweep(city.database)
    assert len(await told(site, "assignment.heat_limit")) == 1
    assert (await shift(site, one)).state == "A_WORKING"


async def test_a_pause_names_the_alert_in_force(city: City) -> None:
    site = await outdoor(city)
    _, one = await signed(site)
    alert_id = await enter(site, heat(kind="rain", level="yellow", temperature_c=None))
    city.clock.move_to(START)
    async with site.begin(site.employer) as uow:
        await attend.arrive(uow, one, method="roll_call")
    await timers.sweep(city.database)
    site.at(hours=2)
    async with site.begin(site.employer) as uow:
        assert (await stopping.pause(uow, one, cause="rain")).alert_id == alert_id


def report(**changes: Any) -> dict[str, Any]:
    values = {
        "number": "CMA-1", "area": "410225", "kind": "heat", "level": "red", "temperature_c": 41,
        "begins_at": MIDNIGHT.isoformat(), "ends_at": (MIDNIGHT + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    return values | changes


async def test_a_feed_brings_alerts_once_changes_and_withdraws_them(city: City) -> None:
    site = await outdoor(city)
    with StandIn([report(), report(area="440100", number="other city"), report(number="x", level="green")]) as running:
        source = HttpSource(running.url, name="气象部门", timeout_seconds=2, pause_seconds=0.01)
        assert await feed.take(city.database, source) == 1
        running.mood = "twice"
        assert await feed.take(city.database, source) == 0
        await timers.sweep(city.database)
        assert await decisions(site) == [("stop", "open")]
        running.alerts = [report(temperature_c=38.5, level="orange")]
        assert await feed.take(city.database, source) == 1
        await timers.sweep(city.database)
        assert await decisions(site) == [("limit", "told"), ("stop", "lifted")]
        running.alerts = [report(temperature_c=38.5, level="orange", withdrawn=True)]
        assert await feed.take(city.database, source) == 1
        assert await feed.take(city.database, source) == 0
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert set(await uow.session.scalars(sa.select(WeatherAlert.withdrawn_at.is_not(None)))) == {True}


async def test_a_feed_that_is_down_changes_nothing_and_holds_nothing(city: City) -> None:
    with StandIn([report()], slow_seconds=1) as running:
        running.mood = "slow"
        source = HttpSource(running.url, timeout_seconds=0.2, tries=2, pause_seconds=0.01)
        assert await feed.take(city.database, source) == 0
        assert city.database.engine.pool.checkedout() == 0
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(WeatherAlert)) == 0
