"""Contracts on pages: the counter, the slip, the free copy, the public check; nobody sees a stranger's."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
from browsing import Browsers
from small_city import OTHER_STATION

from linggong.contracts import documents
from linggong.kernel.settings import Settings
from tests.contracts import papers

from .desk import at_post, flash, said

PHOTO = b"\xff\xd8\xff\xe0" + b"a signed slip" * 20
CODE = re.compile(r'class="trace">([A-Z0-9]{10})<')


def settings(browsers: Browsers) -> Settings:
    found: Settings = browsers.app.state.settings
    return replace(found, public_url="https://lg.example.gov.cn")


async def at_the_counter(browsers: Browsers) -> tuple[httpx.AsyncClient, str, UUID]:
    """A clerk brings a worker and an order together; returns his browser and the contract's address."""
    order_id, _ = await browsers.post()
    _, worker_id = await browsers.person(1)
    clerk = await browsers.clerk()
    answer = await clerk.post("/desk/match", data={"order": str(order_id), "worker": str(worker_id)})
    said(answer, "/desk")
    assert "签字纸条的照片" in await flash(clerk, answer)
    page = await clerk.get(f"/desk/orders/{order_id}")
    found = re.search(r'href="(/desk/contracts/[0-9a-f-]{36})"', page.text)
    assert found
    return clerk, found[1], order_id


async def test_slip_paper_and_free_copy_at_the_desk(browsers: Browsers) -> None:
    clerk, contract, _ = await at_the_counter(browsers)
    page = await clerk.get(contract)
    assert page.text.count("欠签字纸条照片") == 2
    assert "请同事 24 小时内回访" in page.text
    assert "李师傅" in (await clerk.get("/desk/contracts")).text
    wrong = await clerk.post(f"{contract}/slip", files={"photo": ("slip.pdf", b"%PDF-1.7", "application/pdf")})
    assert "请上传照片" in await flash(clerk, wrong)
    said(await clerk.post(f"{contract}/slip", files={"photo": ("slip.jpg", PHOTO, "image/jpeg")}), contract)
    assert "都补齐了" in (await clerk.get("/desk/contracts")).text
    page = await clerk.get(contract)
    assert "欠签字纸条照片" not in page.text
    one = re.search(r'name="one" value="([0-9a-f-]{36})"', page.text)
    assert one
    assert "正在盖章" in await flash(clerk, await clerk.post(f"{contract}/print", data={"one": one[1], "to": "worker"}))
    said(await clerk.post(f"{contract}/make", data={"one": one[1]}), contract)
    assert await documents.seal(browsers.city.database, settings(browsers), UUID(one[1]))
    said(await clerk.post(f"{contract}/print", data={"one": one[1], "to": "worker"}), f"/contracts/papers/{one[1]}")
    paper = await clerk.get(f"/contracts/papers/{one[1]}")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert "no-store" in paper.headers["cache-control"]
    stranger, other = await browsers.worker(7), await at_post(browsers, "zhao", path=OTHER_STATION)
    for who in (stranger, other):
        assert (await who.get(f"/contracts/papers/{one[1]}")).status_code == 404
    assert (await other.get(contract)).status_code == 404
    assert (await stranger.get(contract)).status_code == 403
    for step in ("sign", "slip", "print", "make"):
        assert (await other.post(f"{contract}/{step}", data={"one": one[1]})).status_code == 404, step
    assert (await clerk.post(f"{contract}/burn")).status_code == 404


async def test_anybody_checks_a_file_or_a_code(browsers: Browsers) -> None:
    clerk, contract, _ = await at_the_counter(browsers)
    one = re.search(r'name="one" value="([0-9a-f-]{36})"', (await clerk.get(contract)).text)
    assert one
    await documents.seal(browsers.city.database, browsers.app.state.settings, UUID(one[1]))
    raw = (await clerk.get(f"/contracts/papers/{one[1]}")).content
    code = CODE.search((await clerk.get(contract)).text)
    assert code
    anybody = await browsers.anybody()
    form = await anybody.get("/check")
    hidden = re.search(r'type="hidden" name="([^"]+)" value="([^"]+)"', form.text)
    assert hidden

    async def check(file: bytes) -> httpx.Response:
        return await anybody.post(
            "/check", data={hidden[1]: hidden[2]}, files={"file": ("a.pdf", file, "application/pdf")}
        )

    good = await check(raw)
    assert "这份文件是真的，没有改过" in good.text
    assert code[1] in good.text
    assert "李国强" not in good.text, "no person's full name in public"
    for bad, words in (
        (papers.with_page(raw), "加了页"),
        (papers.overlaid(raw), "又在文件上添了内容"),
        (b"hello", "不是 PDF 文件"),
    ):
        page = await check(bad)
        assert "这份文件不能作准" in page.text
        assert words in page.text
    assert (await check(b"")).status_code == 422
    card = await anybody.get(f"/c/{code[1]}")
    assert card.status_code == 200
    assert "开封建筑公司 和 李师傅" in card.text
    said(await anybody.get(f"/check?code={code[1].lower()}"), f"/c/{code[1]}")
    unknown = await anybody.get("/c/AAAAAAAAAA")
    assert unknown.status_code == 404
    assert "没有这个编号的合同" in unknown.text
    assert 'value="AAAAAAAAAA"' in unknown.text, "the field to correct it in stands below"
    assert (await anybody.get(f"/c/{uuid4()}")).status_code == 404
    forms = await anybody.get("/legal-forms?who=individual&hours=8&days=1&unit=day")
    assert forms.text.index("劳务") < forms.text.index("非全日制用工")


async def test_the_picker_and_the_check_over_http(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    rows = (await anybody.get("/api/v1/legal-forms?day_minutes=210&days=5")).json()
    assert (rows[0]["form"], rows[0]["fits"]) == ("non_full_time", True)
    assert (await anybody.get("/api/v1/contract-checks/AAAAAAAAAA")).status_code == 404
