"""Registers from workbooks: numbers that a workbook spoilt, rows under another name, and every fault in its row."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
import xlsxwriter

from linggong.kernel import sheets
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import tenant_path
from linggong.people import importing, queries, registration
from linggong.people.models import Consent, MergeProposal, Person, ServiceLink

from .conftest import SLIP, STATION, City, id_number, worker

if TYPE_CHECKING:
    from conftest import TestDatabase

AT = tenant_path(STATION)
Row = tuple[object, ...]


def row(n: int, name: str = "李国强", number: object = None, phone: object = None) -> Row:
    """A row without a fault, but for what is given."""
    return (
        name,
        id_number(n) if number is None else number,
        "本人手机",
        phone or f"138{n:08d}",
        "6-29-99-00",
        "无等级",
        180,
        "天",
    )


def workbook(*rows: Row) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet()
        for at, cells in enumerate([importing.REQUIRED, *rows]):
            page.write_row(at, 0, cells)
    return out.getvalue()


async def bring_in(city: City, data: bytes, *, skip_bad: bool = False) -> importing.PeopleReport:
    async with city.database.begin(*city.clerk) as uow:
        return await importing.import_people(uow, city.secrets.sealer, data, "登记.xlsx", tenant=AT, skip_bad=skip_bad)


async def test_a_number_that_became_a_float_is_refused_in_words(city: City, blank: TestDatabase) -> None:
    report = await bring_in(city, workbook(row(1), row(2, number=410225196805010021.0), row(3, phone=13800000003.0)))
    assert [(f.row, f.column) for f in report.faults] == [(3, "身份证号")]
    assert "设为“文本”" in report.faults[0].message
    assert report.stored == 0
    owner = await blank.owner()
    assert await owner.fetchval("SELECT count(*) FROM persons") == 0
    await owner.close()
    assert report.annotated is not None
    copy = sheets.read_sheet(report.annotated, "错误.xlsx", max_rows=10)
    assert [bool(cells[-1]) for cells in copy.rows] == [False, True, False]


async def test_the_good_rows_go_in_when_asked(city: City) -> None:
    report = await bring_in(city, workbook(row(1), row(2, number=4.1e17), row(3, phone=13800000003.0)), skip_bad=True)
    assert (report.created, report.linked, len(report.faults)) == (2, 0, 1)
    async with city.database.begin(*city.clerk) as uow:
        found = await queries.workers_linked(uow, city.secrets.sealer, q="13800000003")
        assert len(found) == 1
        consents = (await uow.session.scalars(sa.select(Consent))).all()
        assert {c.evidence for c in consents} == {"登记.xlsx 第 2 行", "登记.xlsx 第 4 行"}


async def test_every_fault_of_every_row_is_named(city: City) -> None:
    bad = ("", "12", "电报", "x", "木匠", "大师", "很多", "年")
    report = await bring_in(city, workbook(bad, row(1), row(1), row(2, number=id_number(2, born="20120501"))))
    assert {f.column for f in report.faults if f.row == 2} >= {
        "姓名", "身份证号", "联系方式", "联系电话", "工种代码", "技能等级", "期望工钱（元）", "计价单位",
    }  # fmt: skip
    assert [(f.row, f.column) for f in report.faults if f.row > 2] == [(4, "身份证号"), (5, "身份证号")]
    assert "第 3 行" in next(f.message for f in report.faults if f.row == 4)
    assert "16" in next(f.message for f in report.faults if f.row == 5)


async def test_a_known_number_under_another_name_opens_nothing(city: City) -> None:
    async with city.database.begin(*city.other_clerk) as uow:
        made = await registration.register_worker(uow, city.secrets.sealer, worker(1), proxy=SLIP)
    whole = await bring_in(city, workbook(row(1, "王五"), row(2)))
    assert (whole.stored, [(f.row, f.column) for f in whole.faults]) == (0, [(2, "姓名")])
    part = await bring_in(city, workbook(row(1, "王五"), row(2)), skip_bad=True)
    assert (part.created, part.linked, len(part.faults)) == (1, 0, 1)
    async with city.database.begin(*city.clerk) as uow:
        assert await uow.session.get(Person, made.person_id) is None
        assert (
            await uow.session.scalars(sa.select(ServiceLink).where(ServiceLink.subject_id == made.person_id))
        ).all() == []


async def test_a_known_person_is_linked_and_not_made_again(city: City, blank: TestDatabase) -> None:
    async with city.database.begin(*city.other_clerk) as uow:
        made = await registration.register_worker(uow, city.secrets.sealer, worker(1), proxy=SLIP)
    report = await bring_in(city, workbook(row(1), row(2, "王五六")))
    assert (report.created, report.linked) == (1, 1)
    async with city.database.begin(*city.clerk) as uow:
        assert await uow.session.get(Person, made.person_id) is not None
    owner = await blank.owner()
    types = {r["type"]: r["n"] for r in await owner.fetch("SELECT type, count(*) AS n FROM events GROUP BY type")}
    await owner.close()
    assert types == {"person.registered": 2, "person.linked": 1}


async def test_two_imports_of_one_register_at_once_make_each_person_once(city: City, blank: TestDatabase) -> None:
    data = workbook(*(row(n, f"李{'甲乙丙丁戊'[n % 5]}{'子丑寅卯'[n % 4]}") for n in range(1, 60)))

    async def other() -> importing.PeopleReport:
        async with city.database.begin(*city.staff("/4102/02/003/s01/")) as uow:
            at = tenant_path("/4102/02/003/s01/")
            return await importing.import_people(uow, city.secrets.sealer, data, "登记.xlsx", tenant=at)

    first, second = await asyncio.gather(bring_in(city, data), other())
    assert sorted([first.created, second.created]) == [0, 59]
    assert sorted([first.linked, second.linked]) == [0, 59]
    owner = await blank.owner()
    assert await owner.fetchval("SELECT count(*) FROM persons") == 59
    await owner.close()


async def test_pairs_are_proposed_once_by_birthday_or_by_telephone(city: City) -> None:
    report = await bring_in(
        city,
        workbook(
            row(1, "李国强"),
            row(3, "李国强"),
            row(5, "赵小妹", phone="13900000001"),
            row(7, "赵小妹", number=id_number(7, born="19700101"), phone="13900000001"),
            row(9, "孙小妹", number=id_number(9, born="19710101"), phone="13900000001"),
        ),
    )
    assert (report.created, report.proposed) == (5, 2)
    async with city.database.begin(*city.clerk) as uow:
        assert {p.reason for p in await uow.session.scalars(sa.select(MergeProposal))} == {"同名同生日", "同名同电话"}


async def test_a_node_of_others_is_not_there(city: City) -> None:
    with pytest.raises(NotFound):
        async with city.database.begin(*city.clerk) as uow:
            at = tenant_path("/4102/02/003/s01/")
            await importing.import_people(uow, city.secrets.sealer, workbook(row(1)), "登记.xlsx", tenant=at)
