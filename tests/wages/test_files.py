"""Files of wages: the bank's file and statement, and the ledger that the law prescribes, with who looked at whom."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from linggong.kernel import sheets
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE
from linggong.people.models import Person
from linggong.people.privacy_models import Reveal
from linggong.wages import bank_lines, ledger, payroll, queries, service

from .conftest import Site, crew_accepted
from .test_payments import with_account

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


async def id_numbers(site: Site) -> None:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        for n, worker in enumerate(site.workers):
            sealed = site.city.secrets.sealer.seal(f"41022519680501{n:04d}", f"persons.id_sealed.{worker}")
            await uow.execute(sa.update(Person).where(Person.id == worker).values(id_sealed=sealed))


async def looks(site: Site) -> list[tuple[UUID | None, list[str], str]]:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        rows = await uow.session.scalars(sa.select(Reveal).order_by(Reveal.id))
        return [(r.person_id, r.fields, r.purpose) for r in rows]


async def name_of(site: Site, n: int) -> str:
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        return str(await uow.session.scalar(sa.select(Person.name).where(Person.id == site.workers[n])))


def statement(*rows: tuple[Any, ...]) -> bytes:
    return sheets.write_csv([("交易流水号", "对方户名", "对方账号", "支出金额", "附言"), *rows])


async def test_the_banks_file_pays_each_worker_himself(site: Site) -> None:
    first, second, _ = await crew_accepted(site, 3)
    await with_account(site, 0, "6222020000000001")
    await with_account(site, 1, "6222020000000002")
    async with site.begin(site.employer) as uow:
        await service.record_payment(uow, second, amount_fen=5000, channel="cash")
    sealer = site.city.secrets.sealer
    async with site.begin(site.employer) as uow:
        made = await payroll.payment_file(uow, sealer, site.order_id, form="csv")
    assert (made.count, made.total_fen) == (2, 35000)
    assert [x.reason for x in made.left_out] == ["没有登记银行账号，请付现金或微信"]
    rows = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert rows[0] == list(payroll.HEADERS)
    assert {(r[1], r[2], r[4], r[5]) for r in rows[1:]} == {
        (await name_of(site, 0), "6222020000000001", "200.0", f"工资 {payroll.reference(first)}"),
        (await name_of(site, 1), "6222020000000002", "150.0", f"工资 {payroll.reference(second)}"),
    }
    assert sorted(await looks(site)) == sorted((w, ["name", "bank"], "pay") for w in site.workers[:2])
    async with site.begin(site.employer) as uow:
        book = await payroll.payment_file(uow, sealer, site.order_id)
    assert sheets.read_sheet(book.content, book.name, max_rows=10).rows[0][2] == "6222020000000001"
    for stranger, error in (
        (site.worker(), Conflict),
        (site.city.employer(site.city.elsewhere), NotFound),
        (site.city.other_clerk, NotFound),
    ):
        with pytest.raises(error):
            async with site.begin(stranger) as uow:
                await payroll.payment_file(uow, sealer, site.order_id)


async def test_a_statement_finds_its_bills(site: Site) -> None:
    first, second, third = await crew_accepted(site, 3)
    await with_account(site, 0, "6222020000000001")
    names = [await name_of(site, n) for n in range(3)]
    data = statement(
        ("L1", names[0], "6222020000000001", "-200.00", f"工资{payroll.reference(first)}"),
        ("L2", names[1], "", "200", "工资"),
        ("L3", "王班长", "6222020000000009", "200.00", f"工资{payroll.reference(third)}"),
        ("L4", names[2], "", "199.00", "工资"),
        ("", names[2], "", "200", ""),
        ("L5", names[2], "", "一百", ""),
        ("L6", names[0], "", "1", payroll.reference(first)),
    )
    async with site.begin(site.employer) as uow:
        done = await bank_lines.import_lines(uow, site.city.secrets.sealer, data, "流水.csv")
    assert [(m.row, m.bill_id, m.amount_fen) for m in done.matched] == [(2, first, 20000), (3, second, 20000)]
    assert {f.row: f.column for f in done.faults} == {4: "payee_name", 5: "", 6: "number", 7: "amount", 8: "amount"}
    async with site.begin(site.employer) as uow:
        again = await bank_lines.import_lines(uow, site.city.secrets.sealer, data, "流水.csv")
        assert again.matched == []
        row = await queries.bill(uow, first)
        assert (row.payments[0].proof, row.payments[0].voucher, row.state) == ("bank_line", "L1", "CLAIMED")
    with pytest.raises(Invalid, match="流水号"):
        async with site.begin(site.employer) as uow:
            await bank_lines.import_lines(uow, site.city.secrets.sealer, sheets.write_csv([("姓名", "金额")]), "x.csv")
    with pytest.raises(Conflict, match="雇主"):
        async with site.begin(site.clerk) as uow:
            await bank_lines.import_lines(uow, site.city.secrets.sealer, data, "流水.csv")


def wechat(*rows: tuple[str, ...]) -> str:
    """A bill as WeChat Pay exports it: preface, dashes, heading, lines."""
    preface = (
        "微信支付账单明细,,,,,,,,,,", "微信昵称：[赵老板],,,,,,,,,,",
        "起始时间：[2026-03-01 00:00:00] 终止时间：[2026-03-12 00:00:00],,,,,,,,,,", "导出类型：[全部],,,,,,,,,,", ",,,,,,,,,,",
        "共5笔记录,,,,,,,,,,", "注：,,,,,,,,,,", "----------------------微信支付账单明细列表--------------------,,,,,,,,,,",
        "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注",
    )  # fmt: skip
    return "\r\n".join([*preface, *(",".join(row) for row in rows)])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_wechats_bill_is_matched_like_the_banks(site: Site, encoding: str) -> None:
    """56: transfers to people, by the code in the remark or by name and exact amount; everything else is no line."""
    first, second, third = await crew_accepted(site, 3)
    names = [await name_of(site, n) for n in range(3)]
    at = "2026-03-11 18:02:11"
    code = payroll.reference(first)
    data = wechat(
        (at, "转账", names[0], f"转账备注:{code}", "支出", "¥200.00", "零钱", "对方已收钱", "1000050001\t", "\t", "/"),
        (at, "转账", names[1], "转账备注:微信转账", "支出", "￥200.00", "零钱", "支付成功", "1000050002\t", "\t", "/"),
        (at, "转账", names[2], "转账备注:微信转账", "支出", "¥200.00", "零钱", "已全额退款", "1000050003\t", "\t", "/"),
        (at, "商户消费", "小卖部", "水", "支出", "¥3.00", "零钱", "支付成功", "1000050004\t", "\t", "/"),
        (at, "转账", names[2], "转账备注:微信转账", "收入", "¥200.00", "零钱", "已存入零钱", "1000050005\t", "\t", "/"),
        (at, "转账", "赵大", "转账备注:微信转账", "支出", "¥200.00", "零钱", "对方已收钱", "1000050006\t", "\t", "/"),
    ).encode(encoding)
    async with site.begin(site.employer) as uow:
        done = await bank_lines.import_lines(uow, site.city.secrets.sealer, data, "微信支付账单.csv")
    assert [(m.row, m.bill_id, m.amount_fen) for m in done.matched] == [(10, first, 20000), (11, second, 20000)]
    assert [(f.row, f.column) for f in done.faults] == [(15, "")]
    async with site.begin(site.employer) as uow:
        assert (await bank_lines.import_lines(uow, site.city.secrets.sealer, data, "再来.csv")).matched == []
        paid = (await queries.bill(uow, first)).payments[0]
        assert (paid.channel, paid.proof, paid.voucher) == ("wechat", "bank_line", "1000050001")
        assert (await queries.bill(uow, third)).payments == []
    with pytest.raises(Invalid, match="表头"):
        async with site.begin(site.employer) as uow:
            await bank_lines.import_lines(uow, site.city.secrets.sealer, "微信支付账单明细,\n".encode(), "x.csv")


async def test_the_ledger_has_the_laws_columns_and_no_formula(site: Site) -> None:
    first, *_ = await crew_accepted(site, 2)
    await id_numbers(site)
    async with site.begin(site.employer) as uow:
        payment = await service.record_payment(uow, first, amount_fen=20000, channel="bank", voucher="=1+1")
    async with site.begin(site.worker()) as uow:
        await service.answer_payment(uow, payment.id, received=True)
    sealer, database = site.city.secrets.sealer, site.city.database
    for who in (site.employer, site.city.staff("/4102/25/")):
        async with site.begin(who) as uow:
            made = await ledger.ledger(uow, database, sealer, first=FIRST, last=LAST)
        assert (made.rows, made.due_fen, made.paid_fen) == (2, 40000, 20000)
        sheet = sheets.read_sheet(made.content, made.name, max_rows=10)
        assert sheet.headers == [
            "用人单位名称", "支付周期", "支付日期", "支付对象姓名", "身份证号码", "联系方式", "工作时间", "应发工资项目及数额",
            "代扣、代缴、扣除项目和数额", "实发工资数额", "银行代发工资凭证或者农民工签字",
        ]  # fmt: skip
        row = next(r for r in sheet.rows if r[9])
        assert row[0] == "开封建筑公司"
        assert row[1:3] == ["日结 2026-03-11", "2026-03-11"]
        assert row[4] == "410225196805010000"
        assert str(row[5]).startswith("139")
        assert row[6:] == ["8小时", "日工钱 200元/天 × 1=200元", "无", 200.0, "单号=1+1 本人确认"]
    assert len(await looks(site)) == 4, "one row a person and look, which he can read"
    with pytest.raises(Conflict):
        async with site.begin(site.worker()) as uow:
            await ledger.ledger(uow, database, sealer, first=FIRST, last=LAST)
    for first_day, last_day in ((LAST, FIRST), (FIRST, FIRST + timedelta(days=400))):
        with pytest.raises(Invalid, match="起止日期"):
            async with site.begin(site.employer) as uow:
                await ledger.ledger(uow, database, sealer, first=first_day, last=last_day)
    for stranger in (site.city.employer(site.city.elsewhere), site.city.other_clerk):
        async with site.begin(stranger) as uow:
            assert (await ledger.ledger(uow, database, sealer, first=FIRST, last=LAST)).rows == 0
