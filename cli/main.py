"""The `sentinel` command."""

from __future__ import annotations

import asyncio
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from cli import code as configuration_code
from cli import demo as demonstration
from cli import doctor as diagnosis
from cli import explain as explanation
from cli import lint as linting
from cli import plan as planning
from cli import simulate as simulation
from cli import verify as verification
from cli import versions as history
from cli import who as standings
from cli.home import Home
from cli.progress import Failed, say
from cli.up import Up
from domain.lint.finding import Level
from gateway.ingest import PREFIX
from storage import bootstrap
from storage.access import create_sign_in
from storage.db import make_engine, sessions
from storage.migrate import UnfitDatabase, current, newest, upgrade
from storage.sealed import Sealer
from storage.settings import Settings, SettingsInvalid

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Fangorn Sentinel: on-call that cannot forget.")
config_app = typer.Typer(no_args_is_help=True, help="The configuration.")
app.add_typer(config_app, name="config")


AsOf = Annotated[
    str, typer.Option(help="By the configuration of that time: 2026-03-09T02:10, in UTC; an offset counts")
]


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


@app.command()
def explain(
    incident: Annotated[str, typer.Argument(help="Id of an incident")] = "",
    person: Annotated[str, typer.Option(help="Id, e-mail address or name of a user")] = "",
    at: Annotated[str, typer.Option(help="2026-03-09T02:10, in the zone; an offset or Z counts")] = "",
    zone: Annotated[str, typer.Option(help="IANA zone; default: the person's own, for an incident UTC")] = "",
) -> None:
    """Say why who was paged for an incident, or why a person was (not) paged at an instant."""
    explanation.run(_settings(), explanation.Question(incident, person, at, zone))


@app.command()
def who(
    schedule: Annotated[str, typer.Argument(help="Id or name of a schedule")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every schedule")] = False,
    at: Annotated[str, typer.Option(help="2026-03-09T02:10, in the zone; an offset or Z counts. Default: now")] = "",
    zone: Annotated[str, typer.Option(help="IANA zone; default: the schedule's own, for --all UTC")] = "",
    as_of: AsOf = "",
) -> None:
    """Say who is on call, until when, who comes next, and how they are paged."""
    standings.run(_settings(), standings.Question(schedule, everything, at, zone, as_of))


@app.command("plan-page")
def plan_page(
    integration: Annotated[str, typer.Option(help="Id or name of the integration the alert comes in at")],
    payload: Annotated[Path | None, typer.Option(help="A file with a body as the sender posts it; - reads it")] = None,
    label: Annotated[list[str] | None, typer.Option(help="name=value, once for each label")] = None,
    severity: Annotated[str, typer.Option(help="critical, error, warning or info")] = "",
    title: Annotated[str, typer.Option(help="Of the alert")] = "",
    at: Annotated[str, typer.Option(help="2026-03-09T02:10, in the zone; an offset or Z counts. Default: now")] = "",
    zone: Annotated[str, typer.Option(help="IANA zone of all times")] = "UTC",
    as_of: AsOf = "",
    as_json: Annotated[bool, typer.Option("--json", help="The answer of POST /api/v1/plan")] = False,
) -> None:
    """Say who would be paged for an alert, when, by which channel, and what is wrong with that. Nobody is paged."""
    alert = planning.Alert(title, severity, tuple(label or ()))
    planning.run(_settings(), planning.Question(integration, payload, alert, at, zone, as_json, as_of))


@app.command()
def lint(
    severity: Annotated[Level, typer.Option(help="The least severe findings that are shown and counted")] = "warning",
    as_of: AsOf = "",
    as_json: Annotated[bool, typer.Option("--json", help="The answer of GET /api/v1/lint")] = False,
) -> None:
    """Say what would keep a page from reaching a human, now and in 60 days; exit status 1 if there is anything."""
    raise typer.Exit(linting.run(_settings(), severity, as_json, as_of))


@app.command()
def simulate(
    seed: Annotated[int, typer.Option(help="The same seed gives the same run")] = 1,
    people: Annotated[int, typer.Option(min=10, max=2_000, help="Size of a made-up organisation")] = 200,
    days: Annotated[float, typer.Option(min=0.1, max=3_660, help="Length of a made-up run")] = 365,
    per_day: Annotated[float, typer.Option(min=0.01, max=1_000, help="Made-up troubles a day and team")] = 3.0,
    faults: Annotated[
        float | None, typer.Option(min=0, max=20, help="How often providers fail: 0 never, 1 as usual, 3 thrice that")
    ] = None,
    from_database: Annotated[bool, typer.Option("--from-database", help="Your configuration and past alerts")] = False,
    since: Annotated[str, typer.Option(help="How far back: 90d, 12h, 6w")] = "90d",
    organisation: Annotated[Path | None, typer.Option(help="An exported organisation instead of the database")] = None,
    alerts: Annotated[Path | None, typer.Option(help="Exported alerts, one request a line")] = None,
    policy: Annotated[Path | None, typer.Option(help="What if: a JSON file with what shall be different")] = None,
    export_config: Annotated[Path | None, typer.Option(help="Write the organisation, without secrets")] = None,
    export_alerts: Annotated[Path | None, typer.Option(help="Write the alerts")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON")] = None,
) -> None:
    """Run an organisation on virtual time and judge it; with --policy, say what a change would have done."""
    options = simulation.Options(
        seed=seed,
        people=people,
        days=days,
        per_day=per_day,
        faults=faults,
        from_database=from_database,
        since=since,
        organisation=organisation,
        alerts=alerts,
        policy=policy,
        export_config=export_config,
        export_alerts=export_alerts,
        json_file=json_file,
    )
    raise typer.Exit(simulation.run(options, _settings))


Url = Annotated[str, typer.Option(envvar="SENTINEL_URL", help="https://sentinel.example.org; default: what runs here")]
ApiKey = Annotated[str, typer.Option(envvar="SENTINEL_API_KEY", help="Of an administrator; default: what runs here")]
If = Annotated[int | None, typer.Option(help="Refuse (exit status 2) if the stored version is another")]
Prune = Annotated[bool, typer.Option(help="Delete what is in the tree's sections and not in the tree")]


def _access(url: str, key: str) -> configuration_code.Access:
    return configuration_code.Access.find(url, key, Home(_settings().home).ready)


@app.command("export")
def export_tree(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; default: print it")] = None,
    as_of: AsOf = "",
    url: Url = "",
    api_key: ApiKey = "",
) -> None:
    """Write the whole configuration as one tree of YAML, without secrets."""
    raise typer.Exit(configuration_code.export(_access(url, api_key), output, as_of))


@app.command("plan")
def plan_tree(
    file: Annotated[Path | None, typer.Argument(help="The tree; without one: what was changed by hand")] = None,
    prune: Prune = False,
    url: Url = "",
    api_key: ApiKey = "",
) -> None:
    """Say what applying a tree would change, and what that means for people. Exit status 2 if anything would change."""
    raise typer.Exit(configuration_code.plan(_access(url, api_key), file, prune))


@app.command("apply")
def apply_tree(
    file: Annotated[Path, typer.Argument(help="The tree")],
    prune: Prune = False,
    if_version: If = None,
    url: Url = "",
    api_key: ApiKey = "",
) -> None:
    """Make the configuration what the tree says, as a whole or not at all. Exit status 1 if the tree is faulty."""
    raise typer.Exit(configuration_code.apply(_access(url, api_key), file, prune, if_version))


@app.command("versions")
def versions(
    number: Annotated[int | None, typer.Argument(help="Of a version: what it changed")] = None,
    since: Annotated[int | None, typer.Option(help="An earlier version: what is different since")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many are listed")] = 20,
    url: Url = "",
    api_key: ApiKey = "",
) -> None:
    """Say who changed the configuration when, and what."""
    access = _access(url, api_key)
    raise typer.Exit(history.listed(access, limit) if number is None else history.told(access, number, since))


@app.command("roll-back")
def roll_back(
    number: Annotated[int, typer.Argument(help="Of the version")],
    dry: Annotated[bool, typer.Option("--dry-run", help="Say only what would change")] = False,
    if_version: If = None,
    url: Url = "",
    api_key: ApiKey = "",
) -> None:
    """Make the configuration what it was at a version, as a whole or not at all."""
    raise typer.Exit(history.roll_back(_access(url, api_key), number, dry, if_version))


@app.command("first-run")
def first_run() -> None:
    """Schema, first data and new keys in the database at DATABASE_URL, where nobody runs `sentinel up`.

    Prints secrets; run it at a terminal. Every call makes further keys.
    """
    settings = _settings()
    if not settings.database_url:
        raise Failed("DATABASE_URL is not set; with the embedded database, `sentinel up` does all this by itself")
    upgrade(settings.database_url)
    keys, sign_in = asyncio.run(prepare(settings))
    say(f"Sign in   {settings.url}/sign-in/{sign_in}   (works once)")
    say(f"API key   {keys.admin_key}")
    for kind, key in keys.integrations.items():
        say(f"Alerts    {settings.url}{PREFIX}{kind}/{key}")


async def prepare(settings: Settings) -> tuple[bootstrap.Keys, str]:
    """First data if there is none; new keys and a one-time sign-in."""
    engine = make_engine(settings.database_url)
    try:
        factory = sessions(engine)
        await bootstrap.first_run(factory, Sealer.of(settings))
        return await bootstrap.make_keys(factory), await create_sign_in(factory, bootstrap.ADMIN)
    finally:
        await engine.dispose()


@config_app.command("check")
def config_check() -> None:
    """The same as `sentinel lint`."""
    raise typer.Exit(linting.run(_settings()))


def main() -> None:
    """Entry point: failures are one line; the traceback of a bug goes to the log of the home."""
    try:
        app()
    except (Failed, UnfitDatabase, SettingsInvalid) as failed:
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
