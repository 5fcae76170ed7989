"""What pages say of a job, from what the market and the loop return: card, one spoken line, words of codes."""

from __future__ import annotations

from typing import Any, Final

from linggong.market.codes import (
    BENEFIT_LABELS,
    PAY_CHANNEL_LABELS,
    PAY_UNIT_LABELS,
    SETTLEMENT_LABELS,
    PayChannel,
    PayUnit,
    Settlement,
)
from linggong.market.trades import COMMON_TRADES, trade
from linggong.market.views import BoardLine, Twin
from linggong.web.places import Places

_SIGNS: Final = {
    "helper": "labour", "bricklayer": "brick", "tiler": "brick", "rebar": "steel", "carpenter": "labour",
    "electrician": "electric", "welder": "weld", "loader": "carry", "sorter": "pack", "packer": "pack",
    "assembly": "factory", "sewing": "factory", "truck": "drive", "cleaner": "clean", "housekeeper": "clean",
    "carer": "care", "waiter": "cook", "cook": "cook", "guard": "guard", "leaflet": "shop", "gardener": "farm",
    "picker": "farm", "harvest": "farm", "garlic": "farm",
}  # fmt: skip
_WORDS: Final = {t.code: t.word for t in COMMON_TRADES}
_BY_CODE: Final = {t.code: _SIGNS.get(t.icon, "other") for t in COMMON_TRADES}
_BY_START: Final = (
    ("6-29-03", "electric"), ("6-29-01", "brick"), ("6-29-04", "paint"), ("6-29", "labour"), ("6-18-02", "weld"),
    ("6-31", "pack"), ("6-", "factory"), ("5-", "farm"), ("4-02-05", "carry"), ("4-02-07", "pack"), ("4-02", "drive"),
    ("4-03", "cook"), ("4-09", "clean"), ("4-10", "clean"), ("4-14", "care"), ("4-07", "guard"), ("4-01", "shop"),
)  # fmt: skip
CONDITIONS: Final = {"heat": "高温", "height": "高处", "night": "夜里", "heavy": "重体力", "outdoor": "室外"}


def trade_word(code: str) -> str:
    """Return a trade in the words of the roadside, else its name in the classification."""
    found = trade(code)
    return _WORDS.get(code) or (found.name if found else code)


def icon_of(trade_code: str) -> str:
    """Return the symbol of a trade in the sprite."""
    known = _BY_CODE.get(trade_code)
    return known or next((s for start, s in _BY_START if trade_code.startswith(start)), "other")


def unit_word(pay_unit: str, piece_name: str = "") -> str:
    """Return what the pay buys: 天, 小时, or the post's own piece."""
    if pay_unit == PayUnit.PIECE and piece_name:
        return piece_name
    return PAY_UNIT_LABELS.get(PayUnit(pay_unit), pay_unit)


def settlement_word(code: str) -> str:
    """Return 日结, 次结 and so on."""
    return SETTLEMENT_LABELS.get(Settlement(code), code)


def channel_word(code: str) -> str:
    """Return 现金, 微信 and so on."""
    return PAY_CHANNEL_LABELS.get(PayChannel(code), code)


def card(line: BoardLine, places: Places) -> dict[str, Any]:
    """Return a post of the board as macros/job.html draws it."""
    return {
        "id": str(line.order_id),
        "href": f"/orders/{line.trace_code}",
        "title": line.title,
        "trade": icon_of(line.trade_code),
        "pay_fen": line.pay_fen,
        "pay_unit": unit_word(line.pay_unit, line.piece_name),
        "settlement": settlement_word(line.settlement),
        "start": line.starts_at,
        "end": line.ends_at,
        "place": places.label(line.tenant) or line.place,
        "distance_m": line.distance_m,
        "about": line.latitude is None,
        "wanted": line.headcount,
        "taken": line.headcount - line.places_left,
        "tags": [BENEFIT_LABELS[b] for b in line.benefits if b in BENEFIT_LABELS],
        "employer": line.employer_name,
        "verified": line.employer_level > 0,
        "pays_on_time": False,
        "state": line.state,
        "trace_code": line.trace_code,
        "twins": [_twin(twin, places) for twin in line.twins],
        "places": len(
            {places.label(t.tenant) or t.place for t in line.twins} | {places.label(line.tenant) or line.place}
        ),
    }


def _twin(twin: Twin, places: Places) -> dict[str, Any]:
    label = places.label(twin.tenant)
    return {
        "href": f"/orders/{twin.trace_code}",
        "place": f"{label} {twin.place}".strip(),
        "left": twin.places_left,
        "employer": twin.employer_name,
    }
