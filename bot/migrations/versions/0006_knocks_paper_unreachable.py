"""knocks for what is held, prices agreed on paper, who cannot be reached"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """There is no way down: whoever goes back puts the copy back that was made before."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_knocks",
            ["account_id", "created_at"],
            unique=False,
            sqlite_where=sa.text("template = 'knock_own_case'"),
        )
        batch_op.create_index(
            "ix_outbox_parts", ["account_id"], unique=False, sqlite_where=sa.text("instr(provider_id, ' ') > 0")
        )

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index("ix_accounts_gone", ["id"], unique=False, sqlite_where=sa.text("reachable <> 'ok'"))

    with op.batch_alter_table("offer_prices", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "signed_on",
                sa.String(),
                server_default="",
                nullable=False,
                comment="local day of a paper, for a maker without a chat",
            )
        )
        batch_op.add_column(
            sa.Column(
                "witness",
                sa.String(),
                server_default="",
                nullable=False,
                comment="who saw it signed, as staff wrote the name",
            )
        )
