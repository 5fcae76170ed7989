"""What a dawn asks most."""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FILES: tuple[str, ...] = ("0008_speed.sql",)


def upgrade() -> None:
    """Let what every sign-in and every wall asks be one round trip."""
    bind = op.get_bind()
    for name in FILES:
        run_file(bind, name)
