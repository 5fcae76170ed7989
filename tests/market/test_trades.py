from __future__ import annotations

import re
from pathlib import Path

import linggong.market
from linggong.market.trades import (
    COMMON_TRADES,
    ancestors,
    is_under,
    labour_words,
    search_trades,
    trade,
    trades,
)

DATA = Path(linggong.market.__file__).parent / "data"


def test_the_classification_is_clean() -> None:
    every = trades()
    codes = [entry.code for entry in every]
    assert len(codes) == len(set(codes)) == 2053
    assert codes == sorted(codes)
    levels = [sum(entry.level == level for entry in every) for level in (1, 2, 3, 4)]
    assert levels == [8, 78, 336, 1631]
    for entry in every:
        assert re.fullmatch(r"\d-\d\d-\d\d-\d\d", entry.code)
        assert not re.search(r"[\u3400-\u9fff](?:L/S|L|S)$|\s", entry.name), entry
        assert (entry.parent_code is None) == (entry.level == 1)
        if entry.parent_code is not None:
            parent = trade(entry.parent_code)
            assert parent is not None
            assert parent.level < entry.level, entry


def test_codes_that_came_twice() -> None:
    soil = trade("2-03-01-00")
    assert soil is not None
    assert (soil.level, bool(soil.definition)) == (4, True)
    for code, name in {
        "4-12-04-02": "修鞋工",
        "5-03-00-00": "畜牧业生产人员",
        "6-20-05-03": "压缩机装配调试工",
    }.items():
        entry = trade(code)
        assert entry is not None
        assert entry.name == name


def test_ancestors_and_under() -> None:
    assert [entry.code for entry in ancestors("6-29-01-01")] == ["6-29-01-00", "6-29-00-00", "6-00-00-00"]
    assert ancestors("6-00-00-00") == ancestors("9-99-99-99") == ()
    assert is_under("6-29-01-01", "6-29-00-00")
    assert is_under("6-29-01-01", "6-29-01-01")
    assert not is_under("6-29-00-00", "6-29-01-01")
    assert not is_under("6-30-05-05", "6-29-00-00")
    assert not is_under("9-99-99-99", "9-99-99-99")


def test_words_and_common_trades_point_at_real_codes() -> None:
    assert len(COMMON_TRADES) == 24
    assert len({common.word for common in COMMON_TRADES}) == len({common.icon for common in COMMON_TRADES}) == 24
    for code in [common.code for common in COMMON_TRADES] + list(labour_words().values()):
        entry = trade(code)
        assert entry is not None, code
        assert entry.level >= 3, code


def test_search_knows_roadside_words_names_and_parts() -> None:
    assert search_trades("贴砖")[0].name == "装饰装修工"
    assert search_trades("保安员")[0].code == "4-07-05-01"
    assert search_trades("装卸搬")[0].name == "装卸搬运工"
    assert "装卸搬运工" in [entry.name for entry in search_trades("搬砖小工")]
    assert search_trades("ＣＡＤ")[0].name == "制图员"
    assert search_trades("zzzz") == []
    assert len(search_trades("工", limit=7)) == 7
    assert [entry.code for entry in search_trades(" ", 3)] == [common.code for common in COMMON_TRADES[:3]]


def test_an_exact_name_comes_before_names_that_hold_it() -> None:
    assert search_trades("电工")[0].name == "电工"


def test_data_stay_small() -> None:
    assert sum(file.stat().st_size for file in DATA.iterdir()) < 700_000
