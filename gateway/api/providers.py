"""Testing a provider: a real message to the caller's own contact, and what the provider answered."""

from __future__ import annotations

from time import monotonic

from fastapi import APIRouter

from gateway.api.health_parts import NO_PROVIDER
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway
from gateway.problems import ProblemError
from gateway.schemas.base import moment, problems
from gateway.schemas.health import ProviderAnswer
from gateway.services import Services
from gateway.single_page import single_page
from runtime.effects import Accepted, Unknown
from storage import audit
from storage.access import Holder
from storage.changes import act, fetch
from storage.contacts import opened
from storage.errors import NotFound
from storage.tables import ContactMethodRow, UserRow

router = APIRouter(prefix="/providers", tags=["administration"])
SEND_S = 10.0
PAUSE_S = 10.0
"""Between two tests of one person: messages may cost money."""


@router.post("/{channel}/test", operation_id="testProvider", responses=problems(404, 409, 429))
async def test_provider(channel: PathId, caller: Configurer, gateway: Gateway) -> ProviderAnswer:
    """Send a test message to your own first enabled contact method of this kind. Also where its breaker is open."""
    contact = await _contact(channel, caller, gateway)
    sender, (address, settings) = gateway.channels[channel], opened(contact, gateway.sealer)
    text = (
        f"{caller.name} asked for this test at {moment(gateway.time.now()):%H:%M:%S UTC}. "
        "Nothing is wrong and nothing is to be done: it shows that pages can reach this address."
    )
    page = single_page(gateway, caller.name, address, settings, "Test from Fangorn Sentinel", text)
    provider, began = sender.provider(page), monotonic()
    outcome = await sender.send(page, SEND_S)
    took = monotonic() - began
    state = "accepted" if isinstance(outcome, Accepted) else "unknown" if isinstance(outcome, Unknown) else "refused"
    detail = outcome.detail if isinstance(outcome, Accepted) else outcome.reason
    async with act(gateway.sessions, caller.name, "test", f"provider/{channel}", {"state": state, "detail": detail}):
        pass
    return ProviderAnswer.model_validate(
        {
            "channel": channel,
            "provider": provider,
            "contact": contact.label,
            "state": state,
            "detail": detail,
            "took_s": round(took, 3),
        }
    )


async def _contact(channel: str, caller: Holder, gateway: Services) -> ContactMethodRow:
    sender = gateway.channels.get(channel)
    if sender is None:
        raise NotFound("channel", channel)
    if channel == NO_PROVIDER:
        raise ProblemError(409, "The outbox page needs no provider: there is nothing to test.")
    if not sender.configured:
        raise ProblemError(409, sender.problem)
    if caller.user_id is None:
        raise ProblemError(409, "This key belongs to nobody, who could get a test? Use a person's key, or sign in.")
    async with gateway.sessions() as session:
        last = await audit.last_s(session, caller.name, "test", f"provider/{channel}")
        if last is not None and last < PAUSE_S:
            wait = f"{PAUSE_S - last:.0f}"
            raise ProblemError(429, f"You tested it a moment ago. Try again in {wait} s.", {"Retry-After": wait})
        user = await fetch(session, UserRow, caller.user_id, "user")
        for contact in user.contacts:
            if contact.channel == channel and contact.enabled:
                return contact
    raise ProblemError(409, f"You have no enabled contact method of the kind {channel}. Add one, then test again.")
