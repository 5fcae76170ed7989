"""Other hours agreed (25): the insurer is told, and until it has agreed the old period is what holds."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.cover import changes
from linggong.kernel.db import SYSTEM
from linggong.kernel.outbox import OutsideCall
from linggong.kernel.paths import EVERYWHERE
from linggong.work import terms
from linggong.work.models import Assignment
from linggong.work.terms_values import TermsForm

from .conftest import Covered
from .test_enrolling import confirmed


async def move(site: Covered, engagement_id: UUID, *, hours: int) -> None:
    """Agree on a shift that begins and ends so much later than now agreed."""
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        shift = await uow.session.scalar(sa.select(Assignment).where(Assignment.engagement_id == engagement_id))
        assert shift is not None
        later = timedelta(hours=hours)
        form = TermsForm(kind="time", starts_at=shift.starts_at + later, ends_at=shift.ends_at + later)
    async with site.begin(site.employer) as uow:
        change = await terms.propose(uow, engagement_id, form)
    async with site.begin(site.worker()) as uow:
        await terms.agree(uow, change.id)


async def calls(site: Covered) -> list[tuple[str, str]]:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        rows = await uow.execute(sa.select(OutsideCall.kind, OutsideCall.state).order_by(OutsideCall.created_at, OutsideCall.id))  # fmt: skip
        return [(row.kind, row.state) for row in rows]


async def test_what_was_not_asked_yet_is_asked_with_the_new_hours(covered: Covered) -> None:
    engagement_id = await confirmed(covered)
    await move(covered, engagement_id, hours=2)
    await covered.ask()
    (policy,) = await covered.policies(engagement_id)
    assert await calls(covered) == [("enrol", "answered")]
    assert policy.effective_at == policy.starts_at
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        shift = await uow.session.scalar(sa.select(Assignment))
        assert shift is not None
    assert policy.ends_at == shift.ends_at + timedelta(minutes=60)


@pytest.mark.parametrize("hours", [2, -1])
async def test_a_policy_follows_the_hours(covered: Covered, hours: int) -> None:
    engagement_id = await confirmed(covered)
    await covered.ask()
    (before,) = await covered.policies(engagement_id)
    await move(covered, engagement_id, hours=hours)
    (asked,) = await covered.policies(engagement_id)
    assert asked.ends_at == before.ends_at, "until the insurer has agreed the old period holds"
    assert await covered.ask() == 1
    (after,) = await covered.policies(engagement_id)
    assert after.starts_at == before.starts_at + timedelta(hours=hours)
    assert after.ends_at == before.ends_at + timedelta(hours=hours)
    assert (after.policy_no, after.effective_at) == (before.policy_no, after.starts_at)
    assert await covered.told(engagement_id) == ["cover.requested", "cover.enrolled", "cover.changed"]


async def test_only_the_latest_change_counts(covered: Covered) -> None:
    assert covered.standin is not None
    engagement_id = await confirmed(covered)
    await covered.ask()
    covered.standin.behave("fail", 1)
    await move(covered, engagement_id, hours=2)
    await covered.ask()
    await move(covered, engagement_id, hours=2)
    await covered.ask()
    covered.at(minutes=1)
    await covered.ask()
    assert await calls(covered) == [("enrol", "answered"), ("change", "dropped"), ("change", "answered")]


async def test_hours_that_are_covered_already_ask_nothing(covered: Covered) -> None:
    engagement_id = await confirmed(covered)
    await covered.ask()
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await changes.follow(uow, engagement_id)
    assert await covered.ask() == 0


async def elsewhere(site: Covered, engagement_id: UUID) -> None:
    async with site.begin(site.employer) as uow:
        change = await terms.propose(
            uow, engagement_id, TermsForm(kind="place", place="西关大街3号工地", reason="换工地")
        )
    async with site.begin(site.worker()) as uow:
        await terms.agree(uow, change.id)


async def test_a_policy_follows_the_place(covered: Covered) -> None:
    """25: another place is an endorsement like other hours; the hours stay as they are."""
    engagement_id = await confirmed(covered)
    await covered.ask()
    (before,) = await covered.policies(engagement_id)
    assert before.place
    await elsewhere(covered, engagement_id)
    (asked,) = await covered.policies(engagement_id)
    assert asked.place == before.place, "until the insurer has agreed the old place is what it knows"
    assert await covered.ask() == 1
    (after,) = await covered.policies(engagement_id)
    assert (after.place, after.starts_at, after.ends_at) == ("西关大街3号工地", before.starts_at, before.ends_at)
    assert await covered.told(engagement_id) == ["cover.requested", "cover.enrolled", "cover.changed"]
    async with covered.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await changes.follow(uow, engagement_id)
    assert await covered.ask() == 0


async def test_a_place_changed_before_the_request_left_goes_with_it(covered: Covered) -> None:
    engagement_id = await confirmed(covered)
    await elsewhere(covered, engagement_id)
    await covered.ask()
    (policy,) = await covered.policies(engagement_id)
    assert policy.place == "西关大街3号工地"
    assert await calls(covered) == [("enrol", "answered")]
