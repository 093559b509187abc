"""The `sentinel` command."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from cli import demo as demonstration
from cli import doctor as diagnosis
from cli import verify as verification
from cli.config_check import check
from cli.home import Home
from cli.progress import Failed, say
from cli.up import Up
from storage.migrate import SchemaAhead, current, newest, upgrade
from storage.settings import Settings, SettingsInvalid

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Fangorn Sentinel: on-call that cannot forget.")
config_app = typer.Typer(no_args_is_help=True, help="The configuration.")
app.add_typer(config_app, name="config")


def _settings() -> Settings:
    try:
        return Settings.from_env()
    except SettingsInvalid as error:
        raise Failed(str(error)) from error


@app.command()
def up() -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    Up(_settings()).run()


@app.command()
def demo(ready: Annotated[Path | None, typer.Option(help="ready.json of the running installation")] = None) -> None:
    """Load a small team into a running installation, fire sample alerts, and show the pages."""
    demonstration.run(ready or Home(_settings().home).ready)


@app.command()
def doctor() -> None:
    """Check everything and say what to do about what is wrong."""
    raise typer.Exit(diagnosis.run(_settings()))


@app.command()
def migrate() -> None:
    """Bring the database at DATABASE_URL to this version's schema."""
    settings = _settings()
    if not settings.database_url:
        raise Failed("DATABASE_URL is not set; with the embedded database, `sentinel up` migrates by itself")
    say(f"schema is at {current(settings.database_url) or 'nothing'}, this version wants {newest()}")
    upgrade(settings.database_url)
    say("done")


@app.command()
def verify(
    head: Annotated[
        str, typer.Option(help="N:HASH as printed before: proves that nothing up to it was rewritten")
    ] = "",
) -> None:
    """Prove on the real data that no record was changed afterwards and that every promise held."""
    raise typer.Exit(verification.run(_settings(), head))


@config_app.command("check")
def config_check() -> None:
    """Look for what would keep a page from reaching a human; exit status 1 if there is anything."""
    raise typer.Exit(check(_settings()))


def main() -> None:
    """Entry point: failures are one line; the traceback of a bug goes to the log of the home."""
    try:
        app()
    except (Failed, SchemaAhead, SettingsInvalid) as failed:
        sys.stderr.write(f"sentinel: {failed}\n")
        raise SystemExit(1) from None
    except Exception as error:
        log = Home(Settings.from_env().home).path / "log" / "sentinel.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
        sys.stderr.write(f"sentinel: {type(error).__name__}: {error} (details in {log})\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
