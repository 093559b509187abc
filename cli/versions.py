"""`sentinel versions` and `sentinel roll-back`: what the configuration was, and the way back to it."""

from __future__ import annotations

from datetime import UTC, datetime

from cli.code import SIGNS, Access, refused, show, show_fields
from cli.progress import say
from gateway.tree.faults import shown


def listed(access: Access, limit: int) -> int:
    """The newest versions, one a line."""
    answer = access.ask("GET", "versions", limit=limit)
    if refused(answer):
        return 1
    found = answer.json()
    for version in found["items"]:
        say(f"{version['number']:>6}  {_moment(version['at'])}  {version['words']}")
    if found["next_cursor"] is not None:
        say(f"and older ones: --limit {2 * limit}")
    return 0


def _moment(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def told(access: Access, number: int, since: int | None) -> int:
    """What a version changed, or what is different in it since an earlier one."""
    if since is not None:
        answer = access.ask("GET", "diff", **{"from": since, "to": number})
    else:
        answer = access.ask("GET", f"versions/{number}")
    if refused(answer):
        return 1
    found = answer.json()
    if since is None:
        say(f"{found['number']}  {_moment(found['at'])}  {found['words']}")
    if found["changes"] is None:
        say("What was before it is not known any more.")
        return 0
    for change in found["changes"]:
        path = (change["section"], change["name"]) if change["name"] else (change["section"],)
        say(f"  {SIGNS[change['action']]} {shown(path)}")
        show_fields(change["fields"])
    if not found["changes"]:
        say("Nothing that a tree says is different.")
    return 0


def roll_back(access: Access, number: int, dry: bool, if_version: int | None) -> int:
    """0: it is as it was; 1: it cannot be; 2: with `dry`, something would change, or the version is another."""
    answer = access.ask("POST", f"versions/{number}/roll-back", dry=dry, if_version=if_version)
    if refused(answer):
        return 2 if answer.status_code == 409 else 1
    found = answer.json()
    show(found)
    if not found["changes"]:
        say(f"Nothing to do: the configuration is what it was at version {number}.")
    elif dry:
        say(f"\n`sentinel roll-back {number}` does it.")
    else:
        say(f"\nThe configuration is what it was at version {number}; this is version {found['applied']}.")
    return 2 if dry and found["changes"] else 0
