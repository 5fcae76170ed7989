from __future__ import annotations

import pytest

from benchmarks import titles
from linggong.market.classifier import TitleClassifier, classify_title, normalise_title, training_titles
from linggong.market.trades import labour_words, trade, trades


def test_titles_not_learned_from_beat_the_published_figures_at_each_level() -> None:
    learned, asked = titles.sets()
    model = TitleClassifier(learned, trades(), labour_words())
    assert not {title for title, _ in learned} & {title for pairs in asked.values() for title, _ in pairs}
    assert (len(asked["checked by hand"]), len(asked["held out"])) == (300, 538)
    for pairs in (asked["checked by hand"], asked["held out"]):
        guesses = [[guess.code for guess in model.classify(title)] for title, _ in pairs]
        wanted = [code for _, code in pairs]
        assert all(len(codes) <= 5 for codes in guesses)
        right = titles.accuracy([codes[0] if codes else "" for codes in guesses], wanted)
        assert all(right[level] >= titles.PUBLISHED[level] + 10 for level in titles.LEVELS), right
        assert sum(code in codes for codes, code in zip(guesses, wanted, strict=True)) / len(pairs) > 0.74


def test_the_checked_titles_have_codes_of_the_classification() -> None:
    checked = titles.sets()[1]["checked by hand"]
    assert len({title for title, _ in checked}) == 300
    assert all((entry := trade(code)) is not None and entry.level >= 2 for _, code in checked)


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
    # Two words of two trades (搬砖 loads, 小工 builds) are honestly less sure.
    assert best.confidence > (0.3 if "搬砖小工" in title else 0.5)
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
