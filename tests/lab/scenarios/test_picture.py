"""The picture of a scenario: what its table names is what is drawn."""

import msgspec
import pytest

from coreto.journal.events import FaultChanged, RoleChanged
from coreto.journal.traffic import Applied, AppliedEntry, Received, Sent
from coreto.lab.picture.window import NothingToShowError
from coreto.lab.scenarios.model import PicturePart
from coreto.lab.scenarios.picture import draw

NAMES = {"first": "s2", "second": "s1"}


def fault(at, *, on=True):
    """Somebody makes s2 stand still, or go on."""
    return FaultChanged(role="cluster", lane="cluster", fault="pause", target="s2", time=at, on=on)


def told(at, kind, source="s1", target="s2"):
    """Both ends of a message."""
    name = f"{kind}.{at}"
    return [
        Sent(role="server", lane=source, peer=target, kind=kind, message=name, time=at),
        Received(role="server", lane=target, peer=source, kind=kind, message=name, time=at + 0.001),
    ]


RUN = [
    *told(1.0, "rank"),
    fault(2.0),
    *told(2.5, "leave"),
    *told(2.6, "hello", "s1", "s3"),
    fault(3.0, on=False),
    RoleChanged(role="server", lane="s2", name="s2", state="follower", epoch=2, coordinator="s1", reason="x", time=4.0),
    *told(5.0, "rank"),
]
PAUSED = {"event": "fault_changed", "fault": "pause", "target": "{first}"}


def shown(part):
    """The kinds of messages in a picture, each once."""
    document = draw(part, RUN, NAMES, "a title")
    assert "a title" in document
    return {kind for kind in ("rank", "leave", "hello") if f">{kind}<" in document}


def test_it_begins_and_ends_with_events():
    assert shown(PicturePart(begin=PAUSED, end={**PAUSED, "on": False})) == {"leave", "hello"}
    assert shown(PicturePart(begin=PAUSED)) == {"leave", "hello", "rank"}
    assert shown(PicturePart(end=PAUSED)) == {"rank"}


def test_the_end_is_sought_from_the_begin_on():
    late = PicturePart(begin={"event": "role_changed", "name": "{first}"}, end=PAUSED)
    with pytest.raises(NothingToShowError, match="pause"):
        shown(late)


def test_seconds_before_and_after_are_shown_too():
    assert "rank" in shown(PicturePart(begin=PAUSED, end={**PAUSED, "on": False}, before=1.5))
    assert "rank" in shown(PicturePart(begin=PAUSED, end={**PAUSED, "on": False}, after=2.5))


def test_only_the_lanes_and_kinds_that_are_named():
    assert shown(PicturePart(begin=PAUSED, lanes=("{first}", "{second}"))) == {"leave", "rank"}
    assert shown(PicturePart(begin=PAUSED, kinds=("hello",))) == {"hello"}


def test_a_replica_that_is_not_yet_called_by_its_name_is_on_its_lane():
    ends = told(2.5, "hello")
    run = [RUN[2], ends[0], msgspec.structs.replace(ends[1], peer="00c0ffee"), *RUN[-3:]]
    document = draw(PicturePart(begin=PAUSED, lanes=("s1", "s2")), run, NAMES, "a title")
    assert ">hello<" in document
    assert "no arrival" not in document


def test_plots_end_with_the_window():
    entries = (AppliedEntry(0, 0, "publish"),)
    run = [Applied(role="server", lane="s1", name="s1", time=at, first=int(at), entries=entries) for at in (1.0, 2.5)]
    whole = draw(PicturePart(plots=("log",)), [*run, fault(9.0)], NAMES, "a title")
    part = draw(PicturePart(plots=("log",), end=PAUSED), [*run, fault(3.0), fault(9.0)], NAMES, "a title")
    assert ("8.0 s" in whole, "2.0 s" in part) == (True, True)


def test_what_did_not_happen_is_said():
    with pytest.raises(NothingToShowError, match="halted"):
        shown(PicturePart(begin={"event": "halted"}))
