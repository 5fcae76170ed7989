"""Practice mode (训练模式): whether this process is the practice market, and what a practice process is started with.

A practice market is the same program with another environment: a data directory of its own, and in it its own PostgreSQL, keys,
seal and files. It is never told how to reach the real database, the gateway, the insurer or a seal, so that nothing done
in it can lead there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from linggong.kernel.settings import Settings

PRACTISING: Final = os.environ.get("LINGGONG_PRACTICE") == "1"
"""Decided once, when the process starts."""
COOKIES: Final = "lgp" if PRACTISING else "lg"
"""How the names of cookies begin: browsers keep them by host and not by port, and one browser holds both markets."""
FOLDER: Final = "practice"
RESET: Final = "reset"
"""A file of this name in the practice data directory asks for a fresh market."""
_KEPT: Final = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "VIRTUAL_ENV")
_DAYS: Final = "2"


def directory(settings: Settings) -> Path:
    """Return the practice market's data directory."""
    return settings.data_dir / FOLDER


def address(settings: Settings) -> str:
    """Return where people reach the practice market; '' when there is none."""
    if not settings.practice_port:
        return ""
    return settings.practice_url or f"http://127.0.0.1:{settings.practice_port}"


def environment(settings: Settings, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment of the practice market's processes: nothing of the real one's but how Python is found."""
    outer = os.environ if outer is None else outer
    return {
        **{key: outer[key] for key in _KEPT if key in outer},
        "LINGGONG_PRACTICE": "1",
        "LINGGONG_DATA_DIR": str(directory(settings)),
        "LINGGONG_HOST": "127.0.0.1",
        "LINGGONG_PORT": str(settings.practice_port),
        "LINGGONG_PRACTICE_PORT": "0",
        "LINGGONG_PUBLIC_URL": settings.practice_url,
        "LINGGONG_REAL_URL": settings.public_url or f"http://127.0.0.1:{settings.port}",
        "LINGGONG_PRESET": settings.preset,
        "LINGGONG_DEMO_DAYS": outer.get("LINGGONG_PRACTICE_DAYS", _DAYS),
        "LINGGONG_POOL_SIZE": "5",
        "LINGGONG_SECURE_COOKIES": "1" if settings.secure_cookies else "0",
        "LINGGONG_LOG_FORMAT": settings.log_format,
        "LINGGONG_LOG_LEVEL": "WARNING",
    }
