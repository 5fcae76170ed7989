"""Uploaded files: stored under names that nobody guesses, served only to whoever may read the row that names them."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from piccolo_api.media.base import MediaStorage

from admin.context import Visit, visit
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound, TooLarge

if TYPE_CHECKING:
    from admin.bridge import Walled

LARGEST: Final = 5_000_000
TYPES: Final = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_BEGINS: Final = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "image/webp": b"RIFF"}
_KEY: Final = re.compile(r"[0-9a-f]{32}\.(?:jpg|jpeg|png|webp)")


def folder(visit: Visit) -> Path:
    """Return where photos of places lie."""
    return visit.settings.data_dir / "uploads" / "node_photos"


def check_stored(visit: Visit, key: Any) -> None:
    """Raise Invalid unless the key names a file that was uploaded."""
    if not isinstance(key, str) or not _KEY.fullmatch(key) or not (folder(visit) / key).is_file():
        raise Invalid([Fault("file_key", "照片没有传上来，请重新选一次文件。", "file")])


def forget_later(visit: Visit, key: str) -> None:
    """Remove a file once the transaction that took its row has committed."""

    async def forget() -> None:
        await asyncio.to_thread((folder(visit) / key).unlink, missing_ok=True)

    visit.after.append(forget)


class RowStorage(MediaStorage):
    """Piccolo's storage for one column: every way to a file asks for its row first, inside the wall."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    async def store_file(self, file_name: str, file: IO[bytes], user: Any = None) -> str:
        """Keep an upload; returns its key. Raises Forbidden, TooLarge, Invalid for what is no photo."""
        present, table = visit(), cast("type[Walled]", self.column._meta.table)
        rule = table.rule
        if not present.may(rule.create) and not present.may(rule.update):
            raise Forbidden
        kind = file_name.rpartition(".")[2].lower()
        content = await asyncio.to_thread(file.read, LARGEST + 1)
        if len(content) > min(LARGEST, present.settings.upload_max_bytes):
            raise TooLarge("照片最大 5 MB，请先压缩再传。")
        if kind not in TYPES or not content.startswith(_BEGINS[TYPES[kind]]):
            raise Invalid([Fault("file_key", "请传 JPG、PNG 或 WebP 照片。", "type")])
        key = f"{uuid.uuid4().hex}.{kind}"

        def keep() -> None:
            folder(present).mkdir(parents=True, exist_ok=True)
            (folder(present) / key).write_bytes(content)

        await asyncio.to_thread(keep)
        return key

    async def generate_file_url(self, file_key: str, root_url: str, user: Any = None) -> str:
        """Return the file's address for whoever may read its row; raises NotFound."""
        await self._row(file_key)
        return f"{root_url}{file_key}"

    async def get_file(self, file_key: str) -> IO[bytes]:
        """Open a file for whoever may read its row; raises NotFound."""
        await self._row(file_key)
        try:
            return await asyncio.to_thread((folder(visit()) / file_key).open, "rb")
        except FileNotFoundError:
            raise NotFound from None

    async def delete_file(self, file_key: str) -> None:
        """Remove a file after the transaction, for whoever may read its row; raises NotFound."""
        await self._row(file_key)
        forget_later(visit(), file_key)

    async def bulk_delete_files(self, file_keys: list[str]) -> None:
        """Remove files one by one."""
        for key in file_keys:
            await self.delete_file(key)

    async def get_file_keys(self) -> list[str]:
        """Return the keys that the visitor may see, from the rows, never from the disk."""
        keys: Sequence[str] = await self.column._meta.table.select(self.column).output(as_list=True)
        return list(keys)

    async def _row(self, key: str) -> None:
        table: Any = self.column._meta.table
        if not _KEY.fullmatch(key) or not visit().may(table.rule.read):
            raise NotFound
        if not await table.exists().where(self.column == key):
            raise NotFound
