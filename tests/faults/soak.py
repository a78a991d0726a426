"""The soak: real processes under kills and stops, real clients, and a checker that judges from outside.

Run by `scripts/soak`, and for a minute by the tests. Phases: a village forms · subscribers join ·
clients and chaos at once · faults stop, clients end · a new write must succeed and all servers
reach the same commit · processes stop · the checker reads histories, deliveries and disks.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coreto.net.sockets import make_context
from tests.faults.chaos import Chaos
from tests.faults.checker import Violation, acknowledged, check, excused
from tests.faults.clients import AUTHORS, CHANNELS, Person
from tests.faults.disk import DiskLog, read_state
from tests.faults.evidence import Evidence, Operation, save
from tests.faults.listeners import Listener
from tests.faults.village import Village, end_in_order_when_told
from tests.support.plain import NoAnswerError, PlainClient
from tests.support.waiting import wait_until

SESSION_CLIENTS, FREE_CLIENTS, PLAIN_CLIENTS, LISTENERS = 4, 4, 4, 2
LIVE_SECONDS = 20.0
"""After the faults a new write succeeds, and everybody reaches the same commit, within this time."""
END_SECONDS = 60.0
"""A client ends within this time: its longest request, and a margin for a busy machine."""
FENCES = 3
"""Rounds of last messages: a server that keeps up writes the effects of one batch to its tables with a later one."""
TOPICS = (*CHANNELS, *AUTHORS)
_notices = itertools.count(1)


class Soak:
    """One run; `evidence`, `violations` and `summary` are complete when `run` returns."""

    def __init__(self, folder: Path, seconds: float, seed: int, servers: int) -> None:
        self.folder = folder
        self.violations: list[Violation] = []
        self.evidence = Evidence()
        self._seconds = seconds
        self._seed = seed
        self._servers = servers
        self._context = make_context()
        self._stop = threading.Event()
        self._people: list[Person] = []
        self._listeners: list[Listener] = []
        self._operations: list[Operation] = []
        self._wanted_end = 0.0

    def run(self) -> None:
        """Do all of it; what the harness cannot go on after is a violation as well."""
        with Village(self.folder, self._context, self._servers) as village:
            self._chaos = Chaos(village, self._seed)
            try:
                self._live(village)
            except AssertionError as error:
                self.violations.append(Violation("alive", str(error)))
            finally:
                self._stop.set()
                self._end_people()
                for listener in self._listeners:
                    listener.close()
                self._context.destroy(linger=0)
                self._gather()
        self._judge(village)

    # Phases.

    def _live(self, village: Village) -> None:
        self._begin_listening(village)
        self._begin_talking(village)
        self._chaos.start()
        wait_until(self._is_over, "the end of the soak", self._seconds + END_SECONDS)
        self._chaos.finish()
        self._stop.set()
        self._end_people()
        self._tell("ended alone", self._chaos.problems)
        assert not self._chaos.problems, "not judged any further"
        for _ in range(FENCES):
            upto = self._fence(village)
            self.evidence.upto = self.evidence.upto or upto
            wait_until(lambda: _agreed(village), "all servers at the same commit", LIVE_SECONDS)
        wait_until(lambda: self._all_heard(upto), "all subscribers have heard all", LIVE_SECONDS)
        self._tell("stopped in good order", village.end())

    def _is_over(self) -> bool:
        self._wanted_end = self._wanted_end or time.monotonic() + self._seconds
        return time.monotonic() > self._wanted_end or bool(self._chaos.problems)

    def _begin_listening(self, village: Village) -> None:
        with PlainClient(self._context, village.broker) as client:
            for author in AUTHORS:
                client.write("login", user=author)
            for channel in CHANNELS:
                client.write("channel", channel=channel)
            for number in range(LISTENERS):
                listener = Listener(f"listener{number}", self._context, village.proxy, village.broker)
                self._listeners.append(listener)
                for topic in TOPICS:
                    listener.follow(topic, direct=topic in AUTHORS)
                listener.start()
            wait_until(lambda: self._probe(client), "publications to every subscriber", LIVE_SECONDS)

    def _probe(self, client: PlainClient) -> bool:
        """Say something in every topic; return whether every subscriber has heard something in each."""
        self.evidence.since = {topic: _say(client, topic) for topic in TOPICS}
        return all(len(listener.heard) == len(TOPICS) for listener in self._listeners)

    def _begin_talking(self, village: Village) -> None:
        kinds = ["session"] * SESSION_CLIENTS + ["free"] * FREE_CLIENTS + ["plain"] * PLAIN_CLIENTS
        for number, kind in enumerate(kinds):
            place = (self._context, village.broker)
            self._people.append(Person(f"{kind}{number}", kind, *place, self._seed, self._stop))
            self._people[-1].start()

    def _end_people(self) -> None:
        for person in self._people:
            person.join(END_SECONDS)
            if person.is_alive():
                self.violations.append(Violation("alive", f"{person.name} hangs"))
            if person.failure is not None:
                self.violations.append(Violation("understood", f"{person.name}: {person.failure!r}"))
            self._operations += person.operations
        self._people = []

    def _fence(self, village: Village) -> dict[str, int]:
        """Say something in every topic once more; return its number in each."""
        upto: dict[str, int] = {}
        with PlainClient(self._context, village.broker, LIVE_SECONDS) as client:
            wait_until(lambda: all(self._said(client, topic, upto) for topic in TOPICS), "new writes", LIVE_SECONDS)
        return upto

    def _said(self, client: PlainClient, topic: str, upto: dict[str, int]) -> bool:
        try:
            upto[topic] = _say(client, topic)
        except (AssertionError, NoAnswerError):
            return False
        return True

    def _all_heard(self, upto: dict[str, int]) -> bool:
        return all(_has_heard(listener.heard, upto) for listener in self._listeners)

    # Judging.

    def _gather(self) -> None:
        evidence, faults = self.evidence, self._chaos.faults
        evidence.operations = self._operations
        evidence.deliveries = {listener.name: listener.deliveries for listener in self._listeners}
        evidence.broker_kills = [fault.at for fault in faults if fault.role == "broker" and fault.what == "kill"]
        evidence.outages = self._chaos.outages
        save(self.folder / "operations.jsonl", evidence.operations)
        save(self.folder / "faults.jsonl", faults)
        save(self.folder / "outages.jsonl", evidence.outages)
        for name, deliveries in evidence.deliveries.items():
            save(self.folder / f"{name}.jsonl", deliveries)

    def _judge(self, village: Village) -> None:
        if not self.evidence.upto:
            return
        self.evidence.logs = {name: DiskLog(village.data(name)) for name in village.addresses}
        self.evidence.states = {name: read_state(village.data(name)) for name in village.addresses}
        self.violations += check(self.evidence)

    def _tell(self, rule: str, problems: list[str]) -> None:
        self.violations += [Violation(rule, problem) for problem in problems]

    # Summary.

    def summary(self) -> dict[str, Any]:
        """Return what happened, in numbers."""
        writes = [operation for operation in self.evidence.operations if operation.is_write]
        codes = Counter(operation.code for operation in writes)
        plain = [operation for operation in self.evidence.operations if operation.plain]
        answered = [o.end - o.start for o in plain if o.code != "silence" and not excused(o, self.evidence)]
        recoveries = self._recoveries()
        faults = self._chaos.faults
        return {
            "seed": self._seed,
            "seconds": self._seconds,
            "kills": dict(self._chaos.counts("kill")),
            "stops": dict(self._chaos.counts("stop")),
            "broker_away_seconds": round(sum(span.end - span.start for span in self._chaos.outages), 1),
            "broker_held_too_long": self._chaos.held_too_long,
            "majority_away": sum(fault.what == "majority" for fault in faults),
            "acknowledged": codes.pop("ok", 0),
            "unknown": codes.pop("unknown", 0) + codes.pop("silence", 0),
            "refused": dict(codes),
            "reads": sum(not operation.is_write for operation in self.evidence.operations),
            "delivered": {listener.name: len(listener.deliveries) for listener in self._listeners},
            "plain_requests": len(plain),
            "plain_excused": sum(o.code == "silence" and excused(o, self.evidence) for o in plain),
            "plain_worst_seconds": round(max(answered, default=0.0), 3),
            "recoveries": len(recoveries),
            "recovery_median_seconds": round(statistics.median(recoveries), 3) if recoveries else None,
            "recovery_worst_seconds": round(max(recoveries), 3) if recoveries else None,
            "violations": [violation._asdict() for violation in self.violations],
        }

    def _recoveries(self) -> list[float]:
        """Return, for each kill of a coordinator, the time to the first answer of a newer epoch."""
        ends = sorted((operation.end, operation.epoch) for operation in acknowledged(self.evidence))
        strikes = [fault.at for fault in self._chaos.faults if fault.coordinator and fault.what == "kill"]
        return list(_first_newer(ends, strikes))


def _first_newer(ends: list[tuple[float, int]], strikes: list[float]) -> list[float]:
    found: list[float] = []
    position, epoch = 0, 0
    for strike in sorted(strikes):
        while position < len(ends) and ends[position][0] <= strike:
            epoch = max(epoch, ends[position][1])
            position += 1
        newer = next((ends[at][0] for at in range(position, len(ends)) if ends[at][1] > epoch), None)
        if newer is not None:
            found.append(newer - strike)
    return found


def _say(client: PlainClient, topic: str) -> int:
    """Publish in a channel or send to a user what was never said before; return the number it got."""
    text = f"notice {next(_notices)}"
    if topic in AUTHORS:
        return int(client.write("message", src=AUTHORS[0], dst=topic, message=text)["seq"])
    return int(client.write("publish", user=AUTHORS[0], channel=topic, message=text)["seq"])


def _has_heard(heard: dict[str, int], upto: dict[str, int]) -> bool:
    return all(heard.get(topic, 0) >= seq for topic, seq in upto.items())


def _agreed(village: Village) -> bool:
    statuses = village.statuses()
    views = {(status["commit"], status["applied"], status["last"], status["digest"]) for status in statuses.values()}
    return len(statuses) == len(village.addresses) and len(views) == 1


def soak(seconds: float, seed: int, servers: int) -> tuple[dict[str, Any], Path | None]:
    """Run once; return the summary, and the folder with the evidence if something is wrong."""
    folder = Path(tempfile.mkdtemp(prefix="coreto-soak-"))
    run = Soak(folder, seconds, seed, servers)
    run.run()
    summary = run.summary()
    if run.violations:
        (folder / "summary.json").write_text(json.dumps(summary, indent=1), "utf-8")
        return summary, folder
    shutil.rmtree(folder)
    return summary, None


def told(summary: dict[str, Any]) -> Iterator[str]:
    """Tell a summary, one thing a line."""
    for name, value in summary.items():
        if name == "violations":
            for violation in value:
                yield f"VIOLATION of {violation['rule']}: {violation['what']}"
        elif isinstance(value, dict):
            yield f"{name}: {', '.join(f'{key} {count}' for key, count in sorted(value.items())) or 'none'}"
        else:
            yield f"{name}: {value}"


def main() -> int:
    """Run what the command line asks for; return 1 if anything was violated."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description="Kill and stop real processes under load.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long faults and load last (60)")
    parser.add_argument("--seed", type=int, default=None, help="of the faults and of what clients ask (random)")
    parser.add_argument("--servers", type=int, choices=(3, 5), default=5, help="3 or 5 (5)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    options = parser.parse_args()
    end_in_order_when_told()
    seed = options.seed if options.seed is not None else int(time.time())
    summary, folder = soak(options.seconds, seed, options.servers)
    if options.json:
        print(json.dumps(summary))
    else:
        print(*told(summary), sep="\n")
    if folder is not None:
        print(f"The evidence is in {folder}", file=sys.stderr)
    return 1 if folder is not None else 0


if __name__ == "__main__":
    sys.exit(main())
