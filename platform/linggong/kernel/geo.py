"""Points on the ground: how far apart they are, and how the three Chinese map services write them.

Points are kept as WGS-84, as a telephone gives them. Maps of mainland China are drawn in GCJ-02, which shifts a point by some
hundred metres; Baidu shifts that once more (BD-09). A link with unconverted numbers leads to the wrong street.
"""

from __future__ import annotations

from collections.abc import Callable
from math import asin, atan2, cos, pi, radians, sin, sqrt
from typing import Final, NamedTuple

EARTH_M: Final = 6_371_008.8
_AXIS: Final = 6_378_245.0
_ECCENTRICITY: Final = 0.00669342162296594323
"""The ellipsoid (Krasovsky 1940) on which GCJ-02 is defined."""


_ROUNDS: Final = 8


class Point(NamedTuple):
    """Degrees; which coordinates they are, the caller knows."""

    latitude: float
    longitude: float


def metres(a: Point, b: Point) -> int:
    """Return the great-circle distance, as the board counts it."""
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.longitude - a.longitude) / 2) ** 2
    return round(2 * EARTH_M * asin(min(1.0, sqrt(half))))


def is_mainland(point: Point) -> bool:
    """Tell whether maps shift a point: outside this box GCJ-02 is WGS-84."""
    return 0.8293 <= point.latitude <= 55.8271 and 72.004 <= point.longitude <= 137.8347


def in_china(point: Point) -> bool:
    """Tell whether a point may lie in the country at all: within its outermost degrees."""
    return 3.0 <= point.latitude <= 54.0 and 73.0 <= point.longitude <= 136.0


def to_gcj02(point: Point) -> Point:
    """Return a WGS-84 point as 高德 and 腾讯 write it."""
    if not is_mainland(point):
        return point
    x, y = point.longitude - 105.0, point.latitude - 35.0
    lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + _waves(x)
    lat += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    lat += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    lng = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + _waves(x)
    lng += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    lng += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    at = radians(point.latitude)
    flat = 1.0 - _ECCENTRICITY * sin(at) ** 2
    return Point(
        point.latitude + lat * 180.0 / (_AXIS * (1.0 - _ECCENTRICITY) / (flat * sqrt(flat)) * pi),
        point.longitude + lng * 180.0 / (_AXIS / sqrt(flat) * cos(at) * pi),
    )


def _waves(x: float) -> float:
    return (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0


def to_bd09(point: Point) -> Point:
    """Return a WGS-84 point as 百度 writes it."""
    if not is_mainland(point):
        return point
    lat, lng = to_gcj02(point)
    around = pi * 3000.0 / 180.0
    far = sqrt(lng * lng + lat * lat) + 0.00002 * sin(lat * around)
    turn = atan2(lat, lng) + 0.000003 * cos(lng * around)
    return Point(far * sin(turn) + 0.006, far * cos(turn) + 0.0065)


def from_gcj02(point: Point) -> Point:
    """Return a point that 高德 or 腾讯 writes, as WGS-84: within a centimetre of the one that is shifted there."""
    return _back(point, to_gcj02)


def from_bd09(point: Point) -> Point:
    """Return a point that 百度 writes, as WGS-84."""
    return _back(point, to_bd09)


def _back(point: Point, shift: Callable[[Point], Point]) -> Point:
    # The shift changes slowly with the place, so taking away what it adds here comes ever nearer to where it came from.
    guess = point
    for _ in range(_ROUNDS):
        there = shift(guess)
        guess = Point(
            guess.latitude - (there.latitude - point.latitude), guess.longitude - (there.longitude - point.longitude)
        )
    return guess
