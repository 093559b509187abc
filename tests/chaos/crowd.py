"""Senders who keep what they were told, and people who answer their telephones, in a thread of their own.

A sender comes again until it is told 2xx, as Alertmanager does. A person decides by the seed whether and when to
acknowledge a page; the last one always does. A refused acknowledgement is pressed again.
"""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time
from dataclasses import dataclass, field

import aiohttp

from tests.chaos.installation import WAITS_S
from tests.fakes.http_sink import HttpSink

TITLE = re.compile(r"Chaos \d+-\d+")
AGAIN_S = 0.5
ANSWERS = (0.4, 0.6, 1.0)
"""How likely each of the three people acknowledges."""
NOTICED_S = (0.3, 4.0)
"""How long a person takes to acknowledge, from and to."""
BURST_EVERY_S = 15.0


@dataclass
class Told:
    """What a sender was told about one alert. Monotonic seconds; None: not (yet)."""

    title: str
    first_at: float
    accepted_at: float | None = None
    refusals: int = 0


@dataclass
class Answer:
    """A person's acknowledgement of an incident: when first pressed, when told 2xx."""

    asked_at: float
    accepted_at: float | None = None


@dataclass
class Crowd:
    """`rate`: alerts a second; `burst`: that many at once every 15 s on top."""

    seed: int
    webhook: str
    api: str
    key: str
    sink: HttpSink
    rate: float
    burst: int
    told: dict[str, Told] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sending = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="crowd", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0

    def start(self) -> None:
        """Begin to send and to answer."""
        self._sending.set()
        self._thread.start()

    def stop_sending(self) -> None:
        """No new alerts; those refused so far are still sent again, pages still answered."""
        self._sending.clear()

    def stop(self) -> None:
        """Everybody goes home."""
        self._ending.set()
        self._thread.join(20)

    def waiting(self) -> int:
        """Alerts not accepted yet."""
        return sum(1 for t in self.told.copy().values() if t.accepted_at is None)

    def open(self) -> int:
        """Accepted alerts whose acknowledgement was not accepted yet."""
        accepted = [t.title for t in self.told.copy().values() if t.accepted_at is not None]
        done = {title for title, a in self.answers.copy().items() if a.accepted_at is not None}
        return sum(1 for title in accepted if title not in done)

    async def _main(self) -> None:
        # Patience counts from when a request leaves: they share connections here, and real ones would not wait for those.
        # By a limit on the whole, a gateway of a starved machine once met 600 people who gave up before their turn, for ever.
        connector, limit = aiohttp.TCPConnector(limit=100), aiohttp.ClientTimeout(sock_connect=10, sock_read=10)
        async with aiohttp.ClientSession(connector=connector, timeout=limit, trust_env=False) as self._http:
            duties = [asyncio.create_task(self._send()), asyncio.create_task(self._listen())]
            while not self._ending.is_set():
                for duty in duties:
                    if duty.done():
                        duty.result()
                await asyncio.sleep(0.1)
            for task in [*duties, *self._tasks]:
                task.cancel()
            await asyncio.gather(*duties, *self._tasks, return_exceptions=True)

    def _spawn(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self) -> None:
        next_at, burst_at = time.monotonic(), time.monotonic() + BURST_EVERY_S / 2
        while self._sending.is_set():
            now = time.monotonic()
            if now >= burst_at:
                burst_at += BURST_EVERY_S
                for _ in range(self.burst):
                    self._alert()
            while next_at <= now:
                next_at += 1 / self.rate
                self._alert()
            await asyncio.sleep(0.02)

    def _alert(self) -> None:
        title = f"Chaos {self.seed}-{self._number}"
        self._number += 1
        self.told[title] = Told(title, time.monotonic())
        self._spawn(asyncio.create_task(self._deliver(self.told[title])))

    async def _deliver(self, told: Told) -> None:
        body = {"title": told.title, "dedup_key": told.title, "severity": "critical"}
        while told.accepted_at is None:
            if await self._post(self.webhook, body):
                told.accepted_at = time.monotonic()
            else:
                told.refusals += 1
                await asyncio.sleep(AGAIN_S)

    async def _post(self, url: str, body: dict[str, str]) -> bool:
        try:
            async with self._http.post(url, json=body, headers={"Authorization": f"Bearer {self.key}"}) as answer:
                await answer.read()
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def _listen(self) -> None:
        heard = 0
        while True:
            for page in self.sink.received[heard:]:
                heard += 1
                found = TITLE.search(page.body.decode(errors="replace"))
                if found and page.status == 200:
                    self._consider(found[0], int(page.path.strip("/")), str(page.json.get("incident_id", "")))
            await asyncio.sleep(0.05)

    def _consider(self, title: str, person: int, incident: str) -> None:
        dice = random.Random(f"{self.seed}/{title}/{person}")
        if title not in self.answers and dice.random() < ANSWERS[min(person, len(WAITS_S) - 1)]:
            self.answers[title] = Answer(float("inf"))
            self._spawn(asyncio.create_task(self._acknowledge(title, incident, dice.uniform(*NOTICED_S))))

    async def _acknowledge(self, title: str, incident: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        answer = self.answers[title]
        answer.asked_at = time.monotonic()
        while answer.accepted_at is None:
            if await self._post(f"{self.api}/alerts/{incident}/acknowledge", {"note": "mine"}):
                answer.accepted_at = time.monotonic()
            else:
                await asyncio.sleep(AGAIN_S)
