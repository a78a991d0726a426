"""The loads on a broker: publish, fan-out and history, each from a process of its own.

The load shares no interpreter with the cluster, which would cost the cluster half of its time. It is
told what to do in a `Job`, and prints what it saw as a `Sample`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence

import msgspec

from coreto.client.client import Client
from coreto.lab.bench.check import why_void
from coreto.lab.bench.fanout import FanOut
from coreto.lab.bench.load import Answered, Load, publications, repeated
from coreto.net.sockets import Context, make_context
from coreto.texts import _

PAGE = 100
"""Rows of one page of history."""
FILL_WINDOW = 512
"""Requests outstanding while a channel is filled."""


class Job(msgspec.Struct, frozen=True):
    """One run of one load."""

    work: str
    broker: str
    proxy: str = ""
    clients: int = 1
    window: int = 1
    size: int = 100
    subscribers: int = 0
    messages: int = 0
    """To fill a channel with before it is read."""
    seconds: float = 3.0
    warmup: float = 1.0
    checked: bool = True
    """Whether what answers is a cluster, that can be asked for its history."""


class Sample(msgspec.Struct, frozen=True):
    """What one run measured; with a reason in `void` nothing of it counts."""

    values: dict[str, float]
    void: str = ""


def run_job(job: Job) -> Sample:
    """Run a load in this process and return what it saw; raise a `ClientError` when the cluster cannot be used."""
    context = make_context()
    try:
        return _Run(context, job).measure()
    finally:
        context.destroy(linger=0)


class _Run:
    """One run, with a user and a channel that nobody else has."""

    def __init__(self, context: Context, job: Job) -> None:
        token = secrets.token_hex(6)
        self._context = context
        self._job = job
        self._user, self._channel = f"bench-user-{token}", f"bench-{token}"

    def measure(self) -> Sample:
        with Client(self._job.broker, context=self._context) as client:
            if self._job.checked:
                client.login(self._user)
                client.create_channel(self._channel)
            match self._job.work:
                case "fanout":
                    return self._fan_out(client)
                case "history":
                    return self._read(client)
                case _:
                    return self._publish(client)

    def _publish(self, client: Client) -> Sample:
        job = self._job
        bodies = publications(self._user, self._channel, job.size)
        load = Load(self._context, job.broker, bodies, clients=job.clients, window=job.window, total=job.messages)
        values = self._timed(load) if not job.messages else _counted(load)
        return Sample(values, self._judge(load) or self._look_up(client, load.answered))

    def _read(self, client: Client) -> Sample:
        job = self._job
        bodies = publications(self._user, self._channel, job.size)
        fill = Load(self._context, job.broker, bodies, window=FILL_WINDOW, total=job.messages)
        fill.run()
        middle = max(job.messages // 2 - PAGE, 0)
        pages = repeated("history", channel=self._channel, after=middle, limit=PAGE)
        load = Load(self._context, job.broker, pages, clients=job.clients, window=job.window)
        values = self._timed(load)
        return Sample(values, self._judge(fill) or self._judge(load) or self._look_up(client, fill.answered))

    def _fan_out(self, client: Client) -> Sample:
        job = self._job
        bodies = publications(self._user, self._channel, job.size)
        with FanOut(self._context, job.broker, job.proxy, self._channel, job.subscribers) as fan_out:
            fan_out.tune_in(client, self._user)
            values = fan_out.run(bodies, job.window, job.warmup, job.seconds)
            return Sample(values, fan_out.void or self._look_up(client, fan_out.answered))

    def _look_up(self, client: Client, answered: Sequence[Answered]) -> str:
        """Return why what was acknowledged is not to be believed; what keeps no log cannot be asked."""
        return why_void(client, self._channel, self._job.size, answered) if self._job.checked else ""

    def _timed(self, load: Load) -> dict[str, float]:
        """Let a load run beyond its warm-up, and return what it did within the time."""
        began = time.monotonic() + self._job.warmup
        ended = began + self._job.seconds
        timer = threading.Timer(ended - time.monotonic(), load.stop)
        timer.start()
        try:
            load.run()
        finally:
            timer.cancel()
        return load.told(began, ended)

    def _judge(self, load: Load) -> str:
        if load.refused:
            said = ", ".join(f"{count} {code}" for code, count in load.refused.items())
            return _("the cluster refused requests: {said}", said=said)
        if load.lost or load.unasked:
            return _(
                "{lost} requests have no answer, and {unasked} answers no request",
                lost=load.lost,
                unasked=load.unasked,
            )
        return "" if load.answered else _("nothing was answered")


def _counted(load: Load) -> dict[str, float]:
    """Let a load run to its end; return its rate and latencies from the first answer to the last."""
    load.run()
    if len(load.answered) < 2:
        return {}
    return load.told(load.answered[0].moment, load.answered[-1].moment)
