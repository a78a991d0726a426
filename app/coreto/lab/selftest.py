"""The program proves itself: a cluster of its own is started, used, hurt and stopped (`coreto selftest`).

It sees the cluster as clients do, over TCP on ports that the system chose; its data is forgotten.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec
import zmq

from coreto.client.client import Client
from coreto.client.direct import subscribed_socket
from coreto.journal.sink import nowhere
from coreto.lab.steps import Course, Outcome, Step, StepError, run_steps
from coreto.launcher.addresses import Addresses
from coreto.launcher.base import BaseCluster, Plan
from coreto.launcher.cluster import Cluster
from coreto.launcher.control_client import ControlClient
from coreto.launcher.free_ports import free_base_port, is_free
from coreto.launcher.processes import ProcessCluster
from coreto.launcher.requests import Kill
from coreto.net.reach import LOOPBACK
from coreto.net.security import Gatekeeper, make_key
from coreto.net.sockets import AddressError, Context, Socket, make_context
from coreto.texts import SENTENCES, Catalogue, _
from coreto.wire.publication import read_publication

SERVERS = 3
START_TRIES = 3
"""Other programs may take a port between our look at it and our use of it."""
MESSAGES = 5
"""Published before the coordinator is killed, and again afterwards."""
USER, CHANNEL = "ana", "coreto"
PROBES_MAX = 20
PROBE_MS = 500
"""Messages published until the subscriber hears one, and how long it listens for each, in milliseconds."""
LISTEN_MS = 5000
"""Longest wait for one message that was published after the subscription was known to stand."""
LOOK_AGAIN_SECONDS = 0.05
PAGE = 100
"""Rows of history asked for: more than are ever published here."""

PARTS_SECONDS = 10.0
START_SECONDS = 90.0
"""The launcher's own deadlines are shorter, but it may have to try again."""
TALK_SECONDS = 30.0
ELECTION_SECONDS = 30.0
"""Some elections on a busy machine."""
STOP_SECONDS = 20.0
"""Five are promised to each role; the rest is for a busy machine."""


class Request(msgspec.Struct, frozen=True):
    """How to run the self-test; `say` takes sentences of the cluster for the person at the screen."""

    processes: bool
    language: str
    say: Callable[[str], None]


def run_selftest(request: Request, parts: Callable[[], str], told: Callable[[Outcome], None]) -> Course:
    """Run every step and return how they ended; `parts` is a step of the caller's about what higher floors need."""
    test = _SelfTest(request, parts)
    steps = [
        Step("parts", PARTS_SECONDS, test.look_at_parts),
        Step("start", START_SECONDS, test.start),
        Step("login", TALK_SECONDS, test.log_in),
        Step("publish", TALK_SECONDS, test.publish),
        Step("receive", TALK_SECONDS, test.receive),
        Step("kill", TALK_SECONDS, test.kill),
        Step("elect", TALK_SECONDS + ELECTION_SECONDS, test.elect),
        Step("history", TALK_SECONDS, test.read_history),
        Step("stop", STOP_SECONDS, test.stop),
    ]
    return run_steps(steps, told)


class _SelfTest:
    """The cluster, a client and a subscriber of it, and what was acknowledged."""

    def __init__(self, request: Request, parts: Callable[[], str]) -> None:
        self._request = request
        self._parts = parts
        self._cluster: BaseCluster | None = None
        self._context: Context = make_context()
        self._client: Client | None = None
        self._subscriber: Socket | None = None
        self._base = 0
        self._told: list[str] = []
        """What the cluster said it has stored, in order."""
        self._epoch = 0

    # Steps.

    def look_at_parts(self) -> str:
        """See that what is loaded late is there: packaging may have lost it."""
        code = "overloaded"
        if Catalogue("pt").sentence(code) == SENTENCES[code]:
            raise StepError(_("The Portuguese catalogue is missing: install the program again."))
        keeper = Gatekeeper(self._context, make_key())
        keeper.start()
        keeper.stop()
        return " ".join([_("Both languages are there."), self._parts(), _("A cluster can have a key.")])

    def start(self) -> str:
        """Start every role."""
        for tries_left in reversed(range(START_TRIES)):
            try:
                self._start_once()
                break
            except AddressError:
                if not tries_left:
                    raise
                self._stop_cluster()
        info = self._running.info()
        names = ", ".join(str(server["name"]) for server in info["servers"])
        return _(
            "Reference, proxy, broker and the servers {names} run; clients connect to {broker}.", names=names, **info
        )

    def log_in(self) -> str:
        """Log in, create a channel, and listen to it as any subscriber would."""
        info = self._running.info()
        self._client = Client(info["broker"], context=self._context)
        self._client.login(USER)
        self._client.create_channel(CHANNEL)
        self._subscriber = subscribed_socket(self._context, info["proxy"], [CHANNEL])
        self._wait_for_subscription()
        return _("A user and a channel exist, and a subscriber listens.")

    def publish(self) -> str:
        """Have some messages acknowledged."""
        self._publish_some()
        return _("{count} messages were acknowledged.", count=MESSAGES)

    def receive(self) -> str:
        """Hear exactly those messages."""
        heard = [self._hear(LISTEN_MS) for _number in range(MESSAGES)]
        wanted = self._told[-MESSAGES:]
        if heard != wanted:
            raise StepError(_("The subscriber heard {heard} instead of {wanted}.", heard=heard, wanted=wanted))
        return _("The subscriber heard each of them once, in order.")

    def kill(self) -> str:
        """Kill the coordinator."""
        name, self._epoch = self._coordinator(after=0)
        ControlClient(self._running.folder.control).ask(Kill(name))
        return _("{name}, the coordinator of epoch {epoch}, was killed.", name=name, epoch=self._epoch)

    def elect(self) -> str:
        """Have messages acknowledged in a newer epoch."""
        self._publish_some()
        name, epoch = self._coordinator(after=self._epoch)
        return _(
            "{name} is the coordinator of epoch {epoch}, and {count} more messages were acknowledged.",
            name=name,
            epoch=epoch,
            count=MESSAGES,
        )

    def read_history(self) -> str:
        """Find in history exactly what was acknowledged."""
        rows = [row.message for row in self._asker.history(channel=CHANNEL, limit=PAGE)]
        if rows != self._told:
            raise StepError(_("History holds {rows} instead of {wanted}.", rows=rows, wanted=self._told))
        return _("History holds all {count} acknowledged messages once, in order.", count=len(rows))

    def stop(self) -> str:
        """Stop everything; nothing of it may remain."""
        if self._subscriber is not None:
            self._subscriber.close()
        if self._client is not None:
            self._client.close()
        self._context.term()
        folder = self._cluster.folder.path if self._cluster else None
        self._stop_cluster()
        if folder is not None and folder.exists():
            raise StepError(_("The folder {folder} was left behind.", folder=folder))
        if self._base and not is_free(LOOPBACK, self._base):
            raise StepError(_("Port {port} is still in use.", port=self._base))
        return _("Every role stopped, and nothing was left behind.")

    # How.

    @property
    def _running(self) -> BaseCluster:
        assert self._cluster is not None, "started before it is used"
        return self._cluster

    @property
    def _asker(self) -> Client:
        assert self._client is not None, "logged in before it is used"
        return self._client

    def _start_once(self) -> None:
        self._base = free_base_port(LOOPBACK)
        request = self._request
        addresses = Addresses("tcp" if request.processes else "both", LOOPBACK, self._base)
        plan = Plan(addresses, SERVERS, None, request.language, request.say, nowhere)
        self._cluster = ProcessCluster(plan, ["--lang", request.language]) if request.processes else Cluster(plan)
        self._cluster.take_folder()
        self._cluster.start()

    def _stop_cluster(self) -> None:
        if self._cluster is not None:
            self._cluster.stop()
            self._cluster = None

    def _coordinator(self, *, after: int) -> tuple[str, int]:
        """Wait until a server knows the coordinator of an epoch after `after`; return its name and that epoch."""
        deadline = time.monotonic() + ELECTION_SECONDS
        while time.monotonic() < deadline:
            status = self._asker.status()
            if status["coordinator"] and int(status["epoch"]) > after:
                return str(status["coordinator"]), int(status["epoch"])
            threading.Event().wait(LOOK_AGAIN_SECONDS)
        raise StepError(_("No coordinator of an epoch after {epoch} was established.", epoch=after))

    def _wait_for_subscription(self) -> None:
        """Publish until the subscriber hears it: the proxy learns of a subscription some time after it was made."""
        for _attempt in range(PROBES_MAX):
            self._publish_one()
            assert self._subscriber is not None
            if self._subscriber.poll(PROBE_MS):
                break
        else:
            raise StepError(_("The subscriber heard nothing of {count} messages.", count=PROBES_MAX))
        while self._hear(LISTEN_MS) != self._told[-1]:
            pass

    def _publish_some(self) -> None:
        for _number in range(MESSAGES):
            self._publish_one()

    def _publish_one(self) -> None:
        text = f"message {len(self._told) + 1}"
        self._asker.publish(USER, CHANNEL, text)
        self._told.append(text)

    def _hear(self, milliseconds: int) -> str:
        assert self._subscriber is not None
        if not self._subscriber.poll(milliseconds, zmq.POLLIN):
            raise StepError(_("The subscriber heard nothing for {seconds} s.", seconds=milliseconds // 1000))
        topic, raw = self._subscriber.recv_multipart()
        return read_publication(topic, raw).message
