"""`linggong province`: the day's labour demand for the province's platform by file, its receipts, and a stand-in for it (R007)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import cyclopts

from linggong.cli.output import note
from linggong.cli.standins import serve_signed
from linggong.cli.tree import with_database, with_uow
from linggong.kernel.settings import Settings

province = cyclopts.App(
    name="province", help="The province's platform: records of a day by file, receipts, a stand-in."
)


@province.command
def export(day: date, file: Path) -> int:
    """Write the labour demand of a day that is over, a record a county, one JSON line each (docs/province.md).

    Parameters
    ----------
    day
        The business day, 2026-03-11.
    file
        Where to write; what stands there is replaced.
    """
    from linggong.measures import facts
    from linggong.publishing.upward import line

    with_database(facts.refresh)
    lines = with_uow(lambda uow: line.to_file(uow, day))
    file.write_bytes(b"".join(one + b"\n" for one in lines))
    note(f"{len(lines)} records of {day} in {file}")
    return 0


@province.command
def receipts(file: Path) -> int:
    """Take the platform's receipts, one JSON line each; a wrong line is named, and the good ones count.

    Parameters
    ----------
    file
        What the platform gave back.
    """
    from linggong.publishing.upward import line

    given = file.read_text(encoding="utf-8").splitlines()
    new, faults = with_uow(lambda uow: line.from_file(uow, given))
    for fault in faults:
        note(f"{fault.field}: {fault.message}")
    note(f"{new} new receipts")
    return 1 if faults else 0


@province.command(name="stand-in")
def stand_in(*, port: int = 9500, mode: Literal["good", "slow", "fail", "garbage"] = "good") -> int:
    """Serve a stand-in on the loopback until it is interrupted; set LINGGONG_PROVINCE_URL and LINGGONG_PROVINCE_KEY to use it.

    Parameters
    ----------
    port
        Where it listens; 0 takes a free one.
    mode
        How it behaves: good, or one of the ways in which a platform goes wrong.
    """
    from linggong.kernel.crypto import Secrets
    from linggong.publishing.upward import line, standin

    settings = Settings.from_env()
    made = standin.StandIn(line.key_of(settings, Secrets.load(settings.data_dir)))
    made.behave(mode)
    return serve_signed(made, port, settings)
