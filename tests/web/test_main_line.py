"""From the board to the money in hand, on pages alone: worker and employer each at his own browser."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import httpx
from browsing import Browsers, button

from linggong.kernel import clock, timers
from linggong.market import review
from linggong.people import messages
from linggong.work import attend


def said(answer: httpx.Response, where: str) -> None:
    assert answer.status_code == 303, answer.text[:2000]
    assert answer.headers["location"].startswith(where), answer.headers["location"]


async def code_for(browsers: Browsers, who: httpx.AsyncClient, page: str) -> str:
    """Ask for a code on a page and read it from the phone."""
    browsers.city.clock.advance(timedelta(minutes=2))
    said(await who.post(f"{page}/code"), page)
    text = (await messages.recent(browsers.city.database, browsers.city.secrets.sealer, 1))[0].text
    code = re.search(r"签约验证码 (\d{6})", text)
    assert code
    return code[1]


async def sign(browsers: Browsers, who: httpx.AsyncClient, contract: str) -> None:
    """Sign what stands on the page; other words than those shown are not signed."""
    page = await who.get(contract)
    shown = re.search(r'name="text_hash" value="(\w{64})"', page.text)
    assert shown
    assert "谁都不能收押金" in page.text
    code = await code_for(browsers, who, contract)
    other = await who.post(f"{contract}/sign", data={"code": code, "text_hash": "0" * 64})
    assert other.status_code == 409
    assert shown[1] in other.text
    code = await code_for(browsers, who, contract)
    said(await who.post(f"{contract}/sign", data={"code": code, "text_hash": shown[1]}), contract)


async def test_one_job_from_board_to_wages(browsers: Browsers) -> None:
    city = browsers.city
    order_id, code = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(city.trusted)
    base = f"/employer/orders/{order_id}"

    board = await worker.get("/")
    assert board.status_code == 200
    assert f"/orders/{code}" in board.text
    page = await worker.get(f"/orders/{code}")
    assert "我要报名" in page.text
    assert "138 0000 0000" not in page.text

    said(await worker.post(f"/orders/{code}/apply"), "/my/jobs")
    again = await worker.post(f"/orders/{code}/apply")
    said(again, f"/orders/{code}")
    page = await boss.get(base)
    assert "报名等你选（1）" in page.text
    said(await boss.post(f"{base}/choose", data={"one": button(page.text, "choose")}), base)

    page = await worker.get(f"/orders/{code}")
    assert "雇主选了你" in page.text
    confirm = re.search(r'action="(/engagements/[^"]+/confirm)"', page.text)
    version = re.search(r'name="terms_version" value="(\d+)"', page.text)
    assert confirm
    assert version
    old = await worker.post(confirm.group(1), data={"terms_version": "99"})
    said(old, "/my/jobs")
    assert "雇主选了你" in (await worker.get(f"/orders/{code}")).text
    answer = await worker.post(confirm.group(1), data={"terms_version": version.group(1)})
    said(answer, "/contracts/")
    contract = answer.headers["location"]
    assert "还差零工、雇主签约" in (await worker.get(contract)).text
    await sign(browsers, worker, contract)
    await sign(browsers, boss, contract)
    assert "/contracts/papers/" not in (await worker.get(contract)).text, "the paper is made by the worker process"
    assert "正在盖章" in (await worker.get(contract)).text
    assert "13800000000" in (await worker.get("/my/jobs")).text.replace(" ", "")

    city.clock.advance(timedelta(hours=25, minutes=40))
    page = await worker.get("/my/jobs")
    arrive = re.search(r'action="(/assignments/[^"]+/arrive)"', page.text)
    assert arrive
    day = clock.business_date(city.clock.now())
    right = attend.arrival_code(city.secrets, order_id, day)
    wrong = await worker.post(arrive.group(1), data={"code": "4x"})
    assert wrong.status_code == 422
    assert 'value="4x"' in wrong.text
    assert "我到了" in (await worker.get("/my/jobs")).text
    page = await boss.get(base)
    assert right in page.text
    said(await worker.post(arrive.group(1), data={"code": right}), "/my/jobs")
    page = await boss.get(base)
    said(await boss.post(f"{base}/start", data={"one": button(page.text, "start")}), base)
    city.clock.advance(timedelta(hours=9))
    page = await boss.get(base)
    one = button(page.text, "finish")
    said(await boss.post(f"{base}/finish", data={"one": one}), base)
    assert "待确认完工" in (await boss.get("/employer")).text
    said(await boss.post(f"{base}/accept", data={"one": one}), base)

    page = await boss.get(base)
    assert f'name="amount_{one}" value="200"' in page.text
    much = await boss.post(f"{base}/pay", data={"one": one, f"amount_{one}": "900", "pay_way": "cash"})
    assert much.status_code == 422
    assert "最多还能登记 200 元" in much.text
    bare = await boss.post(f"{base}/pay", data={"one": one, f"amount_{one}": "200", "pay_way": "wechat"})
    assert bare.status_code == 422
    assert "转账单号" in bare.text
    said(await boss.post(f"{base}/pay", data={"one": one, f"amount_{one}": "200", "pay_way": "cash"}), base)
    page = await worker.get("/my/wages")
    bill = re.search(r'action="(/bills/[^"]+)/received"', page.text)
    assert bill
    said(await worker.post(f"{bill.group(1)}/dispute", data={"got": "0", "reason": "没见到钱"}), "/my/wages")
    assert "他说没收到" in (await boss.get(base)).text
    said(await boss.post(f"{base}/pay", data={"one": one, f"amount_{one}": "200", "pay_way": "cash"}), base)
    said(await worker.post(f"{bill.group(1)}/received"), "/my/wages")
    page = await worker.get("/my/wages")
    assert "已收到" in page.text

    rate = await boss.get(f"{base}/rate")
    engagement = re.search(r'name="one" value="([^"]+)"', rate.text)
    assert engagement
    none = await boss.post(f"{base}/rate", data={"one": engagement[1], "words": "手快"})
    assert none.status_code == 422
    assert 'value="手快"' in none.text
    said(await boss.post(f"{base}/rate", data={"one": engagement[1], "stars": "5", "tags": "手脚快"}), f"{base}/rate")
    assert "评过了：李师傅" in (await boss.get(f"{base}/rate")).text
    receipt = await boss.get(f"{base}/receipt")
    assert "李师傅" in receipt.text
    assert "已收到 200 元" in receipt.text
    known = await boss.get("/employer/people")
    assert "给您干过 1 天" in known.text
    hint = await boss.get("/employer/orders/trade", params={"title": "搬砖小工", "street": "410225001000"})
    assert "小工" in hint.text
    assert "本县" not in hint.text, "one post tells about one employer"
    form = await boss.get("/employer/orders/new", params={"from": str(order_id)})
    assert "先问上回干完活的 1 个人" in form.text
    fields = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', form.text)) | {
        "from": str(order_id), "asks_former": "1", "street": "410225001000", "pay_unit": "day", "settlement": "daily",
        "legal_form": "service", "then": "submit",
    }  # fmt: skip
    fields.pop("_csrf")
    for gone in ("outdoor", "heat", "height", "night", "heavy", "crew_allowed"):
        fields.pop(gone, None)
    again = await boss.post("/employer/orders/new", data=fields)
    said(again, "/employer/orders/")
    async with city.database.begin(*city.colleague) as uow:
        await review.approve(uow, UUID(again.headers["location"].rsplit("/", 1)[1]), call_back="reached")
    await timers.sweep(city.database)
    assert "回头客：给您干过 1 天" in (await boss.get(again.headers["location"])).text
    people = await boss.post("/employer/people/invite", data={"one": "x", "order": str(order_id)})
    assert people.status_code == 409
    rate = re.search(r'action="(/engagements/[^"]+/rate)"', (await worker.get("/my/jobs")).text)
    assert rate
    said(await worker.post(rate.group(1), data={"stars": "5"}), "/my/jobs")
    assert "这家雇主怎么样" not in (await worker.get("/my/jobs")).text


async def test_number_only_on_request_and_after_both_agreed(browsers: Browsers) -> None:
    order_id, code = await browsers.post()
    worker, boss = await browsers.worker(7), await browsers.boss(browsers.city.trusted)
    base = f"/employer/orders/{order_id}"
    await worker.post(f"/orders/{code}/apply")
    page = await boss.get(base)
    one = button(page.text, "choose")
    early = await boss.post(f"{base}/phone", data={"one": one})
    assert early.status_code == 409
    assert "13800000007" not in early.text
    await boss.post(f"{base}/choose", data={"one": one})
    await worker.post(f"/engagements/{one}/confirm")
    page = await boss.get(base)
    assert "13800000007" not in page.text
    shown = await boss.post(f"{base}/phone", data={"one": button(page.text, "phone")})
    assert "13800000007" in shown.text


async def test_all_at_once(browsers: Browsers) -> None:
    city = browsers.city
    order_id, code = await browsers.post()
    boss = await browsers.boss(city.trusted)
    base = f"/employer/orders/{order_id}"
    for n in (1, 2):
        worker = await browsers.worker(n)
        await worker.post(f"/orders/{code}/apply")
        one = button((await boss.get(base)).text, "choose")
        await boss.post(f"{base}/choose", data={"one": one})
        await worker.post(f"/engagements/{one}/confirm")
        await sign(browsers, worker, f"/contracts/{one}")
    assert "和选好的人签约（2 人）" in (await boss.get(base)).text
    code = await code_for(browsers, boss, f"{base}/sign")
    assert "一次签 2 个人" in (await boss.get(f"{base}/sign")).text
    said(await boss.post(f"{base}/sign/", data={"code": code}), base)
    assert "和选好的人签约" not in (await boss.get(base)).text
    city.clock.advance(timedelta(hours=25, minutes=45))
    for path, words in (("arrive", "全都到了（2 人）"), ("start", "全部开工（2 人）"), ("finish", "全部下班（2 人）")):
        assert words in (await boss.get(base)).text
        said(await boss.post(f"{base}/{path}", data={"all": "1"}), base)
        city.clock.advance(timedelta(hours=2))
    said(await boss.post(f"{base}/accept", data={"all": "1"}), base)
    page = await boss.get(base)
    amounts = dict(re.findall(r'name="(amount_[^"]+)" value="([^"]+)"', page.text))
    assert len(amounts) == 2
    one_bad = amounts | {next(iter(amounts)): "99999", "all": "1", "pay_way": "cash"}
    refused = await boss.post(f"{base}/pay", data=one_bad)
    assert refused.status_code == 422
    assert "都记付款（2 人）" in refused.text
    said(await boss.post(f"{base}/pay", data=amounts | {"all": "1", "pay_way": "cash"}), base)
    assert "待确认收款" in (await boss.get(base)).text
