"""The timeline of an alert: what happened and every page, as sentences."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

from fastapi import APIRouter

from domain.calendar import utc
from domain.configuration import Configuration
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader
from gateway.schemas.alerts import Timeline, TimelineEntry
from gateway.schemas.base import moment, problems
from storage import incidents
from storage.changes import Sessions

TITLES_SHOWN = 3
router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.get("/{alert_id}/timeline", operation_id="getAlertTimeline", responses=problems(404))
async def get_timeline(alert_id: PathId, _: Reader, gateway: Gateway) -> Timeline:
    """Oldest first; pages with what became of them."""
    return await timeline_of(gateway.sessions, alert_id, gateway.config.current)


async def timeline_of(sessions: Sessions, alert_id: str, config: Configuration) -> Timeline:
    """The same for whoever has no request. Raises NotFound."""
    alert_id = await incidents.present(sessions, alert_id)
    events, pages = await incidents.timeline(sessions, alert_id)
    entries = [
        TimelineEntry(at=moment(e["at"]), kind=e["kind"], text=sentence(e["kind"], e["body"], config), data=e["body"])
        for e in events
        if e["kind"] != "Paged"
    ]
    entries += [_page_entry(p) for p in pages]
    return Timeline(items=sorted(entries, key=lambda e: e.at))


def _page_entry(page: dict[str, Any]) -> TimelineEntry:
    body = page["body"]
    where = f" ({body['contact_label']})" if body.get("contact_label") else ""
    text = f"Page to {body.get('user_name', 'somebody')} by {page['channel']}{where}: {page['state']}"
    if page["detail"]:
        text += f", {page['detail']}"
    data = {k: page[k] for k in ("id", "channel", "state", "detail", "attempts", "provider_id")}
    data |= {"subject": body.get("subject"), "user_id": body.get("user_id"), "why": body.get("why")}
    at = moment(page["sent_at"] or page["created_at"])
    return TimelineEntry(at=at, kind="Page", text=text, data=data)


def _names(config: Configuration, users: list[str]) -> str:
    return ", ".join(map(config.name, users)) or "nobody"


def _clock(at: float) -> str:
    return utc(at).strftime("%H:%M:%S UTC")


def _alerts(found: Sized) -> str:
    return "An alert" if len(found) == 1 else f"{len(found)} alerts"


def _titles(alerts: list[dict[str, Any]]) -> str:
    named = ", ".join(a["title"] for a in alerts[:TITLES_SHOWN])
    return named if len(alerts) <= TITLES_SHOWN else f"{named} and {len(alerts) - TITLES_SHOWN} more"


def sentence(kind: str, body: dict[str, Any], config: Configuration) -> str:
    """One event for a person."""
    step = int(body.get("step", 0)) + 1
    note = f': "{body["note"]}"' if body.get("note") else ""
    by = body.get("by", "")
    late = f" ({body['late_s']:.0f} s late)" if body.get("late_s") else ""
    match kind:
        case "Triggered":
            by = f", by {body['rule']}" if body.get("rule") else ""
            return f"Incident opened{by}{': ' + body['reason'] if body.get('reason') else ''}"
        case "FellBack":
            return f"Taken as it came, because something configured failed: {'; '.join(body['problems'])}"
        case "SilencedAtSource":
            who = sorted({name for names in body["by"].values() for name in names})
            state = f"silenced at the source ({', '.join(who)})" if who else "no longer silenced at the source"
            return f"{_alerts(body['by'])} {state}"
        case "AlertsFired":
            return f"{_alerts(body['alerts'])} fired: {_titles(body['alerts'])}"
        case "AlertsRepeated":
            return f"{_alerts(body['keys'])} repeated by the sender"
        case "AlertsResolved":
            return f"{_alerts(body['starts'])} resolved by the source"
        case "AlertsIgnored":
            return f"{_alerts(body['keys'])} changed nothing: {body['why']}"
        case "GroupTruncated":
            return f"The sender left {body['omitted']} alerts out of its list"
        case "StepStarted":
            called = f"{_names(config, body['users'])} called" if body["users"] else "begins, and calls nobody"
            doubt = f" ({body['doubt']})" if body.get("doubt") else ""
            return f"Step {step}, round {body['round'] + 1}: {called}{late}{doubt}"
        case "StepEmpty" | "StepSkipped":
            return f"Step {step} passed over: {body['why']}"
        case "StepCutShort":
            return f"Step {step} ends early: nobody whom it called can be reached, every page to them failed"
        case "TurnAsked":
            return f"Step {step} asks whose turn it is"
        case "MajorDeclared":
            raised = f", at least {body['severity']}" if body.get("severity") else ""
            return f"Declared a major incident{raised}, by {body['by']}"
        case "LastResortCalled":
            return f"Last resort ({body['why']}): {_names(config, body['users'])} called"
        case "NobodyReachable":
            return "Nobody can be reached at all. Add a contact method to a user now"
        case "PersonCalled":
            unproven = "; no contact method of theirs is verified" if body.get("unverified") else ""
            return f"{_names(config, [body['user_id']])} is called upon ({body['urgency']} rules){unproven}"
        case "PageHeld":
            until = f"{moment(body['until']):%Y-%m-%d %H:%M} UTC"
            return f"Quiet hours of {_names(config, [body['user_id']])} hold a page that is not urgent until {until}"
        case "PageFailed":
            return f"A page to {_names(config, [body['user_id']])} failed: {body['reason']}"
        case "PagedInOutage":
            page = body["page"]
            twice = "; the same page ordered since is withdrawn unless it is out" if body["doubles"] else ""
            to = f"{_names(config, [page['user_id']])} by {page['channel']}: {page['state']}"
            return f"Paged while the database was away, by {body['source']}: {to}{twice}"
        case "OutagePageCounted":
            return f"{_names(config, [body['user_id']])} is not paged again: that page went out during the outage"
        case "WaitCounted":
            return f"Step {step} had begun during the outage: its wait counts from then"
        case "Acknowledged":
            last = f", the last of {body['needed']}" if body.get("needed", 1) > 1 else ""
            return f"Acknowledged by {by}{last}{note}"
        case "AcknowledgementCounted":
            return f"{by} acknowledged, {body['number']} of {body['needed']}: they are not paged any more{note}"
        case "Watched":
            ends = f"; the shift ends at {moment(body['shift_ends']):%Y-%m-%d %H:%M} UTC" if body["shift_ends"] else ""
            return f"Watched: people know of {body['alerts']} alerts, {body['severity']}{ends}"
        case "AcknowledgerReminded":
            until = f"{moment(body['until']):%Y-%m-%d %H:%M} UTC"
            return f"{_names(config, [body['user_id']])} is reminded of it: it rings again at {until}"
        case "AcknowledgementLapsed":
            left = f"; that of {_names(config, body['keeps'])} still does" if body.get("keeps") else ""
            return f"The acknowledgement counts no more: {body['why']}{left}"
        case "Unacknowledged":
            left = f"; that of {_names(config, body['keeps'])} still counts" if body.get("keeps") else ""
            return f"Acknowledgement taken back by {by}{left}{note}"
        case "Resolved":
            if body.get("human"):
                return f"Resolved by {by}{note}"
            return f"Resolved: {body.get('note') or 'its source reports no firing alert'}"
        case "Snoozed":
            return f"Snoozed by {by}{note}"
        case "Woken":
            return f"The snooze is over{late}"
        case "TimeGiven":
            return f"Given time until {utc(body['until']).strftime('%H:%M:%S UTC')} to resolve by itself"
        case "AutoResolvePostponed":
            return "Not resolved after silence: Sentinel could not hear for a while, so the whole time begins anew"
        case "Suppressed":
            cover = body["cover"]
            comment = f': "{cover["comment"]}"' if cover["comment"] else ""
            until = utc(cover["until"]).strftime("%Y-%m-%d %H:%M:%S UTC")
            return f"Nobody is paged: {cover['by']} until {until}{comment}"
        case "SuppressionChecked":
            return "Looked at again: nobody is paged, as before"
        case "Released":
            return f"Escalates now: {body['why']}{late}"
        case "MergeAsked":
            return f"{by} wants it to be part of {body['into']}{note}"
        case "MergeRefused":
            return f"Not merged into {body['into']}: {body['why']}"
        case "Merged":
            return f"Merged into {body['into']} by {by}: what still fires is there now, and so are its people"
        case "TookIn":
            return f"{body['source']} was merged into this by {by}"
        case "TakeInRefused":
            return f"{body['source']} was not merged into this: {body['why']}"
        case "SourceTruncated":
            return f"The sender of what was merged into this left {body['omitted']} alerts out of its list"
        case "AlertsForwarded":
            return f"{_alerts(body['keys'])} went on to {body['into']}"
        case "ForwardReturned":
            return "Alerts of what was merged into this went back to their own line: this is over"
        case "Reclaimed":
            return f"Alerts came back, because {body['into']} is over"
        case "SplitOff":
            return f"{_alerts(body['keys'])} split off by {by} into an incident of their own{note}"
        case "AlertsFollowedSplit":
            return f"{_alerts(body['keys'])} went to the incident that was split off"
        case "Attached":
            return f"Attached to {body['to']} by {by}{note}"
        case "AttachedHere":
            return f"{body['child']} was attached to this by {by}"
        case "FlappingStarted":
            often = f"over and back {body['cycles']} times within {body['within_s'] / 60:.0f} min"
            return f"It flaps ({often}): it stays open until nothing fires for {body['settle_s'] / 60:g} min"
        case "FlappingEnded":
            return "It flaps no more: it resolves with its source again"
        case "Settling":
            return f"Nothing fires, but it flaps: it resolves at {_clock(body['until'])} if that stays so"
        case "Worsened":
            worse = f"{body['severity']}, and people were told {body['seen']}"
            return f"It flaps and is worse now ({worse}): escalation starts from the first step"
        case "Noted":
            return f"{by} wrote{note}"
        case "Reassigned" if not body["users"]:
            return f"Reassigned by {by} to people who cannot be reached: the policy goes on{note}"
        case "Reassigned":
            return f"Reassigned by {by} to {_names(config, body['users'])}{note}"
        case "Escalated":
            return f"Escalated by {by}{note}"
        case "CommandIgnored":
            return f"{body['command']} by {by} changed nothing: {body['why']}"
    return kind
