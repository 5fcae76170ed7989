"""Bad input over HTTP: wrong hands, stale terms, wrong amounts, wrong payees, odd shifts, wrong ages, late cover, forged files."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from linggong.contracts import documents
from linggong.cover import line, protocol
from linggong.cover.insurer import HttpInsurer
from linggong.cover.protocol import Reply
from linggong.cover.standin import InProcess, StandIn
from linggong.demo.paths import cast, steps
from linggong.demo.paths.stage import DAY, Stage, Who
from linggong.demo.paths.wages import account
from linggong.invariants import run
from linggong.kernel import outbox
from tests.contracts import papers

CHINESE = re.compile("[\u4e00-\u9fff]")


async def _cast(stage: Stage, names: tuple[str, ...] = ("张保田", "李守义")) -> tuple[Who, list[Who]]:
    stage.clock.move_to(stage.at(5, 30, day=DAY))
    await cast.staffed(stage, "驿站", "同事", "县局")
    boss = await cast.employer(stage, "龙亭小宋城饭店", agent="宋经理", n=901)
    people = [(await cast.workers(stage, [n], first=i, bank_account=account(i)))[0] for i, n in enumerate(names, 1)]
    return boss, people


async def _billed(stage: Stage) -> tuple[Who, list[Who], str, dict[str, Any]]:
    boss, people = await _cast(stage)
    order = await steps.post(stage, boss, cast.order_form(stage, headcount=2))
    engagement, shift = await steps.taken(stage, people[0], order, boss)
    await steps.countersign(stage, boss, order, engagement)
    await stage.until(stage.at(7, 0, day=DAY))
    await steps.come(stage, people[0], shift, order)
    await stage.until(stage.at(16, 30, day=DAY))
    await steps.finish(stage, people[0], shift)
    return boss, people, order, await steps.accept(stage, boss, shift)


async def _status(stage: Stage, who: Who, path: str, body: Any, method: str = "POST") -> tuple[int, str]:
    answer = await stage.send(who, method, path, body)
    assert answer.status_code != 500, answer.text
    return answer.status_code, answer.text


@pytest.fixture(autouse=True)
async def _nothing_is_broken(owner_of: asyncpg.Connection[Any]) -> Any:
    yield
    report = await run.check(owner_of)
    assert report.violations == []


async def test_wrong_amounts(stage: Stage, owner_of: asyncpg.Connection[Any]) -> None:
    boss, _, _, bill = await _billed(stage)
    path = f"/api/v1/bills/{bill['id']}/payments"
    for amount in (-1, 0, bill["total_fen"] + 1, 10**12, 1.5, "二百", None):
        status, text = await _status(stage, boss, path, {"amount_fen": amount, "channel": "cash"})
        assert status in (400, 422), (amount, status, text)
        assert CHINESE.search(text), (amount, text)
    assert await owner_of.fetchval("SELECT count(*) FROM payments") == 0
    assert (await _status(stage, boss, path, {"amount_fen": bill["total_fen"], "channel": "cash"}))[0] == 201


async def test_payee_is_the_worker(stage: Stage) -> None:
    boss, people, _, bill = await _billed(stage)
    path = f"/api/v1/bills/{bill['id']}/payments"
    body = {"amount_fen": 100, "channel": "bank", "voucher": "D1"}
    for more in ({"payee_account": account(2)}, {"payee_name": people[1].name}, {"payee_account": "62220211234"}):
        status, text = await _status(stage, boss, path, {**body, **more})
        assert (status, "本人" in text) == (422, True), (more, text)
    assert (await _status(stage, boss, path, {**body, "payee_account": account(1)}))[0] == 201


async def test_wrong_hands(stage: Stage) -> None:
    boss, people, order, bill = await _billed(stage)
    worker, stranger = people
    clerk, bureau = stage.people["驿站"], stage.people["县局"]
    shift = bill["assignment_id"]
    engagement = bill["engagement_id"]
    pay = {"amount_fen": 100, "channel": "cash"}
    tries = (
        (worker, f"/api/v1/bills/{bill['id']}/payments", pay),
        (stranger, f"/api/v1/bills/{bill['id']}/payments", pay),
        (bureau, f"/api/v1/bills/{bill['id']}/payments", pay),
        (worker, f"/api/v1/assignments/{shift}/accept", {}),
        (stranger, f"/api/v1/assignments/{shift}/finish", {}),
        (boss, f"/api/v1/engagements/{engagement}/confirm", {}),
        (stranger, f"/api/v1/engagements/{engagement}/withdraw", {"reason": ""}),
        (worker, f"/api/v1/engagements/{engagement}/offer", {}),
        (worker, f"/api/v1/orders/{order}/cancel", {"reason": "employer"}),
        (boss, f"/api/v1/orders/{order}/approve", {"call_back": "reached"}),
        (boss, f"/api/v1/orders/{order}/takedown", {"note": "x"}),
        (worker, f"/api/v1/orders/{order}/suspend", {"reason": "fee"}),
        (clerk, f"/api/v1/orders/{order}/takedown", {"note": "x"}),
        (stranger, f"/api/v1/assignments/{uuid4()}/accept", {}),
    )
    for who, path, body in tries:
        status, text = await _status(stage, who, path, body)
        assert status in (403, 404, 409, 422), (who.name, path, status, text)
        assert CHINESE.search(text), (who.name, path, text)


async def test_stale_terms(stage: Stage) -> None:
    boss, people = await _cast(stage)
    order = await steps.post(stage, boss, cast.order_form(stage, headcount=2))
    engagement = await steps.apply(stage, people[0], order)
    await steps.offer(stage, boss, engagement)
    change = {"kind": "price", "pay_fen": 25000, "reason": "活重"}
    await stage.ask(boss, "涨价", "POST", f"/api/v1/orders/{order}/terms-changes/", change)
    path = f"/api/v1/engagements/{engagement}/confirm"
    assert "改过" in await stage.refused(people[0], "按旧价确认", "POST", path, {"terms_version": 1})
    for body in ({}, None, {"terms_version": None}):
        status, text = await _status(stage, people[0], path, body)
        assert (status, "terms_version" in text and "哪一版" in text) == (422, True), text
    # Asked anew under the terms in force, he may say yes to what he reads now.
    assert (await _status(stage, people[0], path, {"terms_version": 2}))[0] == 200


async def test_stale_contract_text(stage: Stage) -> None:
    boss, people = await _cast(stage)
    order = await steps.post(stage, boss, cast.order_form(stage, headcount=2))
    engagement = await steps.apply(stage, people[0], order)
    await steps.offer(stage, boss, engagement)
    await steps.confirm(stage, people[0], engagement)
    body = {"side": "worker", "witness": "村会计", "text_hash": "0" * 64}
    clerk = stage.people["驿站"]
    assert "改过" in await stage.refused(clerk, "签旧文本", "POST", f"/api/v1/engagements/{engagement}/contract", body)


async def test_shift_over_midnight_is_one_day_and_falls_due_after_its_end(stage: Stage) -> None:
    boss, people = await _cast(stage)
    form = cast.order_form(
        stage, title="夜班理货", starts_at=stage.at(20, 0, day=DAY).isoformat(), headcount=2, conditions=["night"],
        ends_at=stage.at(4, 0, day=DAY + timedelta(days=1)).isoformat(), meal_minutes=0,
    )  # fmt: skip
    order = await steps.post(stage, boss, form)
    engagement, shift = await steps.taken(stage, people[0], order, boss)
    await steps.countersign(stage, boss, order, engagement)
    await stage.until(stage.at(19, 50, day=DAY))
    await steps.come(stage, people[0], shift, order)
    await stage.until(stage.at(4, 0, day=DAY + timedelta(days=1)))
    await steps.finish(stage, people[0], shift)
    bill = await steps.accept(stage, boss, shift)
    assert (bill["work_date"], bill["total_fen"]) == (DAY.isoformat(), 20_000)
    assert (
        bill["due_at"].startswith(f"{DAY + timedelta(days=1)}T00:00") is True
    )  # 08:00 in Kaifeng: its end and four hours


async def test_overlapping_shifts(stage: Stage) -> None:
    boss, people = await _cast(stage)
    first = await steps.post(stage, boss, cast.order_form(stage, headcount=2))
    await steps.taken(stage, people[0], first, boss)
    later = {"starts_at": stage.at(16, 0, day=DAY).isoformat(), "ends_at": stage.at(20, 0, day=DAY).isoformat()}
    second = await steps.post(
        stage, boss, cast.order_form(stage, title="晚上帮工", headcount=2, meal_minutes=0, pay_fen=12000, **later)
    )
    assert "时间冲突" in await stage.refused(people[0], "重班", "POST", f"/api/v1/orders/{second}/applications", {})
    # One that ends as the other begins is no overlap.
    touching = later | {
        "starts_at": stage.at(16, 30, day=DAY).isoformat(),
        "ends_at": stage.at(21, 0, day=DAY).isoformat(),
    }
    third = await steps.post(
        stage, boss, cast.order_form(stage, title="夜市帮工", headcount=2, meal_minutes=0, pay_fen=12000, **touching)
    )
    await steps.apply(stage, people[0], third)


async def test_ages(stage: Stage, owner_of: asyncpg.Connection[Any]) -> None:
    boss, _ = await _cast(stage, ())
    clerk = stage.people["驿站"]
    young = cast.worker_form(30, "小满", born=f"{DAY.year - 15}{DAY:%m%d}")
    assert "16" in await stage.refused(clerk, "登记 15 岁", "POST", "/api/v1/workers", young)
    assert await owner_of.fetchval("SELECT count(*) FROM persons WHERE name = '小满'") == 0
    (teen,) = await cast.workers(stage, ["小寒"], first=31, born=f"{DAY.year - 17}{DAY:%m%d}")
    heavy = await steps.post(stage, boss, cast.order_form(stage, headcount=2, conditions=["heavy"]))
    assert "18" in await stage.refused(teen, "17 岁报重活", "POST", f"/api/v1/orders/{heavy}/applications", {})
    # A birthday that comes between two shifts does not help: it is the first day that counts.
    (almost,) = await cast.workers(stage, ["小暑"], first=32, born=f"{DAY.year - 16}{DAY:%m%d}")
    await owner_of.execute("UPDATE persons SET birth_date = birth_date + 1 WHERE id = $1", UUID(str(almost.id)))
    light = await steps.post(stage, boss, cast.order_form(stage, title="发传单", headcount=2))
    assert "16" in await stage.refused(almost, "差一天 16 岁", "POST", f"/api/v1/orders/{light}/applications", {})


async def test_odd_orders(stage: Stage) -> None:
    boss, _ = await _cast(stage, ())
    for changes in (
        {"headcount": 0}, {"headcount": -3}, {"headcount": 10**6}, {"pay_fen": 0}, {"pay_fen": -1}, {"pay_fen": 10**12},
        {"starts_at": stage.at(4, 0, day=DAY).isoformat()}, {"ends_at": stage.at(7, 0, day=DAY).isoformat()},
        {"starts_at": "2026-05-20T07:30:00"}, {"last_date": "2026-05-01"}, {"division_code": "999999999999"},
        {"meal_minutes": 1440}, {"title": ""}, {"pay_unit": "moon"},
    ):  # fmt: skip
        status, text = await _status(stage, boss, "/api/v1/orders/", cast.order_form(stage, **changes))
        assert status in (400, 422), (changes, status, text)
        assert CHINESE.search(text), (changes, text)


async def test_cover_that_starts_late_starts_no_shift(stage: Stage) -> None:
    boss, people = await _cast(stage)
    bureau, clerk = stage.people["县局"], stage.people["驿站"]
    product = {
        "code": "LG-JB", "name": "零工基本意外险", "insurer": "某保险公司", "kind": "basic", "payer": "government",
        "premium_day_fen": 50, "death_fen": 30_000_000, "medical_fen": 3_000_000, "min_age": 16, "max_age": 65,
        "classes": [1, 2, 3, 4], "made_up": True, "place": cast.COUNTY,
    }  # fmt: skip
    await stage.ask(bureau, "登记保险产品", "POST", "/api/v1/cover/products", product)
    order = await steps.post(stage, boss, cast.order_form(stage, headcount=2))
    engagement, shift = await steps.taken(stage, people[0], order, boss)
    await steps.countersign(stage, boss, order, engagement)
    key = line.key_of(stage.app.state.settings, stage.secrets)
    wire = InProcess(StandIn(key))
    wire.standin.behave("pending")
    insurer = HttpInsurer("http://insurer.test", key, transport=wire)
    line.use(insurer, stage.secrets.sealer)
    try:
        assert await outbox.work(stage.database, line.SYSTEM) == 1
    finally:
        line.use(None, None)
        await insurer.aclose()
    # What the insurer says afterwards, at the callback: yes, from nine o'clock, an hour and a half after the shift begins.
    (decided,) = wire.later
    late = msgspec.structs.replace(msgspec.json.decode(decided, type=Reply), effective_at=stage.at(9, 0, day=DAY))
    body = msgspec.json.encode(late)
    forged = {**wire.standin.callback_headers(body), protocol.SIGNATURE: "t=1,v=0"}
    assert (await _raw(stage, protocol.CALLBACK_PATH, body, forged)).status_code == 403
    assert (await _raw(stage, protocol.CALLBACK_PATH, body, wire.standin.callback_headers(body))).status_code == 200
    await stage.until(stage.at(7, 20, day=DAY))
    await steps.come(stage, people[0], shift, order)
    await stage.until(stage.at(7, 40, day=DAY))
    start = f"/api/v1/assignments/{shift}/start"
    for who in (boss, clerk):
        status, text = await _status(stage, who, start, {})
        assert (status, "生效" in text) == (409, True), text
    await stage.until(stage.at(9, 30, day=DAY))
    assert (await _status(stage, boss, start, {}))[0] == 409, (
        "cover that began after he came does not count for this shift"
    )
    assert await stage.state("assignments", shift) == "A_ARRIVED"


async def test_a_file_with_a_page_more_is_no_contract(stage: Stage, owner_of: asyncpg.Connection[Any]) -> None:
    checks = "/api/v1/contract-checks"
    for junk in (b"%PDF-1.7\n%%EOF\n", b"", b"\x00" * 5000, b"not a pdf"):
        answer = await _raw(stage, checks, junk)
        assert answer.status_code < 500, answer.text
        assert CHINESE.search(answer.text), (junk, answer.text)
        assert answer.json().get("good") is not True
    boss, people = await _cast(stage)
    order = await steps.post(stage, boss, cast.order_form(stage, headcount=2))
    engagement, _ = await steps.taken(stage, people[0], order, boss)
    await steps.countersign(stage, boss, order, engagement)
    file = await owner_of.fetchval("SELECT id FROM contract_files WHERE engagement_id = $1", UUID(engagement))
    assert await documents.seal(stage.database, stage.app.state.settings, file)
    answer = await stage.send(people[0], "GET", f"/api/v1/contracts/{file}/pdf", None)
    assert answer.content.startswith(b"%PDF")
    good = (await _raw(stage, checks, answer.content)).json()
    assert (good["good"], good["card"]["recorded"], good["sealed_by"] != "") == (True, True, True)
    for forged in (papers.with_page(answer.content), papers.overlaid(answer.content), answer.content[:-2000]):
        found = (await _raw(stage, checks, forged)).json()
        assert found["good"] is False, found
        assert CHINESE.search(found["reason"]), found


async def _raw(stage: Stage, path: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Send bytes as anybody, as the public check and the insurer's callback take them."""
    transport = httpx.ASGITransport(app=stage.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://market.test", timeout=60) as client:
        return await client.post(path, content=body, headers=headers)
