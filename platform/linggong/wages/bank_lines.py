"""A bank's statement, or the bill that WeChat Pay exports, read back: each outgoing line finds the bill that it paid, or is said to find none (56).

A line is matched by the code that our payment file writes into the transfer, else by the payee's name, account and the
exact amount. A line that names somebody else than the worker of its bill is refused: wages go to the worker himself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import sheets
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, TooLarge
from linggong.kernel.money import from_yuan
from linggong.kernel.sheets import Cell, RowFault, Sheet
from linggong.people.identity_numbers import veil_name
from linggong.wages import loading, payroll, service, wechat_lines
from linggong.wages.models import Bill, Payment
from linggong.wages.payees import Payee, payees, plain
from linggong.wages.wechat.models import WechatTransfer

MAX_ROWS = 1000
_PREFACE = 60
_HEADERS = {
    "name": ("收款人姓名", "收款人", "收款户名", "对方户名", "对方名称", "户名"),
    "account": ("收款账号", "对方账号", "收款人账号", "账号"),
    "amount": ("金额（元）", "金额", "支出金额", "借方金额", "交易金额", "付款金额"),
    "number": ("流水号", "交易流水号", "凭证号", "交易号", "回单编号"),
    "note": ("附言", "摘要", "用途", "备注"),
}
_WORDS = {"name": "收款人姓名", "amount": "金额", "number": "流水号"}
_CODE = re.compile(r"GZ[0-9A-F]{10}")


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was recorded as a payment."""

    row: int
    bill_id: UUID
    payment_id: UUID
    worker_name: str
    amount_fen: int


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a statement; the lines with faults were left alone."""

    matched: list[Match]
    faults: list[RowFault]
    total_fen: int


@dataclass(slots=True)
class _Open:
    """A bill that waits for money, with whom it is owed to."""

    bill: Bill
    payee: Payee
    left: int


async def import_lines(uow: UnitOfWork, sealer: Sealer, data: bytes, name: str) -> Imported:
    """Record the payments that a statement shows (csv, xlsx); handing it in again records nothing twice.

    Raises Invalid for a file that is no statement, Conflict for anybody but an employer, TooLarge.
    """
    if uow.actor.kind != "employer":
        raise Conflict("银行流水由雇主自己导入。")
    channel, lines = _lines(sheets.read_sheet(data, name, max_rows=MAX_ROWS + _PREFACE))
    # Two imports of one employer at once would both find a line new.
    await uow.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 12))"), {"k": str(uow.actor.employer_id)}
    )
    waiting = await _waiting(uow)
    known = set(
        await uow.session.scalars(
            sa.select(Payment.voucher).where(
                Payment.employer_id == uow.actor.employer_id,
                # What was paid by WeChat from here stands in WeChat's bill, too.
                sa.or_(Payment.proof == "bank_line", Payment.id.in_(sa.select(WechatTransfer.id))),
                Payment.state != "denied",
            )
        )
    )
    matched: list[Match] = []
    faults: list[RowFault] = []
    for number, cells in lines:
        try:
            made = await _one(uow, sealer, number, cells, waiting, known, channel)
        except Invalid as error:
            faults += [RowFault(number, fault.field, fault.message) for fault in error.faults]
        else:
            matched.append(made)
    return Imported(matched=matched, faults=faults, total_fen=sum(m.amount_fen for m in matched))


def _lines(sheet: Sheet) -> tuple[service.Channel, list[tuple[int, dict[str, Cell]]]]:
    """Return by what was paid, and the lines of the statement with their numbers in the file. Raises Invalid."""
    table: list[list[Cell]] = [list(sheet.headers), *sheet.rows]
    if wechat_lines.is_wechat(table):
        found = wechat_lines.lines(table)
        if found is None:
            raise Invalid([Fault("file", "没有找到微信账单的表头。请交从微信“账单-下载账单”导出的原文件。", "headers")])
        return "wechat", found
    if len(sheet.rows) > MAX_ROWS:
        raise TooLarge(f"一次最多 {MAX_ROWS} 行，这个文件有 {len(sheet.rows)} 行，请分几次交。")
    columns = _columns(sheet.headers)
    filled = [(n, row) for n, row in enumerate(sheet.rows, start=2) if any(cell != "" for cell in row)]
    return "bank", [(number, _cells(row, columns)) for number, row in filled]


def _columns(headers: list[str]) -> dict[str, int]:
    found = {}
    for field, names in _HEADERS.items():
        at = next((headers.index(name) for name in names if name in headers), None)
        if at is not None:
            found[field] = at
    missing = [words for field, words in _WORDS.items() if field not in found]
    if missing:
        raise Invalid([Fault("file", f"表头缺少：{'、'.join(missing)}。请用银行导出的流水。", "headers")])
    return found


def _cells(row: list[Cell], columns: dict[str, int]) -> dict[str, Cell]:
    return {field: row[at] if at < len(row) else "" for field, at in columns.items()}


async def _waiting(uow: UnitOfWork) -> list[_Open]:
    rows = (
        await uow.session.scalars(
            sa.select(Bill)
            .where(
                Bill.employer_id == uow.actor.employer_id,
                sa.or_(
                    Bill.state.in_(("OPEN", "CLAIMED")), sa.and_(Bill.state == "RULED", Bill.paid_fen < Bill.total_fen)
                ),
                loading.seen(uow, Bill),
            )
            .order_by(Bill.due_at, Bill.id)
        )
    ).all()
    owed_to = await payees(uow, [row.id for row in rows])
    claimed = {
        row[0]: int(row[1])
        for row in await uow.execute(
            sa.select(Payment.bill_id, sa.func.sum(Payment.amount_fen))
            .where(Payment.bill_id.in_([row.id for row in rows]), Payment.state == "claimed")
            .group_by(Payment.bill_id)
        )
    }
    return [
        _Open(row, owed_to[row.id], row.total_fen - row.paid_fen - claimed.get(row.id, 0))
        for row in rows
        if row.id in owed_to
    ]


async def _one(
    uow: UnitOfWork,
    sealer: Sealer,
    number: int,
    cells: dict[str, Cell],
    waiting: list[_Open],
    known: set[str],
    channel: service.Channel,
) -> Match:
    """Record one line; raises Invalid with what is wrong with it."""
    voucher = _text(cells["number"], "number", "流水号").strip()
    amount = _amount(cells["amount"])
    name = _text(cells["name"], "name", "收款人姓名").strip()
    account = re.sub(r"[\s-]", "", _text(cells.get("account", ""), "account", "账号"))
    note = _text(cells.get("note", ""), "note", "附言")
    if not voucher:
        raise Invalid([Fault("number", "没有流水号，不能作凭证。", "required")])
    if voucher in known:
        raise Invalid([Fault("number", "这笔流水已经登记过了。", "known")])
    found = _find(sealer, waiting, name, account, amount, note)
    payment = await service.record_payment(
        uow, found.bill.id, amount_fen=amount, channel=channel, voucher=voucher, payee_name=name, payee_account=account,
        proof="bank_line", sealer=sealer,
    )  # fmt: skip
    found.left -= amount
    known.add(voucher)
    return Match(
        row=number,
        bill_id=found.bill.id,
        payment_id=payment.id,
        worker_name=veil_name(found.payee.name),
        amount_fen=amount,
    )


def _find(sealer: Sealer, waiting: list[_Open], name: str, account: str, amount: int, note: str) -> _Open:
    code = _CODE.search(note.upper())
    if code is not None:
        named = [one for one in waiting if payroll.reference(one.bill.id) == code.group()]
        if not named:
            raise Invalid([Fault("note", "附言里的工资单已经付清，或者不是您的。", "code")])
        if amount > named[0].left:
            raise Invalid([Fault("amount", "比这张工资单没付的多，请核对。", "range")])
        return named[0]
    same = [
        one
        for one in waiting
        if plain(one.payee.name) == plain(name)
        and one.left == amount
        and account in ("", one.payee.account(sealer) or account)
    ]
    workers = {one.payee.worker_id for one in same}
    if not same:
        raise Invalid([Fault("", "没有找到对得上的工资单（姓名、账号、金额都要对上）。", "no_match")])
    if len(workers) > 1:
        raise Invalid([Fault("name", "有两个同名的人都欠这个数，请在工资单上单独登记。", "ambiguous")])
    return same[0]


def _text(cell: Cell, field: str, words: str) -> str:
    try:
        return sheets.text(cell)
    except ValueError:
        raise Invalid([Fault(field, f"{words}的格式不对，请设成文本。", "format")]) from None


def _amount(cell: Cell) -> int:
    try:
        # A spreadsheet holds 200.1 as a binary fraction; two decimals are what was meant.
        found = int(from_yuan(f"{cell:.2f}" if isinstance(cell, float) else str(cell).lstrip("-")))
    except ValueError:
        raise Invalid([Fault("amount", "金额不是数字。", "number")]) from None
    if found <= 0:
        raise Invalid([Fault("amount", "金额要大于 0。", "range")])
    return found
