"""A WeChat Pay bill (微信支付账单明细) as its export looks: a preface, a line of dashes, then the table (csv in UTF-8 or GBK, xlsx).

Only what went out to a person and stayed there is a payment: income, neutral moves, purchases and what came back are no lines.
Order numbers end in a tab, amounts begin with ¥, an empty cell is a slash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from linggong.kernel.sheets import Cell

TITLE: Final = "微信支付账单明细"
HEADERS: Final = {
    "name": "交易对方", "amount": "金额(元)", "number": "交易单号", "way": "收/支", "kind": "交易类型", "state": "当前状态",
    "goods": "商品", "note": "备注",
}  # fmt: skip
_NEEDED: Final = ("name", "amount", "number", "way", "state")
_KINDS: Final = ("转账", "红包", "二维码")
"""What the type of a line to a person says; 商户消费 and the like are purchases."""
_DONE: Final = ("支付成功", "对方已收钱", "已转账", "朋友已收钱", "已存入零钱")


def is_wechat(table: Sequence[Sequence[Cell]]) -> bool:
    """Tell whether a table is a WeChat Pay bill, by its first lines."""
    return any(TITLE in str(cell) for row in table[:30] for cell in row)


def lines(table: Sequence[Sequence[Cell]]) -> list[tuple[int, dict[str, Cell]]] | None:
    """Return (number of the row in the file, cells by field) of what was paid to people; None without the table's heading."""
    at, columns = _heading(table)
    if not columns:
        return None
    found = []
    for number, row in enumerate(table[at + 1 :], start=at + 2):
        cells = {field: row[i] if i < len(row) else "" for field, i in columns.items()}
        if _is_payment(cells):
            found.append((number, _cleaned(cells)))
    return found


def _heading(table: Sequence[Sequence[Cell]]) -> tuple[int, dict[str, int]]:
    """Return where the heading stands, and the column of each field; no columns where there is none."""
    for at, row in enumerate(table[:60]):
        heading = [_bare(cell) for cell in row]
        if all(HEADERS[field] in heading for field in _NEEDED):
            return at, {field: heading.index(name) for field, name in HEADERS.items() if name in heading}
    return 0, {}


def _is_payment(cells: dict[str, Cell]) -> bool:
    kind = _bare(cells.get("kind", ""))
    return (
        _bare(cells["way"]) == "支出"
        and (not kind or any(word in kind for word in _KINDS))
        and _bare(cells["state"]) in _DONE
    )


def _cleaned(cells: dict[str, Cell]) -> dict[str, Cell]:
    amount = cells["amount"]
    if isinstance(amount, str):
        amount = _bare(amount).lstrip("¥￥").replace(",", "")
    note = " ".join(_bare(cells.get(field, "")) for field in ("note", "goods"))
    return {"name": _bare(cells["name"]), "amount": amount, "number": _bare(cells["number"]), "note": note}


def _bare(cell: Cell) -> str:
    text = str(cell).strip().strip("\ufeff`'").strip()
    return "" if text == "/" else text
