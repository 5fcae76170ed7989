"""`linggong run` beside a former one: waits while that stops, says in a sentence what runs, and never ends in a traceback."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from linggong.cli import alone
from linggong.cli.alone import NotAlone
from linggong.kernel.settings import Settings


def settings(folder: Path) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Settings.from_env({"LINGGONG_DATA_DIR": str(folder), "LINGGONG_PORT": str(port)})


def test_the_second_waits_for_one_that_stops_and_hears_of_one_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(alone, "_TURNS", 0.2)
    monkeypatch.setattr(alone, "_FREES", 0.2)
    ours = settings(tmp_path)
    with alone.alone(ours) as first:
        with (
            pytest.raises(NotAlone, match=rf"runs already at http://127\.0\.0\.1:{ours.port}/ \(process \d+\)"),
            alone.alone(ours),
        ):
            pass
        first.stopping()
        entered = threading.Event()

        def second() -> None:
            with alone.alone(ours):
                entered.set()

        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.4), "the former one has not ended"
    waiting.join(10)
    assert entered.is_set()
    assert "still stopping" in capsys.readouterr().err
    with socket.socket() as other:
        other.bind(("127.0.0.1", ours.port))
        other.listen()
        with pytest.raises(NotAlone, match=f"port {ours.port} of 127.0.0.1 cannot be used"), alone.alone(ours):
            pass
