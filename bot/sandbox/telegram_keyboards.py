"""reply_markup: what Telegram accepts, and the buttons that the person sees of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from bot.sandbox.phones import Button
from bot.sandbox.telegram_parameters import bad

_INLINE = {
    "text",
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "style",
    "icon_custom_emoji_id",
}
_REPLY = {
    "text",
    "request_users",
    "request_chat",
    "request_contact",
    "request_location",
    "request_poll",
    "request_managed_bot",
    "web_app",
    "style",
    "icon_custom_emoji_id",
}
_KEYBOARD = {
    "keyboard",
    "is_persistent",
    "resize_keyboard",
    "one_time_keyboard",
    "input_field_placeholder",
    "selective",
}
_STYLES = ("primary", "success", "danger")


class Markup(NamedTuple):
    """What a reply_markup does: buttons under the message, a keyboard, or taking the keyboard away."""

    rows: list[list[Button]]
    inline: dict[str, Any] | None = None
    keyboard: dict[str, Any] | None = None
    removes: bool = False


NONE = Markup([])


def read(markup: Any) -> Markup:
    """Check a reply_markup and take it apart; TelegramError for what the server refuses."""
    if not markup:
        return NONE
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup:
        _only(markup, {"inline_keyboard"}, "reply markup")
        rows = _rows(markup["inline_keyboard"], _inline)
        inline = [row for row in markup["inline_keyboard"] if row]
        return Markup(rows, {"inline_keyboard": inline} if rows else None)
    if "keyboard" in markup:
        _only(markup, _KEYBOARD, "reply markup")
        if len(markup.get("input_field_placeholder") or "") > 64:
            raise bad("input field placeholder is too long")
        rows = _rows(markup["keyboard"], _reply)
        return Markup(
            [],
            None,
            {
                "buttons": rows,
                "one_time": bool(markup.get("one_time_keyboard")),
                "placeholder": markup.get("input_field_placeholder") or "",
            },
        )
    if markup.get("remove_keyboard"):
        _only(markup, {"remove_keyboard", "selective"}, "reply markup")
        return Markup([], removes=True)
    if markup.get("force_reply"):
        _only(markup, {"force_reply", "input_field_placeholder", "selective"}, "reply markup")
        return NONE
    raise bad("can't parse reply keyboard markup JSON object")


def _only(found: dict[str, Any], known: set[str], what: str) -> None:
    unknown = set(found) - known
    if unknown:
        raise bad(f'unknown field "{min(unknown)}" in {what}')


def _rows(rows: Any, read_button: Any) -> list[list[Button]]:
    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise bad("can't parse reply keyboard markup: field must be of the type Array of Array")
    buttons = [[read_button(button) for button in row] for row in rows if row]
    if sum(map(len, buttons)) > 100:
        raise bad("REPLY_MARKUP_TOO_LONG")
    return buttons


def _text(button: dict[str, Any], known: set[str], what: str) -> str:
    _only(button, known, what)
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad(f'can\'t parse {what}: field "text" is empty')
    if button.get("style", "primary") not in _STYLES:
        raise bad("invalid button style specified")
    return text


def _inline(button: Any) -> Button:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: it must be an Object")
    text = _text(button, _INLINE, "inline keyboard button")
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
        return Button(text, "callback", data)
    if "url" in button:
        if not str(button["url"]).startswith(("http://", "https://", "tg://", "mailto:", "tel:")):
            raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
        return Button(text, "url", button["url"])
    if "copy_text" in button:
        copied = (button["copy_text"] or {}).get("text", "")
        if not 1 <= len(copied) <= 256:
            raise bad("COPY_TEXT_INVALID")
        return Button(text, "copy", copied)
    if len(button.keys() - {"text", "style", "icon_custom_emoji_id"}) == 0:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    return Button(text, "other")


def _reply(button: Any) -> Button:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict):
        raise bad("can't parse keyboard button: it must be an Object or a String")
    text = _text(button, _REPLY, "keyboard button")
    if button.get("request_contact"):
        return Button(text, "contact")
    return Button(text, "location" if button.get("request_location") else "text")
