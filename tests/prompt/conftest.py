"""A chat that answers from memory."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from coreto.client.errors import ClientError, GivenUpError, RefusedError
from coreto.client.listed import Listed
from coreto.client.membership import Members
from coreto.client.survey import Look, Report
from coreto.journal.event import Event
from coreto.launcher.requests import Events, FaultsInForce, Request, RoleState
from coreto.prompt.session import ChatSession

NOON = 1_700_000_000.0


@dataclass(frozen=True)
class Message:
    """Serves as a stored and as a received message."""

    topic: str
    user: str
    message: str
    seq: int | None = None
    direct: bool = False
    confirmed: bool = True
    time: float = NOON
    index: int = 0
    clock: int = 7


@dataclass
class FakeChat:
    """Stores what it is told and delivers it to its one subscriber, as the cluster does."""

    people: list[str] = field(default_factory=list)
    rooms: dict[str, list[Message]] = field(default_factory=dict)
    directs: list[Message] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)
    arrived: list[Message] = field(default_factory=list)
    failure: ClientError | None = None
    before_history: Callable[[], None] = lambda: None
    before_publish: Callable[[], None] = lambda: None
    gate: threading.Event = field(default_factory=threading.Event)
    given_up: threading.Event = field(default_factory=threading.Event)
    quorum: bool = True
    alive: tuple[str, ...] = ("s1", "s2", "s3")
    hearing: dict[str, bool] = field(default_factory=dict)
    lamport: int = 7
    closed: bool = False
    count: int = 0
    clock_set: tuple[str, float] | None = None

    def __post_init__(self):
        self.gate.set()

    def _ask(self):
        for _moment in range(2000):
            if self.gate.wait(0.01):
                break
            if self.given_up.is_set():
                self.given_up.clear()
                raise GivenUpError("Given up.", "unknown")
        else:
            raise AssertionError("nobody opened the gate")
        if self.failure is not None:
            raise self.failure

    def _room(self, channel):
        if channel not in self.rooms:
            raise RefusedError(f"There is no channel '{channel}'.", "refused", "channel_unknown")
        return self.rooms[channel]

    def deliver(self, message):
        """Let a message arrive, when its topic is subscribed."""
        if message.topic in self.topics:
            self.arrived.append(message)

    def login(self, user):
        self._ask()
        if user not in self.people:
            self.people.append(user)
        return {"status": "sucesso"}

    def users(self):
        self._ask()
        return self.people

    def create_channel(self, channel):
        self._ask()
        if channel in self.rooms:
            raise RefusedError(f"The channel '{channel}' already exists.", "refused", "channel_exists")
        self.rooms[channel] = []
        return {"status": "sucesso"}

    def channels(self):
        self._ask()
        return list(self.rooms)

    def publish(self, user, channel, text):
        self._ask()
        self.before_publish()
        room = self._room(channel)
        self.count += 1
        room.append(Message(channel, user, text, len(room) + 1, index=self.count))
        self.deliver(room[-1])
        return {"status": "OK", "seq": len(room)}

    def message(self, src, dst, text):
        self._ask()
        if dst not in self.people:
            raise RefusedError(f"There is no user '{dst}'.", "refused", "user_unknown")
        seq = sum(message.topic == dst for message in self.directs) + 1
        self.count += 1
        self.directs.append(Message(dst, src, text, seq, direct=True, index=self.count))
        self.deliver(self.directs[-1])
        return {"status": "OK", "seq": seq}

    def history(self, *, channel="", user="", peer="", after=None, before=None, limit=100):
        self._ask()
        self.before_history()
        pair = {user, peer}
        found = (
            self._room(channel)
            if channel
            else [m for m in self.directs if (m.topic == user if not peer else {m.topic, m.user} == pair)]
        )
        if before is not None:
            found = [m for m in found if (m.index if peer else m.seq) < before]
        return found[-limit:]

    def status(self):
        self._ask()
        return self._told()

    def _told(self):
        return {"server": "s3", "epoch": 4, "coordinator": "s3", "applied": 7, "voters": ["s1", "s2", "s3"]}

    def election(self):
        self._ask()
        return {"election": "OK", "coordinator": "s3"}

    def servers(self):
        self._ask()
        return [
            {"name": "s1", "rank": 1, "address": "tcp://127.0.0.1:5601", "coordinator": False},
            {"name": "s3", "rank": 3, "address": "tcp://127.0.0.1:5603", "coordinator": True},
        ]

    def members(self):
        self._ask()
        return self._members("s1", "s2", "s3")

    def promote(self, wanted):
        self._ask()
        return wanted, self._members("s1", "s2", "s3", wanted)

    def remove(self, wanted):
        self._ask()
        return wanted, self._members(*(name for name in ("s1", "s2", "s3") if name != wanted))

    def _members(self, *voters):
        listed = [
            Listed(name, rank, f"tcp://127.0.0.1:560{rank}", name == "s3") for rank, name in enumerate(self.alive, 1)
        ]
        learners = tuple(name for name in ("s1", "s2", "s3", "s4") if name not in voters)
        return Members("c", "s3", voters, learners, tuple(listed))

    def survey(self):
        self._ask()
        self.count += 1
        status = {"voters": ["s1", "s2", "s3"], "epoch": 4, "last": 9, "commit": 9, "applied": 9, "clock": 5}
        roles = {"s3": "coordinator"}
        return [
            Report(name, rank, {**status, "role": roles.get(name, "follower")}, 0.003, 0.001, float(self.count))
            for rank, name in enumerate(self.alive, 1)
        ]

    def look(self):
        if self.failure is not None:
            raise self.failure
        return Look(
            {**self._told(), "quorum": self.quorum}, [{"name": name} for name in self.alive], 0.003, self.hearing
        )

    def names(self):
        return self.people, list(self.rooms)

    def give_up(self):
        self.given_up.set()

    def stop_looking(self):
        pass

    def clocks(self):
        self._ask()
        told = {"cluster_offset": -0.0015, "drift": 300.2, "error_bound": 0.002, "adjustment": 0.0015, "lamport": 42}
        return [
            {"name": "s1", "rank": 1, "time": NOON, "offset": -4.0, "round_trip": 0.0012, "age": 2.04, **told},
            {"name": "node", "rank": 2, "time": None, "error": "It does not answer."},
        ]

    def set_clock(self, wanted, moment):
        self._ask()
        self.clock_set = (wanted, moment)
        return "s1", moment

    def subscribe(self, topic, *, direct=False):
        self.topics.add(topic)

    def unsubscribe(self, topic):
        self.topics.discard(topic)

    def received(self):
        taken, self.arrived = self.arrived, []
        return taken

    def close(self):
        self.closed = True


@dataclass
class FakeControl:
    """Remembers what it is asked, and tells what it is given."""

    asked: list[Request] = field(default_factory=list)
    telling: FaultsInForce = field(
        default_factory=lambda: FaultsInForce(tuple(RoleState(name) for name in ("broker", "s1", "s2", "s3")), ())
    )

    happened: list[Event] = field(default_factory=list)
    failure: ClientError | None = None

    def ask(self, request):
        self._answer()
        self.asked.append(request)
        return {"done": True}

    def in_force(self):
        self._answer()
        return self.telling

    def events(self, count=100, *, traffic=False, index=0, since=0.0, until=math.inf):
        self._answer()
        self.asked.append(Events(count, traffic, index, since, until))
        return [event for event in self.happened if since <= event.time <= until]

    def _answer(self):
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def control():
    """A cluster that can be broken."""
    return FakeControl()


@pytest.fixture
def message():
    """The class of stored and received messages."""
    return Message


@pytest.fixture
def chat():
    """A chat with the channel geral, and bia in it."""
    return FakeChat(people=["bia"], rooms={"geral": []})


@pytest.fixture
def session(chat, control):
    """The session of somebody who has just come."""
    made = ChatSession(chat)
    made.attach(control)
    return made
