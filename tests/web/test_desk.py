"""The clerk's pages: who gets in, what is refused and told, and a working day from registration to the money."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

from browsing import Browsers, button
from small_city import OTHER_STATION, good

from linggong.market import service

from .desk import at_post, flash, later, order_form, said, worker_form

PAGES = (
    "/desk", "/desk/register", "/desk/post", "/desk/post/trade?title=搬砖", "/desk/review", "/desk/orders",
    "/desk/orders?show=short", "/desk/orders?show=calls", "/desk/orders?show=work", "/desk/orders?show=unpaid",
    "/desk/orders?show=back", "/desk/people", "/desk/employers", "/desk/employers/new", "/desk/import",
    "/desk/import/template/people.csv", "/desk/import/template/posts.csv",
)  # fmt: skip


async def test_the_desk_is_open_to_its_staff_alone(browsers: Browsers) -> None:
    order_id, _ = await browsers.post()
    clerk, other = await browsers.clerk(), await at_post(browsers, "zhao", path=OTHER_STATION)
    operator = await at_post(browsers, "wang", "county_operator", "/4102/25/")
    bureau = await at_post(browsers, "sun", "county_bureau", "/4102/25/")
    anybody, worker = await browsers.anybody(), await browsers.worker()
    boss = await browsers.boss(browsers.city.trusted)
    for page in PAGES:
        for who in (clerk, other, operator):
            assert (await who.get(page)).status_code == 200, page
        assert (await worker.get(page)).status_code == 403, page
        assert (await boss.get(page)).status_code == 403, page
        assert (await anybody.get(page)).status_code == 303, page
    for page in ("/desk/review", "/desk/people", "/desk/employers"):
        assert (await bureau.get(page)).status_code == 200, page
    for page in ("/desk", "/desk/register", "/desk/post", "/desk/import", "/desk/employers/new"):
        assert (await bureau.get(page)).status_code == 403, page
    own = f"/desk/orders/{order_id}"
    assert (await clerk.get(own)).status_code == 200
    assert (await operator.get(own)).status_code == 200
    assert (await other.get(own)).status_code == 404
    assert (await clerk.get(f"/desk/orders/{uuid4()}")).status_code == 404
    await browsers.person(9)
    for page in ("/desk", "/desk/orders", "/desk/people"):
        assert (await other.get(page)).text.count(str(order_id)) == 0, page
        assert "李国强" not in (await other.get(page)).text
    assert str(order_id) in (await clerk.get("/desk")).text
    assert "李国强" in (await clerk.get("/desk")).text
    for step in ("apply", "refresh", "cancel", "phone", "choose", "pay"):
        answer = await other.post(
            f"{own}/{step}", data={"one": str(uuid4()), "worker": str(uuid4()), "reason": "employer"}
        )
        assert answer.status_code == 404, step
    assert (await other.get(f"/desk/post?from={order_id}")).status_code == 404
    assert (await other.get(f"/desk/post?employer={browsers.city.trusted}")).status_code == 404
    for who, where in ((clerk, "/desk"), (operator, "/bureau"), (bureau, "/bureau"), (worker, "/my/jobs")):
        said(await who.get("/home"), where)


async def test_the_menu_shows_what_a_post_may_open(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    operator = await at_post(browsers, "wang", "county_operator", "/4102/25/")
    bureau = await at_post(browsers, "sun", "county_bureau", "/4102/25/")
    for who, home in ((clerk, "/desk"), (operator, "/bureau"), (bureau, "/bureau")):
        page = (await who.get(home)).text
        menu = page[page.index('<ul class="desk-nav">') : page.index("</ul>")]
        links = re.findall(r'href="([^"]+)"', menu)
        assert links
        for link in links:
            answer = await who.get(link)
            if answer.status_code == 303:  # whoever has one place only comes to it at once
                assert answer.headers["location"].startswith(link)
                answer = await who.get(answer.headers["location"])
            assert answer.status_code == 200, link
    assert "/bureau" not in (await clerk.get("/desk")).text
    assert 'action="/sign-out"' in (await clerk.get("/desk")).text


async def test_posting_is_checked_repeated_returned_and_mended(browsers: Browsers) -> None:
    city = browsers.city
    clerk, colleague = await browsers.clerk(), await at_post(browsers, "zhou")
    page = await clerk.get(f"/desk/post?employer={city.fresh}")
    assert "兰考食品厂" in page.text
    assert re.search(r'value="410225001000"[^>]* selected', page.text)
    assert "小工" in (await clerk.get("/desk/post/trade", params={"title": "搬砖小工"})).text
    bad = await clerk.post("/desk/post", data=order_form(city.fresh, title="只招男工", pay="5", wanted="x", address=""))
    assert bad.status_code == 422
    assert 'href="#wanted"' in bad.text
    assert 'value="只招男工"' in bad.text
    bad = await clerk.post("/desk/post", data=order_form(city.fresh, title="只招男工", pay="5", address=""))
    for name in ("title", "pay", "address"):
        assert f'href="#{name}"' in bad.text, name
    assert "13800000001" not in bad.text
    assert (await clerk.post("/desk/post", data=order_form(city.elsewhere))).status_code == 404
    assert (await clerk.post("/desk/post", data={"title": "搬砖"})).status_code == 200
    blocked = await clerk.post("/desk/post", data=order_form(city.unverified))
    assert blocked.status_code == 422
    assert "没有核实" in blocked.text
    sent = await clerk.post("/desk/post", data=order_form(city.fresh, trade_guess="6-29-99-00"))
    said(sent, "/desk/orders/")
    order = sent.headers["location"].rpartition("/")[2]
    queue = await clerk.get("/desk/review")
    assert "您代录的" in queue.text
    assert f"/desk/review/{order}/approve" not in queue.text
    own = await clerk.post(f"/desk/review/{order}/approve", data={"call_back": "reached"})
    assert "不能自己审" in await flash(clerk, own)
    nothing = await colleague.post(f"/desk/review/{order}/return", data={})
    assert "至少选一个原因" in await flash(colleague, nothing)
    reasons = {"reasons": ["place", "time"], "note": "写清几号门"}
    said(await colleague.post(f"/desk/review/{order}/return", data=reasons), "/desk/review")
    back = await clerk.get(f"/desk/orders/{order}")
    assert "退回：地点找不到" in back.text
    assert "写清几号门" in back.text
    assert f"/desk/orders/{order}" in (await clerk.get("/desk/orders?show=back")).text
    form = await clerk.get(f"/desk/post?edit={order}")
    assert "退回的原因：地点找不到" in form.text
    assert "13800000001" not in form.text
    again = await clerk.post("/desk/post", data=order_form(city.fresh, edit=order, address="东关工地 3 号门"))
    said(again, f"/desk/orders/{order}")
    shown = await colleague.post(f"/desk/review/{order}/phone")
    assert "tel:13800000001" in shown.text
    uncalled = await colleague.post(f"/desk/review/{order}/approve", data={"call_back": "not_reached"})
    assert "打通后再通过" in await flash(colleague, uncalled)
    said(await colleague.post(f"/desk/review/{order}/approve", data={"call_back": "reached"}), "/desk/review")
    assert "招工中" in (await clerk.get(f"/desk/orders/{order}")).text
    gone = await colleague.post(f"/desk/review/{order}/approve", data={"call_back": "reached"})
    assert "别人已经审过" in await flash(colleague, gone)
    repeat = await clerk.get(f"/desk/post?from={order}")
    assert 'value="搬砖小工"' in repeat.text
    assert 'value="东关工地 3 号门"' in repeat.text
    assert "照上次" in (await clerk.get("/desk/post")).text


async def test_a_working_day_at_the_desk(browsers: Browsers) -> None:
    order_id, _ = await browsers.post(headcount=2)
    clerk, colleague = await browsers.clerk(), await at_post(browsers, "zhou")
    await clerk.post("/desk/register", data=worker_form(1))
    await clerk.post("/desk/register", data=worker_form(2, name="孙国强"))
    home = await clerk.get("/desk")
    people = dict(re.findall(r'name="worker" value="([^"]+)".*?<strong>([^<]+)</strong>', home.text, re.S))
    assert set(people.values()) == {"赵大明", "孙国强"}
    one, two = sorted(people, key=lambda k: people[k] != "赵大明")
    assert f'name="order" value="{order_id}"' in home.text
    nothing = await clerk.post("/desk/match", data={"worker": one})
    assert "左边选一个人" in await flash(clerk, nothing)
    assert "没派成" in await flash(clerk, await clerk.post("/desk/match", data={"worker": one, "order": str(uuid4())}))
    pair = {"worker": one, "order": str(order_id)}
    wrong = await clerk.post("/desk/match", data=pair, files={"photo": ("a.jpg", b"no photo", "image/jpeg")})
    assert "没派成" in await flash(clerk, wrong)
    matched = await clerk.post("/desk/match", data=pair, files={"photo": ("a.jpg", b"\xff\xd8\xff slip", "image/jpeg")})
    words = await flash(clerk, matched)
    assert "赵师傅派好了" in words
    assert "照片也存了" in words
    base = f"/desk/orders/{order_id}"
    said(await clerk.post(f"{base}/apply", data={"worker": two}), base)
    twice = await clerk.post(f"{base}/apply", data={"worker": two})
    assert "已经报过名" in await flash(clerk, twice)
    page = await clerk.get(base)
    assert "赵大明" in page.text, "confirmed: he is called by his name"
    assert "<strong>孙**</strong>" in page.text, "an applicant is not"
    await clerk.post(f"{base}/choose", data={"one": button(page.text, "choose")})
    page = await clerk.get(base)
    said(await clerk.post(f"{base}/confirm", data={"one": button(page.text, "confirm")}), base)
    assert "/desk/orders?show=calls" in (await clerk.get("/desk")).text
    assert "孙女士" in (await clerk.get("/desk/orders?show=calls")).text
    page = await colleague.get(base)
    calls = re.findall(r'action="[^"]+/called".*?name="one" value="([^"]+)"', page.text, re.S)
    assert len(calls) == 2
    for engagement in calls:
        call = {"one": engagement, "reached": "worker", "note": "说定了 200 一天"}
        assert "另一位工作人员" in await flash(clerk, await clerk.post(f"{base}/called", data=call))
        assert "回访记下了" in await flash(colleague, await colleague.post(f"{base}/called", data=call))
    assert "要回访的" not in (await clerk.get(base)).text

    early = await clerk.post(f"{base}/arrive", data={"one": button((await clerk.get(base)).text, "arrive")})
    assert "还没到签到时间" in await flash(clerk, early)
    await later(browsers, hours=26)
    ids = re.findall(r'name="ids" value="([^"]+)"', (await clerk.get(base)).text)
    assert len(ids) == 2
    assert "先勾人" in await flash(clerk, await clerk.post(f"{base}/arrive"))
    for step, words in (
        ("arrive", "到岗记下了（2 人）"),
        ("start", "开工记下了（2 人）"),
        ("finish", "下班记下了（2 人）"),
    ):
        assert words in await flash(clerk, await clerk.post(f"{base}/{step}", data={"ids": ids})), step
        await later(browsers, hours=4)
    assert "等认定完工" in (await clerk.get("/desk")).text
    assert f"/desk/orders/{order_id}" in (await clerk.get("/desk/orders?show=work")).text
    assert "认定了" in await flash(clerk, await clerk.post(f"{base}/accept", data={"ids": ids}))

    page = (await clerk.get(base)).text
    amounts = dict(re.findall(r'name="(amount_[^"]+)" value="([^"]+)"', page))
    assert len(amounts) == 2
    assert all(float(a) > 0 for a in amounts.values())
    bare = await clerk.post(f"{base}/pay", data=amounts | {"one": ids[0], "pay_way": "wechat"})
    assert "转账单号" in await flash(clerk, bare)
    much = await clerk.post(f"{base}/pay", data={f"amount_{ids[0]}": "9999", "one": ids[0], "pay_way": "cash"})
    assert "最多还能登记" in await flash(clerk, much)
    word = await clerk.post(f"{base}/pay", data={f"amount_{ids[0]}": "很多", "one": ids[0], "pay_way": "cash"})
    assert "请填数字" in await flash(clerk, word)
    paid = await clerk.post(f"{base}/pay", data=amounts | {"ids": ids, "pay_way": "cash"})
    assert "付款记下了，等零工回话（2 人）" in await flash(clerk, paid)
    denied = await clerk.post(f"{base}/denied", data={"one": ids[0]})
    assert "没收到，记下了" in await flash(clerk, denied)
    assert "他说没收到，请核对后再付" in (await clerk.get(base)).text
    await clerk.post(f"{base}/pay", data=amounts | {"one": ids[0], "pay_way": "cash"})
    assert "收到了，记下了（2 人）" in await flash(clerk, await clerk.post(f"{base}/received", data={"ids": ids}))
    page = (await clerk.get(base)).text
    assert page.count("已结清") >= 2
    assert (await clerk.post(f"{base}/fly", data={"one": ids[0]})).status_code == 404


async def test_who_works_today_does_not_wait(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    order_id, _ = await browsers.post(starts_at=browsers.city.clock.now() + timedelta(hours=2),
                                      ends_at=browsers.city.clock.now() + timedelta(hours=9))  # fmt: skip
    _, free = await browsers.person(1)
    _, busy = await browsers.person(2, "孙国强")
    said(await clerk.post("/desk/match", data={"worker": str(busy), "order": str(order_id)}), "/desk")
    home = (await clerk.get("/desk")).text
    assert str(free) in home
    assert str(busy) not in home
    assert f'value="{busy}" required checked' in (await clerk.get(f"/desk?worker={busy}")).text
    assert (await clerk.get("/desk?worker=x")).status_code == 422


async def test_a_post_is_kept_alive_by_a_call_or_cancelled(browsers: Browsers) -> None:
    order_id, _ = await browsers.post(starts_at=good().starts_at + timedelta(days=3), ends_at=good().ends_at + timedelta(days=3))  # fmt: skip
    clerk = await browsers.clerk()
    assert str(order_id) not in (await clerk.get("/desk/orders?show=calls")).text
    await later(browsers, hours=13)
    assert str(order_id) in (await clerk.get("/desk/orders?show=calls")).text
    said(await clerk.post(f"/desk/orders/{order_id}/refresh", data={"from": "calls"}), "/desk/orders?show=calls")
    assert str(order_id) not in (await clerk.get("/desk/orders?show=calls")).text
    odd = await clerk.post(f"/desk/orders/{order_id}/cancel", data={"reason": "moon"})
    assert "没有这个原因" in await flash(clerk, odd)
    said(await clerk.post(f"/desk/orders/{order_id}/cancel", data={"reason": "weather"}), f"/desk/orders/{order_id}")
    page = (await clerk.get(f"/desk/orders/{order_id}")).text
    assert "已取消" in page
    assert "取消这单" not in page


async def test_an_order_at_another_station_keeps_its_telephone(browsers: Browsers) -> None:
    city = browsers.city
    async with city.database.begin(*city.staff(OTHER_STATION)) as uow:
        order = await service.create_order(
            uow, city.secrets.sealer, good(), employer_id=city.elsewhere, tenant=OTHER_STATION, submit=True
        )
        other = order.id
    clerk = await browsers.clerk()
    assert (await clerk.post(f"/desk/review/{other}/phone")).status_code == 404
    assert (await clerk.post(f"/desk/review/{other}/approve")).status_code == 404
    assert (await clerk.post(f"/desk/orders/{other}/phone")).status_code == 404
    assert str(other) not in (await clerk.get("/desk/review")).text
