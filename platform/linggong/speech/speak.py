"""Speaks: Mandarin text on standard input, a WAV on standard output. A program of its own (`python -m linggong.speech.speak`).

eSpeak NG keeps its state in globals and is GPL-licensed: in a process of its own it harms no server and is linked to nothing of ours.
"""

from __future__ import annotations

import ctypes
import io
import sys
import wave
from typing import Any, Final

_RETRIEVAL: Final = 1
_UTF8: Final = 1
_BY_CHARACTER: Final = 1
_RATE: Final = 1
_WORDS_A_MINUTE: Final = 135
"""Slower than usual: for old ears, and for names of places."""


def speak(text: str) -> bytes:
    """Return a WAV (16 bit, mono) of a text. Raises OSError when the voice cannot be started."""
    import espeakng_loader

    library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_RETRIEVAL, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate <= 0:
        raise OSError("the voice does not start")
    parts: list[bytes] = []

    def take(samples: Any, count: int, _: Any) -> int:
        if samples and count:
            parts.append(ctypes.string_at(samples, count * 2))
        return 0

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(take)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(b"cmn") != 0:
        raise OSError("there is no Mandarin voice")
    library.espeak_SetParameter(_RATE, _WORDS_A_MINUTE, 0)
    raw = text.encode()
    library.espeak_Synth(raw, len(raw) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"".join(parts))
    return made.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(speak(sys.stdin.buffer.read(20_000).decode("utf-8", "replace")))
