"""The telephone to play with: a message is answered, a call is made, and nothing of it stands in a deployment with real people."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import sqlalchemy as sa
from browsing import Browsers
from small_city import City

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import notices
from linggong.people.models import Contact
from linggong.phones import line, standin
from linggong.phones.gateway import HttpGateway
from linggong.work import engage
from linggong.work.models import Engagement


@asynccontextmanager
async def _gateway(city: City) -> AsyncIterator[None]:
    """What the worker process runs in dev mode: whoever answers has got the message."""
    key = b"the one key of both"
    server = standin.serve(standin.StandIn(key))
    gateway = HttpGateway(f"http://127.0.0.1:{server.server_address[1]}", key)
    line.use(gateway, city.secrets.sealer)
    try:
        yield
    finally:
        line.use(None, None)
        await gateway.aclose()
        server.shutdown()
        server.server_close()


async def test_a_worker_without_a_smartphone_is_played(browsers: Browsers) -> None:
    city = browsers.city
    _, person_id = await browsers.person(7)
    order_id, _ = await browsers.post()
    async with city.database.begin(*city.clerk) as uow:
        row = await engage.apply(uow, order_id, worker_id=person_id)
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        await engage.offer(uow, row.id)
    await notices.send(city.database, city.secrets.sealer)
    async with _gateway(city):
        await line.work(city.database)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        contact = (await uow.session.scalars(sa.select(Contact).where(Contact.person_id == person_id))).one()
    anybody = await browsers.anybody()
    listed = (await anybody.get("/dev/phone")).text
    assert "1 件等答复" in listed
    assert "13800000007" not in listed
    page = (await anybody.get(f"/dev/phone?c={contact.id}")).text
    assert "去回1，不去回2" in page
    token = re.search(r'name="csrf" value="([^"]+)"', page) or re.search(r'name="_csrf" value="([^"]+)"', page)
    assert token
    csrf = {re.search(r'name="(\w*csrf\w*)"', page).group(1): token.group(1)}

    answered = await anybody.post(f"/dev/phone/{contact.id}/text", data={**csrf, "text": "1"}, follow_redirects=True)
    assert "说定了" in answered.text
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert (await uow.session.get_one(Engagement, row.id)).state == "A_CONFIRMED"

    said = await anybody.post(f"/dev/phone/{contact.id}/key", data=csrf, follow_redirects=True)
    assert "听今天的活请按1" in said.text
    call = re.search(r'name="call" value="([^"]+)"', said.text)
    assert call
    said = await anybody.post(
        f"/dev/phone/{contact.id}/key", data={**csrf, "call": call.group(1), "key": "2"}, follow_redirects=True
    )
    assert "3月11日早上7点30分" in said.text
    assert "要我们现在打给您，请按1" in said.text
    over = await anybody.post(
        f"/dev/phone/{contact.id}/key", data={**csrf, "call": call.group(1), "key": "0"}, follow_redirects=True
    )
    assert "通话结束" in over.text
    async with city.database.begin(*city.clerk) as uow:
        assert len(await notices.call_list(uow)) == 1

    browsers.app.state.settings = replace(browsers.app.state.settings, dev=False)
    assert (await anybody.get("/dev/phone")).status_code == 404
    assert (await anybody.post(f"/dev/phone/{contact.id}/text", data={**csrf, "text": "2"})).status_code == 404
