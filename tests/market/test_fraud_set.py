"""The first stage of review measured on labelled posts (R057, R083, R114): precision and recall by class, printed."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, timezone

import pytest

from linggong.demo.posts import TEMPLATES
from linggong.market.codes import JobForm, LegalForm, PayChannel, PayUnit, Settlement
from linggong.market.fraud_prints import Print, alike, print_of
from linggong.market.fraud_text import hidden_mobile, plain
from linggong.market.fraud_words import fraud_hits
from linggong.market.lint import LintInput, LintRules, lint

from .fraud_set import CLASSES, Labelled, Score, measure, posts

NOW = datetime(2026, 6, 1, 4, 30, tzinfo=timezone(timedelta(hours=8)))
CLASS_OF = {
    "fee": "fee", "hidden_fee": "fee", "document_held": "fee", "wage_cut": "fee", "money_asked": "fee", "fee_named": "fee",
    "unpaid_trial": "fee", "training_lure": "training", "training_offer": "training", "diversion": "diversion",
    "around": "diversion", "phone_in_text": "diversion", "scam": "scam", "too_good": "scam", "pay_far": "pay",
    "pay_words_differ": "pay", "gender": "bias", "gender_pay": "bias", "origin": "bias", "household": "bias",
    "ethnicity": "bias", "religion": "bias", "health": "bias", "disability": "bias", "zodiac": "bias", "marriage": "bias",
    "age_limit": "bias", "looks": "bias", "local_first": "bias",
}  # fmt: skip
FLOORS = {
    "dev": {"any": (0.97, 0.95)} | dict.fromkeys(CLASSES, (0.9, 0.85)),
    # Words of the test half were written after the rules stood: whoever dodges words gets by in four of ten.
    "test": {"any": (0.95, 0.55), "fee": (0.8, 0.35), "training": (0.9, 0.25), "diversion": (0.9, 0.55)}
    | {"scam": (0.9, 0.15), "pay": (0.9, 0.9), "bias": (0.9, 0.4), "contact": (0.9, 0.9), "repost": (0.9, 0.9)},
}
"""Lowest (precision, recall) by half and class."""


class Desk:
    """Posts as they come in: the lint for each, and the two comparisons with what came before (as `post_kin` makes them)."""

    def __init__(self) -> None:
        self.phones: dict[str, set[str]] = defaultdict(set)
        self.prints: list[tuple[str, Print]] = []
        self.refused: set[int] = set()

    def find(self, post: Labelled) -> set[str]:
        """Return the classes found in a post."""
        start = NOW + timedelta(days=1)
        made = LintInput(
            title=post.title,
            trade_code=post.trade_code,
            headcount=2,
            place="东关大街12号",
            division_code="410203001001",
            starts_at=start,
            ends_at=start + timedelta(hours=post.hours),
            pay_fen=post.pay_fen,
            pay_unit=post.pay_unit,
            settlement=Settlement.DAILY,
            pay_channel=PayChannel.CASH,
            contact_name="王师傅",
            contact_phone=post.phone,
            description=post.description,
            job_form=JobForm.TEMPORARY,
            legal_form=LegalForm.SERVICE,
            minutes_per_gong=480 if post.pay_unit is PayUnit.GONG else None,
        )
        findings = [f for f in lint(made, LintRules(), now=NOW) if f.code in CLASS_OF]
        if any(f.severity == "error" for f in findings):
            self.refused.add(post.number)
        return {CLASS_OF[f.code] for f in findings} | self._kin(post)

    def _kin(self, post: Labelled) -> set[str]:
        found = set()
        self.phones[post.phone].add(post.employer)
        if len(self.phones[post.phone]) >= 3:
            found.add("contact")
        mark = print_of(f"{post.title}。{post.description}")
        same = [n for n, (_, other) in enumerate(self.prints) if mark.chars >= 40 and alike(mark, other) >= 0.5]
        own = next((n for n in same if self.prints[n][0] == post.employer), len(self.prints))
        if any(self.prints[n][0] != post.employer and n < own for n in same):
            found.add("repost")
        self.prints.append((post.employer, mark))
        return found


@pytest.mark.parametrize("half", ["dev", "test"])
def test_the_rules_find_what_a_careful_reader_finds(half: str) -> None:
    desk = Desk()
    scores, mistakes = measure(half, desk.find)
    print(f"\n{half}: class, found rightly, falsely, missed, precision, recall")
    for name, score in scores.items():
        print(f"{name:10} {score.hit:4} {score.false:4} {score.missed:4} {score.precision:6.2f} {score.recall:6.2f}")
    refused = [p for p in posts() if p.half == half and p.number in desk.refused]
    rightly = sum(bool(p.labels) for p in refused)
    print(f"refused without a person: {len(refused)}, rightly {rightly}")
    low = {n: s for n, s in scores.items() if _below(s, FLOORS[half][n])}
    assert not low, (low, mistakes)
    # Who is refused by a rule sees nobody: such rules must hardly ever be wrong.
    assert rightly >= 0.9 * len(refused)


def _below(score: Score, floor: tuple[float, float]) -> bool:
    return score.precision < floor[0] or score.recall < floor[1]


def test_the_set_is_large_enough_and_holds_every_class() -> None:
    assert len(posts()) >= 200
    assert sum(bool(p.labels) for p in posts()) >= 80
    for half in ("dev", "test"):
        bad = [p for p in posts() if p.half == half and p.labels]
        assert {label for p in bad for label in p.labels} == set(CLASSES)
        assert sum(p.half == half and not p.labels for p in posts()) >= 60


@pytest.mark.parametrize(
    "text",
    [
        "餐饮押货车跟车，管押货点数",
        "不收任何费用，不押证件",
        "培训后上岗免费，考证费我们出",
        "进场刷身份证登记，登记完当场还",
        "健身房会员卡活动发传单",
        "工钱微信转账，收工就发",
        "入职缴纳五险一金",
    ],
)
def test_harmless_neighbours_of_bad_words_pass(text: str) -> None:
    assert [hit for hit in fraud_hits(text) if hit.severity == "error"] == []


def test_the_demo_citys_posts_are_clean() -> None:
    for template in TEMPLATES:
        for title in template.titles:
            assert list(fraud_hits(f"{title}。{''.join(template.words)}")) == [], title


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("幺三九零零零零一二三四", True),
        ("联系1 3 7 零零零零 五六七八", True),
        ("壹叁捌零零壹贰叁肆伍陆", True),
        ("⑬800001234", True),
        ("一天一百三十八块，一二三号楼", False),
        ("编号20260601123456789", False),
    ],
)
def test_a_telephone_spelled_out_is_a_telephone(text: str, hidden: bool) -> None:
    assert hidden_mobile(text) is hidden


def test_look_alikes_read_as_what_they_stand_for() -> None:
    assert plain("徽 信") == "微信"
    assert plain("微 ＊ 信 號") == "微信号"
    assert plain("服裝費") == "服装费"


def test_prints_ignore_numbers_and_marks_and_tell_texts_apart() -> None:
    one = print_of("早上七点在货运站三号门集合，卸的是袋装化肥，一袋八十斤，有叉车配合上垛，中午管一顿盒饭。")
    same = print_of("早上7点在货运站3号门集合 卸的是袋装化肥 一袋80斤 有叉车配合上垛 中午管一顿盒饭")
    other = print_of("上午十点到后厨找刘主管报到，发围裙和帽子，负责把菜从出菜口端到桌边，散席以后帮着收台。")
    assert alike(one, same) == 1.0
    assert alike(one, other) < 0.1
    assert print_of("！！").sketch == ()
    assert alike(one, print_of("")) == 0.0
