"""What reaching out binds at assembly."""

from __future__ import annotations

from linggong.outreach import satisfaction


def register() -> None:
    """Bind by name; calling it again changes nothing."""
    satisfaction.register()
