"""What is done to roles, and in which order, without any role."""

import threading

import pytest

from coreto.launcher import requests as ask
from coreto.launcher.injector import FAULTS_MAX, FaultInjector
from coreto.launcher.requests import RefusalError
from coreto.net import orders
from coreto.net.faults import LinkFault

CUT = LinkFault("s1", "s2", "cut")
LATER_SECONDS = 0.05
BACK = LinkFault("s2", "s1", "cut")


class FakeRole:
    """Follows every order at once, and writes down what it suffered."""

    def __init__(self):
        self.suffered = []
        self.alive = True
        self.on_mark = lambda number: None

    def tell(self, message):
        order = orders.read_order(message)
        if isinstance(order, orders.Mark):
            self.on_mark(order.number)
        else:
            self.suffered.append(order)

    def pause(self):
        self.suffered.append("pause")

    def resume(self):
        self.suffered.append("resume")

    def kill(self):
        self.suffered.append("kill")
        self.alive = False

    def stop(self):
        self.suffered.append("stop")
        self.alive = False

    def join(self):
        return True

    def is_alive(self):
        return self.alive


class World:
    """Three servers, a broker, a proxy and a reference, and who was started or wiped."""

    def __init__(self):
        self.done: list[str] = []
        self.noted: list[tuple[str, int]] = []
        """Faults that were reported, and how much was done before."""
        self.failure = None
        self.roles: dict[str, FakeRole] = {}
        self.injector = FaultInjector(
            self.roles,
            lambda: ["s1", "s2", "s3"],
            self.start,
            lambda name: self.done.append(f"wipe {name}"),
            lambda name: self.done.append(f"ended {name}"),
            self.note,
        )
        for name in ("reference", "proxy", "broker", "view-text", "s1", "s2", "s3"):
            self.add(name)

    def note(self, event):
        self.noted.append((event.fault, len(self.done)))

    def add(self, name):
        role = self.roles[name] = FakeRole()
        role.on_mark = lambda number: self.injector.marked(name, number)

    def start(self, name):
        self.done.append(f"start {name}")
        self.add(name)
        self.injector.greet(name)
        if self.failure:
            raise self.failure

    def ask(self, request):
        return self.injector.handle(request)

    def state(self, name):
        (found,) = [role for role in self.ask(ask.InForce())["roles"] if role["name"] == name]
        return found

    def refused(self, request):
        with pytest.raises(RefusalError) as caught:
            self.ask(request)
        return caught.value.code


@pytest.fixture
def world():
    return World()


def test_everybody_is_told_the_faults_between_roles(world):
    world.ask(ask.Inject((CUT,)))
    world.ask(ask.Inject((BACK,)))
    for name, role in world.roles.items():
        assert role.suffered == [orders.PutFaults((CUT,)), orders.PutFaults((CUT, BACK))], name
    world.ask(ask.Heal())
    assert world.roles["s1"].suffered[-1] == orders.PutFaults(())
    assert world.ask(ask.InForce())["links"] == ()


def test_a_fault_replaces_one_of_its_sort_and_nothing_ends_it(world):
    world.ask(ask.Inject((LinkFault("s1", "s2", "drop", share=0.3),)))
    world.ask(ask.Inject((LinkFault("s1", "s2", "drop", share=0.6), LinkFault("s1", "s2", "delay", seconds=1.0))))
    assert [(link["effect"], link["share"]) for link in world.ask(ask.InForce())["links"]] == [
        ("drop", 0.6),
        ("delay", 1.0),
    ]
    world.ask(ask.Inject((LinkFault("s1", "s2", "drop", share=0.0), LinkFault("s1", "s2", "delay", seconds=0.0))))
    assert world.ask(ask.InForce())["links"] == ()


@pytest.mark.parametrize(
    ("ends", "is_link"),
    [
        (("s1", "s2"), True),
        (("s1", "broker"), True),
        (("proxy", "s1"), True),
        (("s3", "reference"), True),
        (("clients", "broker"), True),
        (("proxy", "view-text"), True),
        (("reference", "proxy"), False),
        (("clients", "proxy"), False),
        (("clients", "s1"), False),
        (("s1", "view-text"), False),
        (("s1", "s1"), False),
    ],
)
def test_only_ways_that_messages_take_can_be_struck(world, ends, is_link):
    request = ask.Inject((LinkFault(ends[0], ends[1], "cut"),))
    if is_link:
        world.ask(request)
    else:
        assert world.refused(request) == "no_link"


def test_of_two_groups_only_those_who_talk_are_parted(world):
    world.ask(ask.Inject((LinkFault("broker", "s1", "cut"), LinkFault("broker", "reference", "cut"))))
    assert [(link["source"], link["target"]) for link in world.ask(ask.InForce())["links"]] == [("broker", "s1")]


def test_too_many_faults_are_refused_and_change_nothing(world):
    kinds = [f"kind{number}" for number in range(FAULTS_MAX + 1)]
    assert world.refused(ask.Inject(tuple(LinkFault("s1", "s2", "cut", kind=kind) for kind in kinds))) == "faults_many"
    assert world.ask(ask.InForce())["links"] == ()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (ask.Kill("s9"), "role_unknown"),
        (ask.Inject((LinkFault("s1", "s9", "cut"),)), "role_unknown"),
        (ask.Kill("broker", "mid-batch"), "no_server"),
        (ask.Restart("broker", blank_disk=True), "no_server"),
        (ask.SlowDisk("proxy", 1.0), "no_server"),
        (ask.Drift("reference", 1.0), "no_server"),
        (ask.Info(), "unknown_request"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(world, request_, code):
    assert world.refused(request_) == code
    assert world.done == []
    assert not any(role.suffered for role in world.roles.values())


def test_a_killed_role_is_said_to_have_ended_and_is_not_killed_twice(world):
    world.ask(ask.Kill("s2"))
    assert world.roles["s2"].suffered == ["kill"]
    assert world.done == ["ended s2"]
    assert world.state("s2")["state"] == "killed"
    assert world.refused(ask.Kill("s2")) == "not_running"
    assert world.injector.judge_end("s2") == "killed"


def test_a_server_that_is_killed_before_its_cut_was_killed(world):
    world.ask(ask.Kill("s2", "after-persist"))
    world.ask(ask.Kill("s2"))
    assert world.injector.judge_end("s2") == "killed"


def test_a_server_that_dies_at_its_cut_was_killed(world):
    world.ask(ask.Kill("s2", "after-persist"))
    assert world.roles["s2"].suffered == [orders.DieAt("after-persist")]
    assert world.state("s2")["cut"] == "after-persist"
    assert world.injector.judge_end("s2") == "cut"
    assert world.state("s2") == {**world.state("s2"), "state": "killed", "cut": None}


def test_a_role_that_crashes_is_down_until_it_is_started(world):
    assert world.injector.judge_end("s2") == "crashed"
    assert world.state("s2")["state"] == "down"
    world.start("s2")
    assert world.state("s2")["state"] == "running"


def test_what_stays_in_force_is_told_to_the_next_life(world):
    world.ask(ask.Inject((CUT,)))
    world.ask(ask.SlowDisk("s1", 0.5))
    world.ask(ask.Drift("s1", 300.0))
    world.ask(ask.Skew("s1", 5.0))
    world.ask(ask.FillDisk("s1"))
    world.ask(ask.Restart("s1"))
    assert world.done == ["ended s1", "start s1"]
    assert world.roles["s1"].suffered == [orders.PutFaults((CUT,)), orders.SlowDisk(0.5), orders.Drift(300.0)]
    state = world.state("s1")
    assert (state["slow_disk"], state["drift_ppm"], state["skew"], state["full_disk"]) == (0.5, 300.0, 0.0, False)


def test_skews_add_up(world):
    world.ask(ask.Skew("s1", 5.0))
    world.ask(ask.Skew("s1", -1.0))
    assert world.state("s1")["skew"] == 4.0


def test_a_paused_role_learns_the_faults_when_it_goes_on(world):
    world.ask(ask.Pause("s1"))
    assert world.state("s1")["state"] == "paused"
    world.ask(ask.Inject((CUT,)))
    assert world.roles["s1"].suffered == ["pause"]
    world.ask(ask.Resume("s1"))
    assert world.roles["s1"].suffered == ["pause", "resume", orders.PutFaults((CUT,))]
    assert world.state("s1")["state"] == "running"


def test_the_answer_comes_when_everybody_has_followed(world):
    followed = []

    def follow(number):
        followed.append(number)
        world.injector.marked("s1", number)

    world.roles["s1"].on_mark = lambda number: threading.Timer(LATER_SECONDS, follow, [number]).start()
    world.ask(ask.Inject((CUT,)))
    assert followed


def test_a_role_that_never_follows_does_not_hold_up_the_answer_for_ever(world, monkeypatch):
    monkeypatch.setattr("coreto.launcher.injector.SETTLE_SECONDS", LATER_SECONDS)
    world.roles["s1"].on_mark = lambda number: None
    assert world.ask(ask.Inject((CUT,))) == {"done": True}


def test_a_restart_of_a_paused_role_stops_it_first(world):
    world.ask(ask.Pause("s1"))
    old = world.roles["s1"]
    world.ask(ask.Restart("s1"))
    assert old.suffered == ["pause", "resume", "stop"]
    assert world.state("s1")["state"] == "running"


def test_a_blank_disk_is_wiped_between_two_lives(world):
    world.ask(ask.Restart("s1", blank_disk=True))
    assert world.done == ["ended s1", "wipe s1", "start s1"]


def test_what_is_done_to_a_life_is_reported_before_what_comes_of_it(world):
    world.ask(ask.Kill("s1"))
    world.ask(ask.Restart("s1"))
    with pytest.raises(RefusalError):
        world.ask(ask.Restart("broker", blank_disk=True))
    assert world.done == ["ended s1", "start s1"]
    assert world.noted == [("kill", 0), ("restart", 1)]


def test_a_role_that_does_not_start_is_refused_and_given_up(world):
    world.failure = RuntimeError("no luck")
    with pytest.raises(RefusalError) as caught:
        world.ask(ask.Restart("s1"))
    assert caught.value.code == "not_started"
    assert caught.value.fields == {"name": "s1", "reason": "no luck"}
    assert world.injector.judge_end("s1") == "given up"
