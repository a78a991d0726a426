"""What a message costs as a cluster grows: the rate against channels, users, log length, servers, clients and size.

Two yardsticks. The rate is what a client sees, and depends on what else the machine does; the
processor time of the cluster per message depends on that much less. Both should be flat in channels,
users and log length. Each curve is measured on one cluster that grows, or on a new one for each
point where that cannot be (servers); its points take their turns when the cluster need not grow.
Run by `scripts/bench-growth`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgpack
import msgspec

from coreto.client.client import Client
from coreto.lab.bench.course import run_elsewhere
from coreto.lab.bench.load import Bodies, Load
from coreto.lab.bench.machine import MachineWatch, about_machine
from coreto.lab.bench.own import Target, Wanted, own_cluster
from coreto.lab.bench.publishing import Job
from coreto.lab.bench.svg import Line, lines
from coreto.net.sockets import make_context
from tests.figures.steps import cpu_seconds

FILL_WINDOW = 512
SETTLE_SECONDS = 0.5
"""Between filling and measuring: followers apply what is still on its way."""


class Point(NamedTuple):
    """One measurement: messages a second, and microseconds of the cluster's processors for each."""

    rate: float
    cost: float


Curve = dict[int, list[Point]]


def main() -> None:
    """Measure the curves that are asked for; write plots and a page."""
    parser = argparse.ArgumentParser(prog="scripts/bench-growth", description=__doc__)
    parser.add_argument("--curves", default=",".join(CURVES), help=f"which, with commas between ({','.join(CURVES)})")
    parser.add_argument("--most", type=int, default=0, help="end each curve here (0: at its own end)")
    parser.add_argument("--messages", type=int, default=5_000, help="of one measurement (5000)")
    parser.add_argument("--repetitions", type=int, default=3, help="of each point (3)")
    parser.add_argument("--clients", type=int, default=8, help="that publish, where they are not what grows (8)")
    parser.add_argument("--window", type=int, default=64, help="requests outstanding of each (64)")
    parser.add_argument("--docs", type=Path, help="write growth.md and a plot of each curve into this folder")
    options = parser.parse_args()
    watch = MachineWatch(Path())
    found = {name: CURVES[name](options) for name in options.curves.split(",")}
    text = _page(found, options, watch)
    print(text)
    if options.docs:
        options.docs.mkdir(parents=True, exist_ok=True)
        (options.docs / "growth.md").write_text(text, "utf-8")
        for name, curve in found.items():
            (options.docs / f"growth-{name}.svg").write_text(_plot(name, curve), "utf-8")


# The curves.


def _channels(options: argparse.Namespace) -> Curve:
    def fill(first: int, last: int) -> tuple[Bodies, int]:
        return _named("channel", "channel", first), last - first

    return _filled(options, (1, 10, 100, 1_000, 10_000, 100_000), fill)


def _users(options: argparse.Namespace) -> Curve:
    def fill(first: int, last: int) -> tuple[Bodies, int]:
        return _named("login", "user", first), last - first

    return _filled(options, (1, 10, 100, 1_000, 10_000, 100_000), fill)


def _log(options: argparse.Namespace) -> Curve:
    return _filled(options, (1_000, 10_000, 100_000, 1_000_000), lambda first, last: (_texts, last - first))


def _servers(options: argparse.Namespace) -> Curve:
    curve: Curve = defaultdict(list)
    for _repetition in range(options.repetitions):
        for count in random.sample(_until((1, 3, 5, 7), options), len(_until((1, 3, 5, 7), options))):
            with own_cluster(Wanted(count)) as target:
                _warm_up(target, options)
                curve[count].append(_point(target, options))
    return dict(sorted(curve.items()))


def _clients(options: argparse.Namespace) -> Curve:
    return _in_turn(options, (1, 2, 5, 10, 20, 50, 100, 200, 500), lambda count: {"clients": count, "window": 1})


def _sizes(options: argparse.Namespace) -> Curve:
    return _in_turn(options, (16, 64, 256, 1_024, 4_096), lambda size: {"size": size})


CURVES: dict[str, Callable[[argparse.Namespace], Curve]] = {
    "channels": _channels,
    "users": _users,
    "log": _log,
    "servers": _servers,
    "clients": _clients,
    "size": _sizes,
}


def _filled(
    options: argparse.Namespace, places: tuple[int, ...], fill: Callable[[int, int], tuple[Bodies, int]]
) -> Curve:
    """Measure a cluster that has been filled up to each place in turn."""
    curve: Curve = defaultdict(list)
    with _prepared() as target:
        _warm_up(target, options)
        reached = 0
        for place in _until(places, options):
            _fill(target, *fill(reached, place))
            reached = place
            for _repetition in range(options.repetitions):
                curve[place].append(_point(target, options))
            _say(f"{place}: {statistics.median(point.cost for point in curve[place]):.0f} us")
    return curve


def _in_turn(options: argparse.Namespace, places: tuple[int, ...], job: Callable[[int], dict[str, int]]) -> Curve:
    """Measure one cluster at every place again and again, in random order."""
    curve: Curve = defaultdict(list)
    wanted = _until(places, options)
    with _prepared() as target:
        _warm_up(target, options)
        for repetition in range(options.repetitions):
            _say(f"repetition {repetition + 1}")
            for place in random.sample(wanted, len(wanted)):
                curve[place].append(_point(target, options, **job(place)))
    return {place: curve[place] for place in wanted}


# How.


@contextmanager
def _prepared() -> Iterator[Target]:
    """A cluster with the user and the channel that fills use."""
    with own_cluster(Wanted()) as target:
        with Client(target.broker) as client:
            client.login("filler")
            client.create_channel("filled")
        yield target


def _fill(target: Target, bodies: Bodies, count: int) -> None:
    context = make_context()
    try:
        load = Load(context, target.broker, bodies, window=FILL_WINDOW, total=count)
        load.run()
        if load.refused or load.lost:
            raise SystemExit(f"while it was filled: {load.refused} refused, {load.lost} without an answer")
    finally:
        context.destroy(linger=0)
    time.sleep(SETTLE_SECONDS)


def _named(service: str, key: str, first: int) -> Bodies:
    def body(number: int) -> bytes:
        data = {key: f"growth-{first + number}", "timestamp": 0.0, "clock": 0}
        packed: bytes = msgpack.packb({"service": service, "data": data})
        return packed

    return body


def _texts(number: int) -> bytes:
    data = {"user": "filler", "channel": "filled", "message": f"{number:0100}", "timestamp": 0.0, "clock": 0}
    packed: bytes = msgpack.packb({"service": "publish", "data": data})
    return packed


def _warm_up(target: Target, options: argparse.Namespace) -> None:
    _point(target, options)


def _point(target: Target, options: argparse.Namespace, **case: int) -> Point:
    """Publish so many messages in a channel of their own, check them, and return what they cost."""
    job = Job("publish", target.broker, clients=options.clients, window=options.window, messages=options.messages)
    before = cpu_seconds(target.pid)
    sample = run_elsewhere(msgspec.structs.replace(job, **case), "en")
    if sample.void:
        raise SystemExit(f"void: {sample.void}")
    return Point(sample.values["rate"], (cpu_seconds(target.pid) - before) / options.messages * 1e6)


def _until(places: tuple[int, ...], options: argparse.Namespace) -> list[int]:
    return [place for place in places if not options.most or place <= options.most]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# The page.


def _plot(name: str, curve: Curve) -> str:
    medians = {place: _median(points) for place, points in curve.items()}
    drawn = [
        Line("messages/s", tuple((float(place), point.rate) for place, point in medians.items())),
        Line("µs of processor per message", tuple((float(place), point.cost) for place, point in medians.items())),
    ]
    return lines(f"publishing against {name}", name, "", drawn, logarithmic=True)


def _page(found: dict[str, Curve], options: argparse.Namespace, watch: MachineWatch) -> str:
    state, about = watch.state(), about_machine()
    parts = [
        "# Cost as it grows",
        "",
        f"`scripts/bench-growth --curves {options.curves} --messages {options.messages}"
        f" --repetitions {options.repetitions}{f' --most {options.most}' if options.most else ''} --docs docs`:",
        f"each point the median of {options.repetitions} measurements of {options.messages} acknowledged messages, all",
        f"found in the log afterwards; {options.clients} clients with {options.window} outstanding each (one each",
        "where clients grow), three servers in one process, 100 bytes a message, where these are not what grows. The",
        "processor time is that of the whole cluster, the reading for that check included; it depends less than the",
        "rate on what else the machine does.",
        "",
        f"{time.strftime('%Y-%m-%d')}, {about['cores']} cores, {about['system']}, Python {about['python']}; load"
        f" {state.load or 0:.1f} at the end, {state.busy or 0:.0%} of the processors busy and"
        f" {state.steal or 0:.1%} kept by the hypervisor meanwhile.",
        "",
    ]
    for name, curve in found.items():
        parts += [f"## {name}", "", f"![publishing against {name}](growth-{name}.svg)", ""]
        parts += [f"| {name} | messages/s | µs of processor | cost beside the first |", "|---:|---:|---:|---:|"]
        first = _median(next(iter(curve.values()))).cost
        for place, points in curve.items():
            rate, cost = _median(points)
            parts.append(f"| {place:,} | {rate:,.0f} | {cost:.0f} | {cost / first:.2f} |")
        parts.append("")
    return "\n".join(parts)


def _median(points: list[Point]) -> Point:
    return Point(statistics.median(point.rate for point in points), statistics.median(point.cost for point in points))


if __name__ == "__main__":
    main()
