"""Announcements on their way, through the real bot and the sandbox: who gets one, when, and how often."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from bot.channels import Uncertain
from bot.channels.twilio_log import Told
from bot.clockwork.doubts import _found
from bot.contents import KNOCK
from bot.records import announcements, roles
from bot.records.remains import Doubt
from bot.sandbox.phones import Phone
from bot.store import Tx
from bot.submissions import submissions
from tests.dialogue import TWILIO, phone_account
from tests.recipients import NUMBER, TEXT, announce, states
from tests.test_behaviour import Scene, heard, scene, words

DAY = 86_400
SHORT = {"id": TEXT}
LONG = {"id": f"{TEXT}\n\nJangan lupa bawa tas belanja."}
"""Has a line break: it goes in no template."""
pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def hall(**settings: Any) -> AsyncIterator[Scene]:
    """A bot with these settings."""
    async with scene() as on:
        if settings:
            await on.down()
            on.settings = on.settings.model_copy(update=settings)
            await on.up()
        yield on


async def rows(on: Scene, work: Callable[[sqlite3.Connection], Any]) -> None:
    """Work on the rows, as another part of the bot would; if it is up it looks at once."""
    if on.running is None:
        with closing(sqlite3.connect(on.file)) as db, db:
            work(db)
        return

    async def done(tx: Tx) -> None:
        await tx.driver(work)
        tx.wake()

    await on.running.store.run(done)


async def change(on: Scene, statement: str) -> None:
    """Change rows."""
    await rows(on, lambda db: db.execute(statement))


async def begins(on: Scene, people: Iterable[tuple[str, str]], **columns: Any) -> None:
    """An announcement to these begins to go out."""
    await rows(on, lambda db: announce(db, people, on.clock(), **columns))


async def goes_out(on: Scene, phones: Iterable[Phone], **columns: Any) -> None:
    """An announcement to these goes out, as far as it can now."""
    await begins(on, [phone_account(one, one.channel) for one in phones], **columns)
    await on.quiet()


async def written(on: Scene, phones: list[Phone], text: str = "echo a1") -> None:
    """All of these have written."""
    for phone in phones:
        await phone.type(text)
    await on.settled(*phones)


def told(phone: Phone) -> list[str]:
    """The announcements that a phone has."""
    return [text for text in heard(phone) if TEXT.split()[0] in text and "PGM-" in text]


async def approved(on: Scene, *keys: str) -> None:
    """Content templates that Meta has approved, at Twilio and in our table."""
    made: list[tuple[Any, ...]] = []
    for one in submissions(words()):
        if one.key in keys and one.language == "id":
            sid = f"HX{len(made):032x}"
            on.sandbox.template(sid, dict(one.types), approved=True, variables=dict(one.samples))
            made.append((sid, one.key, one.language, "text", one.name, one.body, one.text_hash, True, "approved", 0, 0))
    columns = "sid, key, language, shape, name, body, text_hash, latest, status, created_at, checked_at"
    await rows(on, lambda db: db.executemany(f"INSERT INTO contents ({columns}) VALUES ({', '.join('?' * 11)})", made))


# Who gets it


async def test_everybody_gets_it_once_and_it_is_done() -> None:
    async with hall() as on:
        phones = await on.phones(3) + await on.phones(2, "whatsapp")
        await written(on, phones)
        await goes_out(on, phones)
        assert [len(told(phone)) for phone in phones] == [1] * 5
        assert states(on.file) == {"sent": 5}
        assert on.sql("SELECT state FROM announcements") == "done"
        await on.down()
        await on.up()
        await on.quiet()
        assert [len(told(phone)) for phone in phones] == [1] * 5


async def test_who_stops_between_planning_and_sending_gets_nothing() -> None:
    async with hall() as on:
        phones = await on.phones(2)
        await written(on, phones)
        await goes_out(on, phones, state="paused")
        await phones[0].type("berhenti")
        await on.settled(phones[0])
        await change(on, "UPDATE announcements SET state = 'sending'")
        await on.quiet()
        assert [len(told(phone)) for phone in phones] == [0, 1]
        assert states(on.file) == {"sent": 1, "skipped stopped": 1}


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM persons WHERE id IN (SELECT person_id FROM deliveries WHERE account_id IN {first})", "deleted"),
        ("UPDATE subscriptions SET wanted = false WHERE account_id IN {first}", "no_opt_in"),
        ("UPDATE accounts SET reachable = 'blocked' WHERE id IN {first}", "blocked"),
        ("UPDATE accounts SET reachable = 'unreachable' WHERE id IN {first}", "unreachable"),
    ],
)  # fmt: skip
async def test_what_has_changed_since_the_planning_is_looked_at(statement: str, reason: str) -> None:
    async with hall() as on:
        phones = await on.phones(2)
        await written(on, phones)
        await goes_out(on, phones, state="paused")
        await change(on, statement.format(first="(SELECT min(account_id) FROM deliveries)"))
        await change(on, "UPDATE announcements SET state = 'sending'")
        await on.quiet()
        assert states(on.file) == {"sent": 1, f"skipped {reason}": 1}


async def test_quiet_hours_wait_for_the_morning_and_safety_does_not() -> None:
    async with hall() as on:
        phones = await on.phones(2)
        await written(on, phones)
        await on.wait(12 * 3600)
        await goes_out(on, phones)
        await goes_out(on, phones[:1], number="PGM-SAFE2", category="safety")
        assert states(on.file) == {"waiting": 2}
        assert states(on.file, "PGM-SAFE2") == {"sent": 1}
        await on.wait(10 * 3600 + 60)
        assert states(on.file) == {"sent": 2}


async def test_safety_that_runs_into_quiet_hours_is_on_record_as_one_that_begins_in_them_is() -> None:
    exempt = "SELECT count(*) FROM audit WHERE action = 'announce_in_quiet_hours' AND object = '{}'"
    async with hall() as on:
        phones = await on.phones(4)
        await written(on, phones)
        await begins(on, [phone_account(one, "telegram") for one in phones[:3]], category="safety", state="paused")
        await begins(on, [phone_account(phones[3], "telegram")], number="PGM-EVENT", category="event")
        later = "UPDATE deliveries SET due_at = due_at + {} WHERE announcement = '{}' AND id > 1"
        await change(on, later.format(12 * 3600_000, NUMBER))
        await change(on, "UPDATE announcements SET state = 'sending'")
        await on.quiet()
        assert states(on.file) == {"sent": 1, "waiting": 2}
        assert on.sql(exempt.format(NUMBER)) == 0, "by day nothing is exempt"
        await change(on, f"UPDATE deliveries SET due_at = due_at + 3600000 WHERE announcement = '{NUMBER}' AND id = 3")
        await on.wait(12 * 3600 + 1)
        assert states(on.file) == {"sent": 2, "waiting": 1}
        assert on.sql(exempt.format(NUMBER)) == 1
        await on.down()
        await on.up()
        await on.wait(3600)
        assert states(on.file) == {"sent": 3}
        assert on.sql(exempt.format(NUMBER)) == 1, "once, also after a restart"
        assert on.sql(exempt.format("PGM-EVENT")) == 0
        assert on.sql("SELECT actor || purpose FROM audit WHERE action = 'announce_in_quiet_hours'") == "PTG-TESTsafety"


# Staff steer it


async def test_pause_goes_on_and_cancel_ends_it() -> None:
    async with hall(telegram_rate=100) as on:
        people = [("telegram", str(50_000_000 + one)) for one in range(120)]
        await begins(on, people)
        await on.until(lambda: on.sql("SELECT count(*) FROM deliveries WHERE state = 'failed'") > 5)
        await change(on, "UPDATE announcements SET state = 'paused'")
        await on.quiet()
        done = on.sql("SELECT count(*) FROM deliveries WHERE state = 'failed'")
        assert 5 < done < 120, "nobody is at these numbers: what was sent has failed"
        await asyncio.sleep(0.3)
        assert states(on.file) == {"failed invalid": done, "waiting": 120 - done}
        await change(on, "UPDATE announcements SET state = 'sending'")
        await on.until(lambda: on.sql("SELECT count(*) FROM deliveries WHERE state = 'failed'") > done + 5)
        await change(on, f"UPDATE announcements SET state = 'cancelled', ended_at = {on.clock()}")
        await on.quiet()
        found = states(on.file)
        assert found["failed invalid"] + found["dropped cancelled"] == 120
        assert found["dropped cancelled"] > 0


async def test_what_is_held_is_dropped_with_the_rest() -> None:
    async with hall() as on:
        phones = await on.phones(3, "whatsapp")
        await goes_out(on, phones)
        await goes_out(on, phones, number="PGM-STAY2")
        assert states(on.file) == {"held window": 3}
        assert on.sql("SELECT sum(held) FROM accounts") == 6
        await change(
            on, f"UPDATE announcements SET state = 'cancelled', ended_at = {on.clock()} WHERE number = '{NUMBER}'"
        )
        await on.quiet()
        assert states(on.file) == {"dropped cancelled": 3}
        assert states(on.file, "PGM-STAY2") == {"held window": 3}
        assert on.sql("SELECT sum(held) FROM accounts") == 3


async def test_two_at_once_share_the_pace() -> None:
    async with hall(telegram_rate=100) as on:
        people = [("telegram", str(50_000_000 + one)) for one in range(240)]
        await begins(on, people[:200], state="paused")
        await begins(on, people[200:], number="PGM-NEWER", state="paused")
        await change(on, "UPDATE announcements SET state = 'sending'")
        await on.until(lambda: states(on.file, "PGM-NEWER") == {"failed invalid": 40})
        order = ["NEWER" in call.params["text"] for call in on.sandbox.calls("sendMessage")]
        assert 70 <= max(at for at, newer in enumerate(order) if newer) <= 90
        await on.until(lambda: states(on.file) == {"failed invalid": 200})


async def test_telegram_is_never_told_too_much_and_who_chats_is_answered_meanwhile() -> None:
    async with hall() as on:
        people, chatting = await on.phones(70), await on.phones(4)
        await written(on, [*people, *chatting])
        on.sandbox.limits.on = True
        await begins(on, [phone_account(one, "telegram") for one in people])
        round_trips = 0
        while states(on.file) != {"sent": 70}:
            round_trips += 1
            for phone in chatting:
                await phone.type(f"echo b{round_trips}")
            wanted = f"ECHO b{round_trips}"
            await on.until(lambda wanted=wanted: all(wanted in heard(phone) for phone in chatting), 1)  # type: ignore[misc]
            await asyncio.sleep(0.3)
        assert round_trips > 3
        assert not [call for call in on.sandbox.calls("sendMessage") if call.status == 429]
        assert [len(told(phone)) for phone in people] == [1] * 70


# WhatsApp's window and tier


async def test_a_window_that_has_closed_since_the_planning() -> None:
    async with hall() as on:
        await approved(on, "mart_info", KNOCK)
        phones = await on.phones(2, "whatsapp")
        await written(on, phones)
        await goes_out(on, phones[:1], state="paused", texts=SHORT)
        await goes_out(on, phones[1:], number="PGM-LONG2", state="paused", texts=LONG)
        await on.wait(DAY + 60)
        await change(on, "UPDATE announcements SET state = 'sending'")
        await on.quiet()
        assert states(on.file) == {"sent": 1}
        assert on.sql(f"SELECT way FROM deliveries WHERE announcement = '{NUMBER}'") == "template"
        assert TEXT in heard(phones[0])[-1]
        assert states(on.file, "PGM-LONG2") == {"held knocked": 1}
        assert "LIHAT" in heard(phones[1])[-1]
        assert on.sql("SELECT group_concat(state) FROM announcements") == "done,done"
        charged = on.sandbox.prices
        await phones[1].type("LIHAT")
        await on.settled(phones[1])
        assert heard(phones[1])[-2] == "Ini pengumumannya, Kak 👇"
        assert "tas belanja" in heard(phones[1])[-1]
        assert states(on.file, "PGM-LONG2") == {"sent": 1}
        assert on.sandbox.prices == charged, "an answer costs nothing"
        await phones[1].type("lihat")
        await on.settled(phones[1])
        assert "Ini pengumumannya, Kak 👇" not in heard(phones[1])[-1], "nothing is held any more"


async def test_without_any_template_it_waits_for_the_person_whatever_they_write() -> None:
    async with hall() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await goes_out(on, [phone], state="sending")
        assert (states(on.file), heard(phone)) == ({"held window": 1}, [])
        # In quiet hours, too: they have written.
        await on.wait(13 * 3600)
        await phone.type("echo a1")
        await on.settled(phone)
        assert [heard(phone)[0], len(told(phone))] == ["ECHO a1", 1]
        assert heard(phone)[1:] == told(phone)
        assert states(on.file) == {"sent": 1}


async def test_who_answers_a_knock_with_berhenti_is_sent_nothing() -> None:
    async with hall() as on:
        await approved(on, KNOCK)
        (phone,) = await on.phones(1, "whatsapp")
        await goes_out(on, [phone])
        assert states(on.file) == {"held knocked": 1}
        await phone.type("berhenti")
        await on.settled(phone)
        assert told(phone) == []
        assert states(on.file) == {"skipped stopped": 1}


async def test_412_people_and_a_tier_of_250() -> None:
    async with hall(whatsapp_tier=250) as on:
        await approved(on, "mart_info", "mart_promo")
        phones = await on.phones(412, "whatsapp")
        await goes_out(on, phones, texts=SHORT)
        assert states(on.file) == {"sent": 250, "waiting limit": 162}
        assert on.sandbox.prices == {"utility": 250}
        await goes_out(on, phones[400:], number="PGM-PROMO", category="mart_promo", ends_at=on.clock() + 20 * 3_600_000)
        assert states(on.file, "PGM-PROMO") == {"waiting limit": 12}
        await on.down()
        await on.up()
        await on.wait(21 * 3600)
        assert states(on.file, "PGM-PROMO") == {"dropped over": 12}
        assert states(on.file) == {"sent": 250, "waiting limit": 162}
        await on.wait(3 * 3600 + 120)
        assert states(on.file) == {"sent": 412}
        assert [len(told(phone)) for phone in phones] == [1] * 412


async def test_a_window_that_whatsapp_finds_closed_waits_for_a_place_as_any_other_does() -> None:
    """And is told of as that, not as quiet hours; who writes meanwhile gets it free."""
    async with hall(whatsapp_tier=1) as on:
        await approved(on, "mart_info")
        phones = await on.phones(2, "whatsapp")
        await written(on, phones)
        on.sandbox.fault("twilio", "messages.create", error_code=63016, times=2)
        await goes_out(on, phones, texts=SHORT)
        await on.until(lambda: states(on.file) == {"sent": 1, "waiting limit": 1})
        (left,) = [phone for phone in phones if not told(phone)]
        await on.wait(DAY / 2)
        await written(on, [left], "echo a2")
        await on.wait(DAY / 2 + 120)
        assert states(on.file) == {"sent": 2}
        assert on.sql("SELECT way FROM deliveries WHERE way <> 'template'") == "free"


async def test_who_has_written_needs_no_place_in_the_tier() -> None:
    async with hall(whatsapp_tier=1) as on:
        await approved(on, "mart_info")
        phones = await on.phones(4, "whatsapp")
        await written(on, phones[2:])
        await goes_out(on, phones, texts=SHORT)
        assert states(on.file) == {"sent": 3, "waiting limit": 1}
        assert sum(len(told(phone)) for phone in phones[:2]) == 1
        # A second one to the same person takes no second place.
        (reached,) = [phone for phone in phones[:2] if told(phone)]
        await goes_out(on, [reached], number="PGM-AGAIN", texts=SHORT)
        assert states(on.file, "PGM-AGAIN") == {"sent": 1}


async def test_what_had_its_place_in_the_tier_waits_for_the_provider_and_for_no_new_day() -> None:
    async with hall(whatsapp_tier=1) as on:
        await approved(on, "mart_info")
        phones = await on.phones(2, "whatsapp")
        await goes_out(on, phones, texts=SHORT)
        assert states(on.file) == {"sent": 1, "waiting limit": 1}
        on.sandbox.fault("twilio", "messages.create", status=429, retry_after=30)
        await on.wait(24 * 3600 + 120)
        await on.until(lambda: states(on.file) == {"sent": 1, "waiting": 1})


# Errors


async def test_a_429_puts_everything_back_and_loses_nothing() -> None:
    async with hall() as on:
        phones = await on.phones(12)
        await written(on, phones)
        on.sandbox.fault("telegram", "sendMessage", status=429, retry_after=1, times=2)
        await goes_out(on, phones)
        await on.wait(2)
        await on.until(lambda: states(on.file) == {"sent": 12})
        assert [len(told(phone)) for phone in phones] == [1] * 12


async def test_what_is_marked_waits_in_the_table_while_the_provider_wants_to_be_left_alone() -> None:
    async with hall() as on:
        phones = await on.phones(12)
        await written(on, phones)
        on.sandbox.fault("telegram", "sendMessage", status=429, retry_after=30)
        await goes_out(on, phones)
        await on.until(lambda: states(on.file) == {"waiting": 12})
        assert len(on.sandbox.calls("sendMessage")) < 12 + 6, "two were enough to see it"


async def test_63018_stops_templates_for_a_while_and_nothing_else() -> None:
    async with hall() as on:
        await approved(on, "mart_info")
        phones = await on.phones(4, "whatsapp")
        await written(on, phones[2:])
        on.sandbox.fault("twilio", "messages.create", status=400, error_code=63018, times=1)
        await goes_out(on, phones[:1], texts=SHORT)
        await goes_out(on, phones[1:], number="PGM-OTHER", texts=SHORT)
        assert states(on.file) == {"waiting limit": 1}
        assert states(on.file, "PGM-OTHER") == {"sent": 2, "waiting limit": 1}
        await on.wait(3600 + 60)
        assert states(on.file) == {"sent": 1}
        assert states(on.file, "PGM-OTHER") == {"sent": 3}


async def test_63018_that_comes_later_counts_as_well() -> None:
    async with hall() as on:
        await approved(on, "mart_info")
        phones = await on.phones(2, "whatsapp")
        on.sandbox.fault("twilio", "messages.create", error_code=63018, times=1)
        await goes_out(on, phones[:1], texts=SHORT)
        await on.until(lambda: states(on.file) == {"waiting": 1})
        await goes_out(on, phones[1:], number="PGM-OTHER", texts=SHORT)
        assert states(on.file, "PGM-OTHER") == {"waiting limit": 1}
        await on.wait(3600 + 60)
        assert (states(on.file), states(on.file, "PGM-OTHER")) == ({"sent": 1}, {"sent": 1})


async def test_who_has_blocked_the_bot_is_not_tried_again() -> None:
    async with hall() as on:
        phones = await on.phones(2)
        await written(on, phones)
        await change(on, "UPDATE accounts SET reachable = 'ok'")
        on.sandbox.fault(
            "telegram", "sendMessage", status=403, description="Forbidden: bot was blocked by the user", times=1
        )
        await goes_out(on, phones)
        assert states(on.file) == {"sent": 1, "failed blocked": 1}
        await goes_out(on, phones, number="PGM-NEXT2")
        assert states(on.file, "PGM-NEXT2") == {"sent": 1, "skipped blocked": 1}


async def test_what_may_have_arrived_never_goes_again() -> None:
    async with hall() as on:
        phones = await on.phones(2)
        await written(on, phones)
        on.sandbox.fault("telegram", "sendMessage", close=True, executed=True, times=1)
        await goes_out(on, phones)
        assert states(on.file) == {"sent": 1, "uncertain no_answer": 1}
        assert [len(told(phone)) for phone in phones] == [1, 1]
        assert on.sql("SELECT state FROM announcements") == "done"


async def test_what_surely_did_not_arrive_goes_again() -> None:
    async with hall() as on:
        phones = await on.phones(2)
        await written(on, phones)
        on.sandbox.fault("telegram", "sendMessage", status=502, times=1)
        await goes_out(on, phones)
        await on.wait(5)
        await on.until(lambda: states(on.file) == {"sent": 2})
        assert [len(told(phone)) for phone in phones] == [1, 1]


@pytest.mark.parametrize(
    ("code", "state", "reachable"),
    [
        (63024, "failed invalid", "invalid"),
        (63033, "failed blocked", "blocked"),
        (21610, "failed stopped", "ok"),
        (63013, "held window", "ok"),
        (63049, "waiting", "ok"),
        (63009, "waiting", "ok"),
        (11111, "failed provider", "ok"),
    ],
)
async def test_what_twilio_tells_later(code: int, state: str, reachable: str) -> None:
    async with hall() as on:
        await approved(on, "mart_info")
        (phone,) = await on.phones(1, "whatsapp")
        on.sandbox.fault("twilio", "messages.create", error_code=code, times=1)
        await goes_out(on, [phone], texts=SHORT)
        await on.until(lambda: states(on.file) == {state: 1})
        assert on.sql("SELECT reachable FROM accounts") == reachable
        if code == 21610:
            assert on.sql("SELECT min(paused) FROM subscriptions") == 1
            assert on.sql("SELECT count(*) FROM consents WHERE state = 'withdrawn'") == 2
        if state == "waiting":
            await on.wait(DAY)
            await on.quiet()
            assert states(on.file) == {"sent": 1}
            assert len(told(phone)) == 1


async def test_a_window_that_twilio_finds_closed() -> None:
    async with hall() as on:
        await approved(on, "mart_info")
        (phone,) = await on.phones(1, "whatsapp")
        await written(on, [phone])
        on.sandbox.fault("twilio", "messages.create", error_code=63016, times=1)
        await goes_out(on, [phone], texts=SHORT)
        await on.until(lambda: on.sql("SELECT way FROM deliveries") == "template")
        await on.quiet()
        assert states(on.file) == {"sent": 1}
        assert len(told(phone)) == 1


async def test_what_became_of_it_is_kept_out_of_order_and_twice() -> None:
    async with hall() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await written(on, [phone])
        on.sandbox.world.settings.statuses = ("queued", "read", "delivered", "delivered", "sent")
        # The status is there before the answer that names the message.
        on.sandbox.fault("twilio", "messages.create", delay_ms=0, executed=False, times=0)
        await goes_out(on, [phone])
        await on.until(lambda: on.sql("SELECT delivery FROM deliveries") == "read")
        await asyncio.sleep(0.2)
        assert on.sql("SELECT delivery || state FROM deliveries") == "readsent"


async def _looked_after(on: Scene) -> None:
    """Whoever has an account lives where a coordinator works."""
    values = "(id, channel, external_id, created_at) VALUES ('K1', 'telegram', '9000001', 0)"
    await change(on, "INSERT INTO account_persons SELECT id, person_id, 0 FROM accounts")
    await change(on, f"INSERT INTO accounts {values}")
    assert on.running is not None
    await on.running.store.run(lambda tx: roles.add(tx, "K1", "coordinator", "33.07"))


async def test_failures_on_five_days_make_an_address_unreachable_until_the_person_writes() -> None:
    async with hall() as on:
        await approved(on, "mart_info")
        (phone,) = await on.phones(1, "whatsapp")
        on.sandbox.fault("twilio", "messages.create", error_code=11111)
        for day in range(1, 6):
            for number in (f"PGM-DAY{day}", f"PGM-TWO{day}")[: 2 if day < 5 else 1]:
                await goes_out(on, [phone], number=number, texts=SHORT)
                await on.until(lambda number=number: states(on.file, number) == {"failed provider": 1})  # type: ignore[misc]
            known = "SELECT failures || reachable FROM accounts WHERE channel = 'whatsapp'"
            assert on.sql(known) == f"{day}{'ok' if day < 5 else 'unreachable'}"
            if day == 1:
                await _looked_after(on)
            assert on.sql("SELECT count(*) FROM outbox WHERE template LIKE 'tidings%'") == 0 or day == 5
            await on.wait(DAY)
        await on.until(lambda: on.sql("SELECT template FROM outbox WHERE account_id = 'K1'") == "tidings.unreachable")
        on.sandbox.heal()
        await goes_out(on, [phone], number="PGM-LATE2", texts=SHORT)
        assert states(on.file, "PGM-LATE2") == {"skipped unreachable": 1}
        await written(on, [phone])
        assert on.sql(known) == "0ok"
        await goes_out(on, [phone], number="PGM-BACK2", texts=SHORT)
        assert states(on.file, "PGM-BACK2") == {"sent": 1}


async def test_an_answer_on_telegram_starts_the_count_anew() -> None:
    async with hall() as on:
        (phone,) = await on.phones(1)
        await written(on, [phone])
        for failures, reachable in ((2, "ok"), (5, "unreachable")):
            await change(
                on, f"UPDATE accounts SET failures = {failures}, failed_on = '2040-01-01', reachable = '{reachable}'"
            )
            await written(on, [phone])
            assert on.sql("SELECT failures || failed_on || reachable FROM accounts") == "0ok"


# Restarts


async def test_what_a_crash_finds_on_its_way_is_not_sent_again() -> None:
    async with hall() as on:
        await approved(on, KNOCK)
        telegram, whatsapp = await on.phones(2), await on.phones(1, "whatsapp")
        await written(on, telegram)
        await on.down()
        everybody = [phone_account(one, one.channel) for one in (*telegram, *whatsapp)]
        await begins(on, everybody, texts=LONG)
        await change(
            on, "UPDATE deliveries SET state = 'sending' WHERE account_id LIKE 'telegram%' OR channel = 'telegram'"
        )
        await change(on, "UPDATE deliveries SET state = 'sending', way = 'knock' WHERE channel = 'whatsapp'")
        await on.up()
        await on.quiet()
        assert states(on.file) == {"uncertain no_answer": 2, "held knocked": 1}
        assert [told(phone) for phone in telegram] == [[], []]
        await whatsapp[0].type("lihat")
        await on.settled(whatsapp[0])
        assert len(told(whatsapp[0])) == 1, "the knock may not have arrived, but this surely had not gone"


async def test_a_stop_in_good_order_leaves_nothing_in_doubt() -> None:
    async with hall() as on:
        phones = await on.phones(40)
        await written(on, phones)
        await begins(on, [phone_account(one, "telegram") for one in phones])
        await on.until(lambda: sum(len(told(phone)) for phone in phones) > 5)
        await on.down()
        found = states(on.file)
        assert set(found) == {"sent", "waiting"}
        await on.up()
        await on.until(lambda: states(on.file) == {"sent": 40})
        assert [len(told(phone)) for phone in phones] == [1] * 40


async def test_twilio_is_asked_about_what_is_in_doubt() -> None:
    async with hall() as on:
        phones = await on.phones(3, "whatsapp")
        await written(on, phones)
        on.sandbox.fault("twilio", "messages.create", close=True, executed=True, times=1)
        await goes_out(on, phones[:1])
        on.sandbox.fault("twilio", "messages.create", close=True, times=1)
        await goes_out(on, phones[1:2], number="PGM-NEVER")
        await goes_out(on, phones[2:], number="PGM-OTHER")
        assert states(on.file) == states(on.file, "PGM-NEVER") == {"uncertain no_answer": 1}
        assert await on.bot.doubts.once() == 2
        await on.quiet()
        assert states(on.file) == {"sent": 1}
        assert states(on.file, "PGM-NEVER") == {"failed provider": 1}
        await on.until(lambda: on.sql(f"SELECT delivery FROM deliveries WHERE announcement = '{NUMBER}'") == "read")
        assert await on.bot.doubts.once() == 0
        assert [len(told(phone)) for phone in phones] == [1, 0, 1]
        assert on.sandbox.world.settings.twilio_sid == TWILIO


TWO_PARTS = {"id": f"{TEXT} " + "a" * 1500 + "\n\nTas belanja jangan lupa dibawa. " + "b" * 200}


def parts(phone: Phone) -> list[str]:
    """The parts of a long announcement that somebody has, by what stands in them."""
    return [one for text in heard(phone) for one in (TEXT, "Tas belanja") if one in text]


async def once_more(on: Scene) -> None:
    """Staff let go what did not arrive."""
    await change(on, f"UPDATE announcements SET again_at = {on.clock()} WHERE number = '{NUMBER}'")
    await on.quiet()
    assert on.sql("SELECT again_at FROM announcements") is None


@pytest.mark.parametrize("times", [1, 2])
async def test_only_the_parts_that_did_not_arrive_are_tried_again(times: int) -> None:
    async with hall() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await written(on, [phone])
        on.sandbox.fault("twilio", "messages.create", error_code=11111, times=times)
        await goes_out(on, [phone], texts=TWO_PARTS)
        await on.until(lambda: states(on.file) == {"failed provider": 1})
        await on.until(lambda: on.sql("SELECT provider_id FROM deliveries").startswith("-") or times == 2)
        await on.until(lambda: on.sql("SELECT provider_id FROM deliveries") == "" or times == 1)
        assert parts(phone) == ["Tas belanja"][times - 1 :]
        await once_more(on)
        await on.until(lambda: states(on.file) == {"sent": 1})
        assert sorted(parts(phone)) == [TEXT, "Tas belanja"]


async def test_who_has_a_part_gets_the_rest_when_they_write_and_not_the_whole_in_another_way() -> None:
    async with hall() as on:
        await approved(on, "mart_info", KNOCK)
        (phone,) = await on.phones(1, "whatsapp")
        await written(on, [phone])
        on.sandbox.fault("twilio", "messages.create", error_code=11111, times=1)
        await goes_out(on, [phone], texts=TWO_PARTS)
        await on.until(lambda: states(on.file) == {"failed provider": 1})
        await on.wait(DAY + 60)
        await once_more(on)
        assert states(on.file) == {"held window": 1}
        assert parts(phone) == ["Tas belanja"]
        await written(on, [phone], "echo a2")
        await on.until(lambda: states(on.file) == {"sent": 1})
        assert parts(phone) == ["Tas belanja", TEXT]


@pytest.mark.parametrize(
    ("doubtful", "executed", "then"),
    [(1, True, "failed provider"), (1, False, "failed provider"), (2, True, "sent"), (2, False, "failed provider")],
)
async def test_of_several_parts_in_doubt_only_those_go_again_that_twilio_has_never_seen(
    doubtful: int, executed: bool, then: str
) -> None:
    """The number of the announcement stands in the last one alone."""
    async with hall() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await written(on, [phone])
        on.sandbox.fault("twilio", "messages.create", close=True, executed=executed, skip=doubtful - 1, times=1)
        await goes_out(on, [phone], texts=TWO_PARTS)
        await on.until(lambda: states(on.file) == {"uncertain no_answer": 1})
        assert await on.bot.doubts.once() == 1
        await on.quiet()
        assert states(on.file) == {then: 1}
        had = parts(phone)
        assert had == [TEXT, "Tas belanja"][: doubtful - (not executed)]
        await once_more(on)
        await on.until(lambda: states(on.file) == {"sent": 1})
        assert parts(phone) == [TEXT, "Tas belanja"]


@pytest.mark.parametrize(
    ("known", "log", "ids"),
    [
        ("", [("SM1", "Halo PGM-TEST2", "read")], ["SM1", "-"]),
        ("", [("SM1", "Halo  PGM-TEST2 ", "read"), ("SM2", "", "sent")], ["SM1", "SM2"]),
        ("SM1", [("SM1", "Halo PGM-TEST2", "read"), ("SM2", "", "undelivered")], ["SM1", "-"]),
        ("- SM2", [("SM2", "", "read"), ("SM0", "Hello PGM-TEST2", "read")], ["SM0", "SM2"]),
        ("", [("SM7", "Lain", "read")], ["-", "-"]),
    ],
)
async def test_a_file_behind_its_words_is_looked_for_like_any_part(
    known: str, log: list[tuple[str, str, str]], ids: list[str]
) -> None:
    doubt = Doubt(1, NUMBER, "+628", "id", "free", 0, known, 0)
    assert _found(doubt, [f"Halo {NUMBER}", ""], [Told(sid, words, state, "") for sid, words, state in log]) == ids


async def test_one_that_twilio_does_not_answer_for_keeps_it_from_no_other() -> None:
    async with hall() as on:
        phones = await on.phones(2, "whatsapp")
        await written(on, phones)
        on.sandbox.fault("twilio", "messages.create", close=True, executed=True, times=2)
        await goes_out(on, phones)
        await on.until(lambda: states(on.file) == {"uncertain no_answer": 2})
        on.sandbox.fault("twilio", "messages.list", status=400, error_code=21211, times=1)
        with pytest.raises(Uncertain):
            await on.bot.doubts.once()
        await on.quiet()
        assert states(on.file) == {"uncertain no_answer": 1, "sent": 1}
        assert await on.bot.doubts.once() == 1
        assert states(on.file) == {"sent": 2}


# Corrections


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 3), (3, 1)])
async def test_a_correction_takes_the_place_of_what_was_wrong_on_telegram(before: int, after: int) -> None:
    async with hall() as on:
        phones = await on.phones(2)
        await written(on, phones)
        wrong, right = (
            {"id": (f"{word} " * 700 * (parts - 1)) + word} for word, parts in (("lama", before), ("baru", after))
        )
        await goes_out(on, phones[:1], texts=wrong)
        was = [message.id for message in phones[0].chat if message.side == "bot"]
        assert len(was) == 1 + before
        await goes_out(on, phones, number="PGM-RIGHT", texts=right, corrects=NUMBER)
        assert states(on.file, "PGM-RIGHT") == {"sent": 2}
        chat = [message for message in phones[0].chat if message.side == "bot"]
        assert [message.id for message in chat][: len(was)] == was
        assert len(chat) == 1 + max(before, after) + 1
        assert not any("lama" in message.text for message in chat)
        assert all(message.edited for message in chat[1 : 1 + before])
        assert sum("betulkan" in message.text for message in chat) == 1 + max(0, before - after)
        assert "betulkan" not in heard(phones[1])[-1], "who never had the wrong one gets the right one as it is"


async def test_a_correction_that_cannot_take_the_place_comes_after_it() -> None:
    async with hall() as on:
        (phone,) = await on.phones(1)
        await written(on, [phone])
        await goes_out(on, [phone], texts={"id": "lama"})
        refused = "Bad Request: message can't be edited"
        on.sandbox.fault("telegram", "editMessageText", status=400, description=refused)
        await goes_out(on, [phone], number="PGM-RIGHT", texts={"id": "baru"}, corrects=NUMBER)
        assert ["lama" in text for text in heard(phone)[1:]] == [True, False, False]
        assert ["baru" in text for text in heard(phone)[1:]] == [False, True, False]


async def test_a_correction_is_a_message_on_whatsapp() -> None:
    async with hall() as on:
        (phone,) = await on.phones(1, "whatsapp")
        await written(on, [phone])
        await goes_out(on, [phone], texts={"id": "lama"})
        await goes_out(on, [phone], number="PGM-RIGHT", texts={"id": "baru"}, corrects=NUMBER)
        assert "baru" in heard(phone)[-1]
        assert NUMBER in heard(phone)[-1], "it says what it puts right"


async def test_who_still_waits_for_what_was_wrong_gets_the_right_words() -> None:
    async with hall() as on:
        phones = await on.phones(2, "whatsapp")
        await written(on, phones[:1])
        await goes_out(on, phones, texts={"id": "lama"})
        assert states(on.file) == {"sent": 1, "held window": 1}
        right = {"texts": {"id": "baru"}, "corrects": NUMBER}
        await goes_out(on, phones[:1], number="PGM-RIGHT", state="scheduled", **right)
        await on.bot.store.run(lambda tx: announcements.start(tx, "PGM-RIGHT"))
        await on.quiet()
        await written(on, phones[1:])
        assert states(on.file) == {"sent": 2}
        assert "lama" in heard(phones[0])[1]
        assert ["baru" in heard(phone)[-1] for phone in phones] == [True, True]
        assert not any("lama" in text for text in heard(phones[1]))
        kept = on.sql(f"SELECT json_extract(counted, '$.was.id') FROM announcements WHERE number = '{NUMBER}'")
        assert kept == "lama", "what some have read is on record"
