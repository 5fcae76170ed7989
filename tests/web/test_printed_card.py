"""The printed card of somebody without a telephone works at a kiosk and at another desk, until a new one is printed (section 7.1)."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from browsing import Browsers
from small_city import STATION

from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Invalid
from linggong.kernel.paths import EVERYWHERE
from linggong.people import shown_codes
from linggong.stations import who


async def test_a_card_is_known_at_kiosk_and_desk_until_the_next_one(browsers: Browsers) -> None:
    city = browsers.city
    _, person_id = await browsers.person(7)
    clerk = await browsers.clerk()
    assert "打零工卡" in (await clerk.get(f"/desk/people/{person_id}")).text

    async def printed() -> str:
        page = (await clerk.post(f"/desk/people/{person_id}/card")).text
        assert "李师傅" in page
        assert "李国强" not in page
        found = re.search(r"(\d{4}) (\d{3}) (\d{3})</p>", page)
        assert found
        return "".join(found.groups())

    first = await printed()
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert (await who.recognise(uow, city.secrets.sealer, first, at=STATION)).person_id == person_id
    async with city.database.begin(*city.other_clerk) as uow:
        assert await shown_codes.take(uow, city.database, city.secrets, first) == person_id
    second = await printed()
    assert second != first
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        with pytest.raises(Invalid, match="换了新卡"):
            await who.recognise(uow, city.secrets.sealer, first, at=STATION)
        assert (await who.recognise(uow, city.secrets.sealer, second, at=STATION)).person_id == person_id
        told = await uow.session.scalar(
            sa.text("SELECT count(*) FROM events WHERE type = 'person.card_printed' AND person_id = :p"),
            {"p": person_id},
        )
    assert told == 2
    with pytest.raises(Invalid, match="没有这个码"):
        async with city.database.begin(*city.other_clerk) as uow:
            await shown_codes.take(uow, city.database, city.secrets, first)
    assert (await (await browsers.anybody()).post(f"/desk/people/{person_id}/card")).status_code in (401, 403)
