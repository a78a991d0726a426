"""Journals made up for tests: lanes that send each other messages, and decisions between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from coreto.journal.event import Event
from coreto.journal.events import FaultChanged, Promised, RoleChanged, RoleEnded, Suspected
from coreto.journal.file import read_journal
from coreto.journal.traffic import Received, Sent

PICTURES = Path(__file__).parents[2] / "docs/pictures"
BEGUN = 1_700_000_000.0
KINDS = ("append", "ack", "call", "promise", "work", "clock_ask", "hello", "ready")
STEP = st.sampled_from((0.0, 0.0001, 0.0004, 0.003, 0.2, 30.0))
"""Seconds between two events: at once, within a row, later, after a break."""


def sent(lane: str, peer: str, kind: str, name: str, at: float, **more: Any) -> Sent:
    """A message leaves."""
    return Sent(
        role="server", lane=lane, peer=peer, kind=kind, message=name, time=BEGUN + at, id=f"{lane}:{name}:s", **more
    )


def received(lane: str, peer: str, kind: str, name: str, at: float, **more: Any) -> Received:
    """A message arrives."""
    return Received(
        role="server",
        lane=lane,
        peer=peer,
        kind=kind,
        message=name,
        time=BEGUN + at,
        id=f"{lane}:{name}:r:{at}",
        **more,
    )


def real(name: str) -> list[Event]:
    """The events of a journal that a real cluster wrote."""
    _header, events = read_journal(PICTURES / name)
    return events


@st.composite
def journals(draw: st.DrawFn, names: tuple[str, ...] = ("s1", "s2", "s3", "broker")) -> list[Event]:
    """Return events in an order that could have happened; what is lost never arrives, some arrives twice."""
    clocks = dict.fromkeys(names, draw(st.integers(0, 10**6)))
    events: list[Event] = []
    under_way: list[Sent] = []
    now = 0.0
    for number in range(draw(st.integers(1, 40))):
        now += draw(STEP)
        lane = draw(st.sampled_from(names))
        clocks[lane] += 1
        what = draw(st.sampled_from(("send", "send", "arrive", "arrive", "decide", "fault")))
        if what == "send":
            peer = draw(st.sampled_from([*(name for name in names if name != lane), "clients"]))
            kind = draw(st.sampled_from(KINDS))
            name = "" if peer == "clients" else f"m{number}"
            event = sent(lane, peer, kind, name, now, stamp=clocks[lane], clock=clocks[lane], first=number, last=number)
            events.append(event)
            under_way += [event] if name else []
        elif what == "arrive" and under_way:
            message = draw(st.sampled_from(under_way))
            clock = clocks[message.peer] = max(clocks[message.peer], message.stamp) + 1
            events.append(
                received(
                    message.peer, message.lane, message.kind, message.message, now, stamp=message.stamp, clock=clock
                )
            )
        else:
            events.append(_happened(draw, lane, names, now, number, clocks[lane], fault=what == "fault"))
    return events


def _happened(
    draw: st.DrawFn, lane: str, names: tuple[str, ...], now: float, number: int, clock: int, *, fault: bool
) -> Event:
    other = draw(st.sampled_from(names))
    common: dict[str, Any] = {
        "role": "server",
        "lane": lane,
        "time": BEGUN + now,
        "clock": clock,
        "id": f"{lane}:{number}",
    }
    outside: dict[str, Any] = {"role": "cluster", "lane": "cluster", "time": BEGUN + now, "id": f"cluster:{number}"}
    choices: list[Event]
    if fault:
        choices = [
            FaultChanged(**outside, fault="cut", source=lane, target=other, on=draw(st.booleans())),
            FaultChanged(**outside, fault="kill", target=other),
            RoleEnded(**outside, name=other, reason="killed"),
        ]
    else:
        state = draw(st.sampled_from(("candidate", "establishing", "coordinator", "follower")))
        choices = [
            Suspected(**common, name=lane, suspect=other, reason="silence", seconds=1.5),
            Promised(**common, name=lane, candidate=other, epoch=number, epoch_id="x"),
            RoleChanged(**common, name=lane, state=state, epoch=number, reason="promised"),
        ]
    return draw(st.sampled_from(choices))
