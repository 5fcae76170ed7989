"""What measures and push need beside finding and matching."""

from __future__ import annotations

from alembic import op

from migrations import run_file

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FILES: tuple[str, ...] = (
    "0006_measures.sql",
    "0006_push.sql",
    "0006_dispatch.sql",
    "0006_sites.sql",
    "0006_wechat_messages.sql",
)


def upgrade() -> None:
    """Go from the market that finds and matches to the one that measures itself and reaches people."""
    bind = op.get_bind()
    for name in FILES:
        run_file(bind, name)
