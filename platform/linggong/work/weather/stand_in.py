"""A local stand-in for a weather office's feed: it speaks the same protocol, and can be slow, down, lying or repeat itself."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal

Mood = Literal["well", "slow", "down", "lying", "garbage", "twice"]
_LIE: Final = {
    "number": "lie-1", "area": "410225", "kind": "heat", "level": "red", "temperature_c": 410,
    "begins_at": "2026-01-01T00:00:00+08:00", "ends_at": "2025-01-01T00:00:00+08:00",
}  # fmt: skip


class StandIn:
    """The feed on 127.0.0.1; `with StandIn(alerts) as feed: feed.url`. `mood` and `alerts` may be changed while it runs."""

    def __init__(self, alerts: Sequence[dict[str, Any]] = (), *, port: int = 0, slow_seconds: float = 2.0) -> None:
        self.alerts: list[dict[str, Any]] = list(alerts)
        self.mood: Mood = "well"
        self.asked = 0
        self._slow = slow_seconds
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = feed.answer()
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    return  # the asker was not that patient

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/alerts"

    def answer(self) -> tuple[int, bytes]:
        """Return status and body in the present mood."""
        self.asked += 1
        alerts = list(self.alerts)
        match self.mood:
            case "slow":
                time.sleep(self._slow)
            case "down":
                return 503, b"{}"
            case "garbage":
                return 200, b"<html>maintenance</html>"
            case "lying":
                alerts.append(dict(_LIE))
            case "twice":
                alerts += alerts
        return 200, json.dumps({"alerts": alerts}, ensure_ascii=False).encode()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def __enter__(self) -> StandIn:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
