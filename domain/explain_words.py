"""The sentences of explanations. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.explained import Attempt, Cause, Outgoing

PROVIDERS = {
    "email": "the mail server",
    "webhook": "the receiver",
    "slack": "Slack",
    "sms": "the SMS provider",
    "voice": "the telephone provider",
    "push": "the push service",
    "outbox": "the outbox page",
}
CHANNELS = {"sms": "SMS", "voice": "telephone", "slack": "Slack", "outbox": "the outbox page", "email": "e-mail"}
TAKEN = ("accepted", "delivered", "bundled")


class Words:
    """Times in one zone, with the day where it is not that of `day` (UTC epoch seconds); names of users, schedules."""

    def __init__(self, zone: ZoneInfo, day: float, names: Mapping[str, str]) -> None:
        self._zone = zone
        self._day = self._local(day).date()
        self._names = names

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)

    def clock(self, at: float | None) -> str:
        """03:12:05, 09:00, or with its day."""
        if at is None:
            return "an unknown time"
        local = self._local(at)
        time = local.strftime("%H:%M:%S" if local.second else "%H:%M")
        return time if local.date() == self._day else f"{local.date()} {time}"

    def name(self, ident: str) -> str:
        """Of what was deleted the id is all there is."""
        return self._names.get(ident, ident)

    def names(self, user_ids: tuple[str, ...]) -> str:
        """a, b and c."""
        found = [self.name(u) for u in user_ids]
        return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found) or "nobody"

    def why(self, cause: Cause) -> str:
        """The clause after "because"."""
        if cause.kind == "step":
            where = f"step {cause.step} of policy {cause.policy} v{cause.policy_version}"
            where += f" (round {cause.round})" if cause.round and cause.round > 1 else ""
            if cause.team is not None:
                return f"{where} calls team {cause.team}"
            if cause.schedule is None:
                return f"{where} names them"
            if cause.who == "next":
                begins = self.clock(cause.shift_start)
                return f"{where} calls who is next in schedule {cause.schedule}: their shift begins at {begins}"
            if cause.who == "all_layers":
                return f"{where} calls all layers of schedule {cause.schedule}, where {cause.source} has them"
            turn = "override" if (cause.source or "").startswith("override:") else "shift"
            return (
                f"{where} calls schedule {cause.schedule}, where their {turn} runs until {self.clock(cause.shift_end)}"
            )
        if cause.kind == "last_resort":
            return f"they are the last resort: {cause.by}"
        if cause.kind == "reassignment":
            return f"{cause.by} reassigned it to them"
        return "of something this version cannot explain"

    def rule(self, cause: Cause) -> str:
        """Which of the person's rules."""
        if cause.rule is None:
            return "no rule is recorded"
        after = f" (after {duration(cause.after_s)})" if cause.after_s else ""
        unproven = ", by an address that nobody has verified, because they have no other" if cause.unverified else ""
        kind = f"{cause.urgency} rules" if cause.urgency else "rules"
        which = f"the fallback behind their {kind}" if cause.fallback else f"rule {cause.rule} of their {kind}"
        return f"{which}{after}{unproven}"

    def fate(self, page: Outgoing, halt: str) -> str:
        """What became of a page. `halt`: what withdrew it, if anything did."""
        provider, last = PROVIDERS.get(page.channel, page.channel), _last(page, ("attempt",))
        tries = [a for a in page.attempts if a.kind == "attempt" and a.tried is not False]
        before = self._earlier(tries[:-1])
        if page.state in TAKEN:
            ident = f" ({page.provider_id})" if page.provider_id and page.provider_id != page.id else ""
            at = f" at {self.clock(last.at)}" if last is not None else ""
            verb = "accepted" if page.state == "accepted" else "took"
            return f"{before}{provider} {verb} it{ident}{at}{self._receipts(page)}{_together(page)}"
        if page.state == "failed":
            return f"{before}it failed: {page.detail or 'no reason is recorded'}{self._receipts(page)}"
        if page.state == "cancelled":
            perhaps = [a for a in tries if a.tried is None or a.state == "unknown"]
            sent = f", though an attempt at {self.clock(perhaps[-1].at)} may have arrived" if perhaps else ""
            return f"{self._earlier(tries)}it was withdrawn before it was sent{sent}: {halt or 'nobody knows by what'}"
        return f"{self._earlier(tries)}it is not sent yet ({page.state}{': ' + page.detail if page.detail else ''})"

    def _earlier(self, tries: list[Attempt]) -> str:
        if not tries:
            return ""
        last = tries[-1]
        why = last.detail or last.state
        many = "an attempt" if len(tries) == 1 else f"{len(tries)} attempts"
        return f"after {many} in vain (the last at {self.clock(last.at)}: {why}) "

    def _receipts(self, page: Outgoing) -> str:
        receipts = [a for a in page.attempts if a.kind == "receipt"]
        told = [f"{'delivery' if r.state == 'delivered' else r.state} at {self.clock(r.at)}" for r in receipts]
        return f" and reported {', '.join(told)}" if told else ""


def _together(page: Outgoing) -> str:
    if not page.others:
        return ""
    return f", told together with {page.others} other{'s' if page.others != 1 else ''} in one message"


def _last(page: Outgoing, kinds: tuple[str, ...]) -> Attempt | None:
    return next((a for a in reversed(page.attempts) if a.kind in kinds), None)


def began(page: Outgoing) -> float | None:
    """When the attempt that its provider took, or may have taken, was claimed."""
    taken = [a for a in page.attempts if a.kind == "attempt" and (a.tried is None or a.state in (*TAKEN, "unknown"))]
    return taken[-1].started_at if taken else None


def channel(name: str) -> str:
    """As said after "by"."""
    return CHANNELS.get(name, name)


def duration(seconds: float | None) -> str:
    """45 s, 5 min, 1 h 30 min."""
    minutes, rest = divmod(int(seconds or 0), 60)
    if rest or not minutes:
        return f"{int(seconds or 0)} s"
    hours, minutes = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes else [])])
