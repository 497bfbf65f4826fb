"""announcements"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """There is no way down: whoever goes back puts the copy back that was made before."""
    op.create_table(
        "announcements",
        sa.Column("number", sa.String(), nullable=False, comment="what anybody can check: PGM-7K4MA"),
        sa.Column(
            "category", sa.String(), nullable=False, comment="mart_promo, event, safety, ... (records/announcements.py)"
        ),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="draft, waiting, scheduled, sending, paused, done, cancelled, ...",
        ),
        sa.Column(
            "texts", sa.Text(), nullable=False, comment="JSON by language; what is missing is read in Indonesian"
        ),
        sa.Column(
            "media",
            sa.String(),
            server_default="",
            nullable=False,
            comment="id of the photo or document that goes along",
        ),
        sa.Column("audience", sa.Text(), nullable=False, comment="JSON (records/audience.py)"),
        sa.Column("author", sa.String(), nullable=False, comment="staff code"),
        sa.Column("account_id", sa.String(), nullable=True, comment="the author's chat"),
        sa.Column("counted", sa.Text(), nullable=True, comment="JSON: what the preview says; empty: to be counted"),
        sa.Column("counted_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "send_at",
            sa.BigInteger(),
            nullable=True,
            comment="when it goes out; the minute in which it can be undone lies before it",
        ),
        sa.Column("ends_at", sa.BigInteger(), nullable=True, comment="a promo is worth nothing after this"),
        sa.Column(
            "repeats",
            sa.String(),
            server_default="",
            nullable=False,
            comment="weekly, monthly; the next one is a new row",
        ),
        sa.Column(
            "plan_after", sa.String(), server_default="", nullable=False, comment="the last person that is planned"
        ),
        sa.Column(
            "planned",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="every delivery has its row",
        ),
        sa.Column("approver", sa.String(), server_default="", nullable=False, comment="staff code"),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "reason", sa.String(), server_default="", nullable=False, comment="why a second coordinator did not agree"
        ),
        sa.Column(
            "corrects",
            sa.String(),
            server_default="",
            nullable=False,
            comment="number of the announcement that was wrong",
        ),
        sa.Column(
            "progress", sa.Text(), server_default="{}", nullable=False, comment="JSON: what the author was last shown"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_announcements_account_id_accounts"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_announcements")),
        comment="what coordinators tell many",
    )
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_announcements_author_created_at"), ["author", "created_at"], unique=False)
        batch_op.create_index(
            "ix_announcements_live",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state IN ('draft', 'waiting', 'scheduled', 'sending', 'paused')"),
            postgresql_where=sa.text("state IN ('draft', 'waiting', 'scheduled', 'sending', 'paused')"),
        )

    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("announcement", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), server_default="", nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="waiting, sending, sent, held, uncertain, failed, skipped, dropped",
        ),
        sa.Column(
            "way",
            sa.String(),
            server_default="",
            nullable=False,
            comment="free, template, knock: how it went on WhatsApp",
        ),
        sa.Column("reason", sa.String(), server_default="", nullable=False, comment="why it was not sent, or is held"),
        sa.Column(
            "delivery",
            sa.String(),
            server_default="",
            nullable=False,
            comment="what the provider told afterwards: sent, delivered, read, failed",
        ),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "provider_id",
            sa.String(),
            server_default="",
            nullable=False,
            comment="ids at the provider, space-separated",
        ),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_deliveries_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["announcement"],
            ["announcements.number"],
            name=op.f("fk_deliveries_announcement_announcements"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("announcement", "account_id", name=op.f("uq_deliveries_announcement_account_id")),
        comment="an announcement on its way to one person: each at most once",
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deliveries_held",
            ["account_id"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )
        batch_op.create_index(
            "ix_deliveries_provider_id",
            ["provider_id"],
            unique=False,
            sqlite_where=sa.text("provider_id <> ''"),
            postgresql_where=sa.text("provider_id <> ''"),
        )
        batch_op.create_index(
            "ix_deliveries_sending",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.create_index(
            "ix_deliveries_failed",
            ["announcement"],
            unique=False,
            sqlite_where=sa.text("state = 'failed'"),
            postgresql_where=sa.text("state = 'failed'"),
        )
        batch_op.create_index(
            "ix_deliveries_unasked",
            ["settled_at"],
            unique=False,
            sqlite_where=sa.text("way IN ('template', 'knock')"),
            postgresql_where=sa.text("way IN ('template', 'knock')"),
        )
        batch_op.create_index(
            "ix_deliveries_waiting",
            ["announcement", "channel", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(
            "uq_deliveries_person",
            ["announcement", "person_id"],
            unique=True,
            sqlite_where=sa.text("person_id <> ''"),
            postgresql_where=sa.text("person_id <> ''"),
        )

    op.add_column(
        "accounts",
        sa.Column(
            "failures",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="days on which nothing could be delivered",
        ),
    )
    op.add_column(
        "accounts",
        sa.Column("failed_on", sa.String(), server_default="", nullable=False, comment="the last of them, UTC"),
    )

    with op.batch_alter_table("persons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_persons_district_id"), ["district", "id"], unique=False)
