"""Links that open a place in 高德, 百度 or 腾讯地图. Plain addresses: nothing is asked of a map before somebody taps one."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from linggong.kernel.geo import Point, to_bd09, to_gcj02

_US = "linggong"


def ways(latitude: float | None, longitude: float | None, name: str, address: str = "") -> list[dict[str, str]]:
    """Return label and href of each map's own way to a WGS-84 point; nothing for a place without one."""
    if latitude is None or longitude is None:
        return []
    point = Point(latitude, longitude)
    gcj, bd = to_gcj02(point), to_bd09(point)
    # The parts of these addresses are split at commas, colons and semicolons.
    name, address = (_plain(text) for text in (name, address or name))
    gaode = urlencode(
        {"to": f"{gcj.longitude:.6f},{gcj.latitude:.6f},{name}", "src": _US, "coordinate": "gaode", "callnative": "1"}
    )
    baidu = urlencode(
        {"location": f"{bd.latitude:.6f},{bd.longitude:.6f}", "title": name, "content": address, "output": "html",
         "coord_type": "bd09ll", "src": f"webapp.{_US}"}
    )  # fmt: skip
    tencent = quote(f"coord:{gcj.latitude:.6f},{gcj.longitude:.6f};title:{name};addr:{address}", safe=":;,")
    return [
        {"label": "高德地图", "href": f"https://uri.amap.com/navigation?{gaode}"},
        {"label": "百度地图", "href": f"https://api.map.baidu.com/marker?{baidu}"},
        {"label": "腾讯地图", "href": f"https://apis.map.qq.com/uri/v1/marker?marker={tencent}&referer={_US}"},
    ]


def _plain(text: str) -> str:
    return "".join(" " if c in ",:;|&=#?" else c for c in text)[:60].strip()
