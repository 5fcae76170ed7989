"""The clerk's pages of people and employers: typed in, found, mended, and brought in from a file."""

from __future__ import annotations

import io
import re

import httpx
import pytest
import sqlalchemy as sa
from browsing import Browsers
from small_city import COMMUNITY_CODE, OTHER_STATION

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.sheets import read_sheet
from linggong.people import id_photo
from linggong.people.models import Consent, Contact, Person

from .desk import at_post, flash, number, said, worker_form, wrong


async def test_registration_tells_new_from_known(browsers: Browsers) -> None:
    clerk, other = await browsers.clerk(), await at_post(browsers, "zhao", path=OTHER_STATION)
    first = await clerk.post("/desk/register", data=worker_form())
    said(first, "/desk/register")
    assert "赵师傅是新人" in await flash(clerk, first)
    assert "没有重复登记" in await flash(clerk, await clerk.post("/desk/register", data=worker_form()))
    linked = await other.post("/desk/register", data=worker_form(consent="spoken", proof="王证人"))
    assert "在全市已经登记过" in await flash(other, linked)
    page = await clerk.get("/desk/register")
    assert "今天登了 <b" in page.text
    assert "赵**" in page.text
    assert number(1) not in page.text
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 1
        consents = list(await uow.session.scalars(sa.select(Consent).order_by(Consent.given_at, Consent.id)))
        assert {(c.method, c.evidence) for c in consents} == {("slip", "A-17"), ("spoken", "证人：王证人")}
        assert [c.kind for c in await uow.session.scalars(sa.select(Contact))] == ["station"]
    other_name = await clerk.post("/desk/register", data=worker_form(name="赵小明"))
    assert other_name.status_code == 422
    assert "登记的是另一个姓名" in other_name.text
    assert f'value="{number(1)}"' in other_name.text


async def test_registration_tells_every_fault_at_once_and_keeps_what_was_typed(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    empty = await clerk.post("/desk/register", data={})
    assert empty.status_code == 422
    for name in ("id_number", "name", "phone", "trades", "pay", "proof"):
        assert f'href="#{name}"' in empty.text, name
    bad = worker_form(
        id_number=wrong(1), name="<b>赵</b>", contact_kind="mobile", phone="12345", pay="一百", proof="",
        consent="spoken", skill_level="0",
    )  # fmt: skip
    page = await clerk.post("/desk/register", data=bad)
    assert page.status_code == 422
    for name in ("id_number", "name", "phone", "pay", "proof"):
        assert f'href="#{name}"' in page.text, name
    assert "&lt;b&gt;赵&lt;/b&gt;" in page.text
    assert "<b>赵</b>" not in page.text
    assert "口头同意要有证人" in page.text
    young = await clerk.post("/desk/register", data=worker_form(id_number=number(2, "20120512")))
    assert young.status_code == 422
    assert "未满 16 周岁" in young.text
    for odd in ({"skill_level": "99"}, {"contact_kind": "pigeon"}, {"pay_unit": "year"}, {"name": "赵" * 99},
                {"pay": "9" * 300}, {"pay": "-5"}, {"street": "x" * 40}, {"trades": "'; DROP TABLE"}, {"name": "赵\u202e明"}):  # fmt: skip
        answer = await clerk.post("/desk/register", data=worker_form(**odd))
        assert answer.status_code == 422, odd


async def test_a_relatives_phone_and_two_trades(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    values = worker_form(contact_kind="relative", phone="13800000077", contact_note="儿子赵强")
    answer = await clerk.post("/desk/register", data={**values, "trades": ["6-29-99-00", "4-02-05-01"]})
    said(answer, "/desk/register")
    found = await clerk.post("/desk/people", data={"q": "13800000077"})
    assert "赵**" in found.text
    assert "小工、搬运装卸" in found.text
    assert "13800000077" not in found.text
    assert "赵**" in (await clerk.post("/desk/people", data={"q": number(1)})).text
    assert "赵**" in (await clerk.post("/desk/people", data={"q": "赵大"})).text
    assert "没有找到" in (await clerk.post("/desk/people", data={"q": "13800000078"})).text


async def test_a_number_is_changed_at_the_desk(browsers: Browsers) -> None:
    token, person_id = await browsers.person(5)
    clerk, worker = await browsers.clerk(), await browsers.anybody(token)
    other = await at_post(browsers, "zhao", path=OTHER_STATION)
    path = f"/desk/people/{person_id}/phone"
    bad = await clerk.post(path, data={"reason": "", "phone": "12"})
    assert bad.status_code == 422
    for words in ("请选原因", "身份证原件", "手机号"):
        assert words in bad.text
    right = {"reason": "lost", "phone": "13900000005", "card_seen": "1"}
    assert (await other.post(path, data=right)).status_code == 404
    assert (await worker.get("/my/jobs")).status_code == 200
    said(await clerk.post(path, data=right), "/desk/people")
    assert (await worker.get("/my/jobs")).status_code == 303
    assert "李**" in (await clerk.post("/desk/people", data={"q": "13900000005"})).text


async def test_an_employer_is_found_registered_and_verified(browsers: Browsers) -> None:
    city = browsers.city
    clerk = await browsers.clerk()
    said(await clerk.post("/desk/post/find", data={"q": "食品"}), f"/desk/post?employer={city.fresh}")
    several = await clerk.post("/desk/post/find", data={"q": "公司"})
    assert several.status_code == 200
    assert "开封建筑公司" in several.text
    assert "龙亭饭店" not in (await clerk.post("/desk/employers", data={"q": "龙亭"})).text
    empty = await clerk.post("/desk/employers/new", data={"kind": "enterprise"})
    assert empty.status_code == 422
    for name in ("name", "uscc", "contact_name", "phone"):
        assert f'href="#{name}"' in empty.text, name
    assert (await clerk.post("/desk/employers/new", data={})).status_code == 422
    alone = {"kind": "individual", "name": "钱多多", "id_number": number(7), "phone": "13800000055", "evidence": "B-1"}
    assert (await clerk.post("/desk/employers/new", data=alone | {"evidence": ""})).status_code == 422
    made = await clerk.post("/desk/employers/new", data=alone)
    said(made, "/desk/post?employer=")
    assert "新雇主" in await flash(clerk, made)
    again = await clerk.post("/desk/employers/new", data=alone)
    assert "已经登记过" in await flash(clerk, again)
    listed = await clerk.post("/desk/employers", data={"q": "没核实"})
    verify = re.search(r'action="(/desk/employers/[^"]+/verify)"', listed.text)
    assert verify
    refused = await clerk.post(verify.group(1), data={"evidence": " "})
    assert "请写看了什么证件" in await flash(clerk, refused)
    assert "核验好了" in await flash(clerk, await clerk.post(verify.group(1), data={"evidence": "营业执照原件"}))
    assert (await clerk.post(f"/desk/employers/{city.elsewhere}/verify", data={"evidence": "执照"})).status_code == 404


HEADINGS = "姓名,身份证号,联系方式,联系电话,工种代码,技能等级,期望工钱（元）,计价单位"


async def bring(client: httpx.AsyncClient, what: str, text: str, name: str = "名册.csv") -> httpx.Response:
    file = (name, io.BytesIO(("\ufeff" + text).encode()), "text/csv")
    return await client.post(f"/desk/import/{what}", files={"file": file})


async def test_a_register_is_brought_in_whole_or_not_at_all(browsers: Browsers) -> None:
    clerk, other = await browsers.clerk(), await at_post(browsers, "zhao", path=OTHER_STATION)
    right = f"赵大明,{number(1)},驿站,,6-29-99-00,无等级,200,天"
    bad = f"钱一,{wrong(3)},驿站,,6-29-99-00,无等级,两百,天"
    refused = await bring(clerk, "people", f"{HEADINGS}\n{right}\n{bad}\n")
    assert refused.status_code == 422
    assert "一行都没有存" in refused.text
    copy = re.search(r'href="(/desk/import/copy/[^"]+)"', refused.text)
    assert copy
    file = await clerk.get(copy.group(1))
    assert file.status_code == 200
    assert "attachment" in file.headers["content-disposition"]
    text = file.content.decode("utf-8-sig")
    assert "错误" in text.splitlines()[0]
    assert number(1) in text
    assert (await other.get(copy.group(1))).status_code == 404
    assert (await clerk.get("/desk/import/copy/" + "x" * 32)).status_code == 404
    assert (await clerk.get("/desk/import/copy/..%2f..%2fsecrets.json")).status_code == 404
    assert "本站还没有登记的人" in (await clerk.get("/desk/people")).text
    done = await bring(clerk, "people", f"{HEADINGS}\n{right}\n")
    said(done, "/desk/import")
    assert "新登记 1 人" in await flash(clerk, done)
    assert "接到本站 1 人" in await flash(other, await bring(other, "people", f"{HEADINGS}\n{right}\n"))


async def test_a_refused_table_says_what_stands_in_the_cell_and_where_the_codes_are(browsers: Browsers) -> None:
    """R053: row, column, the bad value, what to do, in each encoding; an unknown trade is none, whatever it looks like."""
    clerk = await browsers.clerk()
    line = f"赵大明,{number(1)},驿站,,6-29-99-98,大师,200,斤"
    long_number = f"钱一,{number(3)}9,驿站,,6-29-99-00,无等级,200,天"
    for data in (
        f"\ufeff{HEADINGS}\n{line}\n{long_number}\n".encode(),
        f"{HEADINGS}\n{line}\n{long_number}\n".encode("gb18030"),
    ):
        file = ("名册.csv", io.BytesIO(data), "text/csv")
        refused = await clerk.post("/desk/import/people", files={"file": file})
        assert refused.status_code == 422
        for words in ("“6-29-99-98”这个工种代码", ">“大师”<", ">“斤”<", "请照“代码表”写"):
            assert words in refused.text, words
        assert f"{number(3)}9" not in refused.text, "an identity number is not shown whole"
    assert "本站还没有登记的人" in (await clerk.get("/desk/people")).text
    for door in ("/desk/import", "/outreach/surveys"):
        book = read_sheet((await clerk.get(f"{door}/codes.xlsx")).content, "a.xlsx", max_rows=9999)
        assert [COMMUNITY_CODE, "某社区"] in book.rows, book.rows[:5]


@pytest.mark.parametrize(
    ("what", "text", "name", "words"),
    [
        ("people", "", "a.csv", "文件是空的"),
        ("people", "x", "a.pdf", "csv 或 xlsx"),
        ("people", "x", "a.xlsx", "xlsx"),
        ("posts", "甲,乙\n1,2\n", "a.csv", "一行都没有存"),
        ("posts", "=cmd(),b\n", "a.csv", "一行都没有存"),
    ],
)
async def test_an_odd_file_is_told_what_to_do(browsers: Browsers, what: str, text: str, name: str, words: str) -> None:
    clerk = await browsers.clerk()
    file = (name, io.BytesIO(text.encode()), "text/csv")
    answer = await clerk.post(f"/desk/import/{what}", files={"file": file})
    assert answer.status_code == 422, answer.text[-2000:]
    assert words in answer.text
    missing = await clerk.post(f"/desk/import/{what}", data={"x": "1"})
    assert missing.status_code == 422
    assert "请先选" in missing.text


async def test_templates_to_fill(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    page = await clerk.get("/desk/import/template/people.csv")
    assert page.content.decode("utf-8-sig").startswith(HEADINGS)
    assert (await clerk.get("/desk/import/template/wages.csv")).status_code == 404


async def test_a_photo_of_the_card_fills_the_form_or_says_why_not(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    page = (await clerk.get("/desk/register")).text
    assert ("认一认" in page) == id_photo.available()
    assert ("没装认照片的功能" in page) != id_photo.available()
    for photo, words in (
        (b"\xff\xd8\xff" + b"0" * 20_000_000, "照片太大（20 MB）"),
        (b"%PDF-1.7", "这不是照片"),
        (b"", "请先拍一张"),
    ):
        answer = await clerk.post("/desk/register/photo", files={"photo": ("card.jpg", photo, "image/jpeg")})
        assert answer.status_code == 422
        assert words in answer.text
        assert answer.headers["cache-control"] == "no-store"
    # What a photo said is taken only when the person has looked it over.
    form = worker_form(41, by_photo="1")
    refused = await clerk.post("/desk/register", data=form)
    assert refused.status_code == 422
    assert "请本人看一遍" in refused.text
    said(await clerk.post("/desk/register", data=form | {"confirmed": "1"}), "/desk/register")
