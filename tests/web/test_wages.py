"""Pages of wages: the employer pays in part and by picture, the worker answers, the desk follows up, the ledger is his."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import httpx
import sqlalchemy as sa
from browsing import Browsers, button
from signing import both_sign

from linggong.kernel import clock, timers
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.paths import EVERYWHERE
from linggong.people.models import Person
from linggong.wages.models import Bill
from linggong.work import attend

from .desk import at_post, later

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


async def worked(browsers: Browsers) -> tuple[httpx.AsyncClient, httpx.AsyncClient, UUID]:
    """One job from the board, signed by both sides, to its bill; returns worker, employer and the bill."""
    city = browsers.city
    order_id, code = await browsers.post()
    token, person_id = await browsers.person()
    worker, boss = await browsers.anybody(token), await browsers.boss(city.trusted)
    base = f"/employer/orders/{order_id}"
    await worker.post(f"/orders/{code}/apply")
    one = button((await boss.get(base)).text, "choose")
    await boss.post(f"{base}/choose", data={"one": one})
    await worker.post(f"/engagements/{one}/confirm")
    him = Actor(kind="worker", id=person_id, role="worker"), EVERYWHERE
    await both_sign(city.database, UUID(one), him, city.employer(city.trusted))
    city.clock.advance(timedelta(hours=25, minutes=40))
    arrive = re.search(r'action="(/assignments/[^"]+/arrive)"', (await worker.get("/my/jobs")).text)
    assert arrive
    day_code = attend.arrival_code(city.secrets, order_id, clock.business_date(city.clock.now()))
    await worker.post(arrive.group(1), data={"code": day_code})
    one = button((await boss.get(base)).text, "start")
    await boss.post(f"{base}/start", data={"one": one})
    city.clock.advance(timedelta(hours=9))
    for step in ("finish", "accept"):
        await boss.post(f"{base}/{step}", data={"one": one})
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        bill_id = await uow.session.scalar(sa.select(Bill.id))
        for person in await uow.session.scalars(sa.select(Person)):
            person.id_sealed = city.secrets.sealer.seal("410225196805010016", f"persons.id_sealed.{person.id}")
    assert bill_id is not None
    return worker, boss, bill_id


async def test_paid_in_two_parts_with_a_picture(browsers: Browsers) -> None:
    worker, boss, bill = await worked(browsers)
    assert "付工钱" in (await boss.get("/employer/wages")).text
    leader = {"amount": "200", "pay_way": "bank", "voucher": "B1", "payee_name": "王班长"}
    refused = await boss.post(f"/employer/wages/{bill}/pay", data=leader)
    assert refused.status_code == 422
    assert "收款人不是这位零工本人" in refused.text
    assert re.search(r'name="amount"[^>]* value="200"', refused.text)
    assert 'value="B1"' in refused.text
    assert re.search(r'<option value="bank" selected>', refused.text), "what was typed comes back (R045)"
    lost = {"amount": "很多", "pay_way": "wechat", "witness": '李<四"'}
    lost_page = await boss.post(
        f"/employer/wages/{bill}/pay", data=lost, files={"picture": ("p.png", PNG, "image/png")}
    )
    assert "付了多少：金额请填数字" in lost_page.text
    assert "文件没有留下，请重新选" in lost_page.text
    assert 'value="李&lt;四&quot;"' in lost_page.text
    part = {"amount": "120", "pay_way": "wechat"}
    done = await boss.post(f"/employer/wages/{bill}/pay", data=part, files={"picture": ("pay.png", PNG, "image/png")})
    assert done.status_code == 303
    page = (await worker.get("/my/wages")).text
    proof = re.search(r'href="(/api/v1/payment-proofs/[^"]+)"', (await boss.get("/employer/wages")).text)
    assert proof
    assert (await worker.get(proof.group(1))).content == PNG
    assert (await (await browsers.worker(7)).get(proof.group(1))).status_code == 404
    assert "收到了，钱对" in page
    short = await worker.post(f"/bills/{bill}/dispute", data={"got": "100", "reason": "少20"})
    assert short.headers["location"] == "/my/wages"
    assert "他说没收到" in (await boss.get("/employer/wages")).text
    assert 'value="100"' in (await boss.get("/employer/wages")).text, "100 came, 100 are left"
    line = {"kind": "travel", "words": "回程车费", "amount": "15"}
    assert (await boss.post(f"/employer/wages/{bill}/line", data=line)).status_code == 303
    fine = await boss.post(f"/employer/wages/{bill}/deduct", data={"what": "tools", "amount": "5"})
    assert fine.status_code == 422
    assert "约定里没有写工具钱" in fine.text
    for amount in ("60", "55"):
        await boss.post(f"/employer/wages/{bill}/pay", data={"amount": amount, "pay_way": "cash"})
    page = (await worker.get("/my/wages")).text
    first = re.search(r'name="payment" value="([^"]+)"><button[^>]*>.{0,200}60 元收到了', page)
    assert first
    lost_one = {"payment": first[1], "got": "x"}
    assert re.search(
        rf'value="{first[1]}">(?s:.)*?value="x"', (await worker.post(f"/bills/{bill}/dispute", data=lost_one)).text
    )
    await worker.post(f"/bills/{bill}/dispute", data=lost_one | {"got": "0"})
    await worker.post(f"/bills/{bill}/received")
    assert "已收到" not in (await worker.get("/my/wages")).text, "he meant the first one: 60 are still owed"
    await boss.post(f"/employer/wages/{bill}/pay", data={"amount": "60", "pay_way": "cash"})
    await worker.post(f"/bills/{bill}/received")
    slip = (await worker.get(f"/bills/{bill}/slip")).text
    assert "215 元" in slip
    assert "已收到" in (await worker.get("/my/wages")).text
    for stranger in (await browsers.worker(7), await browsers.boss(browsers.city.elsewhere)):
        assert (await stranger.get(f"/bills/{bill}/slip")).status_code == 404


async def test_the_desk_follows_what_is_late(browsers: Browsers) -> None:
    _, boss, bill = await worked(browsers)
    await later(browsers, hours=22)
    await timers.sweep(browsers.city.database)
    assert "过期没付" in (await boss.get("/employer")).text
    clerk = await at_post(browsers, "wage-clerk")
    page = (await clerk.get("/desk/wages")).text
    assert "过期没付（1）" in page
    bad = await clerk.post(f"/desk/wages/{bill}/pay", data={"amount": "9999", "pay_way": "cash", "witness": "李四"})
    assert bad.status_code == 422
    assert "付了多少：最多还能登记" in bad.text
    assert re.search(r"<details open><summary>记付款", bad.text)
    assert re.search(r'value="9999".*value="李四"', bad.text, re.S)
    said = await clerk.post(f"/desk/wages/{bill}/unreachable", data={"note": "8点、9点各打一次，关机"})
    assert said.status_code == 303
    assert (await clerk.post(f"/desk/wages/{bill}/authority/refer", data={})).status_code == 403
    assert (await clerk.post("/desk/wages/ledger", data={})).status_code == 403
    bureau = await at_post(browsers, "wage-bureau", "county_bureau", "/4102/25/")
    page = (await bureau.get("/desk/wages")).text
    assert "转办" in page
    sent = {"authority": "县劳动保障监察大队", "number": "LK-26-7"}
    assert (await bureau.post(f"/desk/wages/{bill}/authority/refer", data=sent)).status_code == 303
    ledger = await bureau.post("/desk/wages/ledger", data={"first": "2026-03-01", "last": "2026-03-31"})
    assert ledger.content.startswith(b"PK")
    assert "no-store" in ledger.headers["cache-control"]
    slip = {"picture": ("slip.png", PNG, "image/png")}
    await clerk.post(f"/desk/wages/{bill}/pay", data={"amount": "200", "pay_way": "cash"}, files=slip)
    proof = re.search(r'href="(/api/v1/payment-proofs/[^"]+)"', (await clerk.get("/desk/wages")).text)
    assert proof, "the slip of the cash is kept at the desk too"
    assert (await clerk.get(proof.group(1))).content == PNG
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        payment = await uow.session.scalar(sa.text("SELECT id FROM payments"))
    await clerk.post(f"/desk/wages/payments/{payment}/received", data={"proof": "fingerprint"})
    assert "一人代办双方" in (await clerk.get("/desk/wages")).text
    colleague = await at_post(browsers, "wage-colleague")
    await colleague.post(f"/desk/wages/payments/{payment}/called-back", data={"note": "他说收到了"})
    assert "没有过期的工钱" in (await clerk.get("/desk/wages")).text


async def test_the_employers_own_ledger_and_an_empty_statement(browsers: Browsers) -> None:
    _, boss, _ = await worked(browsers)
    ledger = await boss.post("/employer/wages/ledger", data={"first": "2026-03-01", "last": "2026-03-31"})
    assert ledger.content.startswith(b"PK")
    wrong = await boss.post("/employer/wages/ledger", data={"first": "2026-03-31", "last": "2026-03-01"})
    assert wrong.status_code == 422
    nothing = await boss.post("/employer/wages/statement", data={})
    assert "请先选银行导出的流水" in nothing.text
    found = {"file": ("流水.csv", "流水号,收款人,金额\nL1,谁也不是,5\n".encode(), "text/csv")}
    assert "没有找到对得上的工资单" in (await boss.post("/employer/wages/statement", files=found)).text
