"""The plan of the demo city: repeatable, plausible, and good enough for the lint before anything is written."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from linggong.demo import calendar, posts
from linggong.demo.folk import Folk
from linggong.demo.paperwork import order_form
from linggong.demo.places import County, Desk, Village
from linggong.demo.plan import Planner
from linggong.demo.planned import Plan
from linggong.kernel.clock import shanghai
from linggong.kernel.paths import TenantPath
from linggong.market.forms import check
from linggong.market.lint import LintRules
from linggong.people.identity_numbers import normalise_phone, parse_id_number, parse_uscc

FIRST = date(2026, 5, 14)
RULES = LintRules(min_hourly_fen=2060, max_days_ahead=60)


def a_county(segment: str, weight: float) -> County:
    path = f"/4102/{segment}/"
    street = f"{path}001/"
    county = County(TenantPath(path), segment, f"{segment}县", f"4102{segment}", weight, (34.8, 114.3))
    county.desks = [
        Desk(TenantPath(f"{path}m01/"), "市场", "", None),
        Desk(TenantPath(f"{street}s01/"), "驿站", street, (34.7, 114.2)),
    ]
    county.villages = [
        Village(f"{street}000{n}/", f"4102{segment}00100{n}", f"{n}村", street, "某镇") for n in range(5)
    ]
    return county


def a_plan(days: int, seed: int = 3) -> Plan:
    counties = [a_county("21", 16), a_county("02", 9)]
    return Planner(counties, seed=seed, first=FIRST, last=FIRST + timedelta(days=days - 1), scale=0.3).plan()


def told(plan: Plan) -> list[tuple[object, ...]]:
    return [
        (o.key, o.employer.number, o.text.title, o.text.pay_fen, o.created, o.fate, [w.people for w in o.waves])
        for o in plan.orders
    ]


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    assert told(a_plan(3)) == told(a_plan(3))
    assert told(a_plan(3)) != told(a_plan(3, seed=4))


def test_a_longer_plan_begins_with_the_shorter_one() -> None:
    short, long = a_plan(3), a_plan(9)
    assert told(long)[: len(short.orders)] == told(short)
    assert [w.id_number for w in long.workers][: len(short.workers)] == [w.id_number for w in short.workers]
    assert len(long.orders) > len(short.orders)


def test_numbers_of_made_up_people_pass_our_own_checks_and_do_not_repeat() -> None:
    plan = a_plan(3)
    for worker in plan.workers:
        number = parse_id_number(worker.id_number, today=FIRST)
        assert 18 <= number.age_on(FIRST) <= 70
        if worker.phone:
            normalise_phone(worker.phone)
    for employer in plan.employers:
        if employer.agent:
            parse_uscc(employer.number)
        else:
            parse_id_number(employer.number, today=FIRST)
    numbers = [w.id_number for w in plan.workers] + [e.number for e in plan.employers]
    assert len(set(numbers)) == len(numbers)


def test_nobody_works_at_two_places_on_one_day() -> None:
    taken: Counter[tuple[int, date]] = Counter()
    for order in a_plan(5).orders:
        for wave in order.waves:
            for key in wave.people:
                taken.update((key, order.first_date + timedelta(days=n)) for n in range(order.days))
    assert taken
    assert max(taken.values()) == 1


def test_steps_of_an_order_follow_each_other() -> None:
    for order in a_plan(5).orders:
        assert order.employer.at < order.created < order.starts < order.ends
        for wave in order.waves:
            assert order.approve is not None
            assert wave.offer is not None
            assert wave.confirm is not None
            assert order.approve < wave.apply < wave.offer < wave.confirm < order.starts
            assert len(set(wave.people)) == len(wave.people)


@pytest.mark.parametrize("template", posts.TEMPLATES, ids=lambda t: t.titles[0])
def test_every_kind_of_post_passes_the_lint_without_a_finding(template: posts.Template) -> None:
    plan = a_plan(1)
    rng = Random(1)
    planner_order = plan.orders[0]
    now = datetime(2026, 5, 10, tzinfo=UTC)
    for _ in range(30):
        planner_order.text = posts.write_post(rng, template, "某镇某村")
        midnight = datetime(2026, 5, 13, 16, tzinfo=UTC)
        planner_order.starts = midnight + timedelta(minutes=planner_order.text.start)
        planner_order.ends = midnight + timedelta(minutes=planner_order.text.end)
        planner_order.days = 1
        assert check(order_form(planner_order), RULES, now=shanghai(now)) == []


def test_harvest_and_weekends_show() -> None:
    assert calendar.season("garlic_harvest", date(2026, 5, 20), "21") > 5
    assert calendar.season("garlic_harvest", date(2026, 8, 20), "21") == 0
    assert calendar.season("peanut", date(2026, 9, 15), "12") > calendar.season("peanut", date(2026, 9, 15), "02")
    assert calendar.demand(date(2026, 5, 17)) < calendar.demand(date(2026, 5, 18))
    assert calendar.demand(date(2026, 2, 17)) < 0.5
    trades = Counter(o.text.template.season for o in a_plan(6).orders if o.county.segment == "21")
    assert trades["garlic_harvest"] > 0.2 * sum(trades.values())


def test_folk_do_not_repeat() -> None:
    folk = Folk("x")
    phones = [folk.phone() for _ in range(2000)]
    assert len(set(phones)) == 2000
    firms = [folk.firm("开封", "有限公司") for _ in range(200)]
    assert len(set(firms)) == 200
