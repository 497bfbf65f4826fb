"""Both providers played locally, strictly, with a page of phones; imports nothing of the bot."""

from bot.sandbox.faults import Fault
from bot.sandbox.phones import Button, Message, Phone
from bot.sandbox.server import Sandbox
from bot.sandbox.world import Call

__all__ = ["Button", "Call", "Fault", "Message", "Phone", "Sandbox"]
