"""What finding, matching and measuring need beside the loop."""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FILES: tuple[str, ...] = ("0005_find.sql", "0005_wechat.sql", "0005_matching.sql", "0005_speed.sql", "0005_papers.sql")


def upgrade() -> None:
    """Go from the market on every surface to the one that finds, matches and measures."""
    bind = op.get_bind()
    for name in FILES:
        run_file(bind, name)
