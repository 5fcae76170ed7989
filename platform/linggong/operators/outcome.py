"""What a final grade leaves of a contract's last part, told before anybody acts (R125, R126): asked for, nothing, or paid back."""

from __future__ import annotations

import msgspec

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.money import yuan
from linggong.operators import grades, money, place_rules, planning
from linggong.operators.codes import READINGS
from linggong.operators.models import ContractTerms, Settlement


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The year's sum by its grade under the reading in force, in fen, against what was paid before the last part."""

    grade: str
    multiplier: int
    reading: str
    total_fen: int
    paid_fen: int
    """Of the parts before the last, what was really paid."""
    tail_fen: int
    """Of the last part once all before it are paid; below zero that much was fixed above the grade."""
    back_fen: int
    """To be paid back as things stand: what was never paid is not taken back."""

    @property
    def words(self) -> str:
        """The reckoning as an official tells it, without who does what next."""
        of = "合同价" if self.reading == "whole_contract" else "尾款"
        head = f"考核“{self.grade}”，{READINGS[self.reading]}：{of}付 {self.multiplier}%，全年共付 {yuan(self.total_fen)} 元"
        before = f"{head}；前几期已付 {yuan(self.paid_fen)} 元"
        if self.back_fen:
            return f"{before}，多付了，要退回 {yuan(self.back_fen)} 元。"
        if self.tail_fen > 0:
            return f"{head}，尾款可付 {yuan(self.tail_fen)} 元。"
        if self.tail_fen == 0:
            return f"{head}，前几期正好是这个数，没有尾款。"
        return f"{before}，没有尾款；前几期付完以后，多出的要退回。"


async def reckon(uow: UnitOfWork, row: Settlement) -> Outcome:
    """Return what the final grade leaves. Raises Conflict while grade, reading or multiplier are not known."""
    final = await grades.final(uow, row.contract_id)
    # The operator's people may sit below the county, where no assessment is seen: the grade came to the row when it was final.
    grade = row.grade if final is None else final.name
    if not grade:
        raise Conflict("尾款按考核等次计算，这份合同还没有最终等次，等考核定下来再办。")
    terms = await uow.session.get_one(ContractTerms, row.contract_id)
    rules = place_rules.kept(terms.rules, await place_rules.at(uow, row.tenant))
    if not rules.reading:
        raise Conflict(
            "“尾款按等次计算的口径”还没有定（按整个合同价，还是只算尾款），请县人社局先在参数表里选。",
            key="pay.plan.reading",
        )
    found = money.tails(rules, planning.assessed(terms), grade).get(rules.reading)
    if found is None:
        raise Conflict(f"参数“考核等次的付款比例”里没有“{grade}”，请县人社局先补上。", key="grade.multipliers")
    before = [one for one in await planning.of_contract(uow, row.contract_id) if not one.by_grade]
    paid = sum(one.amount_fen or 0 for one in before if one.state == "P_PAID")
    back = max(0, paid - found.total_fen) if found.amount_fen < 0 else 0
    return Outcome(
        grade=grade, multiplier=found.multiplier, reading=rules.reading, total_fen=found.total_fen, paid_fen=paid,
        tail_fen=found.amount_fen, back_fen=back,
    )  # fmt: skip
