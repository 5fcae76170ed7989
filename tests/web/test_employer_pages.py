"""An employer's own pages beside his orders: the data that he confirms every six months."""

from __future__ import annotations

import re
from datetime import timedelta

from browsing import Browsers

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


async def test_an_employer_confirms_his_data_and_may_post_again(browsers: Browsers) -> None:
    """R049: over after six months, refused in words, confirmed on a page; what was typed wrong stays on it."""
    city = browsers.city
    clerk = await browsers.clerk()
    said = {"evidence": "电话里逐项核对，王经理", "still_valid": "1", "contact_name": "王经理"}
    bare = await clerk.post(f"/desk/employers/{city.trusted}/confirm", data={"contact_name": "李经理"})
    assert bare.status_code == 422
    assert 'value="李经理"' in bare.text
    assert (await clerk.post(f"/desk/employers/{city.trusted}/confirm", data=said)).status_code == 303
    boss = await browsers.boss(city.trusted)
    assert "资料半年核实一次" not in (await boss.get("/employer")).text
    city.clock.advance(timedelta(days=181))
    boss = await browsers.boss(city.trusted, 901)
    home = await boss.get("/employer")
    assert "核实以前不能发新岗位" in home.text
    assert 'href="/employer/data"' in home.text
    page = await boss.get("/employer/data")
    assert "13800000001" in page.text
    wrong = await boss.post(
        "/employer/data/confirm", data={"contact_name": "王经理", "phone": "12", "address": "新街 3 号"}
    )
    assert wrong.status_code == 422
    assert "新街 3 号" in wrong.text
    done = {"contact_name": "王经理", "phone": "13800000001", "address": "新街 3 号", "still_valid": "1"}
    assert (await boss.post("/employer/data/confirm", data=done)).status_code == 303
    assert "核实以前不能发新岗位" not in (await boss.get("/employer")).text


async def test_a_licence_is_photographed_and_seen_with_a_record(browsers: Browsers) -> None:
    """R049: handed in from a telephone, opened by who serves him, for a while and with a record; nobody else finds it."""
    city = browsers.city
    boss = await browsers.boss(city.trusted)
    address, page = "/employer/data/licence", (await boss.get("/employer/data")).text
    assert 'accept="image/jpeg,image/png,image/webp"' in page
    wrong = await boss.post(address, files={"photo": ("zhizhao.pdf", b"%PDF-1.7 x", "image/png")})
    assert wrong.status_code == 422
    assert "这不是照片" in wrong.text
    assert 'id="photo-refused"' in wrong.text
    assert (
        await boss.post(address, files={"photo": ("a.png", PNG + b"0" * 3_000_000, "image/png")})
    ).status_code == 413
    assert (await boss.post(address, files={"photo": ("a.png", PNG, "image/png")})).status_code == 303
    own = await boss.get(address)
    assert (own.content, own.headers["content-type"], own.headers["cache-control"]) == (PNG, "image/png", "no-store")

    clerk, here = await browsers.clerk(), f"/desk/employers/{city.trusted}"
    shown = (await clerk.get(here)).text
    assert "执照照片" in shown
    assert f"{here}/licence?look" not in shown, "not before he says why"
    opened = await clerk.post(f"{here}/reveal", data={"fields": "licence", "purpose": "identify", "reason": ""})
    look = opened.headers["location"]
    photo = re.search(rf'src="({here}/licence\?look=[^"]+)"', (await clerk.get(look)).text)
    assert photo
    assert (await clerk.get(photo[1])).content == PNG
    for other in (await browsers.boss(city.elsewhere), await browsers.worker(7)):
        assert (await other.get(photo[1])).status_code in (403, 404)
    assert (await (await browsers.boss(city.elsewhere)).get(address)).status_code == 404
    assert "执照照片" in (await boss.get("/me/looked")).text, "he sees who looked"
    city.clock.advance(timedelta(minutes=15))
    assert (await clerk.get(photo[1])).status_code == 404
