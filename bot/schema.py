"""Every table. Times are UTC milliseconds, ids are text, statuses and categories are English codes.

JSON where nobody queries it. Migrations in migrations/ make the same; a test compares the two. What partial indexes
cover is written for SQLite alone: naming another database here loads its dialect, 2 MB.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""A running number that SQLite may alias to its rowid."""

handled = Table(
    "handled",
    metadata,
    Column(
        "key",
        String,
        primary_key=True,
        comment="the provider's id of a delivery; Telegram's kept three days, Twilio's for ever",
    ),
    Column("at", BigInteger, nullable=False),
    Index(None, "at"),
    comment="what has been taken in: a second delivery of the same changes nothing",
)

persons = Table(
    "persons",
    metadata,
    Column("id", String, primary_key=True),
    Column("full_name", String, nullable=False, server_default=""),
    Column("folded_name", String, nullable=False, server_default="", comment="for search: lower case, marks stripped"),
    Column("nickname", String, nullable=False, server_default=""),
    Column(
        "salutation",
        String,
        nullable=False,
        server_default="",
        comment="bapak, ibu or kakak; how to speak to them, not a sex",
    ),
    Column("sex", String, nullable=False, server_default=""),
    Column("birth_year", Integer),
    Column("district", String, nullable=False, server_default="", comment="Kemendagri code; empty: elsewhere"),
    Column("kecamatan", String, nullable=False, server_default=""),
    Column("village", String, nullable=False, server_default="", comment="code where known"),
    Column("village_text", String, nullable=False, server_default="", comment="as typed, a hamlet perhaps"),
    Column("phone", LargeBinary, comment="encrypted, E.164"),
    Column("phone_last4", String, nullable=False, server_default="", comment="keyed hash of the last four digits"),
    Column("phone_shared", Boolean, nullable=False, server_default=text("false"), comment="own phone or the family's"),
    Column("created_at", BigInteger, nullable=False),
    Column("created_via", String, nullable=False, server_default="self"),
    Index(None, "folded_name"),
    Index(None, "phone_last4"),
    Index(None, "district", "id"),
    comment="somebody the programme knows; no identity number is kept in chat",
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column(
        "external_id", String, nullable=False, comment="Telegram chat id; WhatsApp BSUID where present, else the number"
    ),
    Column("phone", String, nullable=False, server_default="", comment="E.164 where the channel shows it"),
    Column("language", String, nullable=False, server_default="id"),
    Column("person_id", ForeignKey("persons.id", ondelete="SET NULL"), comment="the person chosen in this chat"),
    Column(
        "last_inbound_at", BigInteger, nullable=False, server_default="0", comment="opens WhatsApp's window of 24 hours"
    ),
    Column("reachable", String, nullable=False, server_default="ok", comment="ok, blocked, invalid, unreachable"),
    Column("failures", Integer, nullable=False, server_default="0", comment="days on which nothing could be delivered"),
    Column("failed_on", String, nullable=False, server_default="", comment="the last of them, UTC"),
    Column("held", Integer, nullable=False, server_default="0", comment="messages that wait for the window"),
    Column(
        "sparing", Boolean, nullable=False, server_default=text("false"), comment="pictures only when asked for: hemat"
    ),
    Column("source", String, nullable=False, server_default="", comment="code of the link that was opened first"),
    Column("consent_due_at", BigInteger, comment="from when it is asked again about a consent whose text has changed"),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("channel", "external_id"),
    Index(None, "person_id"),
    Index("ix_accounts_phone", "phone", sqlite_where=text("phone <> ''")),
    Index("ix_accounts_gone", "id", sqlite_where=text("reachable <> 'ok'")),
    comment="one chat of one channel; persons and accounts are many to many over time",
)

account_persons = Table(
    "account_persons",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Index(None, "person_id"),
    comment="who has been enrolled from which chat; a phone may be a household's",
)

talks = Table(
    "talks",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("conversation", String, nullable=False),
    Column(
        "state",
        String,
        nullable=False,
        comment="current, aside (comes back by itself), draft (comes back when asked), ended",
    ),
    Column(
        "answers",
        Text,
        nullable=False,
        server_default="{}",
        comment="JSON by name: v value, a what it is about, m message id, once",
    ),
    Column("pending", Text, comment="JSON: the question that waits"),
    Column("failed", Integer, nullable=False, server_default="0", comment="answers in a row that did not fit"),
    Column("given", String, nullable=False, server_default="", comment="words that came with the command"),
    Column("started_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("nudge_at", BigInteger, comment="when to remind once; empty: not, or done"),
    Index(
        "ix_talks_current",
        "account_id",
        unique=True,
        sqlite_where=text("state = 'current'"),
    ),
    Index(None, "account_id", "state"),
    Index(
        "ix_talks_nudge_at",
        "nudge_at",
        sqlite_where=text("nudge_at IS NOT NULL"),
    ),
    comment="where somebody is in a conversation; the answers are rows, the code is the state machine",
)

outbox = Table(
    "outbox",
    metadata,
    Column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
        comment="rises with time: the order of sending to one person",
    ),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("lane", String, nullable=False, comment="reply, notice, announcement"),
    Column("state", String, nullable=False, comment="waiting, sending, held, sent, failed, uncertain"),
    Column("body", Text, comment="JSON of the message; blanked once it is settled, on WhatsApp with its first status"),
    Column("template", String, nullable=False, server_default="", comment="what it said, by template name"),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("provider_id", String, nullable=False, server_default="", comment="ids at the provider, space-separated"),
    Column(
        "delivery",
        String,
        nullable=False,
        server_default="",
        comment="what the provider told afterwards: sent, delivered, read, failed",
    ),
    Column("reason", String, nullable=False, server_default="", comment="why it was not sent, for people to read"),
    Column("good_until", BigInteger, comment="a reminder that has not gone by then is none; empty: always good"),
    Index(
        "ix_outbox_due",
        "due_at",
        sqlite_where=text("state IN ('waiting', 'sending')"),
    ),
    Index("ix_outbox_held", "account_id", sqlite_where=text("state = 'held'")),
    Index("ix_outbox_knocks", "account_id", "created_at", sqlite_where=text("template = 'knock_own_case'")),
    Index("ix_outbox_parts", "account_id", sqlite_where=text("instr(provider_id, ' ') > 0")),
    Index(
        "ix_outbox_provider_id",
        "provider_id",
        sqlite_where=text("provider_id <> ''"),
    ),
    Index(
        "ix_outbox_untold",
        "settled_at",
        sqlite_where=text("state = 'sent' AND body IS NOT NULL"),
    ),
    comment="every message to somebody, from before it is sent until long after",
)

consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account_id", String, nullable=False),
    Column("person_id", String, nullable=False, server_default=""),
    Column("purpose", String, nullable=False, comment="enrolment, programme (announcements), mart (announcements)"),
    Column("state", String, nullable=False, comment="granted, declined, withdrawn"),
    Column("version", String, nullable=False, comment="version of the text that was agreed to"),
    Column("language", String, nullable=False),
    Column("text_hash", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "person_id"),
    Index(None, "account_id"),
    comment="append-only proof of every consent, opt-in and opt-out",
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String, primary_key=True, comment="programme or mart"),
    Column("wanted", Boolean, nullable=False),
    Column(
        "paused",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="by STOP; MULAI resumes what was wanted",
    ),
    Column("at", BigInteger, nullable=False),
    comment="what an account may be sent unasked, as it stands now; the history is in consents",
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("reference", String, primary_key=True),
    Column("person_id", ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", ForeignKey("accounts.id", ondelete="SET NULL"), comment="the chat that it was sent from"),
    Column("cohort", String, nullable=False, server_default=""),
    Column("district", String, nullable=False, server_default=""),
    Column("kecamatan", String, nullable=False, server_default=""),
    Column("village", String, nullable=False, server_default=""),
    Column(
        "status",
        String,
        nullable=False,
        comment="submitted, needs_info, verified, waitlisted, not_eligible, withdrawn, merged, transferred, ...",
    ),
    Column("reason", String, nullable=False, server_default="", comment="code of the reason of a decision"),
    Column("answers", Text, nullable=False, comment="JSON: the answers as they were sent"),
    Column("form", String, nullable=False, comment="version of the questions"),
    Column(
        "source",
        String,
        nullable=False,
        server_default="chat",
        comment="chat, assisted, import, or the code of a deep link",
    ),
    Column(
        "enrolled_by",
        String,
        nullable=False,
        server_default="",
        comment="code of the staff member who did it for the person; may not verify it",
    ),
    Column("submitted_at", BigInteger, nullable=False),
    Column(
        "queued_at",
        BigInteger,
        nullable=False,
        comment="since when it waits for staff; renewed when the person completes it",
    ),
    Column("decided_at", BigInteger),
    Column("decided_by", String, nullable=False, server_default="", comment="code of the staff member"),
    Column("identity_check", String, nullable=False, server_default="", comment="ktp, kk or surat: what staff saw"),
    Index(None, "person_id"),
    Index(None, "district", "status", "queued_at"),
    comment="one enrolment of one person",
)

enrolment_events = Table(
    "enrolment_events",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("reference", ForeignKey("enrolments.reference", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("actor", String, nullable=False, comment="staff code, or `person`"),
    Column("reason", String, nullable=False, server_default=""),
    Column("note", String, nullable=False, server_default=""),
    Index(None, "reference"),
    comment="the history of an enrolment",
)

requests = Table(
    "requests",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("reference", ForeignKey("enrolments.reference", ondelete="CASCADE"), nullable=False),
    Column("question", String, nullable=False, comment="name of the enrolment question that staff ask again"),
    Column("asked_by", String, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Index(None, "reference"),
    comment="what staff asked a person to complete",
)

staff = Table(
    "staff",
    metadata,
    Column("code", String, primary_key=True, comment="what anybody can check with `cek petugas`"),
    Column("account_id", ForeignKey("accounts.id", ondelete="SET NULL")),
    Column("name", String, nullable=False, server_default=""),
    Column("invited_by", String, nullable=False, server_default="", comment="staff code; empty: from the command line"),
    Column("since", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index(None, "account_id"),
    comment="a staff member; what they may do is in staff_roles",
)

staff_roles = Table(
    "staff_roles",
    metadata,
    Column("code", ForeignKey("staff.code", ondelete="CASCADE"), primary_key=True),
    Column("role", String, primary_key=True),
    Column("area", String, primary_key=True, server_default="", comment="Kemendagri prefix; empty: everywhere"),
    Column("since", BigInteger, nullable=False),
    comment="a right and where it holds",
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String, primary_key=True, comment="the token itself is only in the link"),
    Column("role", String, nullable=False),
    Column("area", String, nullable=False, server_default=""),
    Column("invited_by", String, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("used_by", String, nullable=False, server_default="", comment="staff code"),
    comment="one-time links that make somebody staff",
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False, comment="staff code"),
    Column("role", String, nullable=False, server_default=""),
    Column("action", String, nullable=False),
    Column("object", String, nullable=False, server_default="", comment="reference or person id; never a name"),
    Column("purpose", String, nullable=False, server_default=""),
    Column("channel", String, nullable=False, server_default=""),
    Index(None, "object"),
    Index(None, "actor", "at"),
    comment="append-only: each look-up of a person and each change by staff",
)

tidings = Table(
    "tidings",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("staff_code", ForeignKey("staff.code", ondelete="CASCADE"), nullable=False),
    Column("kind", String, nullable=False, comment="new_enrolment, completed, invitation_taken"),
    Column("reference", String, nullable=False, server_default=""),
    Column("due_at", BigInteger, nullable=False),
    Index(None, "due_at"),
    comment="news for staff that waits to be told, one by one or as a digest",
)

contents = Table(
    "contents",
    metadata,
    Column("sid", String, primary_key=True, comment="Twilio's ContentSid"),
    Column("key", String, nullable=False, comment="what it is for: mart_promo, knock_announcement, list_4 …"),
    Column("language", String, nullable=False),
    Column("shape", String, nullable=False, comment="text (goes outside the window), buttons, list (inside it alone)"),
    Column("name", String, nullable=False, comment="its name at Twilio and WhatsApp; has the hash of the text in it"),
    Column("body", Text, nullable=False, comment="as Twilio has it, with {{1}} for what is filled in"),
    Column("text_hash", String, nullable=False, comment="of everything in it: another text is another resource"),
    Column("latest", Boolean, nullable=False, comment="of the text as it is now; an earlier one serves until then"),
    Column("category_asked", String, nullable=False, server_default="", comment="UTILITY or MARKETING"),
    Column("category", String, nullable=False, server_default="", comment="what Meta has made of it"),
    Column("status", String, nullable=False, comment="unsubmitted, pending, approved, rejected, paused, disabled"),
    Column("reason", String, nullable=False, server_default="", comment="why, in Meta's words"),
    Column("created_at", BigInteger, nullable=False),
    Column("checked_at", BigInteger, nullable=False, comment="when Twilio was last asked"),
    UniqueConstraint("name"),
    Index(
        "ix_contents_latest",
        "key",
        "language",
        unique=True,
        sqlite_where=text("latest"),
    ),
    comment="WhatsApp's approved templates, and the shapes of its buttons and lists",
)

redactions = Table(
    "redactions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("address", String, nullable=False, comment="WhatsApp number or BSUID; gone with the row once it is done"),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    comment="whose messages Twilio's own log has still to forget, because the person was deleted here",
)

parked = Table(
    "parked",
    metadata,
    Column("key", String, primary_key=True),
    Column("account_id", String, nullable=False, server_default=""),
    Column("conversation", String, nullable=False, server_default=""),
    Column(
        "fault", Text, nullable=False, comment="type and place of what our code raised; never what the person wrote"
    ),
    Column("at", BigInteger, nullable=False),
    comment="messages that our code could not handle; the person stays where they were",
)

media = Table(
    "media",
    metadata,
    Column("id", String, primary_key=True, comment="random; the name of the file beside the database"),
    Column("kind", String, nullable=False, comment="photo, document"),
    Column("type", String, nullable=False, comment="image/jpeg, image/png, application/pdf"),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False, server_default="0"),
    Column("height", Integer, nullable=False, server_default="0"),
    Column("name", String, nullable=False, server_default="", comment="what a document is called"),
    Column("telegram_file_id", String, nullable=False, server_default="", comment="known once it was sent there"),
    Column("account_id", ForeignKey("accounts.id", ondelete="SET NULL"), comment="the chat that it came from"),
    Column("created_at", BigInteger, nullable=False),
    Column("dropped", Boolean, nullable=False, server_default=text("false"), comment="the file is still to be deleted"),
    Index(None, "account_id"),
    Index("ix_media_dropped", "id", sqlite_where=text("dropped")),
    comment="photos and documents that a question asked for, without what was hidden in them, and drawn pictures",
)

spared_pictures = Table(
    "spared_pictures",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("media", ForeignKey("media.id", ondelete="CASCADE"), primary_key=True),
    Column("what", String, nullable=False, comment="certificate, card, chart, or the number of an announcement"),
    Column("at", BigInteger, nullable=False),
    Index(None, "media"),
    comment="pictures that were not sent to who saves data, until they ask for them",
)

incoming_media = Table(
    "incoming_media",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("message", Text, nullable=False, comment="JSON of the message, to be taken in once more"),
    Column(
        "wants",
        String,
        nullable=False,
        server_default="",
        comment="what the question takes: photo, document; empty: it only waits for what was before it",
    ),
    Column(
        "holds", Boolean, nullable=False, server_default=text("true"), comment="later messages of that chat wait for it"
    ),
    Column("attempts", Integer, nullable=False, server_default="0", comment="starts of the bot that have tried"),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_incoming_media_holds", "account_id", sqlite_where=text("holds")),
    Index(None, "account_id"),
    comment="messages whose file is being fetched, and what the same person has written since",
)

announcements = Table(
    "announcements",
    metadata,
    Column("number", String, primary_key=True, comment="what anybody can check: PGM-7K4MA"),
    Column("category", String, nullable=False, comment="mart_promo, event, safety, ... (records/announcements.py)"),
    Column("state", String, nullable=False, comment="draft, waiting, scheduled, sending, paused, done, cancelled, ..."),
    Column("texts", Text, nullable=False, comment="JSON by language; what is missing is read in Indonesian"),
    Column("media", String, nullable=False, server_default="", comment="id of the photo or document that goes along"),
    Column("audience", Text, nullable=False, comment="JSON (records/audience.py)"),
    Column("author", String, nullable=False, comment="staff code"),
    Column("account_id", ForeignKey("accounts.id", ondelete="SET NULL"), comment="the author's chat"),
    Column("counted", Text, comment="JSON: what the preview says; empty: to be counted"),
    Column("counted_at", BigInteger),
    Column("send_at", BigInteger, comment="when it goes out; the minute in which it can be undone lies before it"),
    Column("ends_at", BigInteger, comment="a promo is worth nothing after this"),
    Column("repeats", String, nullable=False, server_default="", comment="weekly, monthly; the next one is a new row"),
    Column("plan_after", String, nullable=False, server_default="", comment="the last person that is planned"),
    Column("planned", Boolean, nullable=False, server_default=text("false"), comment="every delivery has its row"),
    Column("approver", String, nullable=False, server_default="", comment="staff code"),
    Column("decided_at", BigInteger),
    Column("reason", String, nullable=False, server_default="", comment="why a second coordinator did not agree"),
    Column("corrects", String, nullable=False, server_default="", comment="number of the announcement that was wrong"),
    Column("progress", Text, nullable=False, server_default="{}", comment="JSON: what the author was last shown"),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("again_at", BigInteger, comment="what had failed by then is being let go once more; empty: nothing is"),
    Index(None, "author", "created_at"),
    Index(None, "account_id"),
    Index(
        "ix_announcements_live",
        "state",
        sqlite_where=text("state IN ('draft', 'waiting', 'scheduled', 'sending', 'paused')"),
    ),
    Index("ix_announcements_again", "again_at", sqlite_where=text("again_at IS NOT NULL")),
    Index(
        "ix_announcements_untold",
        "ended_at",
        sqlite_where=text("started_at IS NOT NULL AND NOT coalesce(json_extract(progress, '$.final'), 0)"),
    ),
    comment="what coordinators tell many",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("announcement", ForeignKey("announcements.number", ondelete="CASCADE"), nullable=False),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", String, nullable=False, server_default=""),
    Column("channel", String, nullable=False),
    Column(
        "state", String, nullable=False, comment="waiting, sending, sent, held, uncertain, failed, skipped, dropped"
    ),
    Column("way", String, nullable=False, server_default="", comment="free, template, knock: how it went on WhatsApp"),
    Column("reason", String, nullable=False, server_default="", comment="why it was not sent, or is held"),
    Column(
        "delivery",
        String,
        nullable=False,
        server_default="",
        comment="what the provider told afterwards: sent, delivered, read, failed",
    ),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("provider_id", String, nullable=False, server_default="", comment="ids at the provider, space-separated"),
    Column("settled_at", BigInteger),
    UniqueConstraint("announcement", "account_id"),
    Index(
        "uq_deliveries_person",
        "announcement",
        "person_id",
        unique=True,
        sqlite_where=text("person_id <> ''"),
    ),
    Index(
        "ix_deliveries_waiting",
        "announcement",
        "channel",
        "due_at",
        sqlite_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_deliveries_sending",
        "id",
        sqlite_where=text("state = 'sending'"),
    ),
    Index("ix_deliveries_held", "account_id", sqlite_where=text("state = 'held'")),
    Index(
        "ix_deliveries_failed",
        "announcement",
        sqlite_where=text("state = 'failed'"),
    ),
    Index(
        "ix_deliveries_provider_id",
        "provider_id",
        sqlite_where=text("provider_id <> ''"),
    ),
    Index(
        "ix_deliveries_unasked",
        "settled_at",
        sqlite_where=text("way IN ('template', 'knock')"),
    ),
    comment="an announcement on its way to one person: each at most once",
)

lesson_progress = Table(
    "lesson_progress",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("lesson", String, primary_key=True, comment="id in data/courses.toml"),
    Column("shown_at", BigInteger, nullable=False, comment="when it was last sent"),
    Column("passed_at", BigInteger, comment="when the question on it was first answered"),
    Column(
        "tries", Integer, nullable=False, server_default="0", comment="answers that were another than the right one"
    ),
    Column("useful", String, nullable=False, server_default="", comment="yes, somewhat, no; empty: not said"),
    comment="how far somebody is in the courses",
)

tip_series = Table(
    "tip_series",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("days", Integer, nullable=False, comment="between two lessons: 2 or 3"),
    Column("minute", Integer, nullable=False, comment="of the day, in the person's own time zone"),
    Column("next_at", BigInteger, comment="empty: ended on the day of the last one, which is kept until it is over"),
    Column("sent_on", String, nullable=False, server_default="", comment="local day of the last one: never two a day"),
    Column("since", BigInteger, nullable=False),
    Index(None, "next_at"),
    comment="who wants the next lesson by itself",
)

certificates = Table(
    "certificates",
    metadata,
    Column("code", String, primary_key=True, comment="what anybody can check"),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("course", String, nullable=False, comment="id in data/courses.toml"),
    Column("name", String, nullable=False, comment="as it stands on the picture"),
    Column("person_id", ForeignKey("persons.id", ondelete="CASCADE"), comment="whose it is, where they have enrolled"),
    Column("issued_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "course", "name", "person_id"),
    Index(None, "person_id"),
    comment="courses that somebody has finished",
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String, nullable=False, comment="certificate, card, chart"),
    Column("facts", Text, nullable=False, comment="JSON: what is drawn"),
    Column("caption", Text, nullable=False, comment="JSON: catalogue, key and values of the words below it"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="starts of the bot that have tried"),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "account_id"),
    comment="pictures that are still to be drawn",
)

cash_notes = Table(
    "cash_notes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("day", String, nullable=False, comment="2026-11-23, where the person is"),
    Column("kind", String, nullable=False, comment="in, out"),
    Column("amount", BigInteger, nullable=False, comment="whole rupiah"),
    Column("what", String, nullable=False, server_default="", comment="as typed: tepung"),
    Column("at", BigInteger, nullable=False),
    Index(None, "account_id", "day"),
    CheckConstraint("amount > 0", name="amount"),
    comment="money in and out of somebody's business, noted by themselves",
)

marts = Table(
    "marts",
    metadata,
    Column("code", String, primary_key=True, comment="in data/marts.toml, where the rest of a mart stands"),
    Column("status", String, nullable=False, server_default="", comment="empty: as in data/marts.toml"),
    Column("status_at", BigInteger),
    Column("hours", Text, comment="JSON by weekday, as the manager keeps them; empty: as in data/marts.toml"),
    Column("address", String, comment="empty, as what follows: as in data/marts.toml"),
    Column("landmark", String),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("contact", String),
    Column("changed_by", String, nullable=False, server_default="", comment="staff code"),
    comment="what managers have changed of a mart",
)

mart_days = Table(
    "mart_days",
    metadata,
    Column("mart", String, primary_key=True),
    Column("day", String, primary_key=True, comment="2026-12-25, local"),
    Column("hours", String, nullable=False, server_default="", comment="JSON, minutes of the day; empty: closed"),
    Column("reason", String, nullable=False, server_default="", comment="as the manager put it"),
    Column("changed_by", String, nullable=False, server_default=""),
    comment="days on which a mart keeps other hours",
)

mart_items = Table(
    "mart_items",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("mart", String, nullable=False),
    Column("name", String, nullable=False),
    Column("folded", String, nullable=False, comment="for search"),
    Column("unit", String, nullable=False, server_default=""),
    Column("price", BigInteger, comment="whole rupiah; empty: not told"),
    Column("member_price", BigInteger),
    Column("stock", String, nullable=False, server_default="there", comment="there, few, out"),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", String, nullable=False, server_default=""),
    UniqueConstraint("mart", "folded"),
    comment="what a mart sells",
)

promos = Table(
    "promos",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("mart", String, nullable=False),
    Column("item", String, nullable=False),
    Column("price_before", BigInteger, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("most", Integer, comment="a person; empty: as many as they want"),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False, comment="over by itself after this"),
    Column("ended_at", BigInteger, comment="when the manager ended it sooner"),
    Column("announcement", String, nullable=False, server_default="", comment="number, where it went out as one"),
    Column("by", String, nullable=False, comment="staff code"),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "mart", "ends_at"),
    CheckConstraint("price < price_before", name="cheaper"),
    CheckConstraint("ends_at > starts_at", name="ends"),
    comment="lower prices for a time",
)

mart_waiting = Table(
    "mart_waiting",
    metadata,
    Column("mart", String, primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Index(None, "account_id"),
    comment="who wants to hear when a mart opens",
)

offers = Table(
    "offers",
    metadata,
    Column("reference", String, primary_key=True),
    Column("person_id", ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", ForeignKey("accounts.id", ondelete="SET NULL"), comment="the chat that it came from"),
    Column("mart", String, nullable=False),
    Column("product", String, nullable=False),
    Column("category", String, nullable=False, comment="data/codes.toml"),
    Column("unit", String, nullable=False, comment="as typed: 200 gram"),
    Column("price", BigInteger, nullable=False, comment="what the maker gets for one, as agreed; whole rupiah"),
    Column("shop_price", BigInteger, comment="what a buyer pays; empty before the first goods"),
    Column("quantity", Integer, nullable=False, comment="of the first delivery"),
    Column("shelf_days", Integer, comment="empty: does not spoil"),
    Column("permits", Text, nullable=False, server_default="{}", comment="JSON: nib, pirt, halal to yes, applied, no"),
    Column("photo", String, nullable=False, server_default="", comment="id of a kept file"),
    Column("delivery_day", String, nullable=False, server_default=""),
    Column(
        "status",
        String,
        nullable=False,
        comment="submitted, reviewing, sample, accepted, stocked, selling, finished, returned, not_yet, cancelled",
    ),
    Column("reason", String, nullable=False, server_default="", comment="why not yet"),
    Column("suggestion", String, nullable=False, server_default="", comment="what would help, as the manager put it"),
    Column("decided_by", String, nullable=False, server_default="", comment="staff code"),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index(None, "person_id"),
    Index(None, "mart", "status"),
    comment="products that members offer to a mart",
)

offer_changes = Table(
    "offer_changes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("offer", ForeignKey("offers.reference", ondelete="CASCADE"), nullable=False),
    Column("status", String, nullable=False),
    Column("actor", String, nullable=False, comment="staff code, or `person`"),
    Column("reason", String, nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
    Index(None, "offer"),
    comment="the history of an offer",
)

offer_prices = Table(
    "offer_prices",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("offer", ForeignKey("offers.reference", ondelete="CASCADE"), nullable=False),
    Column("price", BigInteger, nullable=False, comment="the maker's for each one sold, whole rupiah"),
    Column("shop_price", BigInteger, comment="what a buyer pays; empty before the first goods"),
    Column("state", String, nullable=False, comment="asked, agreed, declined, lapsed"),
    Column("by", String, nullable=False, comment="staff code"),
    Column("created_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column(
        "signed_on",
        String,
        nullable=False,
        server_default="",
        comment="local day of a paper, for a maker without a chat",
    ),
    Column("witness", String, nullable=False, server_default="", comment="who saw it signed, as staff wrote the name"),
    Index(None, "offer"),
    CheckConstraint("price > 0 AND (shop_price IS NULL OR shop_price >= price)", name="amounts"),
    comment="other prices that a mart asks of a maker: they hold once she agrees",
)

consignments = Table(
    "consignments",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("offer", ForeignKey("offers.reference", ondelete="CASCADE"), nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("sold", Integer, nullable=False, server_default="0"),
    Column("returned", Integer, nullable=False, server_default="0"),
    Column("price", BigInteger, nullable=False, comment="the maker's for each one sold, whole rupiah"),
    Column("shop_price", BigInteger, nullable=False, comment="what a buyer pays"),
    Column(
        "settled", Integer, nullable=False, server_default="0", comment="how many of those sold are in a settlement"
    ),
    Column("delivered_at", BigInteger, nullable=False),
    Column("by", String, nullable=False, comment="staff code"),
    Index(None, "offer"),
    CheckConstraint("delivered > 0 AND sold >= 0 AND returned >= 0", name="counts"),
    CheckConstraint("sold + returned <= delivered", name="on_the_shelf"),
    CheckConstraint("settled >= 0 AND settled <= sold", name="settled"),
    comment="goods that a maker has left at a mart: delivered = sold + returned + on the shelf",
)

settlements = Table(
    "settlements",
    metadata,
    Column("number", String, primary_key=True),
    Column("offer", ForeignKey("offers.reference", ondelete="CASCADE"), nullable=False),
    Column("sold", Integer, nullable=False),
    Column("due", BigInteger, nullable=False, comment="whole rupiah to the maker"),
    Column("goods", Text, nullable=False, server_default="{}", comment="JSON: consignment to how many of it were paid"),
    Column("state", String, nullable=False, comment="told, confirmed, disputed"),
    Column("reason", String, nullable=False, server_default="", comment="of a dispute: a code, or the maker's words"),
    Column("answered_at", BigInteger),
    Column("by", String, nullable=False, comment="staff code"),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "offer"),
    CheckConstraint("sold > 0 AND due > 0", name="amounts"),
    comment="what was sold and paid at the shop, and whether the maker says so, too",
)

memberships = Table(
    "memberships",
    metadata,
    Column("person_id", ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="SET NULL"), comment="the chat that it was asked from"),
    Column("mart", String, nullable=False, comment="whose cooperative it is"),
    Column("status", String, nullable=False, comment="candidate, member, inactive, left"),
    Column(
        "appointment",
        String,
        nullable=False,
        server_default="",
        comment="local day on which the book is signed, or day and hour: 2026-12-25T09:00",
    ),
    Column("number", String, comment="in the members' book"),
    Column("joined_on", String, nullable=False, server_default="", comment="local day"),
    Column("card", String, comment="code in the QR of the card; a new card has a new one"),
    Column("changed_by", String, nullable=False, server_default="", comment="staff code"),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("mart", "number"),
    UniqueConstraint("card"),
    Index(None, "mart", "status"),
    comment="who is, or wants to be, a member of a cooperative; no savings and no amounts",
)
