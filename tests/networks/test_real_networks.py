"""A cluster on four hosts with a real network between them: faults, recovery times, and nobody loses a message.

CORETO_TEST_UNPLUGGED and CORETO_TEST_CHURN set how many seconds a host is unplugged, and how long
learners come and go. With `-s` the table of faults is shown.
"""

import os
import random
import time
from collections.abc import Callable

import pytest

from tests.networks.lab import START_SECONDS, Lab, Writer, judge
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

UNPLUGGED_SECONDS = float(os.environ.get("CORETO_TEST_UNPLUGGED", "30"))
CHURN_SECONDS = float(os.environ.get("CORETO_TEST_CHURN", "300"))
FAULT_SECONDS = 5.0
"""How long each of the other faults lasts: some elections."""
SETTLED_SECONDS = 180.0
"""Only a deadline: ten servers that start at once on a busy machine need a while."""
LEARNERS = 10
Fault = tuple[str, float, Callable[[], None], Callable[[], None]]


def faults(lab: Lab, name: str) -> list[Fault]:
    """What is done to the host of a server, for how long, and how it is undone."""
    hosts, host = lab.hosts, lab.servers[name]
    others = [other for other in lab.servers.values() if other != host]

    def all_cut(act: Callable[[str, str], None]) -> None:
        for other in others:
            act(host, other)
            act(other, host)

    better = lambda: hosts.better(host)  # noqa: E731 -- one of a table
    return [
        ("50 ms later", FAULT_SECONDS, lambda: hosts.worsen(host, delay=0.05), better),
        ("5 % lost", FAULT_SECONDS, lambda: hosts.worsen(host, loss=0.05), better),
        ("hears nothing", FAULT_SECONDS, lambda: hosts.worsen(host, deaf=True), better),
        ("cut to one", FAULT_SECONDS, lambda: hosts.cut(host, others[0]), lambda: hosts.mend(host, others[0])),
        ("cut off servers", FAULT_SECONDS, lambda: all_cut(hosts.cut), lambda: all_cut(hosts.mend)),
        ("unplugged", UNPLUGGED_SECONDS, lambda: hosts.unplug(host), lambda: hosts.plug(host)),
    ]


def wait_back(lab: Lab, name: str, what: str) -> None:
    """Return when there is one coordinator, and a server is reached again."""
    wait_until(lambda: lab.coordinator() and lab.status(name), f"{what}: it is over", SETTLED_SECONDS)


def test_every_fault_of_the_network_is_survived(lab):
    writer = Writer(lab)
    writer.start()
    rows = []
    for number in range(6):
        victim = lab.coordinator() or pytest.fail("nobody coordinates")
        what, seconds, begin, end = faults(lab, victim)[number]
        began = time.monotonic()
        begin()
        recovered = writer.wait_acknowledged(began, f"{what}: a message is acknowledged")
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        ended = time.monotonic()
        end()
        writer.wait_acknowledged(ended, f"{what}: a message is acknowledged afterwards")
        wait_back(lab, victim, what)
        rows.append((what, seconds, recovered, time.monotonic() - ended))
    writer.finish()
    wait_until(lab.is_settled, "all servers hold the same", SETTLED_SECONDS)
    verdict = judge(writer, lab.history())
    print("\nfault of the coordinator's host   seconds   first answer after   everybody back after")
    for what, seconds, recovered, settled in rows:
        print(f"{what:33} {seconds:7.0f} {recovered:18.2f} s {settled:20.2f} s")
    print(verdict, "failed:", writer.failed)
    assert (verdict["lost"], verdict["doubled"]) == (0, 0)
    assert verdict["acknowledged"] > 0


def test_learners_come_and_go_without_an_election(lab):
    writer = Writer(lab)
    writer.start()
    epoch, chance = lab.epoch(), random.Random(7)
    names = [f"laptop-{number}" for number in range(1, LEARNERS + 1)]
    running: set[str] = set()
    joined = left = 0
    until = time.monotonic() + CHURN_SECONDS
    while time.monotonic() < until:
        name = chance.choice(names)
        if name in running:
            assert lab.roles[name].end() == 0, lab.roles[name].errors()
            running.remove(name)
            left += 1
        else:
            host = chance.choice(lab.hosts.names)
            lab.start_server(name, host=host).wait_said("listens at", START_SECONDS)
            running.add(name)
            joined += 1
        time.sleep(chance.uniform(0.0, 0.5))
    for name in names:
        if name not in running:
            lab.start_server(name, host=lab.hosts.names[0])
    learning = lambda: lab.status(lab.coordinator()).get("learners")  # noqa: E731 -- one condition
    wait_until(lambda: learning() == sorted(names), "all of them are learners", SETTLED_SECONDS)
    writer.finish()
    target = lab.status(lab.coordinator())["last"]
    wait_until(lambda: all(lab.status(n).get("applied") == target for n in names), "all hold it", SETTLED_SECONDS)
    verdict = judge(writer, lab.history())
    print(f"\n{joined} joined and {left} left in {CHURN_SECONDS:.0f} s; {verdict}; failed: {writer.failed}")
    assert lab.epoch() == epoch, "somebody called an election"
    assert (verdict["lost"], verdict["doubled"]) == (0, 0)
    for name in names:
        assert lab.roles[name].end() == 0, lab.roles[name].errors()
    wait_until(lambda: learning() == [], "they said that they leave", SETTLED_SECONDS)
