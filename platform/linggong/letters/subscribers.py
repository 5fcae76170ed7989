"""The job that makes papers, bound by name at assembly."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linggong.kernel import tasks
from linggong.kernel.db import Database
from linggong.kernel.settings import Settings
from linggong.letters import documents, service


async def make(database: Database, payload: dict[str, Any]) -> None:
    """The job: set and seal one letter."""
    await documents.seal(database, Settings.from_env(), UUID(payload["letter"]))


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    tasks.task(service.JOB, make)
