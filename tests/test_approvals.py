"""Templates against the sandbox: created once, submitted, followed, and replaced when their text changes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, insert, select
from twilio.rest import Client

from bot import submissions
from bot.channels import Refused, Unauthorized, Uncertain
from bot.channels.twilio_contents import TwilioContents
from bot.channels.twilio_http import TwilioHttp
from bot.channels.whatsapp import WhatsApp
from bot.clockwork.approvals import Approvals, Outcome, prepare, sync
from bot.contents import ask, choose
from bot.messages import Button
from bot.records import contents, roles
from bot.sandbox import Sandbox
from bot.schema import accounts, tidings
from bot.schema import contents as table
from bot.store import Store, Tx
from bot.submissions import Submission
from bot.texts import Texts
from tests.test_sandbox import inbox

SID = "AC00000000000000000000000000000001"
TEXTS = Texts.load(Path(__file__).parent.parent / "locales")
EVERY = submissions.submissions(TEXTS)
SOME = [
    one for one in EVERY if (one.key, one.language) in {("mart_promo", "id"), ("safety", "id"), ("buttons_2", "id")}
]
PROMO, SAFETY, _ = SOME
GIVEN = {"sender": "Mart Contoh", "text": "Beras 5 kg Rp68.000 sampai Minggu.", "number": "PGM-7K4MA"}


class Desk:
    """An operator's machine: a database, and Twilio."""

    def __init__(self, sandbox: Sandbox, database: Path) -> None:
        self.sandbox = sandbox
        self.now = 1_700_000_000_000
        self.store = Store(f"sqlite+aiosqlite:///{database}", lambda: self.now)
        self.twilio = TwilioContents(SID, "demo", sandbox.url)

    async def prepares(self, wanted: list[Submission] = SOME, **how: Any) -> Outcome:
        self.now += 1000
        return await prepare(self.store, self.twilio, wanted, **how)

    async def rows(self) -> dict[str, contents.Content]:
        return {one.name: one for one in await self.store.run(contents.every)}

    def created(self) -> int:
        return len([call for call in self.sandbox.calls("content.create") if call.status == 201])


@pytest_asyncio.fixture
async def desk(database: Path) -> AsyncIterator[Desk]:
    sandbox = await Sandbox.start(twilio_sid=SID, status_seconds=0.01)
    made = Desk(sandbox, database)
    await made.store.open()
    await made.twilio.open()
    yield made
    await made.twilio.close()
    await made.store.close()
    await sandbox.stop()


def _changed(one: Submission) -> Submission:
    body = one.body.replace("Halo Kakak", "Halo semuanya")
    return dataclasses.replace(one, types={"twilio/text": {"body": body}})


def _steps(outcome: Outcome) -> list[tuple[str, str]]:
    return [(step.what, step.name) for step in outcome.steps]


@pytest.mark.asyncio
async def test_everything_of_the_catalogues_is_made_and_approved(desk: Desk) -> None:
    desk.sandbox.world.settings.approval_seconds = 0
    outcome = await desk.prepares(EVERY)
    assert outcome.problems == []
    templates = {one.friendly_name: one for one in desk.sandbox.templates}
    assert templates.keys() == {one.name for one in EVERY}
    assert {one.approval.reason for one in templates.values()} == {""}
    approved = await desk.store.run(contents.approved)
    assert approved.keys() == {(one.key, one.language) for one in EVERY if one.category}
    shapes = await desk.store.run(contents.shapes)
    assert shapes.keys() == {(one.key, one.language) for one in EVERY if not one.category}


@pytest.mark.asyncio
async def test_twice_creates_and_submits_nothing_twice(desk: Desk) -> None:
    first = await desk.prepares()
    assert [what for what, _ in _steps(first)] == ["create", "submit", "create", "submit", "create"]
    again = await desk.prepares()
    assert _steps(again) == []
    assert (desk.created(), len(desk.sandbox.calls("content.submit"))) == (3, 2)
    assert {one.status for one in (await desk.rows()).values()} == {"pending", "unsubmitted"}


@pytest.mark.asyncio
async def test_a_dry_run_tells_and_changes_nothing(desk: Desk) -> None:
    outcome = await desk.prepares(dry_run=True)
    assert [what for what, _ in _steps(outcome)] == ["create", "create", "create"]
    assert (desk.created(), await desk.rows()) == (0, {})


@pytest.mark.asyncio
async def test_what_was_created_before_a_crash_is_found_again(desk: Desk) -> None:
    """Twilio has made it, and we do not know: the connection breaks, or the process dies before the commit."""
    desk.sandbox.fault("twilio", "content.create", executed=True, close=True, times=1)
    with pytest.raises(Uncertain):
        await desk.prepares()
    assert (len(desk.sandbox.templates), await desk.rows()) == (1, {})
    outcome = await desk.prepares()
    assert ("adopt", PROMO.name) in _steps(outcome)
    assert ("submit", PROMO.name) in _steps(outcome)
    assert len(desk.sandbox.templates) == 3
    assert len(await desk.rows()) == 3


@pytest.mark.asyncio
async def test_what_was_submitted_before_a_crash_is_not_submitted_again(desk: Desk) -> None:
    desk.sandbox.fault("twilio", "content.submit", executed=True, close=True, times=1)
    with pytest.raises(Uncertain):
        await desk.prepares()
    outcome = await desk.prepares()
    assert ("submit", PROMO.name) not in _steps(outcome)
    assert (await desk.rows())[PROMO.name].status == "pending"


@pytest.mark.asyncio
async def test_a_lost_database_is_filled_from_twilio(desk: Desk) -> None:
    desk.sandbox.world.settings.approval_seconds = 0
    await desk.prepares()
    await desk.store.run(lambda tx: contents.forget(tx, [one.sid for one in desk.sandbox.templates]))
    outcome = await desk.prepares()
    assert [what for what, _ in _steps(outcome)] == ["adopt", "adopt", "adopt"]
    assert (await desk.store.run(contents.approved)).keys() == {("mart_promo", "id"), ("safety", "id")}


@pytest.mark.asyncio
async def test_an_earlier_text_serves_until_the_new_one_is_approved(desk: Desk) -> None:
    await desk.prepares()
    desk.sandbox.review(PROMO.name)
    new = [_changed(PROMO), *SOME[1:]]
    outcome = await desk.prepares(new)
    assert _steps(outcome) == [("create", new[0].name), ("submit", new[0].name)]
    serving = (await desk.store.run(contents.approved))["mart_promo", "id"]
    assert serving.body == PROMO.body
    desk.sandbox.review(new[0].name)
    outcome = await desk.prepares(new)
    assert _steps(outcome) == [("delete", PROMO.name)]
    assert (await desk.store.run(contents.approved))["mart_promo", "id"].body == new[0].body
    assert PROMO.name not in {one.friendly_name for one in desk.sandbox.templates} | (await desk.rows()).keys()


@pytest.mark.asyncio
async def test_a_text_that_comes_back_is_the_template_it_was(desk: Desk) -> None:
    await desk.prepares()
    desk.sandbox.review(PROMO.name)
    await desk.prepares([_changed(PROMO)])
    outcome = await desk.prepares([PROMO])
    assert _steps(outcome)[0] == ("adopt", PROMO.name)
    assert (await desk.rows())[PROMO.name].latest
    assert (await desk.store.run(contents.approved))["mart_promo", "id"].sid == (await desk.rows())[PROMO.name].sid


@pytest.mark.asyncio
async def test_rejected_paused_and_recategorised_are_told_once(desk: Desk) -> None:
    await desk.prepares()
    desk.sandbox.review(PROMO.name)
    desk.sandbox.review(SAFETY.name)
    assert await sync(desk.store, desk.twilio) == []
    desk.sandbox.review(PROMO.name, "paused", reason="quality")
    desk.sandbox.review(SAFETY.name, "approved", "MARKETING")
    worse = await sync(desk.store, desk.twilio)
    told = {(one.content.key, one.what, one.before, one.after, one.reason) for one in worse}
    assert told == {
        ("mart_promo", "paused", "approved", "paused", "quality"),
        ("safety", "category", "UTILITY", "MARKETING", ""),
    }
    assert await sync(desk.store, desk.twilio) == []
    assert (await desk.store.run(contents.approved)).keys() == {("safety", "id")}
    assert (await desk.store.run(contents.approved))["safety", "id"].category == "MARKETING"
    desk.sandbox.review(PROMO.name)
    assert await sync(desk.store, desk.twilio) == []
    assert ("mart_promo", "id") in await desk.store.run(contents.approved)
    desk.sandbox.review(PROMO.name, "rejected", reason="ABUSIVE_CONTENT")
    ((one),) = await sync(desk.store, desk.twilio)
    assert (one.what, one.reason) == ("rejected", "ABUSIVE_CONTENT")


@pytest.mark.asyncio
async def test_what_somebody_deleted_at_twilio_is_told_and_made_again(desk: Desk) -> None:
    desk.sandbox.world.settings.approval_seconds = 0
    await desk.prepares()
    row = (await desk.rows())[PROMO.name]
    await desk.twilio.delete(row.sid)
    await desk.twilio.delete(row.sid)
    ((one),) = await sync(desk.store, desk.twilio)
    assert (one.what, one.reason) == ("disabled", contents.GONE)
    outcome = await desk.prepares()
    assert ("create", PROMO.name) in _steps(outcome)
    assert (await desk.rows())[PROMO.name].sid != row.sid


@pytest.mark.asyncio
async def test_staff_hear_of_it_in_the_same_transaction(desk: Desk) -> None:
    async def staffed(tx: Tx) -> None:
        for name, role, area in (("K1", "coordinator", "33.07"), ("A1", "admin", ""), ("T1", "trainer", "")):
            row = {"id": name, "channel": "telegram", "external_id": name, "created_at": tx.now}
            await tx.execute(insert(accounts), row)
            await roles.add(tx, name, role, area)

    await desk.store.run(staffed)
    await desk.prepares()
    desk.sandbox.review(PROMO.name, "rejected", reason="PROMOTIONAL")
    await sync(desk.store, desk.twilio)
    rows = await desk.store.run(lambda tx: tx.rows(select(tidings.c.kind, tidings.c.reference)))
    assert [(row["kind"], row["reference"]) for row in rows] == [("template_rejected", "mart_promo (id)")] * 2
    for what in ("category", "paused", "rejected", "disabled"):
        assert "*X*" in TEXTS.say("id", "tidings", f"template_{what}", {"reference": "X"})


@pytest.mark.asyncio
async def test_a_template_that_twilio_does_not_take_keeps_no_other(desk: Desk) -> None:
    bad = dataclasses.replace(PROMO, key="bad", types={"twilio/text": {"body": "x" * 2000}})
    outcome = await desk.prepares([bad, *SOME])
    ((problem),) = outcome.problems
    assert problem.startswith(f"{bad.name}: Twilio 20001: Invalid types")
    assert len(await desk.rows()) == 3


@pytest.mark.asyncio
async def test_a_rejected_name_stays_rejected_and_says_why(desk: Desk) -> None:
    await desk.prepares()
    desk.sandbox.review(PROMO.name, "rejected", reason="TAG_CONTENT_MISMATCH")
    outcome = await desk.prepares()
    assert (_steps(outcome), [one.what for one in outcome.worse]) == ([], ["rejected"])
    row = (await desk.rows())[PROMO.name]
    assert (row.status, row.reason) == ("rejected", "TAG_CONTENT_MISMATCH")


@pytest.mark.asyncio
async def test_twilio_may_put_us_off_and_list_in_pages(desk: Desk) -> None:
    desk.sandbox.fault("twilio", "content.create", status=429, retry_after=1, times=1)
    outcome = await desk.prepares()
    assert outcome.problems == []
    for number in range(501):
        desk.sandbox.template(f"HX{number}", {"twilio/text": {"body": "x"}}, friendly_name=f"other {number}")
    assert len(await desk.twilio.every()) == 504
    assert _steps(await desk.prepares()) == []


@pytest.mark.asyncio
async def test_what_concerns_all_is_raised(desk: Desk) -> None:
    desk.sandbox.world.settings.twilio_token = "another"
    with pytest.raises(Unauthorized):
        await desk.prepares()
    desk.sandbox.world.settings.twilio_token = "demo"
    desk.sandbox.fault("twilio", "content.approvals", status=500, times=1)
    with pytest.raises(Uncertain):
        await desk.prepares()
    desk.sandbox.fault("twilio", "content.approvals", body="<html>", times=1)
    with pytest.raises(Uncertain):
        await desk.prepares()
    with pytest.raises(Refused):
        await desk.twilio.submit("HX0", "pijar_x", "UTILITY")


@pytest.mark.asyncio
async def test_without_templates_twilio_is_asked_nothing(desk: Desk) -> None:
    looks = Approvals(desk.store, TwilioContents(SID, "demo", desk.sandbox.url))
    assert await looks.once() == []
    assert desk.sandbox.log == []
    await desk.prepares()
    desk.sandbox.review(PROMO.name, "disabled")
    assert [one.what for one in await looks.once()] == ["disabled"]


@pytest.mark.asyncio
async def test_an_announcement_arrives_outside_the_window_and_is_charged(desk: Desk) -> None:
    desk.sandbox.world.settings.approval_seconds = 0
    await desk.prepares(EVERY)
    phone = await desk.sandbox.phone("whatsapp", name="Peserta 01")
    await phone.type("halo")
    desk.sandbox.advance(25 * 3600)
    templates = await desk.store.run(contents.approved)
    for text in (GIVEN["text"], "satu\ndua"):
        made = choose(templates, "mart_promo", ["id"], {**GIVEN, "text": text})
        assert made is not None
        await _send(desk, phone.address, made.sid, dict(made.variables))
        (shown,) = await phone.waits()
        assert (shown.text, shown.priced) == (made.text, "marketing")
    safe = choose(templates, "safety", ["id"], GIVEN)
    assert safe is not None
    await _send(desk, phone.address, safe.sid, dict(safe.variables))
    await phone.waits()
    assert desk.sandbox.prices == {"marketing": 2, "utility": 1}
    await phone.type("LIHAT")
    await _send(desk, phone.address, safe.sid, dict(safe.variables))
    assert (await phone.waits())[0].priced == ""


@pytest.mark.asyncio
@pytest.mark.parametrize("count", [1, 2, 3, 4, 10])
async def test_buttons_and_lists_come_back_as_what_was_pressed(desk: Desk, count: int) -> None:
    await desk.prepares([one for one in EVERY if not one.category])
    async with inbox() as hook:
        desk.sandbox.whatsapp_webhook = hook.url
        phone = await desk.sandbox.phone("whatsapp", name="Peserta 01")
        await phone.type("halo")
        options = [Button(f"t:{number}", f"Pilihan {number}") for number in range(1, count + 1)]
        shapes = await desk.store.run(contents.shapes)
        made = ask(shapes, TEXTS.chain("id"), "Mau yang mana?\nPilih satu ya.", options)
        assert made is not None
        sid = await _send(desk, phone.address, *made)
        (shown,) = await phone.waits()
        assert (shown.text, shown.priced) == ("Mau yang mana?\nPilih satu ya.", "")
        assert shown.list_title == ("Pilih" if count > 3 else "")
        assert [row[0].label for row in shown.buttons] == [one.label for one in options]
        await phone.press(f"Pilihan {count}")
        await desk.sandbox.waits_for(lambda: len(hook.got) == 2)
    form, headers = hook.got[-1][1:3]
    names = ("ListId", "ListTitle") if count > 3 else ("ButtonPayload", "ButtonText")
    assert [dict(form)[name] for name in names] == [f"t:{count}", f"Pilihan {count}"]
    reader = WhatsApp(SID, ["demo"], "+14155238886", "http://localhost")
    heard = reader.parse(form, headers["X-Twilio-Signature"], hook.url)
    assert (heard.kind, heard.token, heard.text, heard.message) == ("button", f"t:{count}", f"Pilihan {count}", sid)


async def _send(desk: Desk, to: str, sid: str, variables: dict[str, str]) -> str:
    http = TwilioHttp(desk.sandbox.url)
    try:
        sent = await Client(SID, "demo", http_client=http).messages.create_async(
            to=to, from_="whatsapp:+14155238886", content_sid=sid, content_variables=json.dumps(variables)
        )
        return str(sent.sid)
    finally:
        await http.close()


@pytest.mark.asyncio
async def test_there_is_one_latest_of_a_key_and_language(desk: Desk) -> None:
    await desk.prepares()
    await desk.prepares([_changed(PROMO)])
    found = select(func.count()).select_from(table).where(table.c.key == "mart_promo")
    assert await desk.store.run(lambda tx: tx.value(found)) == 2
    assert await desk.store.run(lambda tx: tx.value(found.where(table.c.latest))) == 1


@pytest.mark.asyncio
async def test_an_account_that_has_none_of_ours_tells_nobody_that_all_are_lost(desk: Desk) -> None:
    await desk.prepares()
    before = await desk.rows()
    for row in before.values():
        await desk.twilio.delete(row.sid)
    with pytest.raises(Uncertain):
        await sync(desk.store, desk.twilio)
    assert await desk.rows() == before
