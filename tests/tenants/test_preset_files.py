"""The five presets are whole, and a broken one is refused with the entry's name."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tenants.kinds import NodeKind, classification_of, may_hang_under
from tenants.naming import check_name
from tenants.parameters import definitions, resolve
from tenants.preset_files import (
    Preset,
    PresetError,
    build_preset,
    load_preset,
    preset_names,
    short_division_name,
)

NAMES = ("jianning", "kaifeng", "longli", "shashi", "shaxian")
SITES = {kind for kind in NodeKind if not kind.is_region}


def counts(preset: Preset) -> Counter[NodeKind]:
    return Counter(node.kind for node in preset.nodes)


def test_names() -> None:
    assert preset_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_tree_is_whole(name: str) -> None:
    preset = load_preset(name)
    seen: dict[str, NodeKind] = {}
    for node in preset.nodes:
        assert node.path == f"{node.parent_path or '/'}{node.segment}/"
        assert may_hang_under(node.kind, seen[node.parent_path] if node.parent_path else None)
        assert node.path not in seen
        assert node.classification is classification_of(node.kind)
        assert node.short_name
        assert (node.code12 is None) == (node.kind in SITES or node.kind is NodeKind.ZONE)
        if node.kind in SITES:
            assert node.latitude is not None
            assert node.point_is_demo
            assert node.made_up
        seen[node.path] = node.kind
    codes = [node.code12 for node in preset.nodes if node.code12]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("name", NAMES)
def test_every_site_keeps_the_naming_rules(name: str) -> None:
    preset = load_preset(name)
    for node in preset.nodes:
        if node.kind in SITES:
            assert node.kind in preset.naming.templates
            assert check_name(node.kind, node.name, preset.region_names(node.path), preset.naming) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_site_has_its_own_name(name: str) -> None:
    site_names = [node.name for node in load_preset(name).nodes if node.kind in SITES]
    assert len(site_names) == len(set(site_names))


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_a_source_and_resolves(name: str) -> None:
    preset = load_preset(name)
    assert preset.parameters
    for item in preset.parameters:
        assert item.source
    bottom = preset.nodes[-1].path
    for key in definitions():
        resolve(key, bottom, preset.overrides)


def test_kaifeng_is_1_10_n() -> None:
    preset = load_preset("kaifeng")
    found = counts(preset)
    assert (found[NodeKind.COUNTY], found[NodeKind.ZONE]) == (9, 1)
    assert (found[NodeKind.STREET], found[NodeKind.COMMUNITY]) == (124, 2528)
    markets = [node for node in preset.nodes if node.kind is NodeKind.MARKET_COMPREHENSIVE]
    assert Counter(node.parent_path == "/4102/" for node in markets) == {True: 1, False: 10}
    assert len({node.parent_path for node in markets}) == 11
    n = sum(found[kind] for kind in SITES - {NodeKind.MARKET_COMPREHENSIVE})
    assert 40 <= n <= 70
    by_path = {node.path: node for node in preset.nodes}
    assert by_path["/4102/25/001/"].name == "兰阳街道"
    assert by_path["/4102/25/001/"].code12 == "410225001000"
    assert not [node for node in preset.nodes if node.parent_path == "/4102/sfq/" and node.kind.is_region]
    assert [n for n in preset.nodes if n.parent_path == "/4102/sfq/" and n.kind is NodeKind.STATION]


@pytest.mark.parametrize(
    ("name", "city", "home", "streets", "communities"),
    [
        ("jianning", "三明市", "/3504/30/", 10, 100),
        ("shaxian", "三明市", "/3504/05/", 15, 194),
        ("shashi", "荆州市", "/4210/02/", 10, 112),
        ("longli", "黔南布依族苗族自治州", "/5227/30/", 6, 82),
    ],
)
def test_a_county_alone_has_its_city_as_a_thin_root(
    name: str, city: str, home: str, streets: int, communities: int
) -> None:
    preset = load_preset(name)
    found = counts(preset)
    assert (preset.top.name, preset.top.kind) == (city, NodeKind.CITY)
    assert [(n.path, n.kind) for n in preset.nodes if n.parent_path == preset.top.path] == [(home, NodeKind.COUNTY)]
    assert (preset.home, {item.path for item in preset.parameters}) == (home, {home})
    assert (found[NodeKind.STREET], found[NodeKind.COMMUNITY]) == (streets, communities)
    assert found[NodeKind.MARKET_COMPREHENSIVE] == 1
    assert found[NodeKind.STATION] >= 4


def test_longli_has_a_station_in_each_township_with_a_contact_point_below() -> None:
    preset = load_preset("longli")
    stations = {n.parent_path: n.path for n in preset.nodes if n.kind is NodeKind.STATION}
    contacts = {n.parent_path for n in preset.nodes if n.kind is NodeKind.CONTACT_POINT}
    for street in (n.path for n in preset.nodes if n.kind is NodeKind.STREET):
        assert stations[street] in contacts


def test_parameters_are_the_countys_own() -> None:
    def at_top(name: str, key: str) -> object:
        preset = load_preset(name)
        return resolve(key, preset.home, preset.overrides).value

    assert [at_top(n, "station.min_area_m2") for n in NAMES] == [None, None, Decimal(20), Decimal(15), None]
    assert [at_top(n, "renewal.min_grade") for n in NAMES] == ["良好", None, None, None, "合格"]
    assert at_top("jianning", "score.row9") == (">=90:8", "80-89:7", "70-79:6", "60-69:5", "<60:0")
    assert at_top("shaxian", "score.row9") == ()
    assert at_top("jianning", "fee.ceiling_year") == 40_000_000
    assert at_top("kaifeng", "topology.counties") == 10
    assert at_top("shashi", "card.red_is_award") is True
    assert at_top("jianning", "card.red_is_award") is False
    assert at_top("longli", "t.refresh") == timedelta(hours=24)


@pytest.mark.parametrize(
    ("kind", "name", "short"),
    [
        (NodeKind.CITY, "开封市", "开封"),
        (NodeKind.CITY, "黔南布依族苗族自治州", "黔南"),
        (NodeKind.COUNTY, "兰考县", "兰考"),
        (NodeKind.COUNTY, "杞县", "杞县"),
        (NodeKind.COUNTY, "顺河回族区", "顺河"),
        (NodeKind.COUNTY, "沙市区", "沙市"),
        (NodeKind.STREET, "圉镇镇", "圉镇"),
        (NodeKind.STREET, "杏花营农场", "杏花营农场"),
        (NodeKind.COMMUNITY, "水南村委会", "水南村"),
        (NodeKind.ZONE, "城乡一体化示范区", "城乡一体化示范区"),
    ],
)
def test_short_names(kind: NodeKind, name: str, short: str) -> None:
    assert short_division_name(kind, name) == short


BAD_RULE = {"kind": "station", "rule": "R022", "templates": ["{x}"]}
PINNED = {"parent": "/522730/001/", "segment": "s01", "kind": "station", "name": "站"} | {
    "pinned": True,
    "point": [26.4, 106.9],
}
DIVISIONS = """code12,name,level,parent
522730000000,龙里县,3,
522730001000,冠山街道,4,522730000000
"""


def small(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "title": "试",
        "top": {"segment": "522730", "code12": "522730000000"},
        "naming": {"industries": ["家政"], "rules": []},
        "sites": [PINNED],
    }
    return base | changes


def site(**changes: Any) -> list[dict[str, Any]]:
    return [{"parent": "/522730/001/", "segment": "s02", "kind": "station", "name": "站二"} | changes]


def test_a_pinned_point_is_not_a_demo_point() -> None:
    station = build_preset("x", small(), DIVISIONS).nodes[-1]
    assert (station.point_is_demo, station.latitude) == (False, Decimal("26.4"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sites": site(parent="/522730/009/")}, "no node at"),
        ({"sites": site(segment="S1")}, "segment"),
        ({"sites": site(segment="")}, "segment"),
        ({"sites": site(kind="palace")}, "palace"),
        ({"sites": site(kind="street")}, "other list"),
        ({"sites": site(kind="counter", parent="/522730/001/s01/")}, "no node"),
        ({"sites": site() + site()}, "taken"),
        ({"sites": site(colour="red")}, "colour"),
        ({"sites": site(name=" ")}, "no name"),
        ({"sites": site(point=[106.9, 26.4])}, "not in China"),
        ({"sites": site(point=[26.4])}, "x:"),
        ({"sites": site(build_status="ruined")}, "ruined"),
        ({"top": {"segment": "522730", "code12": "1"}}, "first division"),
        ({"top": {"segment": "522730", "code12": "522730000000", "home": "/5227/30/"}}, "no node at /5227/30/"),
        ({"regions": [{"parent": "/522730/", "segment": "z", "kind": "zone", "name": "区"}]}, "may not hang"),
        ({"parameters": [{"key": "t.lock", "value": "soon", "source": "s"}]}, "时长"),
        ({"parameters": [{"key": "t.look", "value": "1h", "source": "s"}]}, "没有参数"),
        ({"parameters": [{"key": "t.lock", "value": "1h", "source": " "}]}, "source"),
        ({"parameters": [{"key": "t.lock", "value": "1h", "source": "s", "path": "/1/"}]}, "no node"),
        ({"parameters": [{"key": "t.lock", "value": "1h", "source": "s"}] * 2}, "twice"),
        ({"naming": {"industries": [], "rules": [BAD_RULE]}}, "{x}"),
        ({"naming": {}}, "industries"),
    ],
)
def test_a_broken_preset_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(PresetError) as caught:
        build_preset("x", small(**changes), DIVISIONS)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "divisions",
    [
        "code12,name,level,parent\n",
        DIVISIONS + "522730001001,社区,5,522730009000\n",
        DIVISIONS + "52273,社区,5,522730001000\n",
        DIVISIONS + "522730001000,冠山街道,4,522730000000\n",
        DIVISIONS + "522730002000,街道,9,522730000000\n",
    ],
)
def test_broken_divisions_are_refused(divisions: str) -> None:
    with pytest.raises(PresetError):
        build_preset("x", small(), divisions)


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(PresetError, match="kaifeng"):
        load_preset("../kaifeng")
