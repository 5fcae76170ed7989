"""Credit on the pages: my own with a button to object, the desk that writes for somebody, the bureau that decides."""

from __future__ import annotations

from uuid import UUID

from browsing import Browsers
from small_city import OTHER_STATION, STATION

from linggong.kernel.ids import new_id
from linggong.trust import points

from .desk import at_post, said

WHY = "那天车坏在路上，有照片"


async def cost(browsers: Browsers, person: UUID, times: int = 1) -> None:
    async with browsers.city.database.system() as uow:
        for _ in range(times):
            await points.note(
                uow, "late_cancel", subject_id=new_id(), order_id=None, tenant=STATION, via=None, person_id=person,
                employer_id=None, occurred_at=uow.now,
            )  # fmt: skip


async def test_a_worker_objects_and_the_bureau_decides(browsers: Browsers) -> None:
    token, person = await browsers.person(9)
    worker = await browsers.anybody(token)
    assert "没有扣分" in (await worker.get("/me/credit")).text
    await cost(browsers, person, 6)
    page = (await worker.get("/me/credit")).text
    assert "临开工退出" in page
    assert "驿站会先打电话" in page
    mine = (await worker.get("/api/v1/me/credit")).json()
    assert mine["points"] == 6
    entry = mine["entries"][0]["id"]
    said(await worker.post(f"/me/credit/entries/{entry}/objection", data={"words": WHY}), "/me/credit")
    assert WHY in (await worker.get("/me/credit")).text
    bureau = await at_post(browsers, "sun", "county_bureau", "/4102/25/")
    other = await at_post(browsers, "zhao", path=OTHER_STATION)
    assert WHY in (await bureau.get("/desk/credit")).text
    assert WHY not in (await other.get("/desk/credit")).text
    assert (await other.post(f"/api/v1/credit/entries/{entry}/objection", json={"words": WHY})).status_code == 404
    assert (
        await worker.post(f"/api/v1/credit/entries/{entry}/decision", json={"lift": True, "words": WHY})
    ).status_code == 403
    said(await bureau.post(f"/desk/credit/entries/{entry}/lift", data={"words": "修车单属实"}), "/desk/credit")
    assert "修车单属实" in (await worker.get("/me/credit")).text
    assert (await worker.get("/api/v1/me/credit")).json()["points"] == 5


async def test_a_clerk_proposes_and_another_hand_decides(browsers: Browsers) -> None:
    _, person = await browsers.person(9)
    clerk = await browsers.clerk()
    assert "提出限制或禁止" in (await clerk.get(f"/desk/credit?person={person}")).text
    blank = await clerk.post("/desk/credit/propose", data={"person": str(person), "level": "3", "days": "x"})
    assert blank.status_code == 422
    assert f'value="{person}"' in blank.text, "the form is still about him"
    words = {"grounds": "冒用他人身份接活", "evidence": "派工单两张"}
    sent = await clerk.post("/desk/credit/propose", data={"person": str(person), "level": "3", "days": "30", **words})
    said(sent, "/desk/credit")
    (row,) = (await clerk.get("/api/v1/credit/restrictions?queue=proposed")).json()
    assert row["actions"] == [], "a clerk decides nothing"
    bureau = await at_post(browsers, "sun", "county_bureau", "/4102/25/")
    said(await bureau.post(f"/desk/credit/levels/{row['id']}/confirm", data={"words": "情况属实"}), "/desk/credit")
    (row,) = (await bureau.get("/api/v1/credit/restrictions?queue=live")).json()
    assert (row["level_words"], row["state"]) == ("禁止", "L_LIVE")
    assert (await bureau.post(f"/desk/credit/levels/{row['id']}/never", data={"words": "情况属实"})).status_code == 404


async def test_everybody_reads_the_public_list_and_how_an_employer_pays(browsers: Browsers) -> None:
    visitor = await browsers.anybody(None)
    assert "榜上还没有人" in (await visitor.get("/excellent")).text
    assert (await visitor.get("/api/v1/excellent-workers")).json() == []
    assert (await visitor.get(f"/api/v1/orders/{new_id()}/pay-record")).status_code == 404
    token, _ = await browsers.person(9)
    worker = await browsers.anybody(token)
    said(await worker.post("/me/credit/listing/agree"), "/me/credit")
    assert "不想在推荐榜上了" in (await worker.get("/me/credit")).text
    said(await worker.post("/me/credit/listing/withdraw"), "/me/credit")
    assert (await worker.post("/me/credit/listing/perhaps")).status_code == 404
