"""`contracts`: whether a file is a contract of this deployment, and making the papers that nobody has made yet."""

from __future__ import annotations

from pathlib import Path

import cyclopts

from linggong.cli.output import emit, note
from linggong.cli.tree import Json, with_database
from linggong.kernel.db import Database
from linggong.kernel.settings import Settings

contracts = cyclopts.App(name="contracts", help="Sealed contracts: check a file, make what is missing.")


@contracts.command
def check(*file: Path, offline: bool = False, json: Json = False) -> int:
    """Tell whether files are contracts that this deployment sealed and recorded, unchanged to the last byte. Exit 1 if not.

    Parameters
    ----------
    file
        The PDF files.
    offline
        Judge the seal alone, without asking the database whether the file is on record.
    """
    from linggong.contracts import checking

    if not file:
        raise ValueError("name at least one file")
    settings = Settings.from_env()
    raws = [(path, path.read_bytes()) for path in file]

    async def judge(database: Database) -> list[checking.Checked]:
        return [await checking.file(database, settings, raw) for _, raw in raws]

    found = [checking.by_itself(settings, raw) for _, raw in raws] if offline else with_database(judge)
    if json:
        emit(found, as_json=True)
        return 0 if all(checked.good for checked in found) else 1
    for (path, _), checked in zip(raws, found, strict=True):
        print(f"{path}: {'good' if checked.good else checked.code}: {checked.reason}")
        if checked.card is not None:
            note(f"  {checked.card.code} {checked.card.employer_name} {checked.card.worker_name} {checked.sealed_at}")
    return 0 if all(checked.good for checked in found) else 1


@contracts.command
def make(*, limit: int = 1000, json: Json = False) -> int:
    """Make and seal the papers of signed contracts that have none yet, the newest first (the worker does so, too, a few at a time).

    Parameters
    ----------
    limit
        How many at most.
    """
    from linggong.contracts import documents

    settings = Settings.from_env()

    async def work(database: Database) -> dict[str, int]:
        return {"made": await documents.catch_up(database, settings, limit=limit)}

    emit(with_database(work), as_json=json)
    return 0
