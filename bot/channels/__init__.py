"""What a channel is, and how it says that a message did not go out: each error names the sender's next move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from bot.messages import Outgoing, Receipt


class Channel(Protocol):
    """A provider of messages. `parse` is in each adapter, for each provider hands over something else."""

    name: str

    async def open(self) -> None:
        """Connect. Needs a running event loop."""

    async def close(self) -> None:
        """Give back what `open` took."""

    async def send(self, message: Outgoing) -> Receipt:
        """Hand one message to the provider, or raise one of the errors below."""

    async def acknowledge(self, callback: str, note: str = "") -> None:
        """Answer a pressed button at once; best effort, never raises."""


class Throttled(Exception):
    """Wait `after` seconds; the whole channel, or only this chat where `chat` is true.

    tier: it may also be that too many people were written to today who had not written themselves.
    """

    def __init__(self, after: float, chat: bool = False, tier: bool = False) -> None:
        super().__init__(f"wait {after:g} s")
        self.after = after
        self.chat = chat
        self.tier = tier


class Unreachable(Exception):
    """Surely not sent; try this message again later."""


class Uncertain(Exception):
    """May have been sent (the request went out, no answer came): a reply goes once more, an announcement never."""


class Halfway(Exception):
    """Some parts of this message have arrived, with these `ids`; `fault` is what the next one met."""

    def __init__(self, ids: tuple[str, ...], fault: Exception) -> None:
        super().__init__(f"part {len(ids) + 1}: {fault}")
        self.ids = ids
        self.fault = fault


class Refused(Exception):
    """This message can never be sent; the reason is for people to read."""


class Unfit(Refused):
    """The provider does not take the message in this form; plain words it may take."""


class TooLarge(Refused):
    """A file that has more bytes than we take."""


class Blocked(Exception):
    """This person does not want to hear from us, or is gone; stop.

    why: `blocked`, `invalid` (there is nobody at this address), or `stopped` (nothing unasked any more).
    """

    def __init__(self, reason: str = "", why: Literal["blocked", "invalid", "stopped"] = "blocked") -> None:
        super().__init__(reason)
        self.why = why


class WindowClosed(Refused):
    """Free text may go only within a day of the person's last message; hold it until they write."""


class Unauthorized(Exception):
    """The provider does not take our credentials: nothing can be sent or received until `setting` is put right."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting


class Forged(Exception):
    """The request does not carry the provider's signature or secret: answer 403 and count it, nothing else."""


class Unreadable(Exception):
    """One update that cannot be parsed; `shape` has its keys and types, never its values."""

    def __init__(self, key: str, shape: Mapping[str, object]) -> None:
        super().__init__(f"update {key} cannot be read")
        self.key = key
        self.shape = shape
