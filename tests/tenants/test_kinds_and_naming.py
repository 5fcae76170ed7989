"""Which kinds hang where, and what the naming rules say about real and odd names."""

from __future__ import annotations

import pytest

from tenants.kinds import (
    MARKET_KINDS,
    MAY_HANG_UNDER,
    BuildStatus,
    Classification,
    NodeKind,
    classification_of,
    may_hang_under,
)
from tenants.naming import check_name, check_template, place_name, propose_name
from tenants.preset_files import load_preset

LANKAO = {"city": "开封市", "county": "兰考县"}
COMMUNITY = LANKAO | {"street": "兰阳街道", "community": "裕禄社区"}
KAIFENG = load_preset("kaifeng").naming
LONGLI = load_preset("longli").naming
SHASHI = load_preset("shashi").naming


def test_every_kind_has_a_row_and_a_label() -> None:
    assert set(MAY_HANG_UNDER) == set(NodeKind)
    for enum in (NodeKind, Classification, BuildStatus):
        labels = [member.label for member in enum]
        assert len(set(labels)) == len(labels)


def test_every_kind_reaches_a_top() -> None:
    reached = {kind for kind in NodeKind if may_hang_under(kind, None)}
    assert reached == {NodeKind.CITY, NodeKind.COUNTY}
    for _ in NodeKind:
        reached |= {kind for kind in NodeKind if MAY_HANG_UNDER[kind] & reached}
    assert reached == set(NodeKind)


@pytest.mark.parametrize(
    ("kind", "parent", "allowed"),
    [
        (NodeKind.STREET, NodeKind.COUNTY, True),
        (NodeKind.STREET, NodeKind.CITY, False),
        (NodeKind.COMMUNITY, NodeKind.COUNTY, False),
        (NodeKind.STATION, NodeKind.ZONE, True),
        (NodeKind.STATION, NodeKind.CITY, False),
        (NodeKind.CONTACT_POINT, NodeKind.STATION, True),
        (NodeKind.STATION, NodeKind.CONTACT_POINT, False),
        (NodeKind.STREET, None, False),
        (NodeKind.CITY, NodeKind.CITY, False),
    ],
)
def test_joints(kind: NodeKind, parent: NodeKind | None, allowed: bool) -> None:
    assert may_hang_under(kind, parent) is allowed


def test_markets_must_have_a_class() -> None:
    assert {kind for kind in NodeKind if classification_of(kind)} == MARKET_KINDS
    assert classification_of(NodeKind.STATION) is Classification.STATION
    assert classification_of(NodeKind.SERVICE_POINT) is None


def test_proposals() -> None:
    assert propose_name(NodeKind.MARKET_COMPREHENSIVE, LANKAO, KAIFENG) == "兰考县零工市场"
    assert propose_name(NodeKind.MARKET_COMPREHENSIVE, {"city": "开封市"}, KAIFENG) == "开封市零工市场"
    assert propose_name(NodeKind.STATION, COMMUNITY, KAIFENG) == "兰阳街道裕禄社区零工驿站"
    assert propose_name(NodeKind.STATION, COMMUNITY, LONGLI) == "兰考县兰阳街道裕禄社区零工驿站"
    assert propose_name(NodeKind.MARKET_TRADE, LANKAO, KAIFENG, industry="家政") == "家政零工市场"
    assert propose_name(NodeKind.MARKET_TRADE, LANKAO, KAIFENG) is None
    zone = {"city": "开封市", "zone": "城乡一体化示范区"}
    assert propose_name(NodeKind.STATION, zone, KAIFENG) is None
    assert propose_name(NodeKind.STATION, zone, KAIFENG, label="东部") == "城乡一体化示范区东部零工驿站"
    village = LANKAO | {"street": "堌阳镇", "community": "徐场村委会"}
    assert propose_name(NodeKind.STATION, village, KAIFENG) == "堌阳镇徐场村零工驿站"


@pytest.mark.parametrize(
    ("kind", "name", "names"),
    [
        (NodeKind.MARKET_COMPREHENSIVE, "兰考县零工市场", LANKAO),
        (NodeKind.STATION, "裕禄社区零工驿站", COMMUNITY),
        (NodeKind.STATION, "兰阳街道裕禄社区家门口就业服务站", COMMUNITY),
        (NodeKind.STATION, "水南村委会零工驿站", LANKAO | {"street": "某镇", "community": "水南村委会"}),
        (NodeKind.MARKET_TRADE, "兰考县家政零工市场", LANKAO),
        (NodeKind.COUNTER, "兰考县灵活就业服务窗口", LANKAO),
        (NodeKind.COUNTER, "人力资源大厦灵活就业服务专区", LANKAO),
        (NodeKind.COUNTY, "anything", LANKAO),
    ],
)
def test_good_names_are_silent(kind: NodeKind, name: str, names: dict[str, str]) -> None:
    assert check_name(kind, name, names, KAIFENG) == []


@pytest.mark.parametrize(
    ("kind", "name", "names", "codes", "rule"),
    [
        (NodeKind.MARKET_COMPREHENSIVE, "兰考零工市场", LANKAO, ["pattern"], "R021"),
        (NodeKind.MARKET_COMPREHENSIVE, "杞县零工市场", LANKAO, ["pattern"], "R021"),
        (NodeKind.STATION, "兰阳街道零工驿站", COMMUNITY, ["pattern"], "R022"),
        (NodeKind.STATION, "裕禄社区劳务中心", COMMUNITY, ["pattern"], "R022"),
        (NodeKind.MARKET_TRADE, "星际零工市场", LANKAO, ["industry"], "R023"),
        (NodeKind.MARKET_TRADE, "兴旺劳务公司", LANKAO, ["pattern"], "R023"),
        (NodeKind.COUNTER, "零工窗口", LANKAO, ["pattern"], "R024"),
        (NodeKind.MARKET_COMPREHENSIVE, "兰考县零工市场 ", LANKAO, ["characters", "pattern"], "R021"),
        (NodeKind.MARKET_COMPREHENSIVE, "零" * 41, LANKAO, ["too_long", "pattern"], "R021"),
    ],
)
def test_deviations_warn_with_the_rule(
    kind: NodeKind, name: str, names: dict[str, str], codes: list[str], rule: str
) -> None:
    warnings = check_name(kind, name, names, KAIFENG)
    assert [warning.code for warning in warnings] == codes
    assert {warning.rule for warning in warnings} == {rule}


def test_a_warning_suggests_the_right_name() -> None:
    (warning,) = check_name(NodeKind.MARKET_COMPREHENSIVE, "兰考零工市场", LANKAO, KAIFENG)
    assert warning.suggestion == "兰考县零工市场"
    assert "兰考县零工市场" in warning.message


def test_shashi_only_asks_for_the_uniform_ending() -> None:
    names = {"county": "沙市区", "street": "崇文街道"}
    assert check_name(NodeKind.STATION, "便河广场零工驿站", names, SHASHI) == []
    assert check_name(NodeKind.STATION, "便河广场零工市场", names, SHASHI) != []


def test_rules_are_data() -> None:
    assert check_name(NodeKind.STATION, "裕禄社区零工驿站", COMMUNITY, LONGLI) != []
    with pytest.raises(ValueError, match="nation"):
        check_template("{nation}零工市场")


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("水南村委会", "水南村"),
        ("器村畲族村委会", "器村畲族村"),
        ("城关社区居委会", "城关社区"),
        ("午朝门社区", "午朝门社区"),
        ("村委会", "村委会"),
    ],
)
def test_place_name(long: str, short: str) -> None:
    assert place_name(long) == short
