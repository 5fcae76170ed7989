"""What a browser calls itself, in words that its user recognises."""

from __future__ import annotations

import re

_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("AlipayClient", "支付宝"),
    ("DingTalk", "钉钉"),
    ("QQBrowser", "QQ 浏览器"),
    ("Edg", "Edge"),
    ("HuaweiBrowser", "华为浏览器"),
    ("MiuiBrowser", "小米浏览器"),
    ("Firefox", "Firefox"),
    ("(?:Headless)?Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "鸿蒙手机"),
    ("OpenHarmony", "鸿蒙手机"),
    ("Android", "安卓手机"),
    ("iPhone", "苹果手机"),
    ("iPad", "苹果平板"),
    ("Windows", "Windows 电脑"),
    ("Macintosh", "苹果电脑"),
    ("UOS", "统信电脑"),
    ("Kylin", "麒麟电脑"),
    ("Linux", "Linux 电脑"),
)


def agent_words(agent: str) -> str:
    """Return browser and system of a User-Agent, for example “Chrome，Windows 电脑”."""
    browser = next((word for mark, word in _BROWSERS if re.search(rf"\b{mark}", agent)), "")
    system = next((word for mark, word in _SYSTEMS if re.search(rf"\b{mark}", agent)), "")
    return "，".join(filter(None, (browser, system))) or (agent[:40] if agent else "没有说明")
