"""Why who was paged, and why who was not: one incident told from what is stored about it. Pure.

Reads events by their names and fields as the journal has them, so that it can speak of incidents of other versions:
an event that it does not know, or whose shape is another, is counted as unexplained and never an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from domain import tie_events
from domain.explain_words import PROVIDERS, TAKEN, Words, began, channel
from domain.explained import Cause, Explanation, Happened, IncidentFacts, NotPaged, Outgoing, PageStory
from domain.templates import text_sha256

SILENT = frozenset(
    {
        *(kind.__name__ for kind in tie_events.ALL if kind is not tie_events.Merged),
        "AlertsFired",
        "AlertsResolved",
        "AcknowledgerReminded",
        "CommandIgnored",
        "AutoResolvePostponed",
        "FellBack",
        "FlappingEnded",
        "FlappingStarted",
        "GroupTruncated",
        "MajorDeclared",
        "Noted",
        "SilencedAtSource",
        "SuppressionChecked",
        "TimeGiven",
        "StepCutShort",
        "TurnAsked",
        "Watched",
        "WaitCounted",
    }
)
"""Nobody is paged for them, or not paged because of them."""


def explain(facts: IncidentFacts, names: Mapping[str, str], zone: ZoneInfo) -> Explanation:
    """The whole incident. `names`: of users and schedules by id."""
    day = facts.events[0].at if facts.events else 0.0
    return _Telling(facts, Words(zone, day, names)).tell()


@dataclass(slots=True)
class _Call:
    """A person called upon, with their rules as frozen then."""

    user_id: str
    cause: Cause
    rules: list[Mapping[str, Any]]
    at: float
    used: int = 0
    unverified: frozenset[str] = frozenset()

    def cause_of(self, rule: int) -> Cause:
        """Of the page by this rule, counted from 0."""
        if rule >= len(self.rules):
            return replace(self.cause, rule=rule + 1)
        frozen = self.rules[rule]
        return replace(
            self.cause,
            rule=rule + 1,
            after_s=float(frozen["delay_s"]),
            fallback=bool(frozen.get("fallback", False)),
            unverified=frozen["contact_method_id"] in self.unverified,
        )


@dataclass(slots=True)
class _Order:
    event: Happened
    cause: Cause
    halt: str = ""


class _Telling:
    """Goes along the events once, remembering why whoever is called is called."""

    def __init__(self, facts: IncidentFacts, words: Words) -> None:
        self._facts = facts
        self._words = words
        self._clock = words.clock
        self._policy: Mapping[str, Any] | None = None
        self._cause = Cause("unknown")
        self._named: dict[str, Mapping[str, Any]] = {}
        self._calls: dict[str, _Call] = {}
        self._orders: dict[str, _Order] = {}
        self._outside: list[PageStory] = []
        self._not: list[NotPaged] = []
        self._taken = -1
        """Step of the policy that was reached in this round."""
        self._next_at: float | None = None
        self._halt = ""
        self._cover = ""
        """Why nobody is paged for it, in words."""
        self._repeated: list[float] = []
        self._unexplained: Counter[str] = Counter()
        self._by_kind = {
            "Triggered": self._triggered,
            "StepStarted": self._step,
            "StepEmpty": self._step_empty,
            "StepSkipped": self._step_skipped,
            "LastResortCalled": self._last_resort,
            "NobodyReachable": self._nobody,
            "Reassigned": self._reassigned,
            "Escalated": lambda h: self._halted(h, f"{h.body['by']} escalated it"),
            "PersonCalled": self._person,
            "PageHeld": self._held,
            "Paged": self._paged,
            "PageFailed": self._failed,
            "PagedInOutage": self._outage,
            "OutagePageCounted": self._counted,
            "Acknowledged": lambda h: self._quiet(h, f"{h.body['by']} acknowledged it"),
            "AcknowledgementCounted": self._one_of_several,
            "Snoozed": lambda h: self._quiet(h, f"{h.body['by']} snoozed it until {self._clock(h.body['until'])}"),
            "Resolved": self._resolved,
            "Merged": lambda h: self._quiet(h, f"it was merged into {h.body['into']}"),
            "Suppressed": self._suppressed,
            "Released": self._from_the_top,
            "Unacknowledged": self._from_the_top,
            "AcknowledgementLapsed": self._from_the_top,
            "Woken": self._from_the_top,
            "Worsened": self._from_the_top,
            "AlertsRepeated": lambda h: self._repeated.append(h.at),
            "AlertsIgnored": self._ignored,
        }

    def tell(self) -> Explanation:
        for happened in self._facts.events:
            if happened.kind in SILENT:
                continue
            try:
                self._by_kind[happened.kind](happened)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError):
                self._unexplained[happened.kind] += 1
        self._close(self._facts.events[-1].at if self._facts.events else 0.0)
        stories = sorted([*map(self._story, self._orders), *self._outside], key=lambda s: s.ordered_at)
        reasons = sorted(self._not, key=lambda n: n.at)
        return Explanation(
            self._facts.id,
            self._facts.title,
            self._summary(stories),
            tuple(stories),
            tuple(reasons),
            dict(self._unexplained),
        )

    def _summary(self, stories: list[PageStory]) -> str:
        reached = [s for s in stories if s.state in TAKEN]
        people = tuple(dict.fromkeys(s.user_id for s in reached))
        first = self._facts.events[0].at if self._facts.events else None
        state = self._halt or "nobody has it yet"
        pages = "no page" if not reached else f"{len(reached)} page{'s' if len(reached) > 1 else ''}"
        whom = f" to {self._words.names(people)}" if people else ""
        return f"Opened at {self._clock(first)}; {pages}{whom}; {state}."

    def _say(self, code: str, at: float, what: str, user: str | None = None, schedule: str | None = None) -> None:
        self._not.append(NotPaged(code, at, f"{what[:1].upper()}{what[1:]}.", user, schedule))

    # -- who is called ---------------------------------------------------------------------------------

    def _triggered(self, happened: Happened) -> None:
        self._policy = happened.body["policy"]

    def _from_the_top(self, happened: Happened) -> None:
        self._halted(happened, "it escalated from the first step again")
        self._halt, self._cover, self._taken = "", "", -1

    def _position(self, body: Mapping[str, Any]) -> Cause:
        policy = self._policy or {}
        return Cause(
            "step",
            policy.get("id"),
            policy.get("name"),
            policy.get("version"),
            body["step"] + 1,
            len(policy.get("steps", ())),
            body["round"] + 1,
        )

    def _step(self, happened: Happened) -> None:
        body = happened.body
        self._cause, self._taken, self._next_at = self._position(body), body["step"], body["next_at"]
        self._named = {n["user_id"]: n for n in body.get("named", ())}
        have = body.get("acknowledged", ())
        for user in self._named:
            if user not in body["users"] and user not in have:
                self._unreachable(happened, user)
        for user in have:
            what = f"{self._words.name(user)} is not called by {self._step_words(body['step'])}: they have acknowledged"
            self._say("acknowledged", happened.at, what, user)
        for user in body.get("others", ()):
            what = f"{self._step_words(body['step'])} calls one of its people in turn, and it was not the turn of "
            self._say("not_their_turn", happened.at, what + self._words.name(user), user)

    def _step_empty(self, happened: Happened) -> None:
        body = happened.body
        self._cause, self._taken = self._position(body), body["step"]
        self._named = {n["user_id"]: n for n in body.get("named", ())}
        for user in self._named:
            self._unreachable(happened, user)
        if not self._named:
            step = self._step_words(body["step"])
            self._say("nobody_on_call", happened.at, f"{step} was passed over: {body['why']}")

    def _step_skipped(self, happened: Happened) -> None:
        self._taken = happened.body["step"]
        step = self._step_words(happened.body["step"])
        self._say("condition", happened.at, f"{step} was passed over: {happened.body['why']}")

    def _unreachable(self, happened: Happened, user: str) -> None:
        why = self._words.why(self._of(user))
        what = f"{self._words.name(user)} could not be reached (no enabled contact method, or not active), though {why}"
        self._say("unreachable", happened.at, what, user)

    def _of(self, user: str) -> Cause:
        """The present cause as it comes to this person."""
        found = self._named.get(user, {}) if self._cause.kind == "step" else {}
        if not found.get("schedule_id"):
            return replace(self._cause, team=found.get("team") or None)
        return replace(
            self._cause,
            schedule_id=found["schedule_id"],
            schedule=found["schedule"],
            source=found["source"],
            who=found.get("who"),
            shift_start=found["start"],
            shift_end=found["end"],
        )

    def _last_resort(self, happened: Happened) -> None:
        self._cause = Cause("last_resort", by=happened.body["why"])
        self._taken, self._next_at = len((self._policy or {}).get("steps", ())), happened.body["next_at"]

    def _nobody(self, happened: Happened) -> None:
        self._say("nobody_reachable", happened.at, "nobody could be reached at all, not even the last resort")

    def _reassigned(self, happened: Happened) -> None:
        self._halted(happened, f"{happened.body['by']} reassigned it")
        self._cause = Cause("reassignment", by=happened.body["by"])
        if not happened.body["users"]:
            what = f"{happened.body['by']} reassigned it to people who could not be reached"
            self._say("unreachable", happened.at, what)

    def _person(self, happened: Happened) -> None:
        body = happened.body
        cause = replace(self._of(body["user_id"]), urgency=body["urgency"])
        unverified = frozenset(body.get("unverified", ()))
        call = _Call(body["user_id"], cause, list(body["rules"]), body["at"], unverified=unverified)
        self._calls[body["user_id"]] = call

    def _held(self, happened: Happened) -> None:
        body = happened.body
        until, call = self._clock(body["until"]), self._calls[body["user_id"]]
        rule = call.cause_of(body["rule"])
        call.at = body["until"] - (rule.after_s or 0.0)
        name = self._words.name(call.user_id)
        what = f"{self._words.rule(rule)} of {name} waits until {until}".replace("their", "the", 1)
        self._say("held", happened.at, f"{what}: their quiet hours hold pages that are not urgent", call.user_id)

    # -- pages -----------------------------------------------------------------------------------------

    def _paged(self, happened: Happened) -> None:
        body = happened.body
        self._orders[body["delivery"]] = _Order(happened, self._by_rule(body["user_id"], body["rule"]))

    def _by_rule(self, user: str, rule: int) -> Cause:
        call = self._calls.get(user)
        if call is None:
            return replace(self._of(user), rule=rule + 1)
        call.used = max(call.used, rule + 1)
        return call.cause_of(rule)

    def _story(self, delivery: str) -> PageStory:
        order, page = self._orders[delivery], self._facts.pages.get(delivery)
        body = order.event.body
        if page is None:
            page = Outgoing(delivery, str(body.get("channel", "")), "cancelled", "", {})
        at, user = began(page) or order.event.at, str(body["user_id"])
        verb = "Paged" if page.state in TAKEN else "Tried to page" if page.state == "failed" else "Ordered a page to"
        hint = f" ({page.body['address_hint']})" if page.body.get("address_hint") else ""
        again = "; perhaps a repetition of a page that went out during the outage" if body.get("repeats") else ""
        sentence = (
            f"{verb} {self._words.name(user)} by {channel(page.channel)}{hint} at {self._clock(at)} because "
            f"{self._words.why(order.cause)}; {self._words.rule(order.cause)}{again}; "
            f"{self._words.fate(page, order.halt)}."
        )
        given = str(body.get("text_sha256", ""))
        whole = given and "subject" in page.body and "text" in page.body
        return PageStory(
            delivery,
            user,
            self._words.name(user),
            page.channel,
            str(page.body.get("contact_label", "")),
            str(page.body.get("address_hint", "")),
            order.event.at,
            order.cause,
            given,
            text_sha256(page.body) == given if whole else None,
            page.state,
            PROVIDERS.get(page.channel, page.channel),
            page.provider_id,
            page.attempts,
            sentence,
        )

    def _failed(self, happened: Happened) -> None:
        body = happened.body
        what = f"a page to {self._words.name(body['user_id'])} by {channel(body['channel'])} failed: {body['reason']}"
        self._say("failed", happened.at, what, body["user_id"])

    def _outage(self, happened: Happened) -> None:
        page, source = happened.body["page"], happened.body["source"]
        user, at = page["user_id"], page["at"]
        said = {"accepted": "it was taken", "rejected": f"it was refused: {page['detail']}"}
        fate = said.get(page["state"], "it is not known whether it arrived")
        sentence = (
            f"Paged {self._words.name(user)} by {channel(page['channel'])} at {self._clock(at)} while the database "
            f"was away, by {source}; {fate}; learned at {self._clock(happened.at)}."
        )
        where = Cause("last_resort", by="during the outage") if page["step"] < 0 else self._position(page)
        provider = PROVIDERS.get(page["channel"], page["channel"])
        story = (page["delivery"], user, self._words.name(user), page["channel"], "", "", at, where, "", None)
        ident = page.get("provider_id") or None
        self._outside.append(PageStory(*story, page["state"], provider, ident, (), sentence))
        if happened.body.get("doubles"):
            order = self._orders.get(happened.body["doubles"])
            reason = f"the same page had gone out at {self._clock(at)}, while the database was away"
            if order is not None and not order.halt:
                order.halt = reason
            what = f"{self._words.name(user)} was to get that page only once: {reason}"
            self._say("duplicate", happened.at, what, user)

    def _counted(self, happened: Happened) -> None:
        body = happened.body
        self._by_rule(body["user_id"], body["rule"])
        sent = self._clock(body["sent_at"])
        what = (
            f"{self._words.name(body['user_id'])} was not paged again: that page went out at {sent}, during the outage"
        )
        self._say("counted", happened.at, what, body["user_id"])

    # -- what ends it ----------------------------------------------------------------------------------

    def _quiet(self, happened: Happened, what: str) -> None:
        self._halted(happened, what)
        self._halt = f"{what} at {self._clock(happened.at)}"

    def _one_of_several(self, happened: Happened) -> None:
        body = happened.body
        what = f"{body['by']} acknowledged it, {body['number']} of {body['needed']}"
        self._halted(happened, what, body["user_id"])

    def _suppressed(self, happened: Happened) -> None:
        cover = happened.body["cover"]
        comment = f' ("{cover["comment"]}")' if cover["comment"] else ""
        self._halt = self._cover = f"it is {cover['by']} until {self._clock(cover['until'])}{comment}"
        self._say("suppressed", happened.at, f"nobody was paged: {self._cover}")

    def _resolved(self, happened: Happened) -> None:
        by, note = happened.body["by"], happened.body["note"]
        what = f"{by} resolved it" if happened.body["human"] else f"it was resolved ({note})" if note else "it was over"
        self._quiet(happened, f"{self._cover}, and {what}" if self._cover else what)

    def _halted(self, happened: Happened, what: str, only: str | None = None) -> None:
        """Pages that are not out are withdrawn, those of one person or all, and no rule is used any more."""
        reason = f"{what} at {self._clock(happened.at)}"
        for delivery, order in self._orders.items():
            if order.halt or (only is not None and order.event.body["user_id"] != only):
                continue
            order.halt = reason
            page = self._facts.pages.get(delivery)
            if page is None or page.state == "cancelled":
                user = str(order.event.body["user_id"])
                said = f"a page to {self._words.name(user)} was withdrawn before it was sent: {reason}"
                self._say("withdrawn", happened.at, said, user)
        self._unused(happened.at, reason, only)
        self._calls = {u: call for u, call in self._calls.items() if only is not None and u != only}

    def _unused(self, at: float, reason: str, only: str | None = None) -> None:
        for call in self._calls.values():
            if (only is None or call.user_id == only) and call.used < len(call.rules):
                rule = call.cause_of(call.used)
                said = reason or f"it is due at {self._clock(call.at + (rule.after_s or 0.0))}"
                what = f"{self._words.rule(rule)} of {self._words.name(call.user_id)} was not used: {said}"
                self._say("not_due", at, what.replace("their", "the", 1), call.user_id)

    def _close(self, at: float) -> None:
        if not self._halt:
            self._unused(at, "")
        steps = (self._policy or {}).get("steps", ())
        due = f"it is taken at {self._clock(self._next_at)} at the earliest, if nobody acknowledges"
        for number in range(self._taken + 1, len(steps)):
            for target in steps[number].get("targets", ()):
                user = target["id"] if target["kind"] == "user" else None
                schedule = target["id"] if target["kind"] == "schedule" else None
                whom = ("" if user else f"{target['kind']} ") + self._words.name(target["id"])
                what = f"{self._step_words(number)} ({whom}) was not taken: {self._halt or due}"
                self._say("step_not_taken", at, what, user, schedule)
        if self._repeated:
            times = f"{len(self._repeated)} times" if len(self._repeated) > 1 else "once more"
            what = (
                f"the sender said the same {times}, last at {self._clock(self._repeated[-1])}: that pages nobody again"
            )
            self._say("repeated", self._repeated[-1], what)

    def _ignored(self, happened: Happened) -> None:
        many = len(happened.body["keys"])
        what = f"{'an alert' if many == 1 else f'{many} alerts'} changed nothing: {happened.body['why']}"
        self._say("ignored", happened.at, what)

    def _step_words(self, number: int) -> str:
        policy = self._policy or {}
        return f"step {number + 1} of policy {policy.get('name')} v{policy.get('version')}"
