"""Becoming staff by an invitation, and checking that somebody is: `cek petugas PTG-7K4M`, for anybody."""

from __future__ import annotations

from typing import Any

from bot.author import Chat, PersonName, Text, Tx, conversation, places
from bot.records import invitations, people, roles


@conversation("staff_join", words="undangan petugas, staff invitation")
async def join(chat: Chat) -> None:
    """Take an invitation; who has none that is open is told so kindly, and nothing else."""
    account, token = chat.speaker.account, chat.given

    async def take(tx: Tx) -> dict[str, Any] | None:
        taken = await invitations.take(tx, token, account)
        return {"code": taken.code, "named": bool(taken.name)} if taken else None

    taken = await chat.once("taken", take)
    if taken is None:
        return await chat.say("not_open")
    await chat.say("welcome", code=taken["code"])
    await chat.say("code", code=taken["code"])
    if not taken["named"]:
        name = await chat.ask("name", PersonName(), optional=True)
        await chat.once("named", lambda tx: roles.rename(tx, account, name or ""))
    await _roles(chat, await chat.look(lambda tx: roles.of(tx, account)))
    await chat.say("ready")


@conversation("officer", words="cek petugas, check officer, check staff")
async def officer(chat: Chat) -> None:
    """Say whether a code is that of somebody who works for the programme now."""
    code = await chat.ask("officer", Text(max=20), given=chat.given)
    found = await chat.look(lambda tx: roles.by_code(tx, code))
    if found is None or found.ended is not None or not found.roles:
        return await chat.say("unknown")
    if found.name:
        await chat.say("active", code=found.code, name=found.name)
    else:
        await chat.say("active_unnamed", code=found.code)
    await _roles(chat, found)
    district = await chat.look(lambda tx: people.district_of(tx, chat.speaker.person))
    if district:
        await chat.say("here" if roles.works_in(found.roles, district) else "not_here", district=places.name(district))
    await chat.say("never")


async def _roles(chat: Chat, found: roles.Staff | None) -> None:
    for role, area in found.roles if found else ():
        await chat.say(f"role.{role}", area=places.name(area))
