"""The commands of `pijar` as they are typed. Each imports what it needs when it is called: none waits for another's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Pijar: a chat service on Telegram and WhatsApp.",
)  # fmt: skip

Area = Annotated[str, typer.Option(help="Kemendagri code of where it holds, such as 33.07; none: everywhere")]
Port = Annotated[int, typer.Option(help="where the page is; the next free one where this is taken", min=1, max=65535)]


@app.command()
def run() -> None:
    """Run the bot with the settings of the environment and .env."""
    from bot import service
    from bot.config import Settings

    service.run(Settings.load())


@app.command()
def demo(port: Port = 8800) -> None:
    """Run the bot with pretended phones and made-up people, on this machine alone."""
    from bot.commands import demo

    raise typer.Exit(demo.run(port))


@app.command()
def talk(
    conversation: Annotated[
        str, typer.Argument(help="where to begin; none: as somebody who writes for the first time")
    ] = "",
) -> None:
    """Speak to the bot in this terminal."""
    from bot.commands import terminal

    terminal.run(conversation)


@app.command()
def invite(
    role: Annotated[str, typer.Option(help="coordinator, companion, programme, admin …")],
    area: Area = "",
    name: Annotated[str, typer.Option(help="whom it is for: printed with the link, kept nowhere")] = "",
) -> None:
    """Print a link that makes whoever opens it staff, once and within seven days."""
    from bot.commands import staffing

    staffing.invite(role, area, name)


@app.command()
def link(
    code: Annotated[str, typer.Argument(help="which poster or card it stands on, such as poe-larantuka")],
) -> None:
    """Print links, with QR codes, that keep where people found us: their enrolment has the code as its source."""
    from bot.commands import links

    links.source(code)


@app.command()
def staff() -> None:
    """List staff and open invitations."""
    from bot.commands import staffing

    staffing.show()


@app.command()
def revoke(code: Annotated[str, typer.Argument(help="a staff member's code, or an invitation's id")]) -> None:
    """End a staff member's roles, or withdraw an invitation, at once."""
    from bot.commands import staffing

    if not staffing.revoke(code):
        raise typer.Exit(1)


@app.command()
def check(
    database: Annotated[bool, typer.Option("--database", help="also replay every waiting talk on this code")] = False,
) -> None:
    """Look for mistakes in conversations and catalogues."""
    from bot.commands import check

    raise typer.Exit(check.run(database))


@app.command()
def texts(
    only_check: Annotated[bool, typer.Option("--check", help="change nothing, only tell")] = False,
) -> None:
    """Bring the catalogues in step with the conversations: add what is missing, mark what is unused."""
    from bot.commands import cataloguing

    raise typer.Exit(cataloguing.run(only_check))


@app.command()
def templates(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="change nothing, only tell")] = False,
) -> None:
    """Create WhatsApp's templates at Twilio, submit them to Meta, and show what became of them."""
    from bot.commands import templates

    raise typer.Exit(templates.run(dry_run))


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="where to; none: var/backup beside the database")] = None,
) -> None:
    """Copy the database while the bot runs, and check the copy."""
    from bot.commands import backup

    backup.run(file)


announcements = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(announcements, name="announcements", help="What became of announcements.")

Number = Annotated[str, typer.Argument(help="the number of an announcement, such as PGM-7K4MA")]


@announcements.command("list")
def announcements_list() -> None:
    """List the last announcements and those that are scheduled."""
    from bot.commands import announcement_export

    announcement_export.show()


@announcements.command("report")
def announcements_report(number: Number) -> None:
    """Count what became of one announcement."""
    from bot.commands import announcement_export

    raise typer.Exit(announcement_export.report(number))


@announcements.command("export")
def announcements_export(
    number: Number,
    file: Annotated[Path | None, typer.Argument(help="where to; none: PGM-….csv, here")] = None,
    missed: Annotated[bool, typer.Option("--missed", help="only who did not get it: to be called")] = False,
) -> None:
    """Write what became of each person into a CSV file, with names and numbers; that it was done is recorded."""
    from bot.commands import announcement_export

    raise typer.Exit(announcement_export.export(number, file, missed))
