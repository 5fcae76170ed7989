"""The words of the console's frame in Chinese, where its own translation would not be understood."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FRAME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Add": "新增",
        "Add Row": "新增",
        "Apply": "筛选",
        "Back to home page": "回后台首页",
        "Clear filters": "清除条件",
        "Edit": "查看",
        "Filter": "筛选",
        "Form submitted": "办好了",
        "Forms": "办理",
        "Hide Filters": "收起筛选",
        "Hide referencing tables": "收起相关资料",
        "Home": "后台首页",
        "Loading": "正在读取",
        "Log Out": "退出登录",
        "No results found": "没有符合条件的资料",
        "of": "/ 共",
        "result(s)": "条",
        "Save": "保存修改",
        "Select a table in the sidebar to get started.": "左边“资料”用来查和改，“办理”用来做一件事。",
        "Show Filters": "筛选",
        "Show referencing tables": "看相关资料",
        "Showing": "本页",
        "Sort": "排序",
        "Sort by": "按什么排",
        "Submit": "确认办理",
        "Tables": "资料",
        "Use again": "再办一件",
        "with a matching": "，按",
        "Links": "其他",
        "Welcome to": "",
    }
)
"""What replaces Piccolo's own translation, where a clerk would not understand it."""
