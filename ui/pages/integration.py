"""One integration: what to configure in its sender, a test, what came in, its rules, trying them, its settings."""

from __future__ import annotations

import reflex as rx

from ui.components.live import ago
from ui.integration.received import requests, snippets, testing
from ui.integration.rules import rules
from ui.integration.trying import trying
from ui.integration.wording import wording
from ui.parts import done, sure
from ui.session import Session, told
from ui.shell import shell

KINDS = {"generic": "Any webhook", "grafana": "Grafana", "prometheus": "Prometheus Alertmanager"}


class View(Session):
    """`shown` is False until it is loaded, or if there is none."""

    shown: bool = False
    ident: str = ""
    name: str = ""
    kind: str = ""
    heard_at: str = ""
    findings: list[str] = []
    built_in: bool = False

    @rx.event
    @told
    async def load(self) -> None:
        """Head and readiness; the sections load themselves."""
        self.shown = False
        self.ident = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        found = await self.ask("GET", f"/integrations/{self.ident}")
        lint = await self.ask("GET", "/lint", severity="info")
        self.name, self.kind = found["name"], KINDS.get(found["type"], found["type"])
        standing = await self.ask("GET", "/standing")
        self.heard_at, self.built_in = standing["last_heard_at"].get(self.ident, ""), self.ident in standing["built_in"]
        self.findings = [f["text"] for f in lint["findings"] if f["subject_id"] == self.ident]
        self.shown = True

    @rx.event
    @told
    async def delete(self) -> rx.event.EventSpec:
        """Its keys stop working."""
        await self.ask("DELETE", f"/integrations/{self.ident}")
        return rx.redirect("/integrations")


def page() -> rx.Component:
    """What one needs first after making it comes first."""
    return shell(
        "/integrations",
        rx.cond(
            View.shown,
            rx.el.article(
                rx.el.header(
                    rx.el.p(rx.el.a("All integrations", href="/integrations" + View.keep_then)),
                    rx.el.h1(View.name),
                    rx.el.p(
                        View.kind,
                        rx.cond(
                            View.as_of == "",
                            rx.cond(
                                View.heard_at != "",
                                rx.fragment(" · last heard ", ago(at=View.heard_at)),
                                rx.fragment(" · ", rx.el.strong("never heard from")),
                            ),
                        ),
                    ),
                    rx.el.ul(rx.foreach(View.findings, rx.el.li), class_name="warnings"),
                ),
                rx.cond(
                    View.built_in,
                    rx.fragment(
                        rx.el.p(
                            "Sentinel's own: every minute the watchdog posts a test alert here, and somebody is "
                            "told if no page comes of it. It is not changed or deleted."
                        ),
                        rx.cond(View.as_of == "", requests()),
                    ),
                    rx.fragment(
                        rx.cond(View.as_of == "", rx.fragment(snippets(), testing(), requests())),
                        rules(
                            "Routing rules",
                            "The first rule that fits decides; the organisation's rules come before them.",
                        ),
                        trying(),
                        wording(),
                        rx.cond(
                            View.may_configure,
                            sure(
                                "Delete this integration",
                                "Its keys stop working at once. Open incidents go on.",
                                View.delete,
                            ),
                        ),
                    ),
                ),
                rx.el.div(done(), class_name="toast"),
                class_name="setup",
            ),
            rx.cond(View.problem == "", rx.el.p("Loading …", class_name="dim", role="status")),
        ),
    )
