"""What kind of file some bytes are, by how they begin: a name and a claimed type prove nothing."""

from __future__ import annotations

from typing import Final

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
_BEGINS: Final = {b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG, b"RIFF": WEBP, b"%PDF-": PDF}


def media_of(data: bytes, *taken: str) -> str | None:
    """Return the media type that a file's first bytes show, None for one that is not taken."""
    found = next((media for sign, media in _BEGINS.items() if data.startswith(sign)), None)
    if found == WEBP and data[8:12] != b"WEBP":
        return None
    return found if found in taken else None
