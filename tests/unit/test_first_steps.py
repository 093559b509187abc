"""How far somebody has come: read off the configuration, by whichever way it was made."""

from __future__ import annotations

from dataclasses import replace

from domain.configuration import Configuration, Integration
from domain.first_steps import FirstSteps, first_steps
from domain.people import ContactMethod, Team, User
from domain.policy import Policy, Step, Target
from domain.roles import outranks, permissions
from domain.schedule import Layer, Rotation, Schedule

ROTATION = Rotation(unit="week", every=1, start="2026-01-05T09:00:00", users=("ada",))
MINE = Schedule("s", "Mine", "UTC", (Layer("weekly", ROTATION),))
OTHERS = Schedule("o", "Another", "UTC", (Layer("weekly", replace(ROTATION, users=("bob",))),))


def calling(ident: str, schedule: str) -> Policy:
    return Policy(ident, ident, 1, (Step((Target("schedule", schedule),), 300.0),))


def configuration(
    *policies: Policy, integrations: tuple[Integration, ...] = (), verified: bool = True
) -> Configuration:
    contact = ContactMethod("c", "ada", "email", "Box", "ada@example.org", verified=verified)
    outbox = ContactMethod("x", "ada", "outbox", "Outbox", "")
    return Configuration(
        version=1,
        users={"ada": User("ada", "Ada", "ada@example.org", contacts=(contact, outbox))},
        teams={"t": Team("t", "Crew", ("ada",)), "u": Team("u", "Others", ("bob",))},
        schedules={"s": MINE, "o": OTHERS},
        policies={p.id: p for p in policies},
        integrations={i.id: i for i in integrations},
    )


def test_the_chain_is_followed_as_far_as_it_leads() -> None:
    assert first_steps(Configuration(version=1), "ada") == FirstSteps()
    assert first_steps(configuration(), "ada") == FirstSteps(True, "t", "s")
    assert first_steps(configuration(calling("p", "o")), "ada") == FirstSteps(True, "t", "s")
    found = configuration(calling("a", "s"), calling("p", "s"), integrations=(Integration("i", "I", "generic", "p"),))
    assert first_steps(found, "ada") == FirstSteps(True, "t", "s", "p", "i"), "the longest chain, not the first by name"
    assert first_steps(found, "bob") == FirstSteps(False, "u", "o")


def test_what_is_not_verified_and_the_outbox_page_reach_nobody() -> None:
    assert not first_steps(configuration(verified=False), "ada").contact


def test_roles_are_ranked_and_scopes_narrow_them() -> None:
    assert outranks("admin", "manager") and not outranks("manager", "manager") and not outranks("nobody", "viewer")
    assert permissions("manager", ()) == ["read", "respond", "configure"]
    assert permissions("manager", ("respond",)) == ["read", "respond"]
    assert permissions("viewer", ("admin",)) == ["read"]
