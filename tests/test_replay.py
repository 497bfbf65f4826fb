"""The engine alone: small conversations, no channel, no database, and words that are their own keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.author import BirthYear, Chat, Number, Prose, Text, conversation
from bot.engine.chat import Conversation, Speaker, Then
from bot.engine.progress import Progress
from bot.engine.replay import AskedTwice, ForeignAwait, replay
from bot.engine.talk import BACK, DONE, SKIP, Part, Talk, Turn
from bot.messages import Incoming, Kind
from bot.questions.asking import Candidates, Option, Rejected, Said, Value
from bot.turns import intake
from bot.turns.hearing import Ears

HOUR = 3_600_000


class Plain:
    """Words that are their own keys; labels are what stands behind the dot."""

    languages: Sequence[str] = ("id",)

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    def say(self, language: str, domain: str, key: str, values: Mapping[str, object]) -> str:
        """The last part of the key."""
        return key.rpartition(".")[2]

    def has(self, domain: str, key: str) -> bool:
        """Only the labels of the review card."""
        return key.removesuffix(".label") in self.lines

    def digest(self, language: str, domain: str, key: str) -> str:
        """The key stands for its text."""
        return f"hash of {key}"


@dataclass
class Talking:
    """One person in one conversation. `rows` is all that effects have kept."""

    conversation: Conversation
    wording: Plain = field(default_factory=lambda: Plain("name", "kind", "size", "note"))
    rows: list[Any] = field(default_factory=list)
    talk: Talk = field(default_factory=lambda: Talk("t", "a", "coffee"))
    now: int = 1_000_000
    count: int = 0
    turns: list[Turn] = field(default_factory=list)
    others: Sequence[Conversation] = ()
    """What else may be opened."""

    async def begin(self, given: str = "") -> Turn:
        """Open the conversation."""
        self.talk.given = given
        return await self._replay(None)

    async def hear(
        self,
        text: str = "",
        *,
        kind: Kind = "text",
        token: str = "",
        message: str = "",
        after: int = 5_000,
        at: int = 0,
    ) -> Turn:
        """The person says or presses something, `after` milliseconds later, in the same batch for 0.

        at: when the channel says it was.
        """
        self.count += 1
        self.now += after
        if after:
            self.talk.in_batch = False
        heard = Incoming(
            f"k{self.count}", "telegram", "1", at or self.now, "button" if token else kind, text,
            f"t|{token}" if token else "", message=message or f"m{self.count}",
        )  # fmt: skip
        return await self._replay(heard)

    async def hears(self, *texts: str) -> Turn:
        """Several things, one after the other; the last turn."""
        turn = Turn()
        for text in texts:
            turn = await self.hear(text)
        return turn

    async def again(self) -> Turn:
        """The waiting question once more, as after something that came between."""
        return await self._replay(None, resumed=True)

    def restart(self, conversation: Conversation | None = None) -> None:
        """Nothing is left but the row; perhaps the code has changed, too."""
        row = msgspec.json.decode(msgspec.json.encode(intake.talk_row(self.talk, "current", None, self.now)))
        self.talk = intake.talk_of("a", [row[0], row[2], row[4], row[5], row[6], row[7], row[8], row[9]])
        self.conversation = conversation or self.conversation

    @property
    def said(self) -> dict[str, Value]:
        """The answers by name, without effects."""
        return {name: one["v"] for name, one in self.talk.answers.items() if not one.get("once")}

    @property
    def state(self) -> tuple[Any, ...]:
        """All that is stored."""
        return self.talk.answers, self.talk.pending, self.talk.failed, self.rows

    async def _replay(self, heard: Incoming | None, resumed: bool = False) -> Turn:
        ears = Ears([self.conversation, *self.others])
        away = heard is not None and self.now - self.talk.updated > HOUR and self.talk.updated > 0
        progress = Progress(
            self.conversation, self.talk, Speaker("a", "telegram", "1"), self.wording, ears.hear, now=self.now,
            today="2026-01-14", away=away, resumed=resumed,
        )  # fmt: skip
        turn = await replay(progress, self.rows, heard)
        self.talk.updated = self.now
        self.turns.append(turn)
        return turn


def keys(turn: Turn) -> list[str]:
    """What is said, by the first key of each part, and then what is asked."""
    return [part.keys[0] for part in turn.parts] + ([f"?{turn.asked.name}"] if turn.asked else [])


SIZES = {"black": ("small", "large"), "milk": ("small", "large", "huge"), "tea": ("cup", "pot")}


async def _keep(rows: list[Any], said: Mapping[str, Value]) -> int:
    rows.append(dict(said))
    return len(rows)


@conversation("coffee", words="kopi", steps="name kind size note review", keeps=True)
async def coffee(chat: Chat) -> Any:
    """What most conversations are made of."""
    await chat.say("hello")
    await chat.ask("name", Text(2, 40))
    await chat.say("nice_name")
    kind = await chat.choose("kind", list(SIZES))
    await chat.choose("size", SIZES[kind], about=kind)
    await chat.ask("note", Text(2), optional=True)
    await chat.review("review")
    number = await chat.once("order", lambda rows: _keep(rows, chat.answers))
    await chat.choose("again", ["yes", "no"])
    await chat.say("done", number=number)
    return chat.then("menu")


def filled() -> tuple[str, ...]:
    """Answers up to the review card."""
    return ("Peserta 01", "milk", "large", "tanpa gula")


async def started(*texts: str, of: Conversation = coffee) -> Talking:
    """The conversation, begun, with these answers given."""
    talking = Talking(of)
    await talking.begin()
    await talking.hears(*texts)
    return talking


@pytest.mark.asyncio
async def test_an_answer_leads_to_the_next_question_and_only_what_follows_it_is_said() -> None:
    talking = Talking(coffee)
    assert keys(await talking.begin()) == ["hello", "?name"]
    assert keys(await talking.hear("Peserta 01")) == ["nice_name", "?kind"]
    assert keys(await talking.hear("milk")) == ["?size"]
    assert talking.said == {"name": "Peserta 01", "kind": "milk"}


@pytest.mark.asyncio
async def test_the_end_says_goes_on_and_has_kept_its_row_once() -> None:
    talking = await started(*filled(), "kirim")
    if "review" not in talking.said:
        await talking.hear(token="review|send")
    assert keys(talking.turns[-1]) == ["?again"]
    turn = await talking.hear("no")
    assert (keys(turn), turn.then) == (["done"], Then("menu"))
    assert len(talking.rows) == 1


@pytest.mark.asyncio
async def test_a_number_a_label_and_a_button_are_the_same_answer() -> None:
    for answer in ({"text": "2"}, {"text": "milk"}, {"token": "kind|milk"}):
        talking = await started("Peserta 01")
        await talking.hear(**answer)  # type: ignore[arg-type]
        assert talking.said["kind"] == "milk"


@pytest.mark.asyncio
@pytest.mark.parametrize("token", ["", "kind", "|", "||", "kind|", "nowhere|x", "name|", "kind|milk|x", "order|1"])
async def test_a_button_that_we_never_made_answers_nothing(token: str) -> None:
    talking = await started("Peserta 01")
    heard = Incoming("k", "telegram", "1", talking.now, "button", "", f"t|{token}", message="m")
    turn = await talking._replay(heard)
    assert turn.asked is not None
    assert turn.asked.name == "kind"
    assert talking.said == {"name": "Peserta 01"}


@pytest.mark.asyncio
async def test_what_does_not_fit_is_not_recorded_and_the_second_time_help_is_offered() -> None:
    talking = await started("Peserta 01")
    first, second = await talking.hear("9"), await talking.hear("entah apa ini")
    assert keys(first)[-1] == keys(second)[-1] == "?kind"
    assert "offer_help" not in keys(first)
    assert "offer_help" in keys(second)
    assert talking.said == {"name": "Peserta 01"}
    await talking.hear("tea")
    assert talking.talk.failed == 0


@pytest.mark.asyncio
async def test_a_photo_at_a_question_of_words_is_refused_kindly() -> None:
    talking = await started()
    assert keys(await talking.hear(kind="photo")) == ["name.kind_photo", "?name"]


@pytest.mark.asyncio
async def test_an_identity_number_is_not_kept() -> None:
    talking = await started()
    turn = await talking.hear("3307011203900001")
    assert keys(turn) == ["id_number_not_needed", "?name"]
    assert "3307" not in str(talking.talk)


# Changing what was said


@pytest.mark.asyncio
async def test_change_asks_only_that_and_what_depends_on_it() -> None:
    talking = await started(*filled())
    assert keys(await talking.hear("ubah 1")) == ["?name"]
    assert keys(await talking.hear("Peserta 02"))[-1] == "?review"
    assert keys(await talking.hear("2")) == ["?kind"]
    assert keys(await talking.hear("tea"))[-1] == "?size"
    assert keys(await talking.hear("pot"))[-1] == "?review"
    assert talking.said == {"name": "Peserta 02", "kind": "tea", "size": "pot", "note": "tanpa gula"}


@pytest.mark.asyncio
async def test_change_to_the_same_value_asks_nothing_else() -> None:
    talking = await started(*filled())
    await talking.hear("ubah 2")
    assert keys(await talking.hear("milk"))[-1] == "?review"
    assert talking.said["size"] == "large"


@pytest.mark.asyncio
async def test_back_while_changing_puts_the_old_answer_back() -> None:
    talking = await started(*filled())
    await talking.hear("ubah 2")
    assert keys(await talking.hear("kembali"))[-1] == "?review"
    assert talking.said["kind"] == "milk"


@pytest.mark.asyncio
async def test_a_line_that_is_not_there_cannot_be_changed() -> None:
    talking = await started(*filled())
    assert keys(await talking.hear("ubah 9")) == ["no_such_number", "?review"]


@pytest.mark.asyncio
async def test_back_forgets_the_last_answer_and_at_the_beginning_says_so() -> None:
    talking = await started("Peserta 01", "milk")
    assert keys(await talking.hear("kembali"))[-1] == "?kind"
    assert keys(await talking.hear(token=f"kind|{BACK}"))[-1] == "?name"
    assert keys(await talking.hear("kembali")) == ["cannot_go_back", "?name"]
    assert talking.said == {}


@pytest.mark.asyncio
async def test_back_and_change_never_cross_what_has_happened() -> None:
    talking = await started(*filled())
    await talking.hear(token="review|send")
    assert keys(await talking.hear("kembali")) == ["cannot_go_back", "?again"]
    assert keys(await talking.hear("ubah 1")) == ["already_done", "?again"]
    turn = await talking.hear(token="kind|tea")
    assert (keys(turn), turn.note) == (["already_done", "?again"], "already_done")
    assert len(talking.rows) == 1


@pytest.mark.asyncio
async def test_skip_only_where_it_may_be() -> None:
    talking = await started("Peserta 01")
    turn = await talking.hear("lewati")
    assert keys(turn) == ["kind.cannot_skip", "?kind"]
    assert turn.parts[0].keys[1:] == ("cannot_skip",)
    await talking.hears("milk", "large")
    assert keys(await talking.hear("lewati"))[-1] == "?review"
    assert talking.said["note"] is None
    other = await started("Peserta 01", "milk", "large")
    await other.hear(token=f"note|{SKIP}")
    assert other.said["note"] is None


# Buttons


@pytest.mark.asyncio
async def test_two_taps_of_the_same_button_are_one_answer() -> None:
    talking = await started("Peserta 01")
    await talking.hear(token="kind|milk")
    turn = await talking.hear(token="kind|milk", after=100)
    assert (turn.silent, turn.note, keys(turn)) == (True, "already_noted", [])
    assert talking.talk.pending is not None
    assert talking.talk.pending["q"] == "size"


@pytest.mark.asyncio
async def test_another_button_of_an_older_question_is_offered_as_a_change() -> None:
    for yes, kind in (("ya", "tea"), ("tidak", "milk")):
        talking = await started("Peserta 01", "milk")
        assert keys(await talking.hear(token="kind|tea")) == ["offer_change", "?size"]
        assert talking.said["kind"] == "milk"
        await talking.hear(yes)
        assert talking.said["kind"] == kind
        assert talking.talk.pending is not None
        assert talking.talk.pending["q"] == "size"


@pytest.mark.asyncio
async def test_an_offer_that_is_not_taken_up_is_gone() -> None:
    talking = await started("Peserta 01", "milk")
    await talking.hear(token="kind|tea")
    await talking.hear("large")
    assert talking.said == {"name": "Peserta 01", "kind": "milk", "size": "large"}


@pytest.mark.asyncio
@pytest.mark.parametrize("token", ["gone|x", "kind|gone", "size|cup", f"name|{BACK}"])
async def test_a_button_that_means_nothing_any_more_says_so_and_asks_again(token: str) -> None:
    talking = await started("Peserta 01", "milk")
    turn = await talking.hear(token=token)
    assert keys(turn)[-1] == "?size"
    assert turn.note or "offer_change" in keys(turn)
    assert talking.said == {"name": "Peserta 01", "kind": "milk"}


@conversation("coffee", keeps=True)
async def several(chat: Chat) -> None:
    """A choice of many."""
    await chat.choose_many("wishes", ["milk", "sugar", "ice"])
    await chat.ask("name", Text())


@pytest.mark.asyncio
async def test_ticks_are_set_and_taken_off_and_done_takes_them() -> None:
    talking = await started(of=several)
    for value, ticked in (
        ("milk", ("milk",)),
        ("ice", ("milk", "ice")),
        ("milk", ("ice",)),
        ("sugar", ("ice", "sugar")),
    ):
        turn = await talking.hear(token=f"wishes|{value}")
        assert turn.asked is not None
        assert (turn.edits, turn.asked.ticked) == (True, ticked)
        talking.restart()
    await talking.hear(token=f"wishes|{DONE}")
    assert talking.said["wishes"] == ["sugar", "ice"]


@pytest.mark.asyncio
async def test_done_without_a_tick_asks_for_one() -> None:
    talking = await started(of=several)
    assert keys(await talking.hear(token=f"wishes|{DONE}")) == ["wishes.choose_one", "?wishes"]


# Candidates


@dataclass(frozen=True)
class Town:
    """A question that asks back what is not sure."""

    free: bool = False
    accepts: frozenset[Kind] = frozenset({"text"})

    def options(self) -> tuple[Option, ...]:
        """None: it is typed."""
        return ()

    def read(self, said: Said) -> Value | Rejected | Candidates:
        """Two towns, and what may be either."""
        if said.text in ("kerja", "kerta"):
            return said.text
        found = tuple(Option(name, {"id": name}) for name in ("kerja", "kerta") if name.startswith(said.text[:3]))
        return Candidates(found) if found else Rejected("town")

    def show(self, value: Value, language: str) -> str | None:
        """As it is."""
        return str(value)


@conversation("coffee")
async def town(chat: Chat) -> None:
    """One question that asks back."""
    await chat.ask("town", Town())
    await chat.ask("name", Text())


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", ["2", "kerta"])
async def test_candidates_are_shown_and_chosen_by_number_or_name(answer: str) -> None:
    talking = await started(of=town)
    turn = await talking.hear("ker")
    assert turn.asked is not None
    assert [one.value for one in turn.asked.options] == ["kerja", "kerta"]
    talking.restart()
    await talking.hear(answer)
    assert talking.said == {"town": "kerta"}


@pytest.mark.asyncio
async def test_candidates_stay_when_the_answer_does_not_fit_and_can_be_pressed() -> None:
    talking = await started(of=town)
    await talking.hears("ker", "xyz")
    await talking.hear(token="town|kerja")
    assert talking.said == {"town": "kerja"}


# Edited, joined, after a while


@pytest.mark.asyncio
async def test_an_edited_answer_changes_it_and_an_edited_anything_else_changes_nothing() -> None:
    talking = await started()
    await talking.hear("Peserta 1", message="m-name")
    await talking.hear("milk", message="m-kind")
    turn = await talking.hear("Peserta 01", kind="edited", message="m-name")
    assert keys(turn) == ["changed", "?size"]
    assert talking.said["name"] == "Peserta 01"
    assert (await talking.hear("apa saja", kind="edited", message="elsewhere")).silent
    assert talking.said == {"name": "Peserta 01", "kind": "milk"}


@pytest.mark.asyncio
async def test_an_edited_message_that_did_not_fit_is_read_again() -> None:
    talking = await started("Peserta 01")
    await talking.hear("mlkk xx", message="m-wrong")
    await talking.hear("milk", kind="edited", message="m-wrong")
    assert talking.said["kind"] == "milk"


@pytest.mark.asyncio
async def test_a_name_in_two_messages_is_joined() -> None:
    talking = await started()
    await talking.hear("Peserta")
    turn = await talking.hear("nol satu", after=0)
    assert talking.said == {"name": "Peserta nol satu"}
    assert keys(turn) == ["joined", "?kind"]


@pytest.mark.asyncio
async def test_an_answer_to_the_next_question_is_not_joined() -> None:
    talking = await started()
    await talking.hear("Peserta 01")
    await talking.hear("milk", after=3000)
    assert talking.said == {"name": "Peserta 01", "kind": "milk"}


@pytest.mark.asyncio
async def test_after_a_while_a_greeting_is_no_name() -> None:
    talking = await started()
    turn = await talking.hear("halo", after=3 * HOUR)
    assert keys(turn) == ["resume", "?name"]
    assert talking.said == {}


@pytest.mark.asyncio
async def test_after_a_while_an_option_is_an_answer_and_says_where_we_are() -> None:
    talking = await started("Peserta 01")
    turn = await talking.hear("milk", after=3 * HOUR)
    assert keys(turn) == ["resume", "?size"]
    assert talking.said["kind"] == "milk"


@pytest.mark.asyncio
async def test_what_does_not_fit_after_a_long_pause_is_no_failure() -> None:
    talking = await started("Peserta 01")
    turn = await talking.hear("maaf baru sempat balas", after=3 * HOUR)
    assert keys(turn) == ["resume", "?kind"]
    assert keys(await talking.hear("maaf lagi")) == ["kind.choice", "?kind"]
    turn = await talking.hear(kind="photo", after=3 * HOUR)
    assert keys(turn) == ["resume", "kind.kind_photo", "?kind"]
    assert keys(await talking.hear("bukan itu")) == ["kind.choice", "offer_help", "?kind"]


@pytest.mark.asyncio
async def test_after_a_while_a_short_sentence_is_asked_back_where_sentences_are_answers() -> None:
    @conversation("coffee", keeps=True)
    async def story(chat: Chat) -> None:
        await chat.ask("note", Prose())
        await chat.ask("size", Prose())

    excuse, tale = "maaf tadi saya sibuk sekali di sawah", "Kopi dari kebun sendiri.\nDipetik bulan lalu, dijemur."
    talking = await started(of=story)
    turn = await talking.hear(excuse, after=3 * HOUR)
    assert keys(turn)[:2] == ["resume", "note.did_you_mean"]
    assert turn.asked is not None
    assert [one.label for one in turn.asked.options] == [excuse]
    assert all(len(one.value) < 20 for one in turn.asked.options)
    talking.restart()
    assert talking.said == {}
    await talking.hear(token=f"note|{turn.asked.options[0].value}")
    assert talking.said == {"note": excuse}
    await talking.hear(tale, after=3 * HOUR)
    assert talking.said == {"note": excuse, "size": tale}


@pytest.mark.asyncio
async def test_a_line_that_there_is_not_is_not_read_as_an_option_that_is_spelt_alike() -> None:
    talking = await started("Peserta 01")
    assert keys(await talking.hear("ubah mild")) == ["which_line", "?kind"]
    assert talking.said == {"name": "Peserta 01"}
    await talking.hear("ubah ke milk")
    assert talking.said["kind"] == "milk"


@conversation("clock", words="jam, jam buka, status", takes=lambda said: len(said.split()) < 3)
async def clock(chat: Chat) -> None:
    """What a single word opens."""


async def naming(*texts: str, keeps: bool = True) -> Talking:
    """A conversation that asks for a name first, beside another one."""

    @conversation("gift", keeps=keeps)
    async def gift(chat: Chat) -> None:
        await chat.ask("name", Text(3, 40))
        await chat.ask("size", Text(3, 40))

    talking = Talking(gift, others=(clock,))
    await talking.begin()
    await talking.hears(*texts)
    return talking


@pytest.mark.asyncio
@pytest.mark.parametrize("typed", ["jam", "Jam kak", "jam dinding bekas"])
async def test_a_single_word_that_opens_something_is_asked_about_where_it_could_be_an_answer(typed: str) -> None:
    talking = await naming(typed)
    turn = talking.turns[-1]
    assert keys(turn) == ["which_meant", "?name"]
    assert turn.asked is not None
    assert all(len(one.value) < 20 for one in turn.asked.options)
    talking.restart()
    await talking.hear("1")
    assert talking.said == {"name": typed}
    other = await naming(typed)
    assert (await other.hear("2")).command.startswith("open:clock")
    assert other.said == {}
    third = await naming(typed, "Siti")
    assert third.said == {"name": "Siti"}


@pytest.mark.asyncio
@pytest.mark.parametrize("typed", ["/jam", "jam buka", "jam buka kak", "status", "status dong"])
async def test_a_command_several_words_and_what_nobody_is_called_open_at_once(typed: str) -> None:
    talking = await naming(typed)
    assert talking.turns[-1].command.startswith("open:clock")
    assert talking.said == {}


@pytest.mark.asyncio
async def test_where_a_word_is_only_looked_up_or_does_not_fit_it_opens_at_once() -> None:
    looking = await naming("jam", keeps=False)
    assert looking.turns[-1].command == "open:clock"

    @conversation("gift", keeps=True)
    async def long(chat: Chat) -> None:
        await chat.ask("name", Text(10, 40))

    talking = Talking(long, others=(clock,))
    await talking.begin()
    assert (await talking.hear("jam")).command == "open:clock"


@pytest.mark.asyncio
async def test_a_thank_you_gets_no_long_question_again_where_nothing_is_kept() -> None:
    @conversation("gift")
    async def picking(chat: Chat) -> None:
        await chat.choose("where", ["Wonosobo", "Karawang"])

    talking = await started(of=picking)
    assert (await talking.hear("makasih kak")).command == "thanks"
    await talking.hear("2")
    assert talking.said == {"where": "Karawang"}
    assert keys(await (await started()).hear("makasih kak")) == ["you_are_welcome", "?name"]


@pytest.mark.asyncio
async def test_a_choice_that_keeps_nothing_is_left_for_what_is_clearly_asked_instead() -> None:
    @conversation("gift")
    async def picking(chat: Chat) -> None:
        await chat.choose("where", ["Wonosobo", "Karawang"])

    @conversation("gift")
    async def quiz(chat: Chat) -> None:
        await chat.choose("where", ["Wonosobo", "Karawang"], tests=True)

    assert keys(await (await started(of=quiz)).hear("modal")) == ["where.choice", "?where"]
    talking = await started(of=picking)
    assert (await talking.hear("modal")).command == "open:asked_benefit"
    assert (await talking.hear("masih ada gula?")).command == "open:mart_item gula"
    assert keys(await talking.hear("beras merah atau apa ya")) == ["where.choice", "?where"]
    assert keys(await talking.hear("oke")) == ["where.choice", "offer_help", "?where"]
    assert keys(await (await started("Peserta 01")).hear("ada gula?")) == ["kind.choice", "?kind"]


@pytest.mark.asyncio
@pytest.mark.parametrize(("picked", "led_to"), [("1", "beans"), ("kopi", "beans"), ("2", ""), ("bantuan", None)])
async def test_a_name_that_is_also_a_word_is_asked_about(picked: str, led_to: str | None) -> None:
    @conversation("coffee")
    async def helping(chat: Chat) -> None:
        await chat.choose(
            "kind", [Option("beans", {"id": "Kopi"}, doubtful=("bantuan",)), Option("milk", {"id": "Susu"})]
        )

    talking = await started(of=helping)
    turn = await talking.hear("Bantuan")
    assert keys(turn) == ["which_meant", "?kind"]
    assert turn.asked is not None
    assert [one.label for one in turn.asked.options] == ["Kopi", "help"]
    talking.restart()
    turn = await talking.hear(picked)
    assert talking.said == ({"kind": led_to} if led_to else {})
    assert turn.command == ("help" if led_to == "" else "")
    assert keys(turn) == (["which_meant", "?kind"] if led_to is None else keys(turn))
    assert (await talking.hear("/bantuan")).command == "help" or led_to


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("said", "sorts", "command"),
    [("kopi", ["beans"], ""), ("kopi bubuk", ["beans"], ""), ("/kopi", None, "open:coffee")],
)
async def test_what_is_an_option_is_an_answer_also_where_it_would_open_something(
    said: str, sorts: list[str] | None, command: str
) -> None:
    @conversation("coffee", words="kopi", keeps=True, takes=lambda behind: behind == "bubuk")
    async def shop(chat: Chat) -> None:
        await chat.choose_many("sorts", [Option("beans", {"id": "Kopi"}), Option("milk", {"id": "Susu"})])

    talking = await started(of=shop)
    turn = await talking.hear(said)
    assert talking.said.get("sorts") == sorts
    assert turn.command == command


@pytest.mark.asyncio
async def test_asked_again_says_only_the_question() -> None:
    talking = await started("Peserta 01")
    assert keys(await talking.again()) == ["?kind"]
    assert talking.said == {"name": "Peserta 01"}


# What else there is: look, forget, proof, given, then, once


@pytest.mark.asyncio
async def test_look_is_read_at_every_turn_and_once_only_once() -> None:
    looked: list[int] = []

    async def look(rows: list[Any]) -> int:
        looked.append(1)
        return len(looked)

    @conversation("coffee")
    async def watching(chat: Chat) -> None:
        await chat.once("kept", lambda rows: _keep(rows, {}))
        await chat.look(look)
        await chat.ask("a", Text())
        await chat.ask("b", Text())

    talking = await started("satu", "dua", of=watching)
    assert (len(looked), len(talking.rows)) == (3, 1)


@conversation("coffee")
async def born(chat: Chat) -> None:
    """A year that may be a slip, and something after it."""
    await chat.ask("year", BirthYear(18))
    await chat.ask("name", Text())


@pytest.mark.asyncio
async def test_an_answer_in_doubt_is_asked_back_and_is_none_before_it_is_confirmed() -> None:
    for said, year in (("2015", None), ("betul", 2015), ("1", 2015), ("2", None), ("bukan", None), ("1990", 1990)):
        talking = await started("2015", of=born)
        talking.restart()
        turn = await talking.hear(said)
        assert talking.said.get("year") == year, said
        assert keys(turn) == (["?name"] if year else ["?year"])
    talking = await started("2015", of=born)
    turn = await talking.hear("hm")
    assert turn.asked is not None
    assert turn.asked.instead == Part(("young",), {"year": 2015, "age": 11})
    turn = await talking.hear("kembali")
    assert turn.asked is not None
    assert turn.asked.instead is None
    assert "doubt" not in (talking.talk.pending or {})


@pytest.mark.asyncio
async def test_an_edit_that_brings_a_doubt_asks_again_and_buttons_change_nothing_unasked() -> None:
    talking = Talking(born)
    await talking.begin()
    await talking.hear("1990", message="m-year")
    turn = await talking.hear(token="t|year|2015")
    assert turn.note == "old_button"
    turn = await talking.hear("2015", kind="edited", message="m-year")
    assert keys(turn) == ["?year"]
    assert talking.said == {}
    await talking.hear("kembali")
    assert talking.said == {"year": 1990}


@pytest.mark.asyncio
async def test_of_a_single_choice_nothing_is_said_from_one_to_one() -> None:
    @conversation("coffee")
    async def single(chat: Chat) -> None:
        await chat.choose("kind", ["milk"])
        await chat.ask("cups", Number(1, 1))
        await chat.ask("sugar", Number(0, 2))

    talking = await started(of=single)
    for said, reasons in (("7", "choice_number"), ("water", "choice")):
        (part,) = (await talking.hear(said)).parts[:1]
        assert part.keys[:3] == (f"kind.{reasons}.one", f"kind.{reasons}", f"rejected.{reasons}.one")
    turn = await talking.hear("ubah 3")
    assert turn.parts[0].keys == ("no_line",)
    (part,) = (await talking.hears("milk", "7")).parts[:1]
    assert part.keys[2] == "rejected.number_range.one"
    (part,) = (await talking.hears("1", "7")).parts[:1]
    assert "rejected.number_range" in part.keys
    assert not [key for key in part.keys if key.endswith(".one")]


@pytest.mark.asyncio
async def test_an_effect_that_raises_leaves_nothing_recorded() -> None:
    async def broken(rows: list[Any]) -> int:
        raise RuntimeError("the effect did not work")

    @conversation("coffee")
    async def breaking(chat: Chat) -> None:
        await chat.ask("a", Text())
        await chat.once("kept", broken)

    talking = await started(of=breaking)
    before = talking.talk.answers.copy()
    with pytest.raises(RuntimeError):
        await talking.hear("satu")
    assert "kept" not in talking.talk.answers
    assert before == {}


@pytest.mark.asyncio
async def test_forget_is_told_to_the_caller() -> None:
    @conversation("coffee")
    async def child(chat: Chat) -> None:
        await chat.ask("a", Text())
        await chat.forget()
        await chat.say("bye")

    talking = await started(of=child)
    turn = await talking.hear("satu")
    assert (turn.forget, keys(turn)) == (True, ["bye"])


@pytest.mark.asyncio
async def test_an_exact_question_keeps_proof_of_its_text() -> None:
    proofs = []

    @conversation("coffee")
    async def consent(chat: Chat) -> None:
        await chat.choose("consent", ["agree", "refuse"], exact=True)
        proofs.append(chat.proof("consent"))

    talking = await started(of=consent)
    await talking.hear("agreed to nothing")
    assert not proofs
    await talking.hear("agree", message="m-yes")
    assert proofs == [{"channel": "telegram", "message": "m-yes", "language": "id", "hash": "hash of consent"}]


@pytest.mark.asyncio
async def test_words_behind_the_command_answer_where_they_fit_and_are_asked_where_not() -> None:
    @conversation("coffee")
    async def given(chat: Chat) -> None:
        await chat.choose("kind", ["milk", "tea"], given=chat.given)
        await chat.ask("name", Text())

    for words, asked in (("milk", "?name"), ("beer", "?kind")):
        assert keys(await Talking(given).begin(words))[-1] == asked


# Releases


@pytest.mark.asyncio
async def test_a_question_that_a_release_inserts_is_asked_of_who_is_half_way() -> None:
    @conversation("coffee", keeps=True)
    async def longer(chat: Chat) -> None:
        await chat.ask("name", Text(2, 40))
        await chat.ask("nickname", Text())
        await chat.choose("kind", list(SIZES))

    talking = await started("Peserta 01")
    talking.restart(longer)
    turn = await talking.hear("milk")
    assert keys(turn) == ["new_question", "?nickname"]
    assert turn.diverged == "kind"
    assert keys(await talking.hear("Satu")) == ["?kind"]


@pytest.mark.asyncio
async def test_a_question_inserted_before_what_has_happened_takes_its_default() -> None:
    @conversation("coffee", keeps=True)
    async def longer(chat: Chat) -> None:
        await chat.ask("name", Text(2, 40))
        sugar = await chat.ask("sugar", Text(), default="none")
        kind = await chat.choose("kind", list(SIZES))
        await chat.choose("size", SIZES[kind], about=kind)
        await chat.ask("note", Text(2), optional=True)
        await chat.review("review")
        await chat.once("order", lambda rows: _keep(rows, chat.answers))
        await chat.choose("again", ["yes", "no"])
        await chat.say("sugar", sugar=sugar)

    talking = await started(*filled())
    await talking.hear(token="review|send")
    talking.restart(longer)
    turn = await talking.hear("no")
    assert keys(turn) == ["sugar"]
    assert turn.parts[0].values == {"sugar": "none"}
    assert len(talking.rows) == 1


@pytest.mark.asyncio
async def test_a_question_that_is_gone_is_diverged_and_never_silent() -> None:
    @conversation("coffee", keeps=True)
    async def shorter(chat: Chat) -> None:
        await chat.ask("name", Text(2, 40))
        await chat.ask("note", Text(2), optional=True)

    talking = await started("Peserta 01")
    talking.restart(shorter)
    turn = await talking.hear("milk")
    assert (turn.diverged, keys(turn)) == ("kind", ["new_question", "?note"])

    @conversation("coffee", keeps=True)
    async def shortest(chat: Chat) -> None:
        await chat.ask("name", Text(2, 40))
        await chat.say("over")

    ended = await started("Peserta 01")
    ended.restart(shortest)
    turn = await ended.hear("milk")
    assert turn.diverged == "kind"


# What an author may not do


@pytest.mark.asyncio
async def test_a_foreign_await_fails_loudly() -> None:
    @conversation("coffee")
    async def sleepy(chat: Chat) -> None:
        await asyncio.sleep(1)

    with pytest.raises(ForeignAwait, match="coffee"):
        await Talking(sleepy).begin()


@pytest.mark.asyncio
async def test_the_same_name_twice_fails_loudly() -> None:
    @conversation("coffee")
    async def twice(chat: Chat) -> None:
        await chat.ask("name", Text())
        await chat.ask("name", Text())

    talking = Talking(twice)
    await talking.begin()
    with pytest.raises(AskedTwice, match="name"):
        await talking.hear("satu")


@pytest.mark.asyncio
async def test_chance_and_time_are_the_same_in_every_replay() -> None:
    drawn: set[float] = set()

    @conversation("coffee")
    async def lottery(chat: Chat) -> None:
        drawn.add(chat.random.random())
        await chat.ask("a", Text())
        await chat.ask("b", Text())

    await started("satu", "dua", of=lottery)
    assert len(drawn) == 1


# Whatever happens

TEXTS = (
    "Peserta 01", "milk", "tea", "black", "small", "large", "pot", "tanpa gula", "1", "2", "3", "9", "ubah 1", "ubah 2",
    "ubah 3", "kembali", "lewati", "ya", "tidak", "no", "send", "kirim", "entah", "halo", "batal", "menu", "bantuan",
    "terima kasih", "👍", "",
)  # fmt: skip
TOKENS = (
    "name|x", "kind|milk", "kind|tea", "kind|black", "size|small", "size|cup", "size|huge", f"size|{BACK}",
    f"note|{SKIP}", f"note|{BACK}", "review|send", "again|yes", f"kind|{DONE}", "gone|1",
)  # fmt: skip
WAITS = st.sampled_from([0, 1, 500, 5_000, 2 * HOUR])
STEP = st.one_of(
    st.builds(lambda text, after: {"text": text, "after": after}, st.sampled_from(TEXTS), WAITS),
    st.builds(lambda token, after: {"token": token, "after": after}, st.sampled_from(TOKENS), WAITS),
    st.builds(
        lambda text, message: {"text": text, "kind": "edited", "message": message},
        st.sampled_from(TEXTS),
        st.sampled_from([f"m{number}" for number in range(1, 8)]),
    ),
    st.builds(lambda kind: {"kind": kind}, st.sampled_from(["photo", "sticker", "contact", "location", "other"])),
)
STEPS = st.lists(STEP, max_size=25)


async def _played(
    steps: Sequence[Mapping[str, Any]], before: Callable[[Talking], None] = lambda talking: None
) -> tuple[list[Any], list[Any]]:
    """States and turns after each step; it begins anew where the conversation has ended."""
    talking = Talking(coffee)
    states: list[Any] = []
    turns: list[Any] = []
    turn = await talking.begin()
    for step in steps:
        before(talking)
        if turn.asked is None and not turn.silent:
            talking.talk = replace(talking.talk, answers={}, pending=None, failed=0, given="")
            turn = await talking.begin()
        turn = await talking.hear(**step)
        states.append(msgspec.json.encode(talking.state))
        turns.append((keys(turn), turn.note, turn.silent, turn.edits, turn.command, turn.then))
    return states, turns


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_any_sequence_with_a_restart_before_every_message_is_the_same(steps: list[dict[str, Any]]) -> None:
    # No restart falls into a batch.
    apart = [{**step, "after": step.get("after") or 1} for step in steps]
    assert asyncio.run(_played(apart)) == asyncio.run(_played(apart, Talking.restart))


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_nobody_is_ever_stuck_or_left_without_a_word(steps: list[dict[str, Any]]) -> None:
    _, turns = asyncio.run(_played(steps))
    for said, note, silent, _, command, _ in turns:
        edited = silent and not note
        assert said or note or command or edited


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_an_order_is_kept_with_the_answers_that_stood_on_the_card(steps: list[dict[str, Any]]) -> None:
    talking = Talking(coffee)

    async def play() -> None:
        turn = await talking.begin()
        for step in steps:
            if turn.asked is None and not turn.silent:
                return
            turn = await talking.hear(**step)

    asyncio.run(play())
    assert len(talking.rows) <= 1
    for row in talking.rows:
        assert row["size"] in SIZES[row["kind"]]
        assert {"name", "kind", "size", "note", "review"} <= row.keys()


# What an offered change makes of an answer, and an end that takes no message


@conversation("errand")
async def errand(chat: Chat) -> None:
    """Several things at once, words to agree to, and a reason to end before anything is asked."""
    if await chat.look(_is_shut):
        return await chat.say("shut")
    await chat.choose_many("things", ["rice", "oil", "salt"])
    await chat.choose("wanted", ["all", "none"], exact=True)
    await chat.ask("name", Text(2, 40))


async def _is_shut(rows: list[Any]) -> bool:
    return "shut" in rows


@pytest.mark.asyncio
async def test_another_button_of_a_question_with_many_answers_adds_to_them() -> None:
    talking = await started(of=errand)
    await talking.hears("1 3", "all")
    offered = await talking.hear(token="things|oil")
    assert keys(offered) == ["offer_change", "?name"]
    await talking.hear("ya")
    assert talking.said["things"] == ["rice", "oil", "salt"]
    assert (await talking.hear(token="things|oil")).note == "already_noted"


@pytest.mark.asyncio
async def test_an_answer_that_was_changed_has_the_proof_of_the_change() -> None:
    talking = await started(of=errand)
    await talking.hears("1", "none")
    before = dict(talking.talk.answers["wanted"])
    await talking.hear(token="wanted|all")
    await talking.hear("ya", message="m99")
    after = talking.talk.answers["wanted"]
    assert (before["v"], after["v"], after["m"]) == ("none", "all", "m99")
    assert after["h"] == before["h"]


@pytest.mark.asyncio
async def test_a_talk_that_is_over_before_it_takes_the_message_says_why() -> None:
    talking = await started(of=errand)
    talking.rows.append("shut")
    turn = await talking.hear("1")
    assert (keys(turn), turn.asked, turn.diverged) == (["shut"], None, "things")


@pytest.mark.asyncio
async def test_a_question_asked_just_now_may_be_put_shorter() -> None:
    talking = await started(of=errand)
    turn = await talking.hear("apa ya", after=1000)
    assert turn.asked is not None
    assert turn.asked.again
    later = await talking.hear("1", after=1000)
    assert later.asked is not None
    assert not later.asked.again


# A line of the card by its name; a question about the question


@conversation("memo")
async def memo(chat: Chat) -> None:
    """A name, a size that may be left open, and a text."""
    await chat.ask("name", Text(2, 60, named=True))
    await chat.ask("size", Text(2, 60, named=True), optional=True)
    await chat.ask("body", Text(2, 200))
    await chat.review("review")


async def begun(*said: str) -> Talking:
    talking = Talking(memo, wording=Plain("name", "size", "body"), talk=Talk("t", "a", "memo"))
    await talking.begin()
    await talking.hears(*said)
    return talking


@pytest.mark.asyncio
async def test_prose_may_begin_like_a_command() -> None:
    talking = await begun("Peserta 01", "huge", "ubah label besok pagi")
    assert talking.said["body"] == "ubah label besok pagi"
    asked = await (await begun("Peserta 01")).hear("ubah label")
    assert keys(asked)[-1] == "?name"
    assert keys(await (await begun("Peserta 01")).hear("ubah entah apa")) == ["which_line", "?size"]
    assert keys(await (await begun("Peserta 01", "huge")).hear("kenapa"))[1:] == ["?body"]


@pytest.mark.asyncio
async def test_what_leaves_a_question_open_skips_it_only_where_it_may() -> None:
    assert (await begun("Peserta 01", "lupa")).said["size"] is None
    assert (await begun("Peserta 01", "nanti aja")).said["size"] is None
    assert keys(await (await begun()).hear("lupa")) == ["name.name", "?name"]
    assert (await (await begun()).hear("nanti aja")).command == "cancel"


@pytest.mark.asyncio
async def test_a_question_about_the_question_is_no_answer() -> None:
    talking = await begun("Peserta 01")
    for typed, said in {
        "kenapa ya": "size.why",
        "why": "size.why",
        "maksudnya?": "size.what",
        "??": "size.what",
    }.items():
        assert keys(await talking.hear(typed)) == [said, "?size"], typed
    assert "size" not in talking.said
    assert talking.talk.failed == 0


@pytest.mark.asyncio
async def test_two_messages_are_one_name_but_not_with_a_question() -> None:
    talking = await begun()
    await talking.hear("Peserta", after=0)
    assert keys(await talking.hear("kenapa ya", after=0)) == ["size.why", "?size"]
    assert talking.said["name"] == "Peserta"
