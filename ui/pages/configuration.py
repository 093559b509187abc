"""What is wrong with the configuration and where it is mended; what was changed by hand since a tree was applied."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from ui.administration_shell import places
from ui.components.live import ago
from ui.parts import count, shown, table
from ui.session import Session, told
from ui.shell import PLACES, shell

MENDED = {
    "schedule": "/on-call",
    "policy": "/policies/{}",
    "integration": "/integrations/{}",
    "user": "/people/{}",
}
SCREENS = {kind: path for kind, path in MENDED.items() if path.removesuffix("/{}") in {to for _, to in PLACES}}
"""Kind of subject -> the page on which it is mended, where the console has one."""


class Finding(TypedDict):
    """One. `href` "": there is no page for it."""

    severity: str
    kind: str
    subject: str
    href: str
    text: str
    start: str


class View(Session):
    """`unchecked`: checks that could not be made. `drift`: things changed by hand, in words."""

    loaded: bool = False
    findings: list[Finding] = []
    unchecked: list[str] = []
    version: int = 0
    at: str = ""
    drift: list[str] = []
    tree: str = ""

    @rx.var
    def unsure(self) -> bool:
        """True if a check could not be made."""
        return bool(self.unchecked)

    @rx.var
    def drifted(self) -> bool:
        """True if something was changed by hand."""
        return bool(self.drift)

    @rx.event
    @told
    async def load(self) -> Any:
        """As it is now."""
        found = await self.ask("GET", "/lint")
        self.at, self.version = found["at"], found["configuration_version"]
        self.findings = [
            {
                **{k: f[k] for k in ("severity", "subject", "text")},  # type: ignore[typeddict-item]
                "kind": f["subject_kind"],
                "href": SCREENS.get(f["subject_kind"], "").format(f["subject_id"]),
                "start": f["start"] or "",
            }
            for f in found["findings"]
        ]
        self.unchecked = [f"{u['kind'].replace('_', ' ')}: {u['why']}" for u in found["unchecked"]]
        if self.may_admin:
            drift = await self.ask("GET", "/configuration/drift")
            self.tree = (
                f"{drift['applied_by']} applied a tree as version {drift['applied_version']}."
                if drift["applied_by"]
                else ""
            )
            self.drift = [_thing(t) for t in drift["things"]]
        self.loaded = True


def _thing(thing: dict[str, Any]) -> str:
    what = f"{thing['section'].replace('_', ' ')} {thing['name']}".strip()
    fields = ", ".join(f["words"] for f in thing["fields"]) or "is gone"
    return f"{what}: {fields}"


def finding(shown_: rx.Var[Finding]) -> rx.Component:
    """One, with the way to where it is mended."""
    return rx.el.tr(
        rx.el.td(rx.el.span(shown_["severity"], class_name="severity " + shown_["severity"].to(str))),
        rx.el.td(shown_["kind"]),
        rx.el.td(rx.cond(shown_["href"] != "", rx.el.a(shown_["subject"], href=shown_["href"]), shown_["subject"])),
        rx.el.td(shown_["text"]),
        rx.el.td(rx.cond(shown_["start"] != "", ago(at=shown_["start"]), "now")),
    )


def page() -> rx.Component:
    """The worst first."""
    return shell(
        "/administration",
        places("/administration/configuration"),
        rx.el.h1("Configuration"),
        rx.el.p("What would keep a page from reaching a human in the next 60 days. ", class_name="dim"),
        rx.cond(
            View.loaded,
            rx.el.p("Version ", View.version, ", looked over ", ago(at=View.at), ".", class_name="dim"),
        ),
        shown(
            View.loaded,
            count(View.findings) > 0,
            table(("Severity", "Kind", "What", "What to do", "From"), View.findings, finding, "Findings"),
            "Nothing was found: every page reaches somebody.",
        ),
        rx.cond(
            View.unsure,
            rx.el.section(
                rx.el.h2("Not checked"), rx.el.ul(rx.foreach(View.unchecked, rx.el.li), class_name="explained")
            ),
        ),
        rx.cond(
            View.tree != "",
            rx.el.section(
                rx.el.h2("Configuration as code"),
                rx.el.p(View.tree),
                rx.cond(
                    View.drifted,
                    rx.el.ul(rx.foreach(View.drift, rx.el.li), class_name="explained"),
                    rx.el.p("Nothing was changed by hand since.", class_name="dim"),
                ),
            ),
        ),
    )
