"""An employer's own pages beside his orders: the data that he confirms every six months."""

from __future__ import annotations

from datetime import timedelta

from browsing import Browsers


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
