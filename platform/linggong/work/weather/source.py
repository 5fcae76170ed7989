"""A source of alerts that may be attached (ruling 17): the interface, and a client of feeds that speak JSON over HTTP.

The wire format is one object {"alerts": [...]}; each alert as in `Report`. Nothing here touches the database: a feed that
is slow, down or lying must never hold a transaction open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, Protocol

import httpx
import msgspec
import structlog

log = structlog.get_logger(__name__)

_MAX_BYTES = 1_000_000
_LONGEST = timedelta(days=7)
Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as a feed gives it; `area` is a division code (410225000000), `temperature_c` the day's highest."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    area: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6,12}$")]
    kind: Literal["rain", "snow", "heat", "wind"]
    level: Literal["blue", "yellow", "orange", "red"]
    begins_at: Aware
    ends_at: Aware
    temperature_c: Annotated[float, msgspec.Meta(ge=-60, le=60)] | None = None
    words: Annotated[str, msgspec.Meta(max_length=200)] = ""
    withdrawn: bool = False


class SourceFailed(Exception):
    """The source did not give a usable answer; the message says how it failed."""


class Source(Protocol):
    """Anything that reports the alerts in force. Raises SourceFailed; may report the same alert again and again."""

    @property
    def name(self) -> str:
        """What the alerts' source is called."""
        ...

    async def reports(self) -> Sequence[Report]:
        """Return the alerts that the source knows now."""
        ...


@dataclass(frozen=True, slots=True)
class HttpSource:
    """A feed at an address, asked with a time limit and a few tries."""

    url: str
    name: str = "feed"
    timeout_seconds: float = 5.0
    tries: int = 3
    pause_seconds: float = 0.5

    async def reports(self) -> Sequence[Report]:
        """Return the feed's valid alerts; those that make no sense are left out and noted. Raises SourceFailed."""
        failure = ""
        async with httpx.AsyncClient(timeout=self.timeout_seconds, follow_redirects=False) as client:
            for attempt in range(self.tries):
                if attempt:
                    await asyncio.sleep(self.pause_seconds * 2 ** (attempt - 1))
                try:
                    # The limit of the client counts from byte to byte; a feed that drips would hold us for ever.
                    async with asyncio.timeout(self.timeout_seconds):
                        return read(await _fetch(client, self.url))
                except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, SourceFailed) as error:
                    failure = f"{type(error).__name__}: {error}"[:200]
        raise SourceFailed(failure)


async def _fetch(client: httpx.AsyncClient, url: str) -> bytes:
    async with client.stream("GET", url, headers={"accept": "application/json"}) as answer:
        if answer.status_code != httpx.codes.OK:
            raise SourceFailed(f"status {answer.status_code}")
        body = bytearray()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > _MAX_BYTES:
                raise SourceFailed("the answer is too long")
        return bytes(body)


def read(body: bytes) -> list[Report]:
    """Return the valid alerts of an answer, the last word on each number and area. Raises SourceFailed for other than the format."""
    try:
        raw = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise SourceFailed("not JSON") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("alerts"), list):
        raise SourceFailed("no list of alerts")
    found: dict[tuple[str, str], Report] = {}
    for item in raw["alerts"]:
        try:
            report = msgspec.convert(item, Report)
        except msgspec.ValidationError as error:
            log.warning("weather_report_refused", reason=str(error)[:120])
            continue
        if not timedelta(0) < report.ends_at - report.begins_at <= _LONGEST:
            log.warning("weather_report_refused", reason="times")
            continue
        found[(report.number, report.area)] = report
    return list(found.values())
