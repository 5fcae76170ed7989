"""`linggong assess`: an evidence file on a score card, without a database."""

from __future__ import annotations

from pathlib import Path

import cyclopts
import msgspec

from linggong.cli.output import emit, note

assess = cyclopts.App(name="assess", help="Score an operator's year on the card of a place.")


@assess.command
def run(*, preset: str, evidence: Path) -> int:
    """Print rows, total, grade and both readings of the payment as JSON. Exit 2 with every fault of the file.

    Parameters
    ----------
    preset
        Whose card it is, e.g. jianning.
    evidence
        The evidence file (docs/assessment.md).
    """
    from linggong.assessment import card, payment, scorecard
    from linggong.assessment.evidence import read
    from linggong.kernel.errors import Invalid

    found = card.of_preset(preset)
    if found is None:
        known = "、".join(card.OF_PRESET)
        note(f"{preset} 没有打分表：文件里没有分值。有的是：{known}。")
        return 2
    try:
        given = read(evidence.read_bytes())
        scored = scorecard.score(found, given)
    except OSError as error:
        why = {FileNotFoundError: "没有这个文件", IsADirectoryError: "这是文件夹", PermissionError: "没有读它的权限"}
        note(f"打不开证据文件 {evidence}：{why.get(type(error), error.strerror)}。")
        return 2
    except Invalid as error:
        note(msgspec.json.format(msgspec.json.encode({"faults": error.faults}), indent=1).decode())
        return 2
    grade = scorecard.grade_of(found, scored.counted)
    paid = None if given.contract is None else payment.payment(found, grade, given.contract)
    emit({"score": scored, "payment": paid}, as_json=True)
    return 0
