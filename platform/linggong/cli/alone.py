"""One market a data directory: whoever starts a second one waits while the former still stops, or hears what runs and what to do."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from linggong.cli.output import note
from linggong.kernel.settings import Settings

_TURNS = 2.0
"""Seconds in which one that was just asked to end says so."""
_STOPS = 60.0
"""Seconds for the former one to finish what is in hand and to stop its PostgreSQL."""
_FREES = 5.0
"""Seconds for the port to become free."""
_EVERY = 0.1


class NotAlone(Exception):
    """Something runs already; the text says what, and what to do."""


class Hold:
    """The lock of a market that runs; the kernel frees it when its process ends, however it ends."""

    def __init__(self, fd: int, url: str) -> None:
        self._fd, self._url = fd, url
        self._write(stopping=False)

    def stopping(self) -> None:
        """Say that this market is ending, so that the next one waits."""
        self._write(stopping=True)

    def _write(self, *, stopping: bool) -> None:
        said = json.dumps({"pid": os.getpid(), "url": self._url, "stopping": stopping}).encode()
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, said, 0)


@contextmanager
def alone(settings: Settings) -> Iterator[Hold]:
    """Be the one market of the data directory; raises NotAlone."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    fd = os.open(settings.data_dir / "market.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(fd, settings)
        _port_is_free(settings)
        yield Hold(fd, f"http://{settings.host}:{settings.port}/")
    finally:
        os.close(fd)


def _take(fd: int, settings: Settings) -> None:
    began, told = time.monotonic(), False
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return
        other, waited = _said(fd), time.monotonic() - began
        if other.get("stopping") and not told:
            note("the market that ran here is still stopping; waiting for it")
            told = True
        if waited > (_STOPS if other.get("stopping") else _TURNS):
            doing = "has not stopped yet" if other.get("stopping") else f"runs already at {other.get('url', '?')}"
            number = other.get("pid", "?")
            raise NotAlone(
                f"a market of {settings.data_dir} {doing} (process {number}). End it with Ctrl+C or `kill {number}`, "
                "or start another one beside it with its own LINGGONG_DATA_DIR and LINGGONG_PORT."
            )
        time.sleep(_EVERY)


def _said(fd: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(fd, 4096, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _port_is_free(settings: Settings) -> None:
    began = time.monotonic()
    while True:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, settings.port))
            except OSError as error:
                if time.monotonic() - began > _FREES:
                    raise NotAlone(
                        f"port {settings.port} of {settings.host} cannot be used ({error.strerror}). End the program that "
                        "listens there, or choose another port with LINGGONG_PORT."
                    ) from None
            else:
                return
        time.sleep(_EVERY)
