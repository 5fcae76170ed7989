"""What people come to the console to do: forms, exports, photos."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import python_calamine
from small_city import COUNTY, OTHER_STATION, STATION

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import messages

if TYPE_CHECKING:
    import httpx
    from conftest import Console

PNG = b"\x89PNG\r\n\x1a\n" + b"photo of a station" * 4


async def _post(client: httpx.AsyncClient, slug: str, **given: Any) -> httpx.Response:
    return await client.post(f"/api/forms/{slug}/", json=given)


async def test_a_session_is_ended_and_the_next_request_is_nobodys(console: Console) -> None:
    manager = await console.at("station_manager", STATION)
    assert (await manager.get("/api/user/")).status_code == 200
    me = await console.at()
    answer = await _post(me, "end-sessions", staff_id=str(console.accounts["station_manager_lk"]))
    assert answer.json() == {"custom_form_success": "已结束 1 处登录，对方要重新登录。"}
    assert (await manager.get("/api/user/")).status_code == 401
    told = await console.owner("SELECT actor_id, channel FROM events WHERE type = 'staff.sessions_ended'")
    assert [tuple(r) for r in told] == [(console.accounts["sysadmin_lk"], "console")]


async def test_forms_reach_only_inside_the_scope(console: Console) -> None:
    me, zhao = await console.at(), str(console.accounts["zhaolei"])
    elsewhere = str(await console.node(OTHER_STATION))
    sessions = await console.owner("SELECT count(*) AS n FROM web_sessions")
    for slug, given in (
        ("end-sessions", {"staff_id": zhao}),
        ("reset-factor", {"staff_id": zhao}),
        ("close-node", {"node_id": elsewhere, "reason": "搬走了"}),
        ("set-parameter", {"node_id": elsewhere, "key": "worker.min_age", "value": "18", "source": "文件"}),
        ("resend-message", {"phone": "13900000099"}),
    ):
        assert (await _post(me, slug, **given)).status_code == 404, slug
    assert await console.owner("SELECT count(*) AS n FROM web_sessions") == sessions
    assert (await console.owner("SELECT status FROM nodes WHERE path = $1", OTHER_STATION))[0]["status"] == "open"
    assert await console.owner("SELECT 1 FROM parameter_values") == []


async def test_forms_tell_every_fault_at_its_field(console: Console) -> None:
    me = await console.at()
    answer = await _post(me, "set-parameter", node_id="x", key="worker.min_age", value="18", source="")
    assert answer.status_code == 422
    assert {e["field"]: e["message"] for e in answer.json()["errors"]} == {
        "node_id": "请从列表里选一个。",
        "source": "请填写。",
    }
    node = str(await console.node(STATION))
    answer = await _post(me, "set-parameter", node_id=node, key="worker.min_age", value="很多", source="某某文件")
    assert [e["field"] for e in answer.json()["errors"]] == ["value"]


async def test_a_parameter_is_set_and_a_station_closed(console: Console) -> None:
    me, node = await console.at(), str(await console.node(STATION))
    answer = await _post(me, "set-parameter", node_id=node, key="worker.min_age", value="18", source="某某文件")
    assert answer.json()["custom_form_success"] == "已设好：从“兰阳街道零工驿站”往下都按新的值。"
    found = await console.owner("SELECT tenant, key, value, source FROM parameter_values")
    assert [tuple(r) for r in found] == [(STATION, "worker.min_age", "18", "某某文件")]
    answer = await _post(me, "close-node", node_id=node, reason="并到别处")
    assert answer.status_code == 200, answer.text
    assert (await console.owner("SELECT status FROM nodes WHERE path = $1", STATION))[0]["status"] == "closed"
    # Whoever may see accounts, not secure them, has no such form.
    bureau = await console.at("county_bureau")
    assert (await _post(bureau, "end-sessions", staff_id=str(console.accounts["limin"]))).status_code == 403


async def test_a_second_factor_is_reset(console: Console) -> None:
    me = await console.at()
    answer = await _post(me, "reset-factor", staff_id=str(console.accounts["limin"]))
    assert answer.status_code == 200, answer.text
    types = await console.owner("SELECT type FROM events WHERE subject_id = $1", console.accounts["limin"])
    assert "staff.factor_reset" in {r["type"] for r in types}


async def test_a_lost_message_is_sent_again(console: Console) -> None:
    await console.worker(5)
    sealer = console.city.secrets.sealer
    async with console.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await messages.queue(uow, sealer, "13800000005", "notice", "明早六点在驿站集合")
    me = await console.at()
    assert (await _post(me, "resend-message", phone="138 0000 0005")).status_code == 200
    sent = await messages.recent(console.city.database, sealer)
    assert [(m.number, m.text) for m in sent if m.kind == "notice"] == [("13800000005", "明早六点在驿站集合")] * 2
    # A code that nobody can use any more helps nobody.
    async with console.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await messages.queue(uow, sealer, "13800000005", "code", "验证码 123456")
    await console.owner("UPDATE out_messages SET created_at = created_at + interval '1 minute' WHERE kind = 'code'")
    answer = await _post(me, "resend-message", phone="13800000005")
    assert answer.status_code == 409
    assert "请本人重新获取" in answer.json()["detail"]
    assert (
        await _post(await console.at("sysadmin", "/4102/02/"), "resend-message", phone="13800000005")
    ).status_code == 404


async def test_an_export_is_scoped_masked_and_recorded(console: Console) -> None:
    await console.worker(1, STATION)
    await console.worker(2, OTHER_STATION)
    me = await console.at("county_bureau")
    answer = await me.post("/api/export/persons/?status=active", json={"format": "xlsx", "purpose": "季度报表"})
    assert answer.status_code == 200, answer.text
    book = python_calamine.load_workbook(io.BytesIO(answer.content))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][:4] == ["姓名", "出生日期", "性别", "状态"]
    assert [r[:4] for r in rows[1:]] == [["李**", "****", "****", "正常"]]
    told = await console.owner("SELECT actor_id, channel, tenant, body FROM events WHERE type = 'console.exported'")
    assert [(r["actor_id"], r["channel"], r["tenant"]) for r in told] == [
        (console.accounts["county_bureau_lk"], "console", COUNTY)
    ]
    import hashlib
    import json

    body = json.loads(told[0]["body"])
    assert body == {
        "table": "persons", "purpose": "季度报表", "filter": {"status": "active"}, "rows": 1, "format": "xlsx",
        "sha256": hashlib.sha256(answer.content).hexdigest(),
    }  # fmt: skip


async def test_an_export_runs_no_formula_and_keeps_free_words_out_of_the_record(console: Console) -> None:
    await console.owner("UPDATE staff SET name = '=HYPERLINK(\"http://x\")' WHERE username = 'limin'")
    me = await console.at()
    answer = await me.post("/api/export/staff/?username=limin", json={"format": "csv", "purpose": "核对名单"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [r["姓名"] for r in rows] == ['\'=HYPERLINK("http://x")']
    assert [r["所属站点"] for r in rows] == ["兰阳街道零工驿站"]
    answer = await me.post("/api/export/staff/?username=limin", json={"format": "xlsx", "purpose": "核对名单"})
    cells = python_calamine.load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert '=HYPERLINK("http://x")' in cells[1]
    bodies = await console.owner("SELECT body FROM events WHERE type = 'console.exported'")
    assert len(bodies) == 2
    assert all("limin" not in r["body"] and "（文字）" in r["body"] for r in bodies)


async def test_an_export_needs_its_permission_and_a_purpose(console: Console) -> None:
    me = await console.at()
    for given in ({"format": "xlsx"}, {"format": "pdf", "purpose": "看看"}, {"format": "csv", "purpose": " "}, []):
        assert (await me.post("/api/export/staff/", json=given)).status_code == 422
    assert (await me.post("/api/export/nodes/", json={"purpose": "看看"})).status_code == 404
    manager = await console.at("station_manager", STATION)
    assert (await manager.post("/api/export/staff/", json={"format": "csv", "purpose": "看看"})).status_code == 403
    assert await console.owner("SELECT 1 FROM events WHERE type = 'console.exported'") == []


async def _upload(
    client: httpx.AsyncClient, content: bytes = PNG, name: str = "门口.png", **fields: str
) -> httpx.Response:
    data = {"table_name": "node_photos", "column_name": "file_key"} | fields
    return await client.post("/api/media/", data=data, files={"file": (name, content, "image/png")})


async def test_a_photo_is_kept_shown_changed_and_taken_down(console: Console) -> None:
    me, node = await console.at(), str(await console.node(STATION))
    key = (await _upload(me)).json()["file_key"]
    stored = console.folder / "uploads" / "node_photos" / key
    assert stored.read_bytes() == PNG
    address = f"/api/media-files/node_photos/file_key/{key}"
    assert (await me.get(address)).status_code == 404, "no row names it yet"
    answer = await me.post(
        "/api/tables/node_photos/", json={"node_id": node, "file_key": key, "taken_at": "2026-03-10T05:00"}
    )
    assert answer.status_code == 201, answer.text
    photo = answer.json()[0]["id"]
    # The note was not given: the database's own default stands, and the time is of our zone.
    row = (await console.owner("SELECT tenant, note, taken_at::text, added_by FROM node_photos"))[0]
    assert tuple(row) == (STATION, "", "2026-03-09 21:00:00+00", console.accounts["sysadmin_lk"])
    shown = await me.get(address)
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert shown.headers["content-security-policy"] == "default-src 'none'"
    told = await me.post(
        "/api/media/generate-file-url/", json={"table_name": "node_photos", "column_name": "file_key", "file_key": key}
    )
    assert told.json() == {"file_url": f"./api/media-files/node_photos/file_key/{key}"}

    other = await console.at("sysadmin", "/4102/02/")
    asked = {"table_name": "node_photos", "column_name": "file_key", "file_key": key}
    assert (await other.get(address)).status_code == 404
    assert (await other.post("/api/media/generate-file-url/", json=asked)).status_code == 404
    mine = {"node_id": str(await console.node(OTHER_STATION)), "file_key": key}
    assert (await other.post("/api/tables/node_photos/", json=mine)).status_code == 409
    assert len(await console.owner("SELECT 1 FROM node_photos")) == 1
    assert (await other.post("/api/tables/node_photos/", json={"node_id": node, "file_key": key})).status_code == 404
    assert (await other.delete(f"/api/tables/node_photos/{photo}/")).status_code == 404

    second = (await _upload(me)).json()["file_key"]
    assert (
        await me.patch(f"/api/tables/node_photos/{photo}/", json={"file_key": second, "note": "新门头"})
    ).status_code == 200
    assert not stored.exists()
    assert (await me.delete(f"/api/tables/node_photos/{photo}/")).status_code == 204
    assert not (stored.parent / second).exists()
    types = await console.owner("SELECT type FROM events WHERE type LIKE 'node.photo%' ORDER BY n")
    assert [r["type"] for r in types] == ["node.photo_added", "node.photo_changed", "node.photo_removed"]


async def test_what_is_no_photo_is_refused(console: Console) -> None:
    me = await console.at()
    for content, name in ((PNG, "x.svg"), (b"<svg onload=alert(1)>", "x.png"), (PNG, "noextension"), (b"", "x.png")):
        assert (await _upload(me, content, name)).status_code == 422, name
    assert (await _upload(me, b"\x89PNG\r\n\x1a\n" + bytes(5_000_001))).status_code == 413
    assert (await _upload(me, table_name="staff", column_name="name")).status_code == 404
    assert (await _upload(await console.at("station_manager", STATION))).status_code == 403
    folder = console.folder / "uploads"
    assert not folder.exists() or list(folder.rglob("*.*")) == []
    for key in ("../../keys", "0" * 32 + ".png", "x"):
        given = {"node_id": str(await console.node(STATION)), "file_key": key}
        answer = await me.post("/api/tables/node_photos/", json=given)
        assert [e["field"] for e in answer.json()["errors"]] == ["file_key"]
    assert [e["field"] for e in (await me.post("/api/tables/node_photos/", json={})).json()["errors"]] == [
        "node_id",
        "file_key",
    ]


async def test_signing_out_ends_the_session(console: Console) -> None:
    me = await console.at()
    assert (await me.post("/public/logout/")).status_code == 200
    fresh = await console.anybody(me.cookies.get("lg_session") or "gone")
    assert (await fresh.get("/api/user/")).status_code == 401
    assert (
        await console.owner("SELECT 1 FROM web_sessions WHERE account_id = $1", console.accounts["sysadmin_lk"]) == []
    )
