"""the second release: consents are asked again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """There is no way down: whoever goes back puts the copy back that was made before."""
    # Not in a batch: a column that may be empty is added in place, without copying the table.
    due = "from when it is asked again about a consent whose text has changed"
    op.add_column("accounts", sa.Column("consent_due_at", sa.BigInteger(), nullable=True, comment=due))

    op.create_table(
        "contents",
        sa.Column("sid", sa.String(), nullable=False, comment="Twilio's ContentSid"),
        sa.Column(
            "key", sa.String(), nullable=False, comment="what it is for: mart_promo, knock_announcement, list_4 …"
        ),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column(
            "shape",
            sa.String(),
            nullable=False,
            comment="text (goes outside the window), buttons, list (inside it alone)",
        ),
        sa.Column(
            "name",
            sa.String(),
            nullable=False,
            comment="its name at Twilio and WhatsApp; has the hash of the text in it",
        ),
        sa.Column("body", sa.Text(), nullable=False, comment="as Twilio has it, with {{1}} for what is filled in"),
        sa.Column(
            "text_hash", sa.String(), nullable=False, comment="of everything in it: another text is another resource"
        ),
        sa.Column(
            "latest", sa.Boolean(), nullable=False, comment="of the text as it is now; an earlier one serves until then"
        ),
        sa.Column("category_asked", sa.String(), server_default="", nullable=False, comment="UTILITY or MARKETING"),
        sa.Column("category", sa.String(), server_default="", nullable=False, comment="what Meta has made of it"),
        sa.Column(
            "status", sa.String(), nullable=False, comment="unsubmitted, pending, approved, rejected, paused, disabled"
        ),
        sa.Column("reason", sa.String(), server_default="", nullable=False, comment="why, in Meta's words"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False, comment="when Twilio was last asked"),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_contents")),
        sa.UniqueConstraint("name", name=op.f("uq_contents_name")),
        comment="WhatsApp's approved templates, and the shapes of its buttons and lists",
    )
    op.create_index(
        "ix_contents_latest",
        "contents",
        ["key", "language"],
        unique=True,
        sqlite_where=sa.text("latest"),
        postgresql_where=sa.text("latest"),
    )

    op.create_table(
        "redactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column(
            "address",
            sa.String(),
            nullable=False,
            comment="WhatsApp number or BSUID; gone with the row once it is done",
        ),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redactions")),
        comment="whose messages Twilio's own log has still to forget, because the person was deleted here",
    )
    op.create_index(
        "ix_outbox_untold",
        "outbox",
        ["settled_at"],
        sqlite_where=sa.text("state = 'sent' AND body IS NOT NULL"),
        postgresql_where=sa.text("state = 'sent' AND body IS NOT NULL"),
    )
