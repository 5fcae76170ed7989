"""Points: distances, and the shifts of Chinese maps against published pairs of numbers."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from linggong.kernel.geo import Point, metres, to_bd09, to_gcj02
from linggong.web.ways import ways

TIANANMEN = Point(39.915, 116.404)


def test_the_shifts_are_the_published_ones() -> None:
    assert to_gcj02(TIANANMEN) == pytest.approx((39.91640428150164, 116.41024449916938), abs=1e-9)
    # Baidu's own shift of 39.915, 116.404 taken as GCJ-02 is 39.92133699, 116.41036949; both shifts at once:
    assert to_bd09(TIANANMEN) == pytest.approx((39.92269962, 116.41662724), abs=2e-5)
    abroad = Point(35.68, 139.76)
    assert (to_gcj02(abroad), to_bd09(abroad)) == (abroad, abroad)


def test_a_shift_is_some_hundred_metres() -> None:
    kaifeng = Point(34.7914, 114.3102)
    assert 300 < metres(kaifeng, to_gcj02(kaifeng)) < 900
    assert metres(kaifeng, kaifeng) == 0
    assert metres(Point(0, 0), Point(0, 180)) == pytest.approx(20_015_115, abs=2)


def test_each_map_gets_its_own_numbers_in_its_own_order() -> None:
    gaode, baidu, tencent = [unquote(w["href"]) for w in ways(39.915, 116.404, "东关,驿站", "大街;18号")]
    assert "to=116.410244,39.916404,东关+驿站" in gaode
    assert "coordinate=gaode" in gaode
    assert "location=39.9227" in baidu
    assert "coord_type=bd09ll" in baidu
    assert "marker=coord:39.916404,116.410244;title:东关 驿站;addr:大街 18号" in tencent
    assert ways(None, 116.0, "x") == []
