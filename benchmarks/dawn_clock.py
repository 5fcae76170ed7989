"""The market served on a dawn that passes faster than the day: the same program, with a clock that runs `LINGGONG_BENCH_PACE` times."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from linggong.kernel import clock


class Paced:
    """Business time that begins at `start` when the wall clock stood at `zero` (seconds), and runs `pace` times as fast."""

    def __init__(self, start: datetime, zero: float, pace: float) -> None:
        self._start, self._zero, self._pace = clock.utc(start), zero, pace

    def now(self) -> datetime:
        """Return the present instant."""
        return self._start + timedelta(seconds=(time.time() - self._zero) * self._pace)


def use() -> None:
    """Let this process live by the dawn's clock, as the environment describes it."""
    start, zero, pace = os.environ["LINGGONG_BENCH_DAWN"].split("|")
    clock.set_clock(Paced(datetime.fromisoformat(start), float(zero), float(pace)))


def variables(start: datetime, zero: float, pace: float) -> dict[str, str]:
    """Return the environment that `use` reads."""
    return {"LINGGONG_BENCH_DAWN": f"{start.astimezone(UTC).isoformat()}|{zero}|{pace}"}


def create() -> Any:
    """Make the application, as the server does."""
    from linggong.app import application

    use()
    return application.create()


if __name__ == "__main__":
    from linggong.cli import serve, standins

    use()
    part, *more = sys.argv[1:]
    if part == "gateway":
        # Messages are signed with their time: the other side lives on the same dawn.
        sys.exit(standins.phones_stand_in(port=int(more[0])))
    sys.exit(serve.worker() if part == "worker" else serve.serve_app("benchmarks.dawn_clock:create"))
