"""Photos and documents on their way in: asked for, fetched, looked at, kept; over HTTP, on both channels."""

from __future__ import annotations

import asyncio
import functools
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image
from sqlalchemy import insert, update
from yarl import URL

from bot import files
from bot.author import Attachment, Chat, Photo, Text, conversation
from bot.channels import Halfway
from bot.clockwork import fetching
from bot.commands.backup import copy, copy_files, media_of
from bot.messages import Button, Outgoing
from bot.records import media
from bot.repertoire import load as collect
from bot.running import Running
from bot.sandbox.phones import Phone as Handset
from bot.schema import announcements, talks
from bot.texts import Texts
from bot.vetting import vet
from tests import prepared
from tests.dialogue import Stage, stage
from tests.pictures import PDF, SECRET, SVG, bomb, photo
from tests.wording import wording

CHANNELS = pytest.mark.parametrize("channel", ["telegram", "whatsapp"])


@conversation("offer", words="offer", keeps=True)
async def offer(chat: Chat) -> None:
    """A photo or a document, then words."""
    await chat.ask("file", Attachment(), optional=True)
    about = await chat.ask("about", Text())
    await chat.say("done", about=about)


@conversation("portrait", words="portrait")
async def portrait(chat: Chat) -> None:
    """A photo alone."""
    await chat.ask("face", Photo())
    await chat.say("done")


CATALOGUES = {
    "offer": {"file": "Q-FILE", "about": "Q-ABOUT", "done": "DONE {about}"},
    "portrait": {"face": "Q-FACE", "done": "DONE"},
}


@functools.cache
def words() -> Texts:
    """The bot's catalogues with ours, made once."""
    return wording(CATALOGUES)


class Studio(Stage):
    """A stage whose bot asks for photos."""

    @property
    def bot(self) -> Running:
        assert self.running is not None
        return self.running

    @property
    def database(self) -> str:
        return self.settings.database_url.partition("///")[2]

    @property
    def folder(self) -> Path:
        return files.beside(self.database)

    async def up(self) -> Running:
        self.running = Running(self.settings, [offer, portrait, *collect()], clock=self.clock, texts=words())
        await self.running.start()
        return self.running

    def sql(self, statement: str) -> Any:
        with closing(sqlite3.connect(self.database)) as database:
            return database.execute(statement).fetchone()[0]

    @property
    def kept(self) -> list[str]:
        """The files that there are."""
        return sorted(file.name for file in self.folder.iterdir()) if self.folder.is_dir() else []

    def nothing_kept(self) -> bool:
        return (
            not self.kept
            and self.sql("SELECT (SELECT count(*) FROM media) + (SELECT count(*) FROM incoming_media)") == 0
        )

    async def phone(self, channel: str, *said: str) -> Handset:
        made = await self.sandbox.phone(channel, name="Peserta 01")
        for one in said:
            await made.type(one)
            await self.settled(made)
        return made

    async def sends(self, phone: Handset, kind: str, data: bytes, **more: Any) -> str:
        """Somebody sends a file; what the bot says then."""
        await phone.send(kind, data=data, **more)
        await self.settled(phone)
        return heard(phone)[-1]

    async def settled(self, phone: Handset) -> None:
        await self.sandbox.waits_for(lambda: phone.channel != "whatsapp" or _taken(phone), 10)
        await self.quiet()


def _taken(phone: Handset) -> bool:
    return all(message.ticks != "sent" for message in phone.chat if message.side == "person")


def heard(phone: Handset) -> list[str]:
    return [message.text.replace("\u2060", "") for message in phone.chat if message.side == "bot"]


@asynccontextmanager
async def studio() -> AsyncIterator[Studio]:
    async with stage(Studio) as made:
        assert isinstance(made, Studio)
        yield made


def fetches(on: Studio) -> int:
    """How often the bot has asked a provider for a file."""
    return len(on.sandbox.calls("getFile")) + len(on.sandbox.calls("media", "twilio"))


# In


@pytest.mark.asyncio
@CHANNELS
async def test_a_photo_that_was_asked_for_is_the_answer(channel: str) -> None:
    async with studio() as on:
        phone = await on.phone(channel, "offer")
        assert "Q-ABOUT" in await on.sends(
            phone, "photo", photo(3000, 2000), mime="image/jpeg", caption="ini barangnya"
        )
        (name,) = on.kept
        made = (on.folder / name).read_bytes()
        assert SECRET.encode() not in made
        assert not Image.open(BytesIO(made)).getexif()
        assert (
            on.sql("SELECT id || ' ' || kind || ' ' || width || ' ' || bytes FROM media")
            == f"{name} photo 1600 {len(made)}"
        )
        assert json.loads(on.sql("SELECT answers FROM talks WHERE conversation = 'offer'"))["file"]["v"] == name
        assert on.sql("SELECT count(*) FROM incoming_media") == 0
        assert (on.folder / name).stat().st_mode & 0o777 == 0o600
        await phone.redeliver()
        await on.settled(phone)
        assert (len(on.kept), fetches(on), len(heard(phone))) == (1, 1, 2)


@pytest.mark.asyncio
@CHANNELS
async def test_a_document_is_kept_as_it_is(channel: str) -> None:
    async with studio() as on:
        phone = await on.phone(channel, "offer")
        assert "Q-ABOUT" in await on.sends(phone, "document", PDF, name="Undangan RAT.pdf")
        (name,) = on.kept
        assert name.endswith(".pdf")
        assert (on.folder / name).read_bytes() == PDF
        assert on.sql("SELECT name FROM media") == ("Undangan RAT" if channel == "telegram" else "")


@pytest.mark.asyncio
@CHANNELS
async def test_where_words_are_asked_for_a_photo_is_not_even_fetched(channel: str) -> None:
    async with studio() as on:
        phone = await on.phone(channel, "offer", "lewati")
        assert "Foto tidak diperlukan" in await on.sends(phone, "photo", photo())
        assert "Berkas tidak diperlukan" in await on.sends(phone, "document", PDF)
        other = await on.phone(channel)
        await on.sends(other, "photo", photo())
        assert any("Foto tidak diperlukan" in text for text in heard(other))
        assert fetches(on) == 0
        assert on.nothing_kept()


@pytest.mark.asyncio
@CHANNELS
@pytest.mark.parametrize(
    ("kind", "data", "mime", "said"),
    [
        pytest.param("photo", bomb(), "image/png", "terlalu besar", id="a bomb"),
        pytest.param("document", SVG, "image/svg+xml", "belum bisa kami pakai", id="an SVG"),
        pytest.param("photo", b"Selamat pagi", "image/jpeg", "belum bisa kami pakai", id="words called .jpg"),
        pytest.param("document", PDF + bytes(6 * 1024**2), "application/pdf", "terlalu besar", id="six megabytes"),
        pytest.param("video", bytes(20 * 1024**2), "video/mp4", "belum bisa kami pakai", id="a video of 20 MB"),
        pytest.param("voice", b"OggS" + bytes(64), "audio/ogg", "belum bisa kami pakai", id="a voice note"),
        pytest.param("sticker", b"RIFF", "image/webp", "belum bisa kami pakai", id="a sticker"),
    ],
)
async def test_what_is_no_photo_gets_a_kind_answer(channel: str, kind: str, data: bytes, mime: str, said: str) -> None:
    async with studio() as on:
        phone = await on.phone(channel, "offer")
        answer = await on.sends(phone, kind, data, mime=mime)
        assert said in answer
        assert "Q-FILE" in answer
        assert on.nothing_kept()
        assert "Q-ABOUT" in await on.sends(phone, "photo", photo()), "and a photo is still welcome"


@pytest.mark.asyncio
async def test_a_document_is_no_photo() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "portrait")
        assert "belum bisa kami pakai" in await on.sends(phone, "document", PDF)
        assert on.nothing_kept()
        assert "DONE" in await on.sends(phone, "document", photo(), mime="image/jpeg", name="a.jpg")


@pytest.mark.asyncio
async def test_words_in_its_place_are_told_what_is_awaited() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "portrait", "halo ini saya")
        assert "kami menunggu foto" in heard(phone)[-1]
        await phone.type("batal")
        await on.settled(phone)
        assert "Q-FACE" not in heard(phone)[-1]


# Meanwhile


@pytest.mark.asyncio
@CHANNELS
async def test_what_is_written_meanwhile_waits_for_the_photo(channel: str) -> None:
    async with studio() as on:
        phone = await on.phone(channel, "offer")
        other = await on.phone(channel, "offer")
        on.sandbox.fault(method="getFile" if channel == "telegram" else "media", delay_ms=600)
        await phone.send("photo", data=photo())
        await on.sandbox.waits_for(lambda: on.sql("SELECT count(*) FROM incoming_media") == 1)
        await phone.type("Keripik singkong")
        await on.sandbox.waits_for(lambda: on.sql("SELECT count(*) FROM incoming_media") == 2)
        await other.type("lewati")
        await on.sandbox.waits_for(lambda: "Q-ABOUT" in heard(other)[-1])
        assert len(heard(phone)) == 1, "nobody else waits"
        await on.settled(phone)
        assert "DONE" in heard(phone)[-1]
        assert heard(phone)[1:] == ["Q-ABOUT", "DONE Keripik singkong"]
        assert on.kept == [on.sql("SELECT id FROM media")]


@pytest.mark.asyncio
async def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", 0.1)
    async with studio() as on:
        phone = await on.phone("telegram", "offer")
        on.sandbox.fault("telegram", "getFile", delay_ms=900)
        await phone.send("photo", data=photo())
        await on.sandbox.waits_for(lambda: on.sql("SELECT count(*) FROM incoming_media") == 1)
        await phone.type("lewati")
        await on.sandbox.waits_for(lambda: "Q-ABOUT" in heard(phone)[-1])
        on.clock.now += 20_000
        await phone.type("Keripik singkong")
        await on.sandbox.waits_for(lambda: "DONE" in heard(phone)[-1])
        await on.settled(phone)
        assert on.nothing_kept(), "the question was skipped"


@pytest.mark.asyncio
async def test_a_number_of_an_id_card_is_not_kept_while_it_would_wait() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "offer")
        on.sandbox.fault("telegram", "getFile", delay_ms=500)
        await phone.send("photo", data=photo(), caption="3307014101900001")
        await on.sandbox.waits_for(lambda: on.sql("SELECT count(*) FROM incoming_media") == 1)
        await phone.type("NIK saya 3307014101900001")
        await on.sandbox.waits_for(lambda: "tidak" in heard(phone)[-1])
        assert on.sql("SELECT count(*) FROM incoming_media WHERE message LIKE '%3307014101900001%'") == 0
        await on.settled(phone)


@pytest.mark.asyncio
@CHANNELS
async def test_a_restart_in_between_loses_nothing_and_answers_once(channel: str) -> None:
    async with studio() as on:
        phone = await on.phone(channel, "offer")
        slow = on.sandbox.fault(method="getFile" if channel == "telegram" else "media", delay_ms=3000)
        await phone.send("photo", data=photo())
        await on.sandbox.waits_for(lambda: on.sql("SELECT count(*) FROM incoming_media") == 1)
        await phone.type("Keripik singkong")
        await on.sandbox.waits_for(lambda: on.sql("SELECT count(*) FROM incoming_media") == 2)
        await on.down()
        assert len(heard(phone)) == 1
        on.sandbox.heal(slow)
        await on.up()
        await on.settled(phone)
        assert "DONE" in heard(phone)[-1]
        assert len(on.kept) == 1
        assert on.sql("SELECT count(*) FROM incoming_media") == 0


@pytest.mark.asyncio
async def test_a_file_that_ends_the_process_does_not_do_so_for_ever() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "offer")
        slow = on.sandbox.fault("telegram", "getFile", delay_ms=3000)
        await phone.send("photo", data=photo())
        await on.sandbox.waits_for(lambda: on.sql("SELECT count(*) FROM incoming_media") == 1)
        for count in range(3):
            await on.sandbox.waits_for(lambda: on.sql("SELECT attempts FROM incoming_media") > count)  # noqa: B023
            await on.down()
            await on.up()
        on.sandbox.heal(slow)
        await on.settled(phone)
        assert "belum sampai" in heard(phone)[-1]
        assert on.nothing_kept()


@pytest.mark.asyncio
@CHANNELS
async def test_a_provider_that_is_not_there_is_asked_again_and_then_the_person_told(
    channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PAUSES", (0.0, 0.01, 0.01))
    async with studio() as on:
        phone = await on.phone(channel, "offer")
        method = "getFile" if channel == "telegram" else "media"
        on.sandbox.fault(method=method, status=502, times=2)
        assert "Q-ABOUT" in await on.sends(phone, "photo", photo())
        await phone.type("kembali")
        await on.settled(phone)
        on.sandbox.fault(method=method, close=True)
        answer = await on.sends(phone, "photo", photo())
        assert "belum sampai" in answer
        assert "Q-FILE" in answer
        assert on.sql("SELECT count(*) FROM incoming_media") == 0


@pytest.mark.asyncio
async def test_many_files_at_once_do_not_pile_up_in_memory() -> None:
    async with studio() as on:
        phones = [await on.phone("telegram", "offer") for _ in range(fetching.AT_ONCE + 3)]
        async with on.bot.fetching._unpacks:
            for phone in phones:
                await phone.send("photo", data=photo())
            await on.sandbox.waits_for(lambda: on.sql("SELECT count(*) FROM incoming_media") == len(phones))
            await on.sandbox.waits_for(lambda: len(on.sandbox.calls("getFile")) >= fetching.AT_ONCE)
            await asyncio.sleep(0.3)
            assert len(on.sandbox.calls("getFile")) == fetching.AT_ONCE
        await on.quiet()
        assert len(on.kept) == len(phones)


# Deleting


@pytest.mark.asyncio
async def test_what_nobody_needs_is_deleted() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "offer")
        await on.sends(phone, "photo", photo())
        other = await on.phone("telegram", "offer")
        await on.sends(other, "photo", photo(100, 100))
        assert len(on.kept) == 2
        of_other = on.sql("SELECT id FROM media WHERE width = 100")
        row = {
            "number": "PGM-22222", "category": "general", "state": "done", "texts": "{}", "audience": "{}",
            "author": "x", "media": of_other, "created_at": 1,
        }  # fmt: skip
        await on.bot.store.run(lambda tx: tx.execute(insert(announcements), row))
        await on.bot.store.run(lambda tx: tx.execute(update(talks).values(answers="{}", nudge_at=None)))
        await on.wait(29 * 24 * 3600)
        assert len(on.kept) == 2
        await on.wait(3 * 24 * 3600)
        await on.quiet()
        assert on.kept == [of_other], "an announcement has it"
        assert on.sql("SELECT count(*) FROM media") == 1


@pytest.mark.asyncio
async def test_a_deleted_person_takes_their_photo_along() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "offer")
        await on.sends(phone, "photo", photo())
        account = on.sql("SELECT id FROM accounts")
        await on.bot.store.run(lambda tx: media.forget(tx, account))
        await on.quiet()
        assert len(on.kept) == 1, "a talk that stays has it"
        talk = on.sql("SELECT id FROM talks")
        await on.bot.store.run(lambda tx: media.forget(tx, account, talk))
        await on.quiet()
        assert on.nothing_kept()


@pytest.mark.asyncio
async def test_what_a_crash_has_left_goes_with_the_next_start() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "offer")
        await on.sends(phone, "photo", photo())
        known = on.kept
        for name in ("a" * 26 + ".jpg", "b" * 26 + ".pdf.part"):
            (on.folder / name).write_bytes(b"x")
        (on.folder / "thumbnails").mkdir()
        await on.down()
        await on.up()
        await on.quiet()
        assert on.kept == sorted([*known, "thumbnails"]), "what is not ours is no matter"
        assert "Q-ABOUT" in await on.sends(await on.phone("telegram", "offer"), "photo", photo())


@pytest.mark.asyncio
async def test_a_copy_of_the_database_has_its_files(tmp_path: Path) -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "offer")
        await on.sends(phone, "photo", photo())
        target = tmp_path / "copy.db"
        copy(Path(on.database), target)
        assert copy_files(on.folder, target) == 1
        (name,) = on.kept
        assert (media_of(target) / name).read_bytes() == (on.folder / name).read_bytes()
        (on.folder / name).unlink()
        copy(Path(on.database), tmp_path / "later.db")
        assert copy_files(on.folder, tmp_path / "later.db") == 0


# Out


def sends(on: Studio) -> list[tuple[str, Any]]:
    """What Telegram was asked to send: the method, and the file as it was given."""
    calls = [call for call in on.sandbox.log if call.method in ("sendPhoto", "sendDocument", "sendMessage")]
    return [(call.method, call.params.get("photo") or call.params.get("document")) for call in calls]


async def of(on: Studio, data: bytes, name: str = "") -> str:
    """A kept file."""
    made, kept = vet(data, ("photo", "document"), name)
    on.bot.files.write(kept.id, made)
    await on.bot.store.run(lambda tx: media.keep(tx, kept, on.sql("SELECT id FROM accounts LIMIT 1")))
    on.bot.files.names[kept.id] = kept.name
    return kept.id


def to(phone: Handset, text: str, file: str, **more: Any) -> Outgoing:
    address = str(phone.chat_id) if phone.channel == "telegram" else phone.bsuid
    return Outgoing(phone.channel, address, text, media=file, **more)


@pytest.mark.asyncio
async def test_telegram_is_given_a_photo_once() -> None:
    async with studio() as on:
        phones = [await on.phone("telegram", "halo") for _ in range(5)]
        file = await of(on, photo())
        before = len(sends(on))
        channel = on.bot.channels["telegram"]
        await asyncio.gather(
            *(channel.send(to(phone, "*Promo* & lain", file, actions=(Button("a", "Lihat"),))) for phone in phones)
        )
        given = [what for _, what in sends(on)[before:]]
        assert sum(str(what).startswith("<") for what in given) == 1, given
        assert len(given) == 5
        shown = phones[3].chat[-1]
        assert (shown.kind, shown.text, [[b.label for b in row] for row in shown.buttons]) == (
            "photo",
            "Promo & lain",
            [["Lihat"]],
        )
        await on.quiet()
        known = on.sql("SELECT telegram_file_id FROM media")
        assert known
        await on.down()
        await on.up()
        await on.quiet()
        await on.bot.channels["telegram"].send(to(phones[0], "lagi", file))
        assert sends(on)[-1] == ("sendPhoto", known), "also after a restart"
        on.sandbox.world.files.remove(known)
        await on.bot.channels["telegram"].send(to(phones[0], "lagi", file))
        assert str(sends(on)[-1][1]).startswith("<"), "and what Telegram has lost is uploaded again"


@pytest.mark.asyncio
async def test_what_is_too_long_to_stand_under_a_photo_comes_after_it() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "halo")
        file = await of(on, photo())
        channel = on.bot.channels["telegram"]
        long = "*Promo* " + "kata " * 250
        receipt = await channel.send(to(phone, long, file, actions=(Button("a", "Lihat"),)))
        picture, words = phone.chat[-2:]
        assert receipt.ids == (picture.id, words.id)
        assert (picture.kind, picture.text, words.kind) == ("photo", "", "text")
        assert (picture.buttons, len(words.buttons)) == ([], 1)
        on.sandbox.fault("telegram", "sendMessage", status=502, times=1)
        with pytest.raises(Halfway) as caught:
            await channel.send(to(phone, long, file))
        assert len(caught.value.ids) == 1
        count = len(phone.chat)
        await channel.send(to(phone, long, file, arrived=caught.value.ids))
        assert [one.kind for one in phone.chat[count:]] == ["text"], "the photo is there already"


@pytest.mark.asyncio
async def test_words_under_a_photo_can_be_changed() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "halo")
        file = await of(on, photo())
        channel = on.bot.channels["telegram"]
        (id,) = (await channel.send(to(phone, "Jam 9", file))).ids
        assert (await channel.send(to(phone, "Jam *10*", "", edits=id))).ids == (id,)
        assert (phone.chat[-1].id, phone.chat[-1].text) == (id, "Jam 10")


@pytest.mark.asyncio
async def test_a_document_goes_under_its_name() -> None:
    async with studio() as on:
        phone = await on.phone("telegram", "halo")
        file = await of(on, PDF, "Undangan RAT.pdf")
        await on.bot.channels["telegram"].send(to(phone, "Silakan dibaca", file))
        shown = phone.chat[-1]
        assert (shown.kind, shown.text, shown.media and shown.media["name"]) == (
            "document",
            "Silakan dibaca",
            "Undangan RAT.pdf",
        )


@pytest.mark.asyncio
async def test_whatsapp_fetches_a_photo_by_its_link() -> None:
    async with studio() as on:
        phone = await on.phone("whatsapp", "halo")
        file = await of(on, photo())
        await on.bot.channels["whatsapp"].send(to(phone, "*Promo* minggu ini", file))
        await on.sandbox.waits_for(lambda: phone.chat[-1].kind == "photo")
        assert phone.chat[-1].text == "*Promo* minggu ini"
        (call,) = on.sandbox.calls("GET", "twilio-media")
        assert (call.status, call.answer) == (200, on.sql("SELECT bytes FROM media"))
        count = len(phone.chat)
        await on.bot.channels["whatsapp"].send(to(phone, "kata " * 300, file))
        await on.sandbox.waits_for(lambda: len(phone.chat) == count + 2)
        assert [(one.kind, len(one.text) > 1000) for one in phone.chat[count:]] == [("text", True), ("photo", False)]


@pytest.mark.asyncio
async def test_whatsapp_has_no_words_under_a_document() -> None:
    async with studio() as on:
        phone = await on.phone("whatsapp", "halo")
        file = await of(on, PDF, "Undangan RAT.pdf")
        count = len(phone.chat)
        await on.bot.channels["whatsapp"].send(to(phone, "Silakan dibaca", file))
        await on.sandbox.waits_for(lambda: len(phone.chat) == count + 2)
        assert [(one.kind, one.text) for one in phone.chat[count:]] == [("text", "Silakan dibaca"), ("document", "")]


@pytest.mark.asyncio
@CHANNELS
async def test_a_file_that_is_gone_keeps_no_words_back(channel: str) -> None:
    async with studio() as on:
        phone = await on.phone(channel, "halo")
        count = len(phone.chat)
        for file in (f"{'a' * 26}.jpg", "../../etc/passwd", "x"):
            await on.bot.channels[channel].send(to(phone, "Kabar", file))
        await on.sandbox.waits_for(lambda: len(phone.chat) == count + 3)
        assert {(one.kind, one.text) for one in phone.chat[count:]} == {("text", "Kabar")}


@pytest.mark.asyncio
async def test_the_sandbox_refuses_what_twilio_would() -> None:
    async with studio() as on:
        phone = await on.phone("whatsapp", "halo")
        file = await of(on, photo())
        path = on.bot.files.path(file)
        for wrong in (b"no picture", b"\xff\xd8\xff" + bytes(6 * 1024**2)):
            path.write_bytes(wrong)
            count = len(on.sandbox.calls("status.undelivered"))
            await on.bot.channels["whatsapp"].send(to(phone, "Promo", file))
            await on.sandbox.waits_for(lambda: len(on.sandbox.calls("status.undelivered")) > count)  # noqa: B023
            assert on.sandbox.calls("status.undelivered")[-1].params["ErrorCode"] == "63021"


@pytest.mark.asyncio
async def test_a_link_opens_one_file_for_a_day_or_two() -> None:
    async with studio() as on:
        await on.phone("whatsapp", "halo")
        file, other = await of(on, photo()), await of(on, photo(100, 100))
        link = on.bot.files.link(file)
        assert link == on.bot.files.link(file)
        async with aiohttp.ClientSession() as client:

            async def status(url: str) -> int:
                async with client.get(URL(url, encoded=True), allow_redirects=False) as answer:
                    return answer.status

            async with client.get(link) as answer:
                assert answer.status == 200
                assert await answer.read() == (on.folder / file).read_bytes()
                assert answer.headers["Content-Type"] == "image/jpeg"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            base, query = link.split("?")
            until = int(query.partition("=")[2].partition("&")[0])
            for wrong in (
                base,
                link[:-1] + ("a" if link[-1] != "a" else "b"),
                link[:-8],
                link.replace(file, other),
                link.replace(str(until), str(until + 1)),
                link.replace(file, ""),
                link.replace(file, "..%2Fpijar.db"),
                link.replace(file, f"{'a' * 26}.jpg"),
                f"{base}?until={until}&key={'%C3%A9' * 16}",
                f"{base}?until=%C2%B2&key={'a' * 32}",
            ):
                assert await status(wrong) == 404, wrong
            (on.folder / file).unlink()
            assert await status(link) == 404
            link = on.bot.files.link(other)
            on.clock.now += 23 * 3_600_000
            assert await status(link) == 200
            on.clock.now += 26 * 3_600_000
            assert await status(link) == 404


@pytest.mark.asyncio
async def test_an_announcement_takes_its_photo_to_both_channels() -> None:
    async with studio() as on:
        staff = await on.phone("whatsapp", "halo")
        readers = [await on.phone("whatsapp", "halo"), await on.phone("telegram", "halo")]
        await prepared.carry_out(
            on.bot, "staff", ("whatsapp", staff.bsuid), "Koordinator 01", "coordinator 33.07", "id"
        )
        for number, reader in enumerate(readers, 2):
            who = (reader.channel, reader.bsuid or str(reader.chat_id))
            await prepared.carry_out(on.bot, "enrolled", who, f"Peserta 0{number}", "33.07.04 verified 3d", "id")
            await prepared.carry_out(on.bot, "agreed", who, f"Peserta 0{number}", "1 all", "id")
        for said in ("umumkan", "kegiatan", "Cek kesehatan gratis Sabtu jam 9 di balai desa.", "lewati"):
            await staff.type(said)
            await on.settled(staff)
        await on.sends(staff, "photo", photo(), mime="image/jpeg")
        for said in ("1", "1", "kirim sekarang"):
            await staff.type(said)
            await on.settled(staff)
        assert any("Disertai satu foto" in text for text in heard(staff))
        await on.wait(70)
        await on.sandbox.waits_for(lambda: all(reader.chat[-1].kind == "photo" for reader in readers), 10)
        assert all("Cek kesehatan gratis" in reader.chat[-1].text for reader in readers)
        assert len(on.kept) == 1
        assert on.sql("SELECT media FROM announcements") == on.kept[0]
