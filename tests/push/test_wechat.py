"""Notices by WeChat: one for each that he allowed, never beside an SMS, and answered on his own page (R062)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from small_city import START

from linggong.kernel import clock
from linggong.kernel.outbox import Unanswered
from linggong.kernel.settings import Settings, SettingsError
from linggong.kernel.signed import Lost
from linggong.people import sessions
from linggong.phones.wechat import line, protocol
from linggong.phones.wechat.client import HttpMessages
from linggong.phones.wechat.protocol import Message
from linggong.phones.wechat.standin import APP, Mode, StandIn, opened
from linggong.wages.wechat import bindings
from linggong.wages.wechat.models import WechatBinding
from linggong.wages.wechat.standin_http import serve
from linggong.work import engage
from linggong.work.models import Engagement
from tests.work.conftest import publish

from .conftest import Phones
from .test_reaching import invited, notice

PAGE = "/my/wechat"


@pytest.fixture
async def wechat(phones: Phones) -> AsyncIterator[StandIn]:
    """A WeChat at a port, asked by the line."""
    made = StandIn(delay=1.0)
    server = serve(made)
    client = HttpMessages(f"http://127.0.0.1:{server.server_address[1]}", APP, seconds=0.3)
    line.use(client, phones.city.secrets.sealer)
    yield made
    line.use(None, None)
    await client.aclose()
    server.shutdown()
    server.server_close()


async def allow(phones: Phones, n: int, times: int = 1) -> None:
    async with phones.begin(phones.worker(n)) as uow:
        for _ in range(times):
            await bindings.allow_message(uow, phones.city.secrets.sealer, bindings.stand_in_openid(phones.workers[n]))


async def left(phones: Phones, n: int) -> int | None:
    async with phones.begin(phones.worker(n)) as uow:
        return await bindings.messages(uow)


async def tell(phones: Phones) -> list[str]:
    """What the worker process does in its rounds; returns the SMS."""
    texts = await phones.tell()
    await line.work(phones.city.database)
    return texts + await phones.tell()


REFUSED: tuple[tuple[Mode, int], ...] = (
    ("not_wanted", 43101), ("no_user", 40003), ("no_template", 40037), ("wrong_data", 47003), ("limited", 45009),
)  # fmt: skip
LOST: tuple[Mode, ...] = ("garbage", "lost", "slow")


async def test_the_protocol_over_http() -> None:
    standin = StandIn(delay=1.0)
    server = serve(standin)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    client = HttpMessages(url, APP, seconds=0.3)
    message = Message("oStandIn1", APP.template, protocol.page("/my/jobs"), protocol.data("请您去", "搬" * 30, "点开"))
    with clock.clock_set(clock.MovableClock(START)) as hands:
        assert [(await client.send(message)).errcode for _ in range(2)] == [0, 0]
        assert len(standin.tokens) == 1, "one token serves until it ends"
        assert (opened(standin.sent[0]), len(standin.sent[0].data["thing2"]["value"])) == ("/my/jobs", 20)
        standin.behave("expired", 1)
        assert (await client.send(message)).errcode == 0
        assert len(standin.tokens) == 2, "WeChat took it back early: renewed, and the message asked once more"
        assert isinstance(hands, clock.MovableClock)
        hands.advance(timedelta(hours=2))
        assert (await client.send(message)).errcode == 0
        assert len(standin.tokens) == 3, "renewed before its end"
        for mode, code in REFUSED:
            standin.behave(mode, 1)
            assert (await client.send(message)).errcode == code
        for mode in LOST:
            standin.behave(mode, 1)
            with pytest.raises(Lost):
                await client.send(message)
        standin.behave("fail", 1)
        with pytest.raises(Unanswered) as failed:
            await client.send(message)
        assert not isinstance(failed.value, Lost), "it was not taken"
        stranger = HttpMessages(url, replace(APP, secret="another"))
        with pytest.raises(Unanswered, match="40125"):
            await stranger.send(message)
        await stranger.aclose()
        await client.aclose()
        server.shutdown()
        server.server_close()
        with pytest.raises(Unanswered, match="连不上") as nobody:
            await client.send(message)
        assert not isinstance(nobody.value, Lost)
        await client.aclose()


def test_all_of_its_settings_or_none() -> None:
    one = {"LINGGONG_WECHAT_MSG_URL": "https://wechat.test"}
    with pytest.raises(SettingsError, match="together"):
        Settings.from_env(one)
    every = one | {f"LINGGONG_WECHAT_MSG_{name}": "wx1" for name in ("APPID", "SECRET", "TEMPLATE")}
    assert not Settings.from_env(every).wechat_msg_stand_in
    with pytest.raises(SettingsError, match="one app"):
        Settings.from_env(every | {"LINGGONG_WECHAT_APPID": "wx2"})
    with pytest.raises(SettingsError, match="https"):
        Settings.from_env(every | {"LINGGONG_WECHAT_MSG_URL": "http://wechat.test"})


async def test_from_his_press_to_the_answer_on_the_page(phones: Phones, wechat: StandIn) -> None:
    async with phones.system() as uow:
        token = await sessions.create(uow, "person", phones.workers[0])
    him = httpx.AsyncClient(
        base_url=phones.url, cookies={"lg_session": token}, headers={"x-csrf-token": phones.city.secrets.sign("csrf", token)}
    )  # fmt: skip
    assert (await him.post(f"{PAGE}/messages")).status_code == 422, "not without his consent"
    assert (await him.post(f"{PAGE}/messages", data={"agree_messages": "1"})).status_code == 303
    shown = (await him.get(PAGE)).text
    assert '还能发 <b class="num">1</b> 条' in shown
    assert "让工钱到微信" in shown, "messages alone: wages are another consent"

    key = await invited(phones, phones.order_id)
    assert await tell(phones) == [], "never both"
    (message,) = wechat.sent
    assert message.touser == bindings.stand_in_openid(phones.workers[0])
    row = await notice(phones, key)
    assert (row.channel, row.state) == ("wechat", "sent")
    assert "电话里" in await phones.text("1"), "no SMS was shown to him, so none answers"
    page = (await him.get(opened(message))).text
    assert f"/engagements/{key}/accept" in page
    assert f"/engagements/{key}/decline" in page
    assert (await him.post(f"/engagements/{key}/accept")).status_code == 303
    assert await state(phones, key) == "A_APPLIED"

    async with phones.begin(phones.employer) as uow:
        await engage.offer(uow, key)
    (text,) = await tell(phones)
    assert text.endswith("去回1，不去回2"), "he allowed one; the next goes by SMS"
    assert "说定了" in await phones.text("1")
    assert await state(phones, key) == "A_CONFIRMED"
    assert len(wechat.sent) == 1
    assert (await him.post(f"{PAGE}/messages/stop")).status_code == 303
    assert "让通知发到微信" in (await him.get(PAGE)).text
    async with phones.system() as uow:
        assert await uow.session.scalar(sa.select(WechatBinding)) is None, (
            "nothing is kept for which he gave no consent"
        )
    await him.aclose()


async def test_what_wechat_does_not_take_goes_another_way(phones: Phones, wechat: StandIn) -> None:
    for n, times in enumerate((3, 1, 2)):
        await allow(phones, n, times)
    wechat.behave("not_wanted", 1)
    refused = await invited(phones, phones.order_id)
    (text,) = await tell(phones)
    assert text.endswith("去回1，不去回2")
    assert ((await notice(phones, refused)).channel, await left(phones, 0)) == ("sms", 0)

    wechat.behave("limited", 4)
    busy = await invited(phones, phones.order_id, 1)
    assert await tell(phones) == []
    assert ((await notice(phones, busy)).channel, await left(phones, 1)) == ("wechat", 0)
    texts = []
    for _ in range(3):
        phones.at(seconds=25)
        texts += await tell(phones)
    assert len(texts) == 1, "asked four times, then the SMS"
    assert ((await notice(phones, busy)).channel, await left(phones, 1)) == ("sms", 1), "what was not sent is still his"

    wechat.behave("fail", 1)
    again = await invited(phones, phones.order_id, 2)
    assert await tell(phones) == []
    phones.at(seconds=6)
    assert await tell(phones) == []
    assert len(wechat.sent) == 1, "down for a moment: asked again, and taken"
    async with phones.begin(phones.worker(2)) as uow:
        await engage.decline(uow, again, reason="")
    assert await phones.calls() == []

    wechat.behave("garbage", 2)
    other = await publish(phones.city, starts_at=START + timedelta(hours=7), ends_at=START + timedelta(hours=10))
    lost = await invited(phones, other, 2)
    assert await tell(phones) == []
    phones.at(seconds=6)
    assert await tell(phones) == []
    phones.at(seconds=12)
    assert await tell(phones) == [], "he may have it: no SMS beside it"
    assert (await notice(phones, lost)).channel == "wechat"
    assert len(await phones.calls()) == 1, "the desk asks him"


async def state(phones: Phones, key: UUID) -> str:
    async with phones.system() as uow:
        return (await uow.session.get_one(Engagement, key)).state
