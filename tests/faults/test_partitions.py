"""The network between roles is cut, slowed and made unreliable."""

import itertools

import pytest

from coreto.client.errors import RefusedError
from coreto.launcher.requests import Heal, Inject
from coreto.net.faults import Effect, LinkFault
from tests.faults.conftest import THREADS_SOON
from tests.support.breaking import Broken
from tests.support.waiting import wait_until


def refusal(broken: Broken, server: str) -> str:
    """The code with which a server refuses a write, or nothing."""
    try:
        broken.ask(server, "login", user="late")
    except RefusedError as error:
        return error.code
    return ""


def bad(effect: Effect, source: str, target: str) -> LinkFault:
    """A fault that is hard on the protocol, and leaves it a chance."""
    share = 0.1 if effect == "drop" else 1.0
    seconds = 0.02 if effect == "delay" else 0.0
    return LinkFault(source, target, effect, share=share, seconds=seconds, spread=seconds)


def test_a_coordinator_that_is_parted_from_the_others_loses_its_office(broken: Broken):
    broken.write()
    old = broken.coordinator()
    others = [name for name in broken.servers if name != old]
    broken.cut(old, ",".join(others))
    wait_until(lambda: broken.coordinator() in others, "another one is elected", 30.0)
    wait_until(lambda: refusal(broken, old) == "no_quorum", "the minority refuses writes", 30.0)
    for _ in range(5):
        broken.write()
    broken.do(Heal())
    broken.wait_settled()


@THREADS_SOON
def test_a_cut_in_one_direction_is_survived(broken: Broken):
    old = broken.coordinator()
    for name in broken.servers:
        if name != old:
            broken.do(Inject((LinkFault(old, name, "cut"),)))
    broken.write()
    broken.do(Heal())
    broken.wait_settled()


@THREADS_SOON
def test_a_server_parted_from_the_broker_still_votes(broken: Broken):
    old = broken.coordinator()
    broken.cut(old, "broker")
    broken.write()
    broken.do(Heal())
    broken.wait_settled()


@THREADS_SOON
@pytest.mark.parametrize("effect", ["delay", "duplicate", "reorder", "drop"])
def test_nothing_acknowledged_is_lost_or_doubled_on_bad_links(broken: Broken, effect):
    broken.do(Inject(tuple(bad(effect, a, b) for a, b in itertools.permutations(["broker", *broken.servers], 2))))
    for _ in range(10):
        broken.write()
    broken.do(Heal())
    broken.wait_settled()
    users = broken.client.users()
    assert len(users) == len(set(users))


@THREADS_SOON
def test_a_fault_for_one_kind_of_message_spares_the_others(broken: Broken):
    old = broken.coordinator()
    followers = [name for name in broken.servers if name != old]
    broken.do(Inject(tuple(LinkFault(old, name, "cut", kind="call") for name in followers)))
    broken.write()
    assert broken.coordinator() == old


@THREADS_SOON
@pytest.mark.parametrize("effect", ["delay", "duplicate", "drop"])
def test_clients_have_bad_links_too(broken: Broken, effect):
    broken.do(Inject((bad(effect, "clients", "broker"), bad(effect, "broker", "clients"))))
    for _ in range(5):
        broken.write()
    assert set(broken.client.users()) == broken.acknowledged
