"""the first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """There is no way down: whoever goes back puts the copy back that was made before."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False, comment="staff code"),
        sa.Column("role", sa.String(), server_default="", nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column(
            "object", sa.String(), server_default="", nullable=False, comment="reference or person id; never a name"
        ),
        sa.Column("purpose", sa.String(), server_default="", nullable=False),
        sa.Column("channel", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        comment="append-only: each look-up of a person and each change by staff",
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_actor_at"), ["actor", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_object"), ["object"], unique=False)

    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), server_default="", nullable=False),
        sa.Column(
            "purpose", sa.String(), nullable=False, comment="enrolment, programme (announcements), mart (announcements)"
        ),
        sa.Column("state", sa.String(), nullable=False, comment="granted, declined, withdrawn"),
        sa.Column("version", sa.String(), nullable=False, comment="version of the text that was agreed to"),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        comment="append-only proof of every consent, opt-in and opt-out",
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consents_person_id"), ["person_id"], unique=False)

    op.create_table(
        "handled",
        sa.Column(
            "key",
            sa.String(),
            nullable=False,
            comment="the provider's id of a delivery; Telegram's kept three days, Twilio's for ever",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_handled")),
        comment="what has been taken in: a second delivery of the same changes nothing",
    )
    with op.batch_alter_table("handled", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handled_at"), ["at"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("token_hash", sa.String(), nullable=False, comment="the token itself is only in the link"),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("area", sa.String(), server_default="", nullable=False),
        sa.Column("invited_by", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("used_by", sa.String(), server_default="", nullable=False, comment="staff code"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_invitations")),
        comment="one-time links that make somebody staff",
    )
    op.create_table(
        "parked",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), server_default="", nullable=False),
        sa.Column("conversation", sa.String(), server_default="", nullable=False),
        sa.Column(
            "fault",
            sa.Text(),
            nullable=False,
            comment="type and place of what our code raised; never what the person wrote",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_parked")),
        comment="messages that our code could not handle; the person stays where they were",
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), server_default="", nullable=False),
        sa.Column(
            "folded_name",
            sa.String(),
            server_default="",
            nullable=False,
            comment="for search: lower case, marks stripped",
        ),
        sa.Column("nickname", sa.String(), server_default="", nullable=False),
        sa.Column(
            "salutation",
            sa.String(),
            server_default="",
            nullable=False,
            comment="bapak, ibu or kakak; how to speak to them, not a sex",
        ),
        sa.Column("sex", sa.String(), server_default="", nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column(
            "district", sa.String(), server_default="", nullable=False, comment="Kemendagri code; empty: elsewhere"
        ),
        sa.Column("kecamatan", sa.String(), server_default="", nullable=False),
        sa.Column("village", sa.String(), server_default="", nullable=False, comment="code where known"),
        sa.Column("village_text", sa.String(), server_default="", nullable=False, comment="as typed, a hamlet perhaps"),
        sa.Column("phone", sa.LargeBinary(), nullable=True, comment="encrypted, E.164"),
        sa.Column(
            "phone_last4", sa.String(), server_default="", nullable=False, comment="keyed hash of the last four digits"
        ),
        sa.Column(
            "phone_shared",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="own phone or the family's",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_via", sa.String(), server_default="self", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        comment="somebody the programme knows; no identity number is kept in chat",
    )
    with op.batch_alter_table("persons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_persons_folded_name"), ["folded_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_persons_phone_last4"), ["phone_last4"], unique=False)

    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column(
            "external_id",
            sa.String(),
            nullable=False,
            comment="Telegram chat id; WhatsApp BSUID where present, else the number",
        ),
        sa.Column("phone", sa.String(), server_default="", nullable=False, comment="E.164 where the channel shows it"),
        sa.Column("language", sa.String(), server_default="id", nullable=False),
        sa.Column("person_id", sa.String(), nullable=True, comment="the person chosen in this chat"),
        sa.Column(
            "last_inbound_at",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="opens WhatsApp's window of 24 hours",
        ),
        sa.Column("reachable", sa.String(), server_default="ok", nullable=False, comment="ok, blocked, invalid"),
        sa.Column(
            "held", sa.Integer(), server_default="0", nullable=False, comment="messages that wait for the window"
        ),
        sa.Column(
            "source",
            sa.String(),
            server_default="",
            nullable=False,
            comment="code of the deep link that was opened first",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_accounts_person_id_persons"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("channel", "external_id", name=op.f("uq_accounts_channel_external_id")),
        comment="one chat of one channel; persons and accounts are many to many over time",
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_accounts_phone",
            ["phone"],
            unique=False,
            sqlite_where=sa.text("phone <> ''"),
            postgresql_where=sa.text("phone <> ''"),
        )

    op.create_table(
        "account_persons",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_persons_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_account_persons_person_id_persons"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "person_id", name=op.f("pk_account_persons")),
        comment="who has been enrolled from which chat; a phone may be a household's",
    )
    with op.batch_alter_table("account_persons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_persons_person_id"), ["person_id"], unique=False)

    op.create_table(
        "enrolments",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True, comment="the chat that it was sent from"),
        sa.Column("cohort", sa.String(), server_default="", nullable=False),
        sa.Column("district", sa.String(), server_default="", nullable=False),
        sa.Column("kecamatan", sa.String(), server_default="", nullable=False),
        sa.Column("village", sa.String(), server_default="", nullable=False),
        sa.Column(
            "status",
            sa.String(),
            nullable=False,
            comment="submitted, needs_info, verified, waitlisted, not_eligible, withdrawn, merged, transferred, ...",
        ),
        sa.Column("reason", sa.String(), server_default="", nullable=False, comment="code of the reason of a decision"),
        sa.Column("answers", sa.Text(), nullable=False, comment="JSON: the answers as they were sent"),
        sa.Column("form", sa.String(), nullable=False, comment="version of the questions"),
        sa.Column(
            "source",
            sa.String(),
            server_default="chat",
            nullable=False,
            comment="chat, assisted, import, or the code of a deep link",
        ),
        sa.Column(
            "enrolled_by",
            sa.String(),
            server_default="",
            nullable=False,
            comment="code of the staff member who did it for the person; may not verify it",
        ),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "queued_at",
            sa.BigInteger(),
            nullable=False,
            comment="since when it waits for staff; renewed when the person completes it",
        ),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(), server_default="", nullable=False, comment="code of the staff member"),
        sa.Column(
            "identity_check", sa.String(), server_default="", nullable=False, comment="ktp, kk or surat: what staff saw"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_enrolments_account_id_accounts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_enrolments_person_id_persons"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_enrolments")),
        comment="one enrolment of one person",
    )
    with op.batch_alter_table("enrolments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enrolments_district_status_queued_at"), ["district", "status", "queued_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_enrolments_person_id"), ["person_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="rises with time: the order of sending to one person",
        ),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False, comment="reply, notice, announcement"),
        sa.Column("state", sa.String(), nullable=False, comment="waiting, sending, held, sent, failed, uncertain"),
        sa.Column("body", sa.Text(), nullable=True, comment="JSON of the message; blanked once it is settled"),
        sa.Column("template", sa.String(), server_default="", nullable=False, comment="what it said, by template name"),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "provider_id",
            sa.String(),
            server_default="",
            nullable=False,
            comment="ids at the provider, space-separated",
        ),
        sa.Column(
            "delivery",
            sa.String(),
            server_default="",
            nullable=False,
            comment="what the provider told afterwards: sent, delivered, read, failed",
        ),
        sa.Column(
            "reason", sa.String(), server_default="", nullable=False, comment="why it was not sent, for people to read"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_outbox_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        comment="every message to somebody, from before it is sent until long after",
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        )
        batch_op.create_index(
            "ix_outbox_held",
            ["account_id"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )
        batch_op.create_index(
            "ix_outbox_provider_id",
            ["provider_id"],
            unique=False,
            sqlite_where=sa.text("provider_id <> ''"),
            postgresql_where=sa.text("provider_id <> ''"),
        )

    op.create_table(
        "staff",
        sa.Column("code", sa.String(), nullable=False, comment="what anybody can check with `cek petugas`"),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column(
            "invited_by",
            sa.String(),
            server_default="",
            nullable=False,
            comment="staff code; empty: from the command line",
        ),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_staff_account_id_accounts"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_staff")),
        comment="a staff member; what they may do is in staff_roles",
    )
    with op.batch_alter_table("staff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_account_id"), ["account_id"], unique=False)

    op.create_table(
        "subscriptions",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False, comment="programme or mart"),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column(
            "paused",
            sa.Boolean(),
            server_default=sa.text("(false)"),
            nullable=False,
            comment="by STOP; MULAI resumes what was wanted",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_subscriptions_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "topic", name=op.f("pk_subscriptions")),
        comment="what an account may be sent unasked, as it stands now; the history is in consents",
    )
    op.create_table(
        "talks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="current, aside (comes back by itself), draft (comes back when asked), ended",
        ),
        sa.Column(
            "answers",
            sa.Text(),
            server_default="{}",
            nullable=False,
            comment="JSON by name: v value, a what it is about, m message id, once",
        ),
        sa.Column("pending", sa.Text(), nullable=True, comment="JSON: the question that waits"),
        sa.Column(
            "failed", sa.Integer(), server_default="0", nullable=False, comment="answers in a row that did not fit"
        ),
        sa.Column("given", sa.String(), server_default="", nullable=False, comment="words that came with the command"),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("nudge_at", sa.BigInteger(), nullable=True, comment="when to remind once; empty: not, or done"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_talks_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talks")),
        comment="where somebody is in a conversation; the answers are rows, the code is the state machine",
    )
    with op.batch_alter_table("talks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_talks_account_id_state"), ["account_id", "state"], unique=False)
        batch_op.create_index(
            "ix_talks_current",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("state = 'current'"),
            postgresql_where=sa.text("state = 'current'"),
        )
        batch_op.create_index(
            "ix_talks_nudge_at",
            ["nudge_at"],
            unique=False,
            sqlite_where=sa.text("nudge_at IS NOT NULL"),
            postgresql_where=sa.text("nudge_at IS NOT NULL"),
        )

    op.create_table(
        "enrolment_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False, comment="staff code, or `person`"),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["reference"],
            ["enrolments.reference"],
            name=op.f("fk_enrolment_events_reference_enrolments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_events")),
        comment="the history of an enrolment",
    )
    with op.batch_alter_table("enrolment_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_events_reference"), ["reference"], unique=False)

    op.create_table(
        "requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column(
            "question", sa.String(), nullable=False, comment="name of the enrolment question that staff ask again"
        ),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reference"], ["enrolments.reference"], name=op.f("fk_requests_reference_enrolments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        comment="what staff asked a person to complete",
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requests_reference"), ["reference"], unique=False)

    op.create_table(
        "staff_roles",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column(
            "area", sa.String(), server_default="", nullable=False, comment="Kemendagri prefix; empty: everywhere"
        ),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["staff.code"], name=op.f("fk_staff_roles_code_staff"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code", "role", "area", name=op.f("pk_staff_roles")),
        comment="a right and where it holds",
    )
    op.create_table(
        "tidings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("staff_code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="new_enrolment, completed, invitation_taken"),
        sa.Column("reference", sa.String(), server_default="", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_code"], ["staff.code"], name=op.f("fk_tidings_staff_code_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tidings")),
        comment="news for staff that waits to be told, one by one or as a digest",
    )
    with op.batch_alter_table("tidings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tidings_due_at"), ["due_at"], unique=False)
