from __future__ import annotations

import time
import zlib
from collections import Counter

import pytest

from linggong.market.classifier import TitleClassifier, classify_title, normalise_title, training_titles
from linggong.market.trades import labour_words, trade, trades


def _held_out(title: str) -> bool:
    """A fifth of the titles, the same fifth always."""
    return zlib.crc32(title.encode()) % 5 == 0


def test_held_out_titles_beat_a_trivial_classifier_by_far() -> None:
    pairs = [
        (title, code) for title, code in training_titles() if (entry := trade(code)) is not None and entry.level >= 3
    ]
    test = [pair for pair in pairs if _held_out(pair[0])]
    train = [pair for pair in pairs if not _held_out(pair[0])]
    assert len(test) > 500
    learned = TitleClassifier(train, trades(), labour_words())
    guesses = [[guess.code for guess in learned.classify(title)] for title, _ in test]
    first = sum(codes[:1] == [code] for codes, (_, code) in zip(guesses, test, strict=True)) / len(test)
    among = sum(code in codes for codes, (_, code) in zip(guesses, test, strict=True)) / len(test)
    usual = Counter(code for _, code in train).most_common(5)
    trivial_first = sum(code == usual[0][0] for _, code in test) / len(test)
    trivial_among = sum(code in dict(usual) for _, code in test) / len(test)
    # Silver labels: about one in six is wrong, so 0.83 is the ceiling. Measured 0.54 and 0.78.
    assert first > 0.50 > 5 * trivial_first
    assert among > 0.74 > 3 * trivial_among


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("搬砖小工 200一天 日结", "其他建筑施工人员"),
        ("急招贴瓷砖师傅3名", "装饰装修工"),
        ("杞县拔蒜", "农艺工"),
        ("剥蒜", "园艺产品加工工"),
        ("饭店洗碗阿姨", "餐厅服务员"),
        ("工地看大门", "保安员"),
        ("送外卖", "网约配送员"),
        ("挖机师傅", "挖掘铲运和桩工机械司机"),
        ("通下水道", "管工"),
        ("兰考物流园招聘卸货工，包吃住", "装卸搬运工"),
        ("会计", "会计专业人员"),
    ],
)
def test_titles_of_the_roadside(title: str, name: str) -> None:
    best = classify_title(title)[0]
    assert best.name == name
    assert best.confidence > 0.5
    assert best.why


def test_guesses_are_ranked_real_and_within_bounds() -> None:
    for title in ["电子厂流水线", "装修木工", "司机", "导购员"]:
        guesses = classify_title(title, top=3)
        assert 1 <= len(guesses) <= 3
        assert len({guess.code for guess in guesses}) == len(guesses)
        confidences = [guess.confidence for guess in guesses]
        assert confidences == sorted(confidences, reverse=True)
        assert all(0 <= value <= 1 for value in confidences)
        assert all(trade(guess.code) is not None for guess in guesses)


def test_unknown_titles_have_no_guess() -> None:
    assert classify_title("") == []
    assert classify_title("🔥🔥!!") == []
    assert classify_title("2024 / 300") == []


def test_the_same_title_has_the_same_answer_from_a_new_build() -> None:
    again = TitleClassifier(reversed(training_titles()), trades(), labour_words())
    for title, _ in training_titles()[:50]:
        mine = [(guess.code, guess.confidence) for guess in classify_title(title, 1)]
        assert mine == [(guess.code, guess.confidence) for guess in again.classify(title, 1)]


def test_noise_and_firms_are_cut() -> None:
    assert normalise_title("石碣厂招聘搬运工 包吃住200元/天").strip() == "搬运工"
    assert "招聘专员" in normalise_title("招聘专员")


def test_one_title_is_quick() -> None:
    titles = [title for title, _ in training_titles()[:500]]
    classify_title(titles[0])
    start = time.process_time()
    for title in titles:
        classify_title(title)
    assert (time.process_time() - start) / len(titles) < 0.01
