"""What is known at the end of a run, from senders, people and the database."""

from __future__ import annotations

from actors.incident import Incident
from domain.storm import AFTER, HOLD_S, WITHIN_S
from runtime.invariants import Events
from runtime.sending import HOLD_S as CLAIM_S
from tests.chaos.crowd import TITLE, Crowd
from tests.chaos.installation import WAITS_S, Installation
from tests.chaos.verdict import Ack, Evidence, Page, Row

LEEWAY_S = 5.0
"""From the end of its wait, or of the claim it was lost in, a page may take this long before its withdrawal is no excuse."""
JOURNAL = "select entity, seq, shard, epoch, kind, body::text from rt.journal order by position"
EVENTS = Events(Incident())
WITHDRAWN = """
select substring(body->>'subject' from 'Chaos [0-9]+-[0-9]+'), substring(body->>'user_name' from '[0-9]+$')::int
from rt.outbox o where kind = 'page' and state = 'cancelled'"""
OVERTAKEN = f"""{WITHDRAWN} and attempts > 0
 and updated_at <= (select min(started_at) from rt.send_log l where l.send = o.id) + interval '{CLAIM_S + LEEWAY_S} s'"""
HELD = f"""{WITHDRAWN} and attempts = 0
 and updated_at <= created_at + interval '{HOLD_S + LEEWAY_S} s' and {AFTER} <= (
    select count(*) from rt.outbox s where s.body->>'contact_method_id' = o.body->>'contact_method_id'
    and s.sent_at between o.created_at - interval '{WITHIN_S} s' and o.updated_at)"""
TOGETHER = """
select bundle::text, substring(body->>'subject' from 'Chaos [0-9]+-[0-9]+') from rt.outbox
where bundle is not null and state in ('accepted', 'delivered', 'bundled')"""
LEFT = """
select (select count(*) from rt.inbox where done_at is null),
       (select count(*) from rt.timer where due_at < now() - interval '2 seconds'),
       (select count(*) from rt.outbox where state in ('pending', 'sending', 'unknown') and due_at <= now()),
       (select count(*) from rt.quarantine)"""


def collect(it: Installation, crowd: Crowd) -> Evidence:
    """Needs the database up and the run at rest."""
    ((inbox, timers, sends, quarantined),) = it.sql(LEFT)
    return Evidence(
        accepted={t.title: t.accepted_at for t in crowd.told.copy().values() if t.accepted_at is not None},
        pages=pages(it),
        acks={title: Ack(a.asked_at, a.accepted_at) for title, a in crowd.answers.copy().items()},
        journal=tuple(row(*found) for found in it.sql(JOURNAL)),
        unknowns=dict(it.sql("select id, unknowns from rt.outbox where unknowns > 0")),
        waits_s=WAITS_S,
        tried=frozenset(
            (title[0], int(call.path.strip("/")))
            for call in list(it.sink.received)
            if call.status != 200 and (title := TITLE.search(call.body.decode(errors="replace")))
        ),
        overtaken=frozenset(it.sql(OVERTAKEN)),
        held=frozenset(it.sql(HELD)),
        left={"inbox rows": inbox, "overdue timers": timers, "sends": sends, "quarantined entities": quarantined},
    )


def row(entity: str, seq: int, shard: int, epoch: int, kind: str, body: str) -> Row:
    """A row of the journal, its event read if it is an incident's."""
    event = EVENTS.of(kind, body) if entity.startswith("incident/") else None
    return Row(entity, seq, shard, epoch, event)


def pages(it: Installation) -> tuple[Page, ...]:
    """What the telephones took (answered 200), and mails, which follow a telephone that failed."""
    together: dict[str, list[str]] = {}
    for bundle, title in it.sql(TOGETHER):
        together.setdefault(bundle, []).append(title)

    def told(ident: str, text: str) -> list[tuple[str, str]]:
        """Titles in the message, each with an id that comes again only if the message did."""
        titles = next((shared for bundle, shared in together.items() if bundle in ident), TITLE.findall(text)[:1])
        return [(title, f"{ident} {title}" if len(titles) > 1 else ident) for title in titles]

    found = []
    for call in list(it.sink.received):
        key = call.headers["idempotency-key"]
        for title, ident in told(key, call.body.decode(errors="replace")) if call.status == 200 else ():
            found.append(Page(title, int(call.path.strip("/")), ident, call.at))
    by_phone = {(p.title, p.person) for p in found}
    for mail, at in zip(list(it.mail.mails), list(it.mail.at), strict=False):
        person = int(str(mail["To"]).partition("person")[2].partition("@")[0])
        for title, ident in told(str(mail["Message-ID"]), str(mail)):
            if (title, person) not in by_phone:
                found.append(Page(title, person, ident, at))
    return tuple(found)
