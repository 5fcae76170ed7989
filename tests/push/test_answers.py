"""An answer closes the loop: too late is told with the next best work, and what he tells the clerk who calls is his own step."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from small_city import START

from linggong.kernel.errors import Conflict, NotFound
from linggong.people import notices
from linggong.people.notice_models import Notice
from linggong.push import answering
from linggong.work import engage
from linggong.work.models import Engagement
from tests.phones.test_path import offered
from tests.work.conftest import publish

from .conftest import Phones


async def test_who_is_too_late_is_asked_about_the_next_best(phones: Phones) -> None:
    phones.order_id = await publish(phones.city, headcount=1, title="一个人的活")
    for n in (0, 1):
        await offered(phones, n)
    later = START + timedelta(hours=3)
    await publish(phones.city, headcount=2, title="下一个活", starts_at=later, ends_at=later + timedelta(hours=5))
    phones.at(hours=1)
    await phones.tell()
    assert "说定了" in await phones.text("1", 0)
    said = await phones.text("1", 1)
    assert "招满了" in said
    assert "另给您找了一个" in said
    (asked,) = [t for t in await phones.tell() if t.endswith("去回1，不去回2")]
    assert asked.startswith("【零工市场】请您去")
    phones.at(seconds=30)
    assert "替您报上名了" in await phones.text("1 " + (await phones.questions())[-1].code, 1)


async def test_the_clerks_call_is_his_own_answer(phones: Phones) -> None:
    """A landline hears no SMS: the desk calls, and what he says there is entered as his word, with the call's outcome."""
    for n in range(3):
        await phones.share(n, f"0371-2288000{n}", kind="landline")
    going, staying = await offered(phones, 0), await offered(phones, 1)
    async with phones.begin(phones.clerk) as uow:
        invited = (await engage.invite(uow, phones.order_id, phones.workers[2])).id
    phones.at(hours=1)
    async with phones.system() as uow:
        ids = {n.subject_id: n.id for n in await uow.session.scalars(sa.select(Notice))}
    async with phones.begin(phones.clerk) as uow:
        assert "他去" in await answering.by_clerk(uow, ids[going], yes=True)
        assert "不去" in await answering.by_clerk(uow, ids[staying], yes=False)
        assert "等雇主选" in await answering.by_clerk(uow, ids[invited], yes=True)
        with pytest.raises(Conflict, match="过期"):
            await answering.by_clerk(uow, ids[going], yes=True)
        assert await notices.call_list(uow) == []
    async with phones.system() as uow:
        rows = {e.id: e for e in await uow.session.scalars(sa.select(Engagement))}
        assert [rows[i].state for i in (going, staying, invited)] == ["A_CONFIRMED", "X_WITHDRAWN", "A_APPLIED"]
        assert rows[going].worker_confirmed_by == f"proxy:{phones.city.clerk_id}"
        assert (await uow.session.get_one(Notice, ids[going])).settled_how == "call"
    async with phones.begin(phones.employer) as uow:
        with pytest.raises(NotFound):
            await answering.by_clerk(uow, ids[going], yes=True)
