"""WeChat's messages as its interface has them (订阅消息): the token, one message, and what the answers mean."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec

TOKEN: Final = "/cgi-bin/token"  # noqa: S105 - a path
SEND: Final = "/cgi-bin/message/subscribe/send"
SENT: Final = 0
STALE_TOKEN: Final = frozenset({40001, 40014, 42001})
"""The token is not, or no longer, ours: another is fetched, and the same message asked once more."""
NOT_WANTED: Final = 43101
"""He allows no message, or took it back in WeChat."""
BUSY: Final = frozenset({-1, 45009, 45011})
"""WeChat is busy, or we asked more than it takes: later."""
REFUSED: Final = {
    NOT_WANTED: "他在微信里没有允许",
    40003: "微信不认识这个人",
    40037: "模板编号不对",
    41030: "页面地址不对",
    47003: "模板的内容对不上",
}
THING: Final = 20
"""Characters of a field of the kind `thing`."""


class Token(msgspec.Struct, frozen=True):
    """What the token's door answers: the token and its seconds, or a code."""

    access_token: str = ""
    expires_in: int = 0
    errcode: int = 0
    errmsg: str = ""


class Said(msgspec.Struct, frozen=True):
    """What is answered to a message; the code is never left out, so that no other text is taken for a yes."""

    errcode: int
    errmsg: str = ""


class Message(msgspec.Struct, frozen=True):
    """One message to one person of the city's app."""

    touser: str
    template_id: str
    page: str
    data: dict[str, dict[str, str]]
    miniprogram_state: str = "formal"
    lang: str = "zh_CN"


def page(path: str) -> str:
    """Return the page of the city's app that opens one of ours in its web view."""
    return f"pages/web?to={quote(path, safe='')}"


def data(what: str, text: str, answer: str) -> dict[str, Any]:
    """Return the three fields that the template must have: 事项, 内容, 怎么办."""
    return {name: {"value": _thing(value)} for name, value in (("thing1", what), ("thing2", text), ("thing3", answer))}


def _thing(value: str) -> str:
    return value if len(value) <= THING else value[: THING - 1] + "…"
