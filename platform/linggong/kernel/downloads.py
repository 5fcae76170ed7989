"""Files that a browser saves instead of showing."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from litestar import Response

TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media types of what is given out, by the ending of the file's name."""


def attachment(name: str, content: bytes) -> Response[bytes]:
    """Return a file to be saved under a name, which may be Chinese; its ending says what it is. No cache keeps it."""
    return Response(
        content,
        media_type=TYPES.get(name.rpartition(".")[2], "application/octet-stream"),
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        },
    )
