"""Bad input on pages over HTTP: two presses, two tabs, a page that is out of date, odd names, ten thousand results, odd files."""

from __future__ import annotations

import asyncio
import gzip
import re
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
import pytest
from browsing import Browsers, button

from .desk import worker_form
from .test_wages import worked

if TYPE_CHECKING:
    from conftest import TestDatabase

TWENTY_MB = b"\xff\xd8\xff\xe0" + bytes(20_000_000)


async def told(who: httpx.AsyncClient, answer: httpx.Response) -> str:
    """Return the page that an answer leads to: never an error of ours."""
    assert answer.status_code < 500, answer.text[:500]
    while answer.status_code == 303:
        answer = await who.get(answer.headers["location"])
        assert answer.status_code < 500
    return answer.text


async def test_two_presses_and_two_tabs_apply_once(browsers: Browsers) -> None:
    order_id, code = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(browsers.city.trusted)
    both = await asyncio.gather(*(worker.post(f"/orders/{code}/apply") for _ in range(2)))
    pages = [await told(worker, answer) for answer in both]
    assert all("等雇主选人" in page for page in pages), "both presses lead to the page that says where he stands"
    base = f"/employer/orders/{order_id}"
    assert "报名等你选（1）" in (await boss.get(base)).text
    # Two tabs of the employer: what the first one did, the second one is told.
    one = button((await boss.get(base)).text, "choose")
    await told(boss, await boss.post(f"{base}/choose", data={"one": one}))
    again = await told(boss, await boss.post(f"{base}/choose", data={"one": one}))
    assert re.search(r'class="note note-(danger|wait)', again)
    # The back button: the worker sends the page before once more.
    withdrawn = [await told(worker, await worker.post(f"/engagements/{one}/decline")) for _ in range(2)]
    assert "note-danger" in withdrawn[1]


async def test_a_page_that_is_out_of_date_says_what_happened(browsers: Browsers) -> None:
    city = browsers.city
    order_id, code = await browsers.post()
    worker = await browsers.worker()
    assert "我要报名" in (await worker.get(f"/orders/{code}")).text
    boss = await browsers.boss(city.trusted)
    cancelled = await boss.post(f"/employer/orders/{order_id}/cancel", data={"reason": "不用人了"})
    assert cancelled.status_code == 303, cancelled.text[:1500]
    late = await told(worker, await worker.post(f"/orders/{code}/apply"))
    assert "note-danger" in late
    assert "这个活不招人了" in late
    gone = await worker.post(f"/engagements/{UUID(int=7)}/confirm", data={"terms_version": "1"})
    assert gone.status_code == 404
    assert "回首页" in gone.text


@pytest.mark.parametrize("name", ["李😀强", "赵" * 60, "👨‍👩‍👧", "a" * 60])
async def test_odd_names_come_back_with_what_to_do(browsers: Browsers, name: str) -> None:
    clerk = await browsers.clerk()
    page = await clerk.post("/desk/register", data=worker_form(name=name))
    assert page.status_code == 422
    assert f'value="{name}"' in page.text
    assert re.search("请照身份证填写|太长了，最多 50 个字|里面有看不见或不能用的字符", page.text)
    for query in (name, "%", "'--", "\\"):
        assert (await clerk.get("/desk/people", params={"q": query})).status_code == 200
        assert "没有" in (await clerk.get("/", params={"q": f"{query[:20]}没有的"})).text


async def test_ten_thousand_posts_are_one_light_page(browsers: Browsers, blank: TestDatabase) -> None:
    await browsers.post()
    owner = await blank.owner()
    columns = [
        r["attname"]
        for r in await owner.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'board_posts'::regclass AND attnum > 0 "
            "AND NOT attisdropped AND attgenerated = '' AND attidentity = ''"
        )
    ]
    given = {"order_id": "gen_random_uuid()", "trace_code": "'T' || g", "group_key": "g"}
    listed = ", ".join(given.get(c, c) for c in columns)
    await owner.execute(
        f"INSERT INTO board_posts ({', '.join(columns)}) SELECT {listed} FROM board_posts, generate_series(1, 10000) g"
    )
    await owner.close()
    anybody = await browsers.anybody()
    page = await anybody.get("/")
    assert "1000 多个活" in page.text
    assert page.text.count('class="job-title"') == 20
    assert len(gzip.compress(page.content)) < 40_000
    seen, href = 20, re.search(r'rel="next" href="([^"]+)"', page.text)
    assert href
    after = await anybody.get(href[1].replace("&amp;", "&"))
    assert after.text.count('class="job-title"') == seen
    for wrong in ("/?after=nonsense", "/?date=31.2.", "/?pay_min=😀"):
        assert (await anybody.get(wrong)).status_code == 400


async def test_odd_files_are_told_what_to_do(browsers: Browsers) -> None:
    _, boss, bill = await worked(browsers)
    pay = {"amount": "120", "pay_way": "wechat", "witness": "李四"}
    came = {"referer": "http://market.test/employer/wages"}
    big = {"picture": ("DCIM0001.jpg", TWENTY_MB, "image/jpeg")}
    page = await boss.post(f"/employer/wages/{bill}/pay", data=pay, files=big, headers=came)
    assert (page.status_code, "请减小文件" in page.text, "回去改" in page.text) == (413, True, True)
    program = {"picture": ("picture.png", b"MZ" + bytes(60), "image/png")}
    page = await boss.post(f"/employer/wages/{bill}/pay", data=pay, files=program)
    assert (page.status_code, "只收 JPG、PNG 照片或 PDF" in page.text) == (422, True)
    assert 'value="李四"' in page.text, "what was typed is still there"
    assert "请重新选" in page.text
    anybody = await browsers.anybody()
    far = await anybody.post("/check", files={"file": ("contract.pdf", TWENTY_MB, "application/pdf")})
    assert far.status_code == 413
    assert "请减小文件" in far.text
