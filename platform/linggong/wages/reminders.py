"""Telling both sides about wages: one receipt each (63 to 65, 57); the texts live here."""

from __future__ import annotations

from uuid import UUID

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import format_yuan
from linggong.people import notices
from linggong.wages.models import Bill, Payment

_LONGEST_TITLE = 16
_OF_THE_BILL = """
SELECT (SELECT title FROM board_posts WHERE order_id = $1), (SELECT worker_name FROM engagements WHERE id = $2)"""
_WAYS = {"cash": "现金", "bank": "银行", "wechat": "微信", "card": "社保卡"}


async def fell_due(uow: UnitOfWork, row: Bill) -> None:
    """Due and not paid (63): the employer is reminded, the worker told."""
    title, name = await _words(uow, row)
    await _tell(
        uow,
        row,
        "employer",
        "wage_due",
        f"“{title}”{name}的工钱{_left(row)}元到时间了，请今天付给本人并登记。",
        call=True,
    )
    await _tell(uow, row, "worker", "wage_due", f"“{title}”的工钱{_left(row)}元到时间还没登记付款，已提醒雇主。")


async def is_overdue(uow: UnitOfWork, row: Bill) -> None:
    """Overdue past the grace (64): the desk calls, and the employer may not post."""
    title, name = await _words(uow, row)
    text = f"“{title}”{name}的工钱{_left(row)}元已逾期。付清以前全市不能再发用工，3天不付转欠薪处理。"
    await _tell(uow, row, "employer", "wage_overdue", text, call=True)
    await _tell(uow, row, "worker", "wage_overdue", f"“{title}”的工钱{_left(row)}元逾期了，驿站正在帮你催。")


async def is_arrears(uow: UnitOfWork, row: Bill) -> None:
    """Arrears (65): the file is being made."""
    title, name = await _words(uow, row)
    text = f"“{title}”拖欠{name}工钱{_left(row)}元，已立为欠薪线索，将转劳动监察。请马上付清。"
    await _tell(uow, row, "employer", "wage_arrears", text, call=True)
    await _tell(
        uow, row, "worker", "wage_arrears", f"“{title}”欠你的{_left(row)}元已立为欠薪线索，材料由驿站整理，不用你跑。"
    )


async def did_it_come(uow: UnitOfWork, row: Bill, payment: Payment) -> None:
    """Ask the worker whether a payment came (57); after the first try somebody calls him."""
    title, _ = await _words(uow, row)
    way, at = _WAYS[payment.channel], clock.shanghai(payment.claimed_at)
    text = f"雇主登记{at.month}月{at.day}日用{way}付你{format_yuan(payment.amount_fen)}元（{title}）。收到请点“收到了”或回1，没收到回2。"
    await _tell(uow, row, "worker", "payment_claimed", text, call=payment.tries > 1, part_id=payment.id)


async def denied(uow: UnitOfWork, row: Bill, gap_fen: int) -> None:
    """The worker says that it did not come (59)."""
    title, name = await _words(uow, row)
    text = f"{name}说“{title}”的工钱还差{format_yuan(gap_fen)}元没收到，请核对，拿出银行流水或补付。"
    await _tell(uow, row, "employer", "payment_denied", text, call=True)


async def _words(uow: UnitOfWork, row: Bill) -> tuple[str, str]:
    title, name = (await uow.fetch(_OF_THE_BILL, row.order_id, row.engagement_id))[0]
    return (title or "用工")[:_LONGEST_TITLE], name or "零工"


async def _tell(
    uow: UnitOfWork, row: Bill, to: str, kind: str, text: str, *, call: bool = False, part_id: UUID | None = None
) -> None:
    await notices.notify(
        uow, to=to, kind=kind, text=text, subject_id=row.id, tenant=row.tenant, via=row.via, person_id=row.worker_id,
        employer_id=row.employer_id, call=call, part_id=part_id,
    )  # fmt: skip


def _left(row: Bill) -> str:
    return format_yuan(row.total_fen - row.paid_fen)
