"""media"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """There is no way down: whoever goes back puts the copy back that was made before."""
    op.create_table(
        "incoming_media",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, comment="JSON of the message, to be taken in once more"),
        sa.Column(
            "wants",
            sa.String(),
            server_default="",
            nullable=False,
            comment="what the question takes: photo, document; empty: it only waits for what was before it",
        ),
        sa.Column(
            "holds",
            sa.Boolean(),
            server_default=sa.text("(true)"),
            nullable=False,
            comment="later messages of that chat wait for it",
        ),
        sa.Column(
            "attempts", sa.Integer(), server_default="0", nullable=False, comment="starts of the bot that have tried"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_incoming_media_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_media")),
        comment="messages whose file is being fetched, and what the same person has written since",
    )
    with op.batch_alter_table("incoming_media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incoming_media_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_incoming_media_holds",
            ["account_id"],
            unique=False,
            sqlite_where=sa.text("holds"),
            postgresql_where=sa.text("holds"),
        )

    op.create_table(
        "media",
        sa.Column("id", sa.String(), nullable=False, comment="random; the name of the file beside the database"),
        sa.Column("kind", sa.String(), nullable=False, comment="photo, document"),
        sa.Column("type", sa.String(), nullable=False, comment="image/jpeg, application/pdf"),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), server_default="0", nullable=False),
        sa.Column("height", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False, comment="what a document is called"),
        sa.Column(
            "telegram_file_id", sa.String(), server_default="", nullable=False, comment="known once it was sent there"
        ),
        sa.Column("account_id", sa.String(), nullable=True, comment="the chat that it came from"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "dropped",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="the file is still to be deleted",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_media_account_id_accounts"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        comment="photos and documents that a question asked for: looked at, without what was hidden in them",
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_media_dropped",
            ["id"],
            unique=False,
            sqlite_where=sa.text("dropped"),
            postgresql_where=sa.text("dropped"),
        )
