"""A browser without a network: it speaks ASGI with the app in the same process, and gives up on streams that do not end."""

from __future__ import annotations

import asyncio
import io
import itertools
import random
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from linggong.kernel.crypto import Secrets
from linggong.prove.city import Subject

STREAM_SECONDS = 0.5
"""How long an answer may go on before it counts as a live stream, of which the beginning is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, as it goes out."""

    subject: Subject
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    media: str = ""
    page: bool = False
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        """Return path and query."""
        return self.path + ("?" + urlencode(self.query) if self.query else "")

    def told(self) -> str:
        """Return what a developer needs to send it again."""
        body = self.body[:800].decode(errors="replace")
        return f"{self.method} {self.url} as {self.subject.name}" + (f" [{self.media}] {body}" if body else "")


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    changes: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    """(table, operation, cells before, cells after) of what the request committed."""
    streamed: bool = False

    def header(self, name: str) -> str:
        """Return a header's value, '' when it is not there."""
        return next((v for k, v in self.headers if k == name), "")

    @property
    def text(self) -> str:
        """Return the body as text, workbooks and archives unpacked."""
        if self.body.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(self.body)) as packed:
                return "\n".join(packed.read(name).decode(errors="replace") for name in packed.namelist())
        return self.body.decode(errors="replace")

    @property
    def refused(self) -> bool:
        """Tell whether nobody was let in: signed out, forbidden, or sent to a door."""
        if self.status in (401, 403):
            return True
        return self.status in (302, 303, 307) and self.header("location").split("?")[0].startswith("/sign-in")


class Client:
    """Sends requests of any subject; the CSRF token is that of the subject's session, as a script would send it."""

    def __init__(self, app: Any, secrets: Secrets) -> None:
        self._app, self._secrets = app, secrets
        # Limits by address are not what is proven here: everybody comes from his own.
        self._addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count(1))

    def _headers(self, ask: Ask) -> list[tuple[bytes, bytes]]:
        sent = [("host", "market.test"), ("accept", "text/html" if ask.page else "application/json")]
        if ask.subject.token:
            sent.append(("cookie", f"lg_session={ask.subject.token}"))
            sent.append(("x-csrf-token", self._secrets.sign("csrf", ask.subject.token)))
        elif ask.page:
            sent.append(("cookie", "lg_csrf=visitor"))
            sent.append(("x-csrf-token", self._secrets.sign("csrf", "visitor")))
        if ask.media:
            sent.append(("content-type", ask.media))
        if ask.body or ask.media:
            sent.append(("content-length", str(len(ask.body))))
        return [(k.encode(), v.encode("latin-1")) for k, v in (*sent, *ask.headers)]

    async def send(self, ask: Ask) -> Answer:
        """Send and collect the answer; an error of the app that it did not answer itself is a 599."""
        answer = Answer()
        given = False
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            nonlocal given
            if not given:
                given = True
                return {"type": "http.request", "body": ask.body, "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [(k.decode().lower(), v.decode("latin-1")) for k, v in message.get("headers", ())]
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")
                answer.streamed = answer.streamed or bool(message.get("more_body"))

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": ask.method, "scheme": "http",
            "path": unquote(ask.path), "raw_path": ask.path.encode(), "query_string": urlencode(ask.query).encode(),
            "root_path": "", "headers": self._headers(ask), "client": (next(self._addresses), 40000), "server": ("market.test", 80),
            "extensions": {}, "state": {},
        }  # fmt: skip
        task = asyncio.ensure_future(self._app(scope, receive, send))
        try:
            done, _ = await asyncio.wait({task}, timeout=STREAM_SECONDS)
            if not done and not answer.streamed:
                # Busy, not streaming: wait for it, but not for ever.
                await asyncio.wait({task}, timeout=20)
        finally:
            # A stream that goes on, or a client that left.
            gone.set()
            if not task.done():
                task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            except Exception as error:
                answer.status = answer.status or 599
                answer.body += f"{type(error).__name__}: {error}".encode()
        return answer


def multipart(
    fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]], rng: random.Random
) -> tuple[bytes, str]:
    """Return a multipart body and its media type."""
    edge = f"edge{rng.getrandbits(64):016x}"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (file_name, content) in files.items():
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"
