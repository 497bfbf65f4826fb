"""The log: one line an event, as text or JSON, without personal data whoever writes it.

The redactor is a net under a rule, not the rule: log ids and counts. It masks what looks like a phone number, an ID
number, an address of mail or a secret, and every value under a key that names something personal.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

MASK = "[…]"

_PERSONAL = """
    name full_name first_name last_name nickname username profile nama panggilan phone number nomor hp wa
    msisdn contact kontak email mail address alamat dusun nik kk ktp paspor passport text body caption
    message_text answer answers value values said label token password secret authorization cookie signature
    sender to chat chat_id recipient from_ lat lng latitude longitude params parameters headers
"""
PERSONAL = frozenset(_PERSONAL.split())
"""Keys whose values are never written."""

CHATTY = ("aiohttp.access", "twilio", "telegram", "aiosqlite", "asyncio", "alembic")
"""Libraries whose everyday lines nobody reads; some of them hold messages."""

_PATTERNS = (
    # A bot's token, alone or in an address.
    (re.compile(r"(?:bot)?\d{6,}:[A-Za-z0-9_-]{20,}"), "[token]"),
    (re.compile(r"(?i)\b(?:basic|bearer)\s+[A-Za-z0-9+/=._~-]{8,}"), "[credentials]"),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), "[credentials]"),
    (re.compile(r"(?i)\b(token|secret|password|signature|sig|key)=[^&\s\"']+"), rf"\1={MASK}"),
    # SQLAlchemy puts the values of a statement into its errors.
    (re.compile(r"\[parameters: .*?\](?=\n|$|\s\()", re.DOTALL), "[parameters]"),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+"), "[mail]"),
    # WhatsApp's ids of people (platform.md 2.1).
    (re.compile(r"\b[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{8,128}\b"), "[person]"),
    # NIK, family card and bank card numbers, in groups or not.
    (re.compile(r"(?<![\w.])\d{4}(?:[ .-]?\d{4}){3}(?!\w)"), "[16 digits]"),
    (re.compile(r"(?<![\w+])(?:\+\d{1,3}|62|0)[ .()-]{0,2}(?:\d[ .()-]?){6,13}\d(?![\w:])"), "[phone]"),
)
_SUSPICIOUS = re.compile(r"[@:=]|\d{4}|\d[ .-]\d|\b[A-Z]{2}\.")


def place(fault: BaseException | None) -> str:
    """Type and place of an exception; never its message, which may hold what somebody wrote."""
    lines = []
    trace = fault.__traceback__ if fault else None
    while trace is not None:
        lines.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(fault).__name__} at {' '.join(lines[-4:])}"


def configure(
    level: str, style: Literal["text", "json"], secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send structlog's events and the standard library's through one redactor to `stream` (standard error).

    `secrets` are hidden wherever they appear. Calling it again replaces what was set.
    """
    stream = stream or sys.stderr
    hidden = sorted({secret for secret in secrets if len(secret) >= 6}, key=len, reverse=True)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        Redactor(hidden),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        # Not rich's tracebacks: they show the values of variables.
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
            processors=[*shared, structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))


class Redactor:
    """A processor of structlog that masks personal data and secrets in an event, however deep."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> MutableMapping[str, Any]:
        """The event, masked."""
        kept = {"timestamp", "level", "row"}
        return {
            key: value if key in kept or key.startswith("_") else self._value(key, value)
            for key, value in event.items()
        }

    def text(self, text: str) -> str:
        """Text with what looks personal or secret masked."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        if _SUSPICIOUS.search(text):
            for pattern, mask in _PATTERNS:
                text = pattern.sub(mask, text)
        return text

    def _value(self, key: str, value: Any) -> Any:
        if key.lower() in PERSONAL and value not in (None, "", 0, False, True):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bool) or value is None or isinstance(value, float):
            return value
        if isinstance(value, int):
            # Sixteen digits are a NIK, 62… a phone; milliseconds since 1970 have thirteen and begin with 1.
            return MASK if self.text(str(value)) != str(value) else value
        if isinstance(value, dict):
            return {self.text(str(name)): self._value(str(name), inner) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value("", inner) for inner in value]
        return self.text(repr(value))
