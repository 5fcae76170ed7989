"""Tables of posts: whole or not at all, every fault named, mended copies taken back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
import xlsxwriter
from python_calamine import CalamineWorkbook

from linggong.kernel import sheets
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Invalid, NotFound, TooLarge
from linggong.kernel.paths import EVERYWHERE
from linggong.market import importing
from linggong.market.sample_posts import write_sample_posts
from linggong.people.identity_numbers import parse_uscc

from .conftest import COMMUNITY_CODE, OTHER_STATION, STATION, STREET_CODE, City

if TYPE_CHECKING:
    from linggong.market.importing import ImportReport

USCC = "91410225MA40000004"
ROW = {
    "标题": "搬砖小工，管午饭", "人数": "6", "地址": "东关大街12号", "村社区代码": STREET_CODE, "开工日期": "2026-03-12",
    "开工时间": "7:30", "收工时间": "17:30", "休息分钟": "60", "工钱（元）": "200", "计价单位": "天", "结算方式": "日结",
    "支付方式": "现金", "用工形式": "临时性", "用工关系": "劳务", "联系人": "王师傅", "联系电话": "13812345678",
    "用工主体证号": "", "说明": "上料",
}  # fmt: skip


def good_uscc(seed: int) -> str:
    """Return a credit code that passes its own check."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for last in alphabet:
        try:
            return parse_uscc(f"91410225MA4{seed:06d}{last}").code
        except ValueError:
            continue
    raise AssertionError


@pytest.fixture
async def uscc(city: City) -> str:
    """The trusted employer's credit code, made valid."""
    codes = {"trusted": good_uscc(1), "unverified": good_uscc(3), "elsewhere": good_uscc(5)}
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for name, code in codes.items():
            await uow.execute(
                sa.text("UPDATE employers SET uscc = :u WHERE id = :i"), {"u": code, "i": getattr(city, name)}
            )
    return codes["trusted"]


def csv_of(*rows: dict[str, str], headers: list[str] | None = None, encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, headers or list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def xlsx_of(*rows: dict[str, Any], headers: list[str] | None = None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        names = headers or list(ROW)
        page.write_row(0, 0, names)
        for number, row in enumerate(rows, start=1):
            for column, name in enumerate(names):
                page.write(number, column, row.get(name, ""))
    return out.getvalue()


async def hand_in(city: City, data: bytes, name: str = "posts.csv", **options: Any) -> ImportReport:
    async with city.database.begin(*city.clerk) as uow:
        return await importing.import_posts(uow, city.secrets.sealer, data, name, **options)


async def stored(city: City) -> int:
    async with city.database.system() as uow:
        return int((await uow.execute(sa.text("SELECT count(*) FROM orders"))).scalar() or 0)


async def test_a_good_table_is_stored_whole(city: City, uscc: str) -> None:
    rows = [ROW | {"用工主体证号": uscc, "人数": str(n)} for n in (1, 2, 3)]
    rows[2] |= {"开工时间": "22:00", "收工时间": "06:00", "村社区代码": COMMUNITY_CODE}
    report = await hand_in(city, csv_of(*rows))
    assert (report.rows, report.stored, report.faults) == (3, 3, [])
    async with city.database.system() as uow:
        orders = (await uow.execute(sa.text("SELECT * FROM orders ORDER BY headcount"))).mappings().all()
        events = (await uow.execute(sa.text("SELECT type, count(*) FROM events GROUP BY type"))).all()
        timers = (await uow.execute(sa.text("SELECT key, count(*) FROM timers GROUP BY key"))).all()
    assert {o["state"] for o in orders} == {"O_REVIEW"}
    assert {o["tenant"] for o in orders} == {STATION}
    assert {o["trade_code"] for o in orders} == {"6-29-99-00"}
    assert {(o["source_channel"], o["submitted_by"]) for o in orders} == {("import", city.clerk_id)}
    assert (orders[2]["ends_at"] - orders[2]["starts_at"]).total_seconds() == 8 * 3600
    assert dict(events)["order.submitted"] == 3
    assert dict(timers) == {"t.review": 3, "t.fill_until": 3}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_spreadsheets_save_csv_in_their_own_ways(city: City, uscc: str, encoding: str) -> None:
    assert (await hand_in(city, csv_of(ROW | {"用工主体证号": uscc}, encoding=encoding))).stored == 1


async def test_an_xlsx_with_its_own_types(city: City, uscc: str) -> None:
    row: dict[str, Any] = ROW | {"用工主体证号": uscc, "人数": 6, "工钱（元）": 200.5, "联系电话": 13812345678}
    assert (await hand_in(city, xlsx_of(row), "posts.xlsx")).stored == 1
    async with city.database.system() as uow:
        assert (await uow.execute(sa.text("SELECT pay_fen FROM orders"))).scalar() == 20050


BAD_CELLS = {
    "标题": "搬砖😀", "工种代码": "9-99-99-99", "人数": "很多", "地址": "", "村社区代码": "110101001000", "开工日期": "明天",
    "开工时间": "25:99", "工钱（元）": "两百", "计价单位": "年", "结算方式": "年结", "支付方式": "支票", "用工形式": "正式",
    "用工关系": "朋友", "联系电话": "12345", "说明": "要交押金", "休息分钟": "999999999999999999",
}  # fmt: skip


@pytest.mark.parametrize("column", BAD_CELLS)
async def test_one_bad_cell_stores_nothing_and_is_named(city: City, uscc: str, column: str) -> None:
    good = ROW | {"用工主体证号": uscc, "工种代码": ""}
    report = await hand_in(city, csv_of(good, good | {column: BAD_CELLS[column]}, good, headers=list(good)))
    assert report.stored == 0
    assert {(f.row, f.column) for f in report.faults} == {(3, column)} or column == "休息分钟"
    assert {f.row for f in report.faults} == {3}
    assert await stored(city) == 0
    assert report.annotated_name == "posts-错误.csv"
    lines = list(csv.reader(io.StringIO((report.annotated or b"").decode("utf-8-sig"), newline="")))
    assert lines[0][-1] == "错误"
    assert [bool(line[-1]) for line in lines[1:]] == [False, True, False]
    if column != "休息分钟":
        assert lines[2][-1].startswith(column)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("", "请填统一社会信用代码"), ("91410225MA40000001X", "核对"), ("123", ""), (good_uscc(999), "先登记"),
        (good_uscc(3), "核实"), (good_uscc(5), "先登记"),
    ],
)  # fmt: skip
async def test_an_employer_must_be_known_and_may_post(city: City, uscc: str, number: str, words: str) -> None:
    report = await hand_in(city, csv_of(ROW | {"用工主体证号": number}))
    assert report.stored == 0
    assert [f.column for f in report.faults] == ["用工主体证号"]
    assert words in report.faults[0].message or words == "核对"


async def test_an_identity_number_that_became_a_number_is_refused(city: City, uscc: str) -> None:
    report = await hand_in(city, xlsx_of(ROW | {"用工主体证号": 4.10225197001010e17}), "posts.xlsx")
    assert [f.column for f in report.faults] == ["用工主体证号"]
    assert "文本" in report.faults[0].message
    book = CalamineWorkbook.from_filelike(io.BytesIO(report.annotated or b""))
    assert "文本" in str(book.get_sheet_by_index(0).to_python()[1][-1])


async def test_a_mended_copy_is_taken_back(city: City, uscc: str) -> None:
    report = await hand_in(city, csv_of(ROW | {"用工主体证号": uscc, "人数": "0"}))
    assert report.annotated
    mended = report.annotated.decode("utf-8-sig").replace(",0,", ",5,", 1).encode()
    assert (await hand_in(city, mended)).stored == 1


async def test_a_formula_stays_text_in_the_copy(city: City, uscc: str) -> None:
    report = await hand_in(city, xlsx_of(ROW | {"用工主体证号": uscc, "标题": "'=1+1", "人数": 0}), "p.xlsx")
    again = sheets.read_sheet(report.annotated or b"", "p.xlsx", max_rows=5)
    assert again.rows[0][0] == "'=1+1"


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (b"", "a.csv", Invalid), (b"\n\n", "a.csv", Invalid), (b"PK\x03\x04nonsense", "a.xlsx", Invalid), (b"x", "a.exe", Invalid),
        (b"\xff\xfe\x00\x81", "a.csv", Invalid), ("标题\n".encode() + b"x\n" * 50, "a.csv", TooLarge),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_read_says_why(city: City, data: bytes, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await hand_in(city, data, name, max_rows=10)


async def test_headings_are_checked_first(city: City) -> None:
    report = await hand_in(city, "标题,人数,人数,谁\n搬砖,1,1,我\n".encode())
    columns = {f.column for f in report.faults}
    assert {"地址", "用工主体证号", "谁", "人数"} <= columns
    assert {f.row for f in report.faults} == {1}


async def test_another_station_is_not_found(city: City, uscc: str) -> None:
    for tenant in (OTHER_STATION, "nonsense", "/4102/25/001/zz/"):
        with pytest.raises(NotFound):
            await hand_in(city, csv_of(ROW | {"用工主体证号": uscc}), tenant=tenant)


def sample(tmp_path: Path, uscc: str, rows: int, seed: int = 1) -> Path:
    path = tmp_path / f"sample-{rows}-{seed}.csv"
    write_sample_posts(
        path, rows=rows, seed=seed, first_day=date(2026, 3, 12), days=20,
        division_codes=[STREET_CODE, COMMUNITY_CODE], employer_numbers=[uscc],
    )  # fmt: skip
    return path


async def test_three_thousand_real_titles(city: City, uscc: str, tmp_path: Path) -> None:
    path = sample(tmp_path, uscc, 3000)
    assert path.read_bytes() == sample(tmp_path, uscc, 3000, seed=1).read_bytes()
    report = await hand_in(city, path.read_bytes(), path.name)
    assert report.faults == []
    assert report.stored == await stored(city) == 3000


@pytest.mark.timeout(280)
@pytest.mark.parametrize("many", [5_000, pytest.param(50_000, marks=pytest.mark.prove)])
async def test_many_rows_with_one_bad_one(many: int, city: City, uscc: str, tmp_path: Path) -> None:
    lines = sample(tmp_path, uscc, 3000).read_text("utf-8-sig").splitlines()
    rows = (lines[1:] * (many // 3000 + 1))[:many]
    bad = many * 4 // 5
    rows[bad] = rows[bad].replace(",60,", ",六十,", 1)
    report = await hand_in(city, "\n".join([lines[0], *rows]).encode())
    assert (report.rows, report.stored) == (many, 0)
    assert [(f.row, f.column) for f in report.faults] == [(bad + 2, "休息分钟")]
    assert "休息分钟" in (report.annotated or b"").decode("utf-8-sig").splitlines()[bad + 1]
    assert await stored(city) == 0


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (sheets.day, "2026年3月1日", date(2026, 3, 1)), (sheets.day, "2026/3/1", date(2026, 3, 1)),
        (sheets.whole, 6.0, 6), (sheets.whole, "6.0", 6), (sheets.text, 410225001000.0, "410225001000"),
    ],
)  # fmt: skip
def test_cells(read: Callable[[Any], Any], cell: Any, value: Any) -> None:
    assert read(cell) == value


@pytest.mark.parametrize("text", ["7:30", "07：30", "7点半", "7点30分"])
def test_times_as_people_write_them(text: str) -> None:
    assert sheets.clock_time(text).strftime("%H:%M") == "07:30"
