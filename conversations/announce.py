"""Announcing: what kind, which words, to whom; the people are then counted and announce_send.py shows the preview."""

from __future__ import annotations

from typing import Any

from bot.author import Attachment, Chat, Moment, Option, Prose, Tx, conversation, places
from bot.records import announcements, roles
from bot.records.announcements import Announcement
from bot.records.audience import Audience

CALLED = {
    "mart_promo": ("promo", "diskon", "harga", "promotion", "discount"),
    "mart_info": ("mart", "kabar mart", "stok", "jam buka", "info mart"),
    "mart_opening": ("mart buka", "pembukaan", "opening", "grand opening"),
    "event": ("acara", "kegiatan", "undangan", "pelatihan", "training", "event"),
    "assistance": ("serah terima", "assistance", "aid"),
    "rat": ("rapat", "rapat anggota", "meeting"),
    "job": ("lowongan", "kerja", "loker", "vacancy"),
    "tips": ("tip", "usaha"),
    "general": ("umum", "lain", "lainnya", "pengumuman", "other"),
    "safety": ("keselamatan", "bahaya", "darurat", "bencana", "emergency", "safety"),
}
"""What coordinators type for a category, besides its label."""
DOUBTFUL = {"assistance": ("bantuan",)}
"""The same, where it may as well be meant for us."""

OPEN = Option("open", aliases=("lanjut", "lanjutkan", "lanjutin", "lanjut draf", "draf", "continue", "draft"))
NEW = Option("new", aliases=("baru", "bikin baru", "yang baru", "mulai baru", "new", "new one"))
WHOLE = Option("whole", aliases=("semua", "semuanya", "semua wilayah", "seluruhnya", "all", "everywhere"))
PART = Option("part", aliases=("sebagian", "beberapa", "pilih", "kecamatan", "some", "part"))
EVERYBODY = Option("everybody", aliases=("semua", "semuanya", "semua aja", "all", "everyone"))
SOME = Option("some", aliases=("pilih", "sebagian", "tertentu", "some"))
FILTERS = ("who", "statuses", "interests", "channel", "language", "not_received")
WHO = ("returnee", "family", "aspiring", "other")
STATUSES = ("verified", "submitted", "needs_info", "waitlisted", "not_eligible")
CHANNELS = ("telegram", "whatsapp")
LANGUAGES = (
    Option("id", {"id": "Bahasa Indonesia", "en": "Indonesian"}),
    Option("en", {"id": "Bahasa Inggris", "en": "English"}),
)
OPEN_MS = 7 * 24 * 60 * 60 * 1000
"""How long a draft that was not let go is offered again."""


@conversation(
    "announce",
    words="umumkan, announce, umumin, umumkn, umunkan, umumukan, umumumkan, mengumumkan, mau umumkan, buat pengumuman,"
    " bikin pengumuman, kirim pengumuman, tulis pengumuman, pengumuman baru, buat pengumuman baru, new announcement,"
    " make announcement",
    role="umumkan",
    keeps=True,
)
async def announce(chat: Chat) -> Any:
    """Ask for one announcement, keep it as a draft, and have its people counted."""
    account = chat.speaker.account
    draft = await chat.once("open_draft", lambda tx: _draft(tx, account))
    if draft and await chat.choose("draft", [OPEN, NEW], number=draft) == "open":
        return chat.then("announce_send", given=draft)
    category = await _category(chat)
    texts = {"id": await _indonesian(chat), "en": await _english(chat)}
    photo = await _photo(chat)
    audience = await _audience(chat, category)
    ends_at = await _end(chat, category, audience)

    async def keep(tx: Tx) -> str | None:
        staff = await roles.of(tx, account)
        if staff is None or not audience.within(announcements.areas(staff.roles, category)):
            return None
        return await announcements.create(
            tx,
            category=category,
            texts=_written(texts),
            audience=audience.json(),
            author=staff.code,
            account=account,
            ends_at=ends_at,
            media=photo or "",
        )

    number = await chat.once("created", keep)
    await chat.say("counting" if number else "not_yours", number=number or "")


@conversation("announce_change", words="ubah pengumuman, change announcement", role="umumkan", texts="announce")
async def change(chat: Chat) -> Any:
    """Ask one thing of a draft anew (`PGM-7K4MA text`), and have its people counted again."""
    account, number = chat.speaker.account, announcements.number_in(chat.given)
    found: Announcement | None = await chat.look(lambda tx: announcements.own(tx, account, number))
    if found is None or found.state not in ("draft", "waiting", "rejected"):
        return await chat.say("too_late", number=number)
    parts = ["text", "english", "audience", "category", "photo"] + (["end"] if found.category == "mart_promo" else [])
    part = await chat.choose("part", parts, given=chat.given.partition(" ")[2], number=number)
    changed: dict[str, Any] = {}
    if part == "text":
        changed["texts"] = {**found.texts, "id": await _indonesian(chat)}
    elif part == "english":
        changed["texts"] = _written({**found.texts, "en": await _english(chat)})
    elif part == "audience":
        changed["audience"] = (await _audience(chat, found.category)).json()
    elif part == "category":
        changed["category"] = category = await _category(chat)
        changed["audience"] = (await _audience(chat, category)).json()
        changed["ends_at"] = await _end(chat, category, Audience.of(changed["audience"]))
    elif part == "photo":
        changed["media"] = await _photo(chat) or ""
    else:
        changed["ends_at"] = await _end(chat, found.category, Audience.of(found.audience))
    done = await chat.once("revised", lambda tx: announcements.revise(tx, number, **changed))
    await chat.say("counting" if done else "too_late", number=number)


async def _draft(tx: Tx, account: str) -> str:
    """The number of the last draft that was counted and not let go; empty where there is none."""
    staff = await roles.of(tx, account)
    mine = await announcements.of_author(tx, staff.code, 5) if staff else []
    kept = (one for one in mine if one.state == "draft" and one.counted and one.created_at > tx.now - OPEN_MS)
    return next((one.number for one in kept), "")


async def _category(chat: Chat) -> str:
    able = announcements.categories(chat.speaker.roles)
    options = [Option(one, aliases=CALLED[one], doubtful=DOUBTFUL.get(one, ())) for one in able]
    # Behind "umumkan" it can only be a category.
    given = {word: one for one, said in DOUBTFUL.items() for word in said}.get(chat.given.strip().lower(), chat.given)
    category: str = await chat.choose("category", options, given=given)
    if category == "rat":
        await chat.say("rat_ahead")
    return category


async def _indonesian(chat: Chat) -> str:
    text: str = await chat.ask("text_id", Prose())
    return text


async def _english(chat: Chat) -> str | None:
    text: str | None = await chat.ask("text_en", Prose(), optional=True)
    return text


async def _photo(chat: Chat) -> str | None:
    """The id of what goes along, if anything does."""
    file: str | None = await chat.ask("photo", Attachment(), optional=True, default=None)
    return file


def _written(texts: dict[str, str | None]) -> dict[str, str]:
    return {language: text for language, text in texts.items() if text}


async def _end(chat: Chat, category: str, audience: Audience) -> int | None:
    """Until when a promo holds; nothing else has an end."""
    if category != "mart_promo":
        return None
    place = (audience.areas or ("",))[0]
    asked = Moment(chat.now, places.zone(place), end=True)
    end: int = await chat.ask("ends_at", asked, zone=places.zone_label(place))
    return end


# Who is meant


async def _audience(chat: Chat, category: str) -> Audience:
    own = announcements.areas(chat.speaker.roles, category)
    areas = await _areas(chat, own, category)
    if await chat.choose("narrow", [EVERYBODY, SOME]) == "everybody":
        return Audience(areas)
    earlier = await chat.look(lambda tx: _earlier(tx, chat.speaker.account))
    by = await chat.choose_many("by", FILTERS if earlier else FILTERS[:-1])
    who = await chat.choose_many("who", WHO) if "who" in by else ()
    statuses = await chat.choose_many("statuses", STATUSES) if "statuses" in by else ()
    interests = await chat.choose_many("interests", places.interests()) if "interests" in by else ()
    channel = await chat.choose("channel", CHANNELS) if "channel" in by else ""
    language = await chat.choose("language", LANGUAGES) if "language" in by else ""
    without = await chat.choose("not_received", earlier) if "not_received" in by else ""
    return Audience(areas, tuple(who), tuple(statuses), tuple(interests), channel, language, without)


async def _areas(chat: Chat, own: tuple[str, ...], category: str) -> tuple[str, ...]:
    """All of one's own area, or districts or kecamatan inside it."""
    names = ", ".join(places.name(one) for one in own if one)
    if len(own) == 1 and len(own[0]) > len("33.07"):
        await chat.say("only_area", area=names)
        return own
    key = "where" if names else "where_all"
    where = await chat.choose(key, [WHOLE, PART], about=category, also=places.within(own), area=names)
    if where == "whole":
        return own
    if where != "part":
        return tuple(where) if isinstance(where, list) else (where,)
    inside = [one for one in places.districts() if any(roles.covers(area, one.value) for area in own)]
    small = [_named(one) for one in own if len(one) > len("33.07")]
    if len(inside) == 1 and not small:
        return tuple(await _kecamatan(chat, inside[0].value) or own)
    chosen = await chat.choose_many("districts", [*inside, *small], about=category)
    if len(chosen) == 1 and len(chosen[0]) == len("33.07"):
        return tuple(await _kecamatan(chat, chosen[0], optional=True) or chosen)
    return tuple(chosen)


async def _kecamatan(chat: Chat, district: str, *, optional: bool = False) -> list[str] | None:
    name = places.name(district)
    options = places.kecamatan(district)
    chosen: list[str] | None = await chat.choose_many(
        "kecamatan", options, about=district, optional=optional, district=name, example=places.name(options[0].value)
    )
    return chosen


def _named(area: str) -> Option:
    return Option(area, {"id": places.name(area), "en": places.name(area)})


async def _earlier(tx: Tx, account: str) -> list[Option]:
    """One's own announcements that have gone out, newest first."""
    staff = await roles.of(tx, account)
    mine = await announcements.of_author(tx, staff.code, 10) if staff else []
    gone = [one for one in mine if one.started_at is not None]
    return [Option(one.number, {"id": one.number, "en": one.number}) for one in gone]
