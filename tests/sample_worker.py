"""Sample contexts of the worker's pages: where he is, what is near him."""

from __future__ import annotations

from typing import Any

Page = tuple[str, str, dict[str, Any]]


def _chips(*labels: str) -> list[dict[str, Any]]:
    return [{"label": label, "href": f"/here?county={n}", "on": n == 0} for n, label in enumerate(labels)]


def _options(*labels: str) -> list[dict[str, str]]:
    return [{"value": str(n), "label": label} for n, label in enumerate(labels)]


def pages(
    worker: dict[str, Any], anyone: dict[str, Any], staff: dict[str, Any], *, ways: list[dict[str, str]]
) -> list[Page]:
    """Return (name, template, context) of each page and state."""
    here = {
        "place": "", "by_phone": False, "back": "/", "fault": "", "county": "", "streets": [],
        "counties": _chips("龙亭区", "顺河回族区", "兰考县"),
    }  # fmt: skip
    station = {
        "name": "东关街道零工驿站", "kind": "零工驿站", "distance_m": 640, "where": "东关大街 18 号", "hours": "每天 5:00 到 18:00",
        "phone": "0371-12345678", "ways": ways,
    }  # fmt: skip
    bare = {
        "name": "曹门驿站",
        "kind": "零工驿站",
        "distance_m": None,
        "where": "",
        "hours": "",
        "phone": "",
        "ways": [],
    }
    gift = {
        "id": "1", "title": "电工初级免费培训", "who": "在本市登记的零工", "what": "学 10 天，发证", "how": "到驿站报名，带身份证", "phone": "0371-00009000",
        "place": "开封市", "source": "演示", "until": worker["now"].date(), "soon": 3, "kind": "0", "kind_words": "免费培训",
        "valid_from": worker["now"].date(), "valid_to": None, "written_at": worker["now"],
    }  # fmt: skip
    learn = {
        "counties": _chips("全市", "兰考县"),
        "wish": "电工",
        "picks": [{"value": "电工", "on": True}, {"value": "焊工", "on": False}],
        "other": "",
        "most": 60,
    }
    kept = {"per_day": 3, "most": 5, "quiet": "晚上 21 点到早上 5 点"}
    hit = {"href": "/orders/7", "title": "搬砖小工", "pay_fen": 20000, "pay_unit": "天", "start": worker["now"]}
    streets = [{"value": f"/4102/02/{n:03d}/", "label": f"第{n}街道"} for n in range(9)]
    return [
        ("here", "portal/here.html", anyone | here),
        ("here-streets", "portal/here.html", worker | here | {"place": "东关街道", "by_phone": True, "county": "龙亭区", "streets": streets}),
        ("here-fault", "portal/here.html", anyone | here | {"fault": "没定到位。请选您所在的乡镇街道。", "county": "示范区"}),
        ("near", "portal/near.html", worker | {"place": "东关街道", "change_href": "/here?next=/stations/near", "about": True, "stations": [station, bare]}),
        ("near-none", "portal/near.html", anyone | {"place": "东关街道", "change_href": "/here?next=/stations/near", "about": False, "stations": []}),
        ("searches", "portal/searches.html", worker | kept | {"searches": [{"id": "1", "label": "小工，龙亭区，日结，一天180元起", "found": [hit, hit | {"title": "搬家装卸"}]}, {"id": "2", "label": "保洁", "found": []}]}),
        ("records", "portal/records.html", worker | {"facts": [("姓名", "王*"), ("工种", "普工、搬运")], "consents": [
            {"id": "1", "words": "签到时用手机定位", "how": "自己在手机上点的", "given_at": worker["now"], "withdrawn_at": None, "may_withdraw": True},
            {"id": "2", "words": "登记找活或用工", "how": "签了同意书", "given_at": worker["now"], "withdrawn_at": worker["now"], "may_withdraw": False}]}),
        ("close", "portal/close.html", worker | {"against": [], "typed": "注销", "fault": "请在格子里写“注销”两个字，再点一次。"}),
        ("close-not-yet", "portal/close.html", worker | {"against": ["还有 1 个活没了结，先干完。"], "typed": "注销", "fault": ""}),
        ("training", "public/training.html", worker | learn | {"courses": [], "groups": [{"title": "免费培训", "items": [gift, gift | {"title": "护理培训", "until": None, "soon": None, "phone": ""}]}]}),
        ("training-none", "public/training.html", anyone | learn | {"courses": [], "wish": None, "groups": []}),
        ("wishes", "desk/training.html", staff | {"counts": [("电工", 2)], "wishes": [{"href": "/desk/people/1", "name": "王**", "wish": "电工、焊工", "trades": "普工", "level": "初级工", "at": worker["now"]}]}),
        ("wishes-none", "desk/training.html", staff | {"counts": [], "wishes": []}),
        ("benefits", "office/benefits.html", staff | {"places": _options("开封市", "兰考县"), "kinds": _options("免费培训", "补贴"), "live": [gift], "over": [gift], "counts": {gift["id"]: {"read": 12, "print": 3}}}),
        ("benefits-none", "office/benefits.html", staff | {"places": _options("开封市"), "kinds": _options("免费培训"), "live": [], "over": [], "counts": {}}),
        ("searches-none", "portal/searches.html", worker | kept | {"searches": []}),
    ]  # fmt: skip
