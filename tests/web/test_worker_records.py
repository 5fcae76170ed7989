"""A worker's own records: what is on file, consents taken back, everything as a file, the account closed and taken up again."""

from __future__ import annotations

import io
from uuid import UUID

import python_calamine
import sqlalchemy as sa
from browsing import Browsers

from linggong.kernel.db import SYSTEM
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.market.search_models import SavedSearch
from linggong.people.identity_numbers import check_digit
from linggong.people.models import Consent, Contact, Person

from .desk import worker_form


async def _consent(browsers: Browsers, person: UUID) -> UUID:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        row = Consent(
            id=new_id(), person_id=person, purpose="location", text_version="1", method="tap", given_at=uow.now
        )
        uow.session.add(row)
        return row.id


async def test_what_is_held_can_be_read_taken_along_and_taken_back(browsers: Browsers) -> None:
    token, person = await browsers.person()
    worker, other = await browsers.anybody(token), await browsers.worker(2)
    consent = await _consent(browsers, person)
    _, code = await browsers.post()
    await worker.post(f"/orders/{code}/apply")
    page = (await worker.get("/my/records")).text
    for there in ("李*强", "登记找活或用工", "签到时用手机定位", "下载我的全部记录"):
        assert there in page, there
    assert "13800000001" not in page
    assert (await other.post(f"/my/records/consents/{consent}/withdraw")).status_code == 404
    assert (await worker.post(f"/my/records/consents/{consent}/withdraw")).status_code == 303
    assert "收回了" in (await worker.get("/my/records")).text
    file = await worker.get("/my/records/export")
    assert file.headers["cache-control"] == "no-store"
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file.content))
    assert book.sheet_names[:4] == ["我的资料", "同意记录", "我的活", "工钱"]
    rows = book.get_sheet_by_name("我的活").to_python()
    assert (rows[1][0], rows[1][1]) == (code, "搬砖小工，管午饭")
    assert (await (await browsers.boss(browsers.city.trusted)).get("/my/records/export")).status_code == 403


async def test_an_account_is_closed_when_nothing_is_open_and_comes_back_at_the_desk(browsers: Browsers) -> None:
    token, person = await browsers.person()
    worker = await browsers.anybody(token)
    await worker.post("/my/searches", data={"q": "搬砖"})
    _, code = await browsers.post()
    await worker.post(f"/orders/{code}/apply")
    page = await worker.post("/my/close", data={"typed": "注销"})
    assert (page.status_code, "还有 1 个活没了结" in page.text) == (422, True)
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.text("UPDATE engagements SET state = 'X_WITHDRAWN' WHERE worker_id = :p"), {"p": person})
    page = await worker.post("/my/close", data={"typed": "好"})
    assert (page.status_code, "写“注销”两个字" in page.text) == (422, True)
    gone = await worker.post("/my/close", data={"typed": "注销"})
    assert (gone.status_code, gone.headers["location"]) == (303, "/")
    assert (await (await browsers.anybody(token)).get("/my/records")).status_code in (303, 401)
    async with browsers.city.database.system() as uow:
        assert (await uow.session.get_one(Person, person)).status == "closed"
        assert (await uow.session.scalars(sa.select(SavedSearch))).all() == []
        assert (await uow.session.scalars(sa.select(Consent).where(Consent.withdrawn_at.is_(None)))).all() == []
        live = sa.select(Contact).where(Contact.person_id == person, Contact.ended_at.is_(None))
        assert (await uow.session.scalars(live)).all() == []
    clerk = await browsers.clerk()
    assert "李**" not in (await clerk.get("/desk/people")).text
    # He comes back: the same person, reached by the number that he tells now.
    form = worker_form(1) | {
        "name": "李国强",
        "id_number": _number(1),
        "contact_kind": "mobile",
        "phone": "13900000001",
    }
    made = await clerk.post("/desk/register", data=form)
    assert made.status_code in (200, 303), made.text
    async with browsers.city.database.system() as uow:
        assert (await uow.session.get_one(Person, person)).status == "active"
        assert len((await uow.session.scalars(live)).all()) == 1


def _number(n: int) -> str:
    first = f"41022519680501{n:03d}"
    return first + check_digit(first)
