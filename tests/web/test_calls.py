"""The call list of the desk, and a person's own list of what he was told (invariant 15)."""

from __future__ import annotations

from uuid import UUID

from browsing import Browsers
from small_city import OTHER_STATION, STATION

from linggong.kernel.db import SYSTEM
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.people import notices

from .desk import at_post, flash, said

TEXT = "明天07:30搬砖的活取消了，雇主要付您空跑费60元。"


async def told(browsers: Browsers, person: UUID) -> None:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await notices.notify(
            uow, to="worker", kind="order.cancelled", text=TEXT, subject_id=new_id(), tenant=STATION, person_id=person,
            call=True,
        )  # fmt: skip


async def test_a_clerk_calls_and_notes_what_came_of_it(browsers: Browsers) -> None:
    _, person = await browsers.person(9)
    await told(browsers, person)
    clerk, other = await browsers.clerk(), await at_post(browsers, "zhao", path=OTHER_STATION)
    page = (await clerk.get("/desk/calls")).text
    assert TEXT in page
    assert "李**" in page
    assert f"/desk/people/{person}" in page
    assert TEXT not in (await other.get("/desk/calls")).text
    (line,) = (await clerk.get("/api/v1/notices/calls")).json()
    assert (await other.post(f"/desk/calls/{line['id']}/reached")).status_code == 404
    assert (await clerk.post(f"/desk/calls/{line['id']}/nothing")).status_code == 404
    assert "5 分钟到一天" in await flash(
        clerk, await clerk.post(f"/desk/calls/{line['id']}/later", data={"again": "1"})
    )
    assert "到点再排" in await flash(clerk, await clerk.post(f"/desk/calls/{line['id']}/later", data={"again": "30"}))
    await told(browsers, (await browsers.person(8, "孙大壮"))[1])
    page = (await clerk.get("/desk/calls")).text
    assert "他说 05:40 再打" in page
    assert page.index("孙**") < page.index("李**"), "who asked to be called later comes last until then"
    other_line = next(c for c in (await clerk.get("/api/v1/notices/calls")).json() if c["id"] != line["id"])
    said(await clerk.post(f"/desk/calls/{other_line['id']}/wrong"), "/desk/calls")
    assert "孙**" not in (await clerk.get("/desk/calls")).text, "nobody calls a wrong number again"
    said(await clerk.post(f"/desk/calls/{line['id']}/unreached"), "/desk/calls")
    assert "打过 1 次" in (await clerk.get("/desk/calls")).text
    said(await clerk.post(f"/desk/calls/{line['id']}/reached"), "/desk/calls")
    assert "没有要打的电话" in (await clerk.get("/desk/calls")).text


async def test_a_worker_reads_what_he_was_told(browsers: Browsers) -> None:
    token, person = await browsers.person(9)
    worker = await browsers.anybody(token)
    await told(browsers, person)
    assert "/me/notices" in (await worker.get("/me")).text
    page = (await worker.get("/me/notices")).text
    assert TEXT in page
    assert "都看到了" in page
    said(await worker.post("/me/notices/seen"), "/me/notices")
    assert "都看到了" not in (await worker.get("/me/notices")).text
    assert "没有通知" in (await (await browsers.boss(browsers.city.trusted)).get("/me/notices")).text
