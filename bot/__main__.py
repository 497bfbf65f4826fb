"""`pijar`, or `python -m bot`: runs a command, and says in a sentence what an operator can put right."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that was typed; 2 is the exit code of what an operator can put right."""
    try:
        _command()
    except Exception as fault:
        if not isinstance(fault, _told_plainly()):
            raise
        print(fault, file=sys.stderr)
        sys.exit(2)


def _command() -> None:
    if sys.argv[1:] == ["run"]:
        # What runs for months does without the 8 MB of a library that reads command lines, and without the 4 MB of one
        # that draws tracebacks: structlog takes rich where it is installed, and our log says the place alone.
        sys.modules["rich"] = None  # type: ignore[assignment]
        from bot import service
        from bot.config import Settings

        del sys.modules["rich"]
        return service.run(Settings.load())
    from bot.commands.commands import app

    app()


def _told_plainly() -> tuple[type[Exception], ...]:
    from bot.channels import Unauthorized
    from bot.commands.backup import CannotBackUp
    from bot.commands.links import NoCode
    from bot.commands.staffing import NotThere
    from bot.commands.templates import NoTemplates
    from bot.config import Misconfigured
    from bot.migrate import CannotMigrate
    from bot.repertoire import TwoOfAName
    from bot.service import NotAlone
    from bot.tables import BadData
    from bot.texts import Malformed

    return (
        Misconfigured,
        Unauthorized,
        CannotMigrate,
        NotAlone,
        CannotBackUp,
        NotThere,
        NoCode,
        NoTemplates,
        TwoOfAName,
        Malformed,
        BadData,
    )


if __name__ == "__main__":
    main()
