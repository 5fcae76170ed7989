"""Generated requests, each operation at least once, on the proof's own city: nothing foreign is seen or written. `make prove` sends 50,000."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from linggong.prove import run, scratch

if TYPE_CHECKING:
    from conftest import Server


def test_every_operation_keeps_to_its_places(server: Server) -> None:
    place = scratch.embedded(server.info, server.passwords)

    async def proof(name: str) -> run.Report:
        return await run.prove(await run.build(place, name, 1), 2700, 1, lambda _: None)

    with scratch.migrated(place) as name:
        report = asyncio.run(proof(name))
    assert not report.findings, "\n".join(map(str, report.findings))
    assert report.covered == report.operations > 150
    assert report.reached > 90, "the proof reaches what the operations do, not only their doors"
