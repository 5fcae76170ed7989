"""Paying by WeChat as people press it: the worker agrees, the employer connects, looks and pays, and the result stands on both pages."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from browsing import Browsers

from linggong.kernel import outbox
from linggong.wages.wechat import line
from linggong.wages.wechat.client import HttpWechat
from linggong.wages.wechat.standin import Books, StandIn
from linggong.wages.wechat.standin_http import InProcess

from .test_wages import worked

WAGES, MERCHANT = "/employer/wages", "/employer/wechat"


async def paid_by(browsers: Browsers, standin: StandIn, boss: httpx.AsyncClient) -> None:
    """Let the line work, and bring what it says to the door that each transfer names."""
    wire = InProcess(standin)
    client = HttpWechat("http://wechat.test", transport=wire)
    line.use(client, browsers.city.secrets.sealer)
    line.register()
    try:
        await outbox.work(browsers.city.database, line.SYSTEM)
    finally:
        line.use(None, None)
        await client.aclose()
    anybody = await browsers.anybody()
    for notice in [*wire.later, *wire.later]:
        said = await anybody.post(notice.path, content=notice.body, headers=notice.headers)
        assert (said.status_code, said.json()) == (200, {"code": "SUCCESS"})
        forged = await anybody.post(notice.path, content=notice.body + b" ", headers=notice.headers)
        assert forged.status_code == 403


async def test_an_employer_pays_by_wechat(browsers: Browsers) -> None:
    worker, boss, bill = await worked(browsers)
    pay = {"bill": str(bill), f"amount-{bill}": "200"}
    assert "接上自己的微信商户号" in (await boss.get(WAGES)).text
    refused = await boss.post(f"{MERCHANT}/connect", data={"mchid": "12", "secret_key": "TOP", "api_key": "SECRET"})
    assert refused.status_code == 422
    assert "商户号：商户号是 8 到 10 位数字" in refused.text
    assert "TOP" not in refused.text
    assert (await boss.post(f"{MERCHANT}/stand-in")).status_code == 303
    page = (await boss.get(MERCHANT)).text
    assert "19****109" in page
    assert "1900000109" not in page
    assert "微信付不了：他没有绑定微信收款" in (await boss.get(WAGES)).text
    assert "没有绑定微信收款" in (await boss.post(f"{MERCHANT}/pay", data=pay)).text

    assert (await worker.post("/my/wechat/bind")).status_code == 422
    assert (await worker.post("/my/wechat/bind", data={"agree": "1"})).status_code == 303
    assert "绑好了" in (await worker.get("/my/wechat")).text
    assert (await worker.get(MERCHANT)).status_code == 403
    assert (await worker.post(f"{MERCHANT}/pay", data=pay)).status_code == 403
    assert (await boss.get("/my/wechat")).status_code == 403

    shown = (await boss.get(f"{MERCHANT}/pay?bill={bill}&bill=none")).text
    assert '一共 <b class="num">200 元' in shown
    over = await boss.post(f"{MERCHANT}/pay", data=pay | {f"amount-{bill}": "200.01"})
    assert over.status_code == 422
    assert "最多还能登记 200 元" in over.text
    assert (await boss.post(f"{MERCHANT}/pay", data=pay)).status_code == 303
    twice = await boss.post(f"{MERCHANT}/pay", data=pay)
    assert "还没有结果，不能再付一次" in twice.text
    assert "正在发给微信" in (await boss.get(WAGES)).text
    assert "雇主用微信付 200 元" in (await worker.get("/my/wages")).text
    standin = StandIn(Books.load(browsers.app.state.settings.data_dir))
    await paid_by(browsers, standin, boss)
    assert len(standin.paid) == 1
    (number,) = {kept.number for kept in standin.kept.values()}
    assert f"微信 单号{number}" in (await boss.get(WAGES)).text
    received = await worker.post(f"/bills/{bill}/received")
    assert received.status_code == 303
    assert number not in (await boss.get(WAGES)).text, "settled"


async def test_what_cannot_be_learnt_is_asked_again_by_a_press(browsers: Browsers) -> None:
    worker, boss, bill = await worked(browsers)
    await boss.post(f"{MERCHANT}/stand-in")
    await worker.post("/my/wechat/bind", data={"agree": "1"})
    standin = StandIn(Books.load(browsers.app.state.settings.data_dir))
    standin.behave("fail")
    await boss.post(f"{MERCHANT}/pay", data={"bill": str(bill), f"amount-{bill}": "200"})
    for _ in range(12):
        await paid_by(browsers, standin, boss)
        browsers.city.clock.advance(timedelta(minutes=31))
    page = (await boss.get(WAGES)).text
    assert "问不到结果：微信支付系统忙：500" in page
    assert (await boss.post(f"{MERCHANT}/remove")).status_code == 303
    ask = re.search(r'action="(/employer/wechat/transfers/[^"]+/ask)"', page)
    assert ask
    assert (await worker.post(ask[1])).status_code == 403
    assert (await boss.post(ask[1])).status_code == 303
    assert (await boss.post(ask[1])).status_code == 303
    standin.behave("good")
    await paid_by(browsers, standin, boss)
    assert "等他回话" in (await boss.get(WAGES)).text
    assert (await worker.post("/my/wechat/unbind")).status_code == 303
    assert (await worker.post("/my/wechat/unbind")).status_code == 404
    assert (await boss.post(f"{MERCHANT}/remove")).status_code == 303
