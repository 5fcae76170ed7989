"""The pages and the API of a place's file: filled by a clerk, refused with the reason, read by the bureau, closed to the neighbour."""

from __future__ import annotations

import base64

import sqlalchemy as sa
from browsing import Browsers
from small_city import COUNTY, OTHER_STATION, STATION

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions, staff
from linggong.people.identity_numbers import check_digit
from tenants.models import EvidencePhoto, Node

NUMBER = "11010119900307293" + check_digit("11010119900307293")
PNG = b"\x89PNG\r\n\x1a\n" + b"wall"


async def test_a_clerk_fills_the_file_and_the_bureau_reads_it(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        node, other = [
            await uow.session.scalar(sa.select(Node.id).where(Node.path == path)) for path in (STATION, OTHER_STATION)
        ]
        account = await staff.create_staff(uow, "bureau", "王处", "county_bureau", COUNTY, "dawn-at-the-bridge-5")
        bureau = await browsers.anybody(await sessions.create(uow, "staff", account))
    base = f"/places/{node}"
    assert (await clerk.get("/places")).headers["location"] == base
    refused = await clerk.post(f"{base}/rooms", data={"name": "大厅", "use": "hall", "area_m2": "0", "since": "昨天"})
    assert refused.status_code == 422
    assert "面积要大于 0 平方米" in refused.text
    assert "日期请写成" in refused.text
    assert 'value="大厅"' in refused.text
    assert (
        await clerk.post(f"{base}/rooms", data={"name": "大厅", "use": "hall", "area_m2": "18.5"})
    ).status_code == 303
    item = {"item": "plate|plate", "here": "yes"}
    bare = await clerk.post(f"{base}/wall/checks", data=item, files={"photo": ("a.png", PNG, "image/png")})
    assert (bare.status_code, "没有时间的照片不能作证据" in bare.text) == (422, True)
    done = await clerk.post(
        f"{base}/wall/checks",
        data=item | {"photo_taken_at": "2026-03-10T05:00"},
        files={"photo": ("a.png", PNG, "image/png")},
    )
    assert done.status_code == 303
    hours = {"seasons.0.first_month": "1", "seasons.0.last_month": "12", "seasons.0.weekdays": "1-7", "seasons.0.opens": "18:00", "seasons.0.closes": "05:00"}  # fmt: skip
    assert "要晚于开门" in (await clerk.post(f"{base}/hours", data=hours)).text
    assert (
        await clerk.post(f"{base}/hours", data=hours | {"seasons.0.opens": "04:30", "seasons.0.closes": "18:00"})
    ).status_code == 303
    person = {
        "name": "李敏",
        "id_number": NUMBER,
        "kind": "service",
        "starts_on": "2026-01-01",
        "proofs": "agreement",
    }
    assert (await clerk.post(f"{base}/people", data=person)).status_code == 303
    assert "时间重叠了" in (await clerk.post(f"{base}/people", data=person)).text
    for part in ("", "/site", "/people", "/wall", "/open"):
        page = await bureau.get(base + part)
        assert page.status_code == 200, part
        assert NUMBER not in page.text
        assert '<form method="post" action="/places' not in page.text
    assert "18.5" in (await bureau.get("/places")).text
    assert (await bureau.post(f"{base}/rooms", data={"name": "x", "use": "hall", "area_m2": "1"})).status_code == 403
    assert (await bureau.get("/bureau/targets")).status_code == 200
    paper = await bureau.get(f"{base}/plan.pdf")
    assert paper.content[:5] == b"%PDF-"
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        photo = await uow.session.scalar(sa.select(EvidencePhoto.id))
    assert (await bureau.get(f"/evidence/{photo}")).content == PNG
    assert (await clerk.get(f"/places/{other}")).status_code == 404


async def test_another_system_brings_and_reads_the_same(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        node = await uow.session.scalar(sa.select(Node.id).where(Node.path == STATION))
    api = f"/api/v1/places/{node}"
    check = {"kind": "plate", "item": "plate", "photo": {"content_base64": base64.b64encode(PNG).decode()}}
    bad = await clerk.put(f"{api}/checks", json=check)
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "photo_taken_at")
    check["photo"] |= {"taken_at": "2026-03-09T21:00:00Z"}  # type: ignore[operator]
    assert (await clerk.put(f"{api}/checks", json=check)).status_code == 200
    assert (await clerk.post(f"{api}/equipment", json={"kind": "screen", "name": "大屏"})).status_code == 201
    season = {"first_month": 1, "last_month": 12, "opens": 270, "closes": 1080}
    assert (await clerk.put(f"{api}/hours", json={"seasons": [season]})).status_code == 200
    whole = (await clerk.get(f"{api}/file")).json()
    assert [item["here"] for item in whole["checks"]["plate"]] == [True, None]
    assert (whole["hours"][0]["opens"], whole["equipment"][0]["name"]) == (270, "大屏")
    assert "hours" not in {gap["code"] for gap in whole["gaps"]}
