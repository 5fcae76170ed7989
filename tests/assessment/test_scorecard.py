"""The 100-point table of 建宁: every edge as it is ruled (§2.1, rulings 18 to 20), better input never lowers a score, what it pays (§2.2)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linggong.assessment import card as cards
from linggong.assessment.card import Card, Tier
from linggong.assessment.evidence import Contract, read
from linggong.assessment.payment import payment
from linggong.assessment.scorecard import Score, grade_of, score
from linggong.cli import app
from linggong.kernel.errors import Invalid

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "assess-jianning.json"


def table() -> Card:
    found = cards.of_preset("jianning")
    assert found is not None
    return found


def example(**rows: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(EXAMPLE.read_text("utf-8"))
    made["rows"] |= rows
    return made


def scored(made: dict[str, Any]) -> Score:
    return score(table(), read(json.dumps(made).encode()))


def points(row: int, entry: dict[str, Any], **options: int) -> float:
    found = scored(example(**{str(row): entry}) | {"options": options})
    return next(r.points for r in found.rows if r.n == row)


def counts(row: int, value: int) -> dict[str, Any]:
    keys = next(r.counts for r in table().rows if r.n == row)
    return {"counts": {keys[0]: value} | dict.fromkeys(keys[1:], 0)}


def test_the_card_is_sound() -> None:
    assert cards.faults(table()) == []
    assert [sum(r.points for r in table().rows if r.part == part) for part in dict.fromkeys(r.part for r in table().rows)] == [13, 52, 20, 10, 5]  # fmt: skip
    kinds = {kind: sum(r.points for r in table().rows if r.kind == kind) for kind in ("computed", "evidence", "inspection")}  # fmt: skip
    assert kinds == {"computed": 51, "evidence": 30, "inspection": 19}
    assert all(row.ruling for row in table().rows), "every row says how it is read"


@pytest.mark.parametrize(
    ("row", "edges"),
    [
        (10, {0: 5, 1: 4, 5: 4, 6: 0, 90: 0}),
        (12, {0: 3, 999: 3, 1000: 4, 1500: 4, 1501: 5}),
        (13, {0: 3, 699: 3, 700: 4, 1000: 4, 1001: 5}),
        (14, {0: 3, 299: 3, 300: 4, 500: 4, 501: 5}),
        (15, {0: 5, 1: 4, 5: 4, 6: 3, 10: 3, 11: 0}),
        (16, {0: 10, 14: 10, 15: 8, 20: 8, 21: 6, 29: 6, 30: 0, 31: 0}),
        (17, {0: 3, 1999: 3, 2000: 4, 3000: 4, 3001: 5}),
    ],
)
def test_edges_of_counts(row: int, edges: dict[int, int]) -> None:
    assert {value: points(row, counts(row, value)) for value in edges} == edges


def test_edges_of_satisfaction() -> None:
    """Row 9: decimals are cut off, both sides in one share."""

    def rate(satisfied: int, valid: int) -> float:
        return points(9, {"answers": {"workers": {"satisfied": satisfied, "valid": valid}, "employers": {"satisfied": 0, "valid": 0}}})  # fmt: skip

    edges = {(90, 100): 8, (899, 1000): 7, (80, 100): 7, (799, 1000): 6, (70, 100): 6, (699, 1000): 5, (60, 100): 5, (599, 1000): 0, (0, 9): 0}  # fmt: skip
    assert {edge: rate(*edge) for edge in edges} == edges
    nobody = scored(example(**{"9": {"answers": {"workers": {"satisfied": 0, "valid": 0}, "employers": {"satisfied": 0, "valid": 0}}}}))  # fmt: skip
    assert (nobody.complete, nobody.missing) == (False, [9])


def test_options_of_the_place() -> None:
    assert points(17, counts(17, 1999), followers_below=0) == 0
    false = {"counts": {"false_posts": 1, "false_records": 0, "late": 9, "stale": 4}}
    assert (points(15, false), points(15, false, late_and_stale=1)) == (4, 0)


def test_grades_at_their_edges() -> None:
    names = {90: "优秀", 89: "良好", 80: "良好", 79: "合格", 70: "合格", 69: "较差", 0: "较差", 100: "优秀"}
    assert {n: grade_of(table(), n).name for n in names} == names
    whole = example(
        **{"2": {"points": 4.5, "by": "甲", "evidence": ["x"]}, "4": {"points": 5, "by": "乙", "evidence": ["y"]}}
    )
    assert scored(whole).counted == int(scored(whole).total), "89.5 is 良好: decimals are cut off"


@pytest.mark.parametrize(
    ("points_", "whole", "tail", "recover", "tail_only"),
    [(95, 40000000, 10000000, 0, 40000000), (85, 36000000, 6000000, 0, 39000000), (75, 32000000, 2000000, 0, 38000000), (65, 28000000, 0, 2000000, 37000000)],
)  # fmt: skip
def test_both_readings_of_the_payment(points_: int, whole: int, tail: int, recover: int, tail_only: int) -> None:
    contract = Contract(price_fen=40000000, signed=date(2026, 11, 30))
    paid = payment(table(), grade_of(table(), points_), contract)
    assert [part.fen for part in paid.plan] == [6000000, 12000000, 12000000, 10000000]
    assert (paid.whole_contract.total_fen, paid.whole_contract.tail_fen, paid.whole_contract.recover_fen) == (whole, tail, recover)  # fmt: skip
    assert (paid.tail_only.total_fen, paid.tail_only.recover_fen) == (tail_only, 0)


@given(price=st.integers(1, 10**11), least=st.sampled_from([95, 85, 75, 65]))
def test_instalments_add_up_to_the_fen(price: int, least: int) -> None:
    paid = payment(table(), grade_of(table(), least), Contract(price_fen=price, signed=date(2026, 1, 31)))
    assert sum(part.fen for part in paid.plan) == price
    assert paid.whole_contract.tail_fen * paid.whole_contract.recover_fen == 0
    assert paid.tail_only.total_fen <= price


def test_due_days() -> None:
    """Ruling 18: from the signing; a month without that day ends earlier; a renewal has no go-live of its own."""
    grade = table().grades[0]

    def days(**more: Any) -> list[date | None]:
        return [part.due for part in payment(table(), grade, Contract(price_fen=100, **more)).plan]

    first = days(signed=date(2026, 11, 30), go_live=date(2026, 12, 10))
    assert first == [date(2027, 1, 9), date(2027, 2, 28), date(2027, 8, 30), None]
    assert days(signed=date(2026, 11, 30), renewal=True)[0] == date(2026, 12, 30)
    assert days(signed=date(2026, 11, 30))[0] is None


@settings(max_examples=200)
@given(data=st.data())
def test_a_better_input_never_lowers_a_score(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from([r for r in table().rows if r.reads == "count"]))
    value, more = data.draw(st.integers(0, 4000)), data.draw(st.integers(1, 2000))
    low, high = points(row.n, counts(row.n, value)), points(row.n, counts(row.n, value + more))
    assert low <= high if row.better == "more" else low >= high
    found = next(r for r in scored(example(**{str(row.n): counts(row.n, value)})).rows if r.n == row.n)
    if found.next is None:
        assert found.lost == 0
    else:
        assert points(row.n, counts(row.n, found.next.at)) == found.points + found.next.wins
        assert abs(found.next.at - value) == found.next.gap


def test_the_command_prints_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert app(["assess", "run", "--preset", "jianning", "--evidence", str(EXAMPLE)], result_action="return_value") == 0
    told = json.loads(capsys.readouterr().out)
    rows = {r["n"]: r["points"] for r in told["score"]["rows"]}
    assert rows == {1: 7, 2: 4, 3: 7, 4: 5, 5: 7, 6: 6, 7: 6, 8: 5, 9: 7, 10: 4, 11: 2, 12: 4, 13: 4, 14: 4, 15: 4, 16: 10, 17: 4}  # fmt: skip
    assert (told["score"]["total"], told["score"]["grade"], told["score"]["complete"]) == (90, "优秀", True)
    assert told["payment"]["whole_contract"] == {"total_fen": 40000000, "tail_fen": 10000000, "recover_fen": 0}
    lost = {r["n"]: r["next"] for r in told["score"]["rows"] if r["next"]}
    assert lost[14] == {"at": 501, "gap": 3, "wins": 1}
    assert "任务未完成协商及投诉" in told["score"]["rows"][0]["why"]


def test_every_fault_of_a_file_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = example(**{
        "2": {"points": 6.55, "by": "", "evidence": []}, "9": {"answers": {"workers": {"satisfied": 5, "valid": 4}}},
        "12": {"counts": {"audited": -1}}, "14": {"points": 5, "by": "x", "evidence": ["y"]}, "18": {"points": 1}, "16": {"counts": {}},
    }) | {"version": 2, "last": "2025-01-01", "options": {"followers_below": 2, "nothing": 1}}  # fmt: skip
    with pytest.raises(Invalid) as raised:
        scored(made)
    assert {f.field for f in raised.value.faults} == {
        "card", "last", "rows.18", "options.followers_below", "options.nothing", "rows.2.points", "rows.2.by",
        "rows.9.answers.employers", "rows.9.answers.workers", "rows.12.counts.audited", "rows.14.points", "rows.14.counts",
        "rows.16.counts.opened",
    }  # fmt: skip
    file = tmp_path / "bad.json"
    for text, words in ((json.dumps(made), "第 2 版"), ("{", "没有写完"), ('{"card": 1}', "要写文字")):
        file.write_text(text, "utf-8")
        assert (
            app(["assess", "run", "--preset", "jianning", "--evidence", str(file)], result_action="return_value") == 2
        )
        assert words in capsys.readouterr().err
    for preset, where, words in (("shaxian", file, "没有打分表"), ("jianning", tmp_path / "none.json", "打不开")):
        assert app(["assess", "run", "--preset", preset, "--evidence", str(where)], result_action="return_value") == 2
        assert words in capsys.readouterr().err


def test_a_file_of_the_wrong_kinds_is_told_place_by_place_in_words() -> None:
    def told(raw: bytes) -> dict[str, str]:
        with pytest.raises(Invalid) as refused:
            score(table(), read(raw))
        return {fault.field: fault.message for fault in refused.value.faults}

    made = example(**{"16": {"counts": {"opened": 9.5}}, "2": {"points": "4", "by": 3, "evidence": "甲"}})
    made |= {"first": "2026-02-30", "remark": "x"}
    del made["card"]
    found = told(json.dumps(made).encode())
    assert list(found) == ["first", "rows.2.points", "rows.2.by", "rows.2.evidence", "rows.16.counts.opened", "remark", "card"]  # fmt: skip
    assert not any("Expected" in message or "$" in message for message in found.values())
    text = json.dumps(example(), ensure_ascii=False, indent=1)
    assert told(text.encode("gbk"))[""].startswith("证据文件不是 UTF-8 编码")
    assert "第 3 行看不懂" in told(text.replace('"version": 1', '"version": 甲').encode())[""]
    assert "没有写完" in told(text[:200].encode())[""]
    assert told(b"[]") == {"": "要写一组，用花括号括起来。"}
    assert scored(example()) == score(table(), read(b"\xef\xbb\xbf" + text.encode())), "as an editor saves it"
    far = example() | {"contract": {"price_fen": 10**30, "signed": "9999-12-31", "go_live": "9999-12-31"}}
    assert set(told(json.dumps(far).encode())) == {"contract.price_fen", "contract.signed", "contract.go_live"}


def test_a_bad_card_is_named() -> None:
    good = table()
    heavy = msgspec.structs.replace(good.rows[11], points=6)
    gap = msgspec.structs.replace(good.rows[12], tiers=(Tier(start=0, end=5, points=3), Tier(start=7, points=5)))
    upside = msgspec.structs.replace(good.rows[13], better="less")
    made = msgspec.structs.replace(
        good, rows=(*good.rows[:11], heavy, gap, upside, *good.rows[14:]), plan=good.plan[:3]
    )
    told = " ".join(cards.faults(made))
    for words in ("合计 101 分", "最高一档不是 6 分", "空档或重叠", "更好的数得了更低的分", "合计 75%"):
        assert words in told
