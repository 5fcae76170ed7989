"""What the desk is told about whom to send, and what nobody else is (R052, R062)."""

from __future__ import annotations

import re
from datetime import timedelta

from browsing import Browsers
from small_city import START

from .desk import worker_form


async def test_an_orders_page_says_who_fits_and_who_may_not_go(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    await clerk.post("/desk/register", data=worker_form(1, name="孙国强", trades="4-09-08-01"))
    _, fits = await browsers.person(2, "李国强")
    _, other = await browsers.person(3, "周大有")
    order, trace = await browsers.post()
    clash, _ = await browsers.post(
        title="清早卸车", starts_at=START - timedelta(hours=1), ends_at=START + timedelta(hours=1)
    )
    await clerk.post("/desk/match", data={"order": str(clash), "worker": str(other)})
    page = (await clerk.get(f"/desk/orders/{order}")).text
    fitting = page[page.index('id="fits"') :]
    assert re.findall(r'<button [^>]*aria-label="替(\S+?) ', fitting) == ["李国强", "孙国强"], "the trade decides"
    assert "会小工" in fitting
    assert "去不了的 1 人" in fitting
    assert "周大有：那个时间已经有别的活" in fitting
    await clerk.post(f"/desk/orders/{order}/apply", data={"worker": str(fits)})
    again = (await clerk.get(f"/desk/orders/{order}")).text
    assert "替李国强" not in again[again.index('id="fits"') :], "he is in the roll above"
    # Neither the employer nor the public learns of scores and reasons.
    boss, anybody = await browsers.boss(browsers.city.trusted), await browsers.anybody()
    for who, path in ((boss, f"/employer/orders/{order}"), (anybody, f"/orders/{trace}")):
        answer = await who.get(path)
        assert answer.status_code == 200, path
        for word in ("会小工", "满分 100", "tier"):
            assert word not in answer.text, (path, word)
