"""Words as sound: spoken by the machine, or by a clip that somebody recorded in the county's own dialect.

A clip is a WAV in the data directory, named by the words that it says: `clips/4102/25/日结.wav` holds for the county 4102/25,
`clips/4102/日结.wav` for its whole city; the nearest wins. Everything else is spoken by eSpeak NG (`speech.speak`).
"""

from __future__ import annotations

import array
import asyncio
import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

import structlog

from linggong.kernel.errors import Conflict
from linggong.kernel.paths import TenantPath, ancestors

log = structlog.get_logger(__name__)
RATE: Final = 11_025
"""Samples a second: speech needs no more, and a worker pays for his megabytes."""
_PAUSE: Final = RATE // 4
_KEPT: Final = 400
_SECONDS: Final = 20
_LONGEST: Final = 3000
_at_once = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Voice:
    """The voice of a deployment."""

    data_dir: Path

    async def public(self, phrases: Sequence[str], place: str) -> bytes:
        """Return a WAV of words that anybody may hear; kept, so that a post is spoken once. Raises Conflict where there is no voice."""
        parts = [(words, self._clip(words, place)) for words in phrases if words]
        told = "\n".join(f"{words}|{clip}|{clip.stat().st_mtime_ns if clip else ''}" for words, clip in parts)
        kept = self.data_dir / "speech" / f"{hashlib.sha256(told.encode()).hexdigest()[:40]}.wav"
        if kept.is_file():
            return await asyncio.to_thread(kept.read_bytes)
        made = await self._make(parts)
        await asyncio.to_thread(_keep, kept, made)
        return made

    async def private(self, phrases: Sequence[str], place: str) -> bytes:
        """Return a WAV of words that concern somebody; nothing of it is kept. Raises Conflict where there is no voice."""
        return await self._make([(words, self._clip(words, place)) for words in phrases if words])

    async def _make(self, parts: Sequence[tuple[str, Path | None]]) -> bytes:
        async with _at_once:
            return await asyncio.to_thread(_spoken, parts)

    def _clip(self, words: str, place: str) -> Path | None:
        if not words.isprintable() or any(c in words for c in "/\\.:") or len(words) > 40:
            return None
        for above in reversed(ancestors(TenantPath(place))[1:]):
            clip = self.data_dir / "clips" / above.strip("/") / f"{words}.wav"
            if clip.is_file():
                return clip
        return None


@cache
def can_speak() -> bool:
    """Tell whether this machine has a voice."""
    return importlib.util.find_spec("espeakng_loader") is not None


def _spoken(parts: Sequence[tuple[str, Path | None]]) -> bytes:
    sound = array.array("h")
    silence = array.array("h", bytes(2 * _PAUSE))
    for own, group in groupby(parts, key=lambda part: part[1] is not None):
        # What lies between clips is spoken in one breath: each start of the voice costs a moment.
        said = list(group)
        pieces = [_clipped(words, clip) for words, clip in said if clip] if own else [_machine([w for w, _ in said])]
        for piece in pieces:
            sound.extend(piece)
            sound.extend(silence)
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound.tobytes())
    return made.getvalue()


def _clipped(words: str, clip: Path) -> array.array[int]:
    try:
        return array_of(clip.read_bytes())
    except (OSError, wave.Error, EOFError):
        log.warning("clip_unusable", clip=str(clip))
        return _machine([words])


def _machine(words: Sequence[str]) -> array.array[int]:
    if not can_speak():
        raise Conflict("这台服务器没装语音。")
    text = "。".join(words)[:_LONGEST]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "linggong.speech.speak"], input=text.encode(), capture_output=True, timeout=_SECONDS, check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
        return array_of(done.stdout)
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
        log.warning("voice_failed", error=type(error).__name__)
        raise Conflict("现在念不了，请过一会儿再点。") from None


def array_of(content: bytes) -> array.array[int]:
    """Return the samples of a WAV (16 bit), one channel, at our rate. Raises wave.Error for another kind of file."""
    with wave.open(io.BytesIO(content)) as told:
        if told.getsampwidth() != 2 or told.getframerate() < 4000:
            raise wave.Error("not a WAV of 16 bit")
        channels, rate = told.getnchannels(), told.getframerate()
        samples = array.array("h", told.readframes(told.getnframes()))
    samples = samples[::channels]
    if rate == 2 * RATE:
        return array.array("h", ((a + b) // 2 for a, b in zip(samples[::2], samples[1::2], strict=False)))
    count = len(samples) * RATE // rate
    return array.array("h", (samples[i * rate // RATE] for i in range(count)))


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
    old = sorted(path.parent.glob("*.wav"), key=lambda p: p.stat().st_mtime)[:-_KEPT]
    for one in old:
        one.unlink(missing_ok=True)
