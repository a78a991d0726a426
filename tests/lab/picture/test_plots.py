"""Plots: the curves a journal holds, on sheets and in letters."""

import itertools
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreto.journal.events import ClockCorrected, FaultChanged
from coreto.journal.traffic import Applied, AppliedEntry, Item, Received, Sent
from coreto.lab.picture.axes import Axis, axis_for
from coreto.lab.picture.draw import plot_svg, plot_text
from coreto.lab.picture.plot import place_plot
from coreto.lab.picture.series import series_of
from coreto.lab.picture.shapes import Area, Line, Text, meet
from coreto.lab.picture.sparks import write_sparks
from tests.support.journals import real

JOURNALS = ("plot-kill.jsonl", "plot-clocks.jsonl")


def asked(at, who="c1"):
    """A client asks."""
    return Received(
        role="broker", lane="broker", peer="clients", kind="requests", time=at, items=(Item(who, "publish"),)
    )


def answered(at, who="c1"):
    """A client is answered."""
    return Sent(role="broker", lane="broker", peer="clients", kind="replies", time=at, items=(Item(who, "publish"),))


def applied(name, at, first, count=1):
    """A server applies entries."""
    entries = tuple(AppliedEntry(0, 0, "publish") for _ in range(count))
    return Applied(role="server", lane=name, name=name, time=at, first=first, entries=entries)


def panel(events, key):
    """One panel of the curves."""
    return next(panel for panel in series_of(events).panels if panel.key == key)


def points(curve):
    """Every point of a curve."""
    return [point for piece in curve.pieces for point in piece]


def test_latency_is_from_the_request_to_its_answer():
    events = [asked(100.0), asked(100.0, "c2"), answered(100.02), answered(100.08, "c2"), applied("s1", 110.0, 1)]
    half, most = panel(events, "latency").curves
    assert points(half)[0][1] == pytest.approx(80.0)
    assert points(most)[0][1] == pytest.approx(80.0)


def test_an_entry_is_committed_once_however_many_apply_it():
    events = [applied(name, 100.0 + number, 1, 50) for number, name in enumerate(("s1", "s2", "s3"))]
    (curve,) = panel(events, "commits").curves
    times = [time for time, _value in points(curve)]
    assert sum(value for _time, value in points(curve)) * (times[1] - times[0]) == pytest.approx(50)


def test_the_position_of_a_server_is_the_last_entry_it_applied():
    events = [applied("s1", 100.0, 1, 4), applied("s1", 101.0, 5), applied("s2", 101.5, 1, 2)]
    curves = {curve.label: points(curve) for curve in panel(events, "log").curves}
    assert curves == {"s1": [(0.0, 4.0), (1.0, 5.0)], "s2": [(1.5, 2.0)]}


def test_clocks_that_were_far_off_come_together_again():
    clocks = panel(real("plot-clocks.jsonl"), "clocks")
    for curve in clocks.curves:
        assert abs(points(curve)[-1][1]) < 200
    assert max(abs(value) for curve in clocks.curves for _time, value in points(curve)) > 1000
    assert clocks.scale == "symmetric"
    assert any(mark.value is not None for mark in clocks.marks)
    assert sum(mark.value is None for mark in clocks.marks) > 5


def test_nothing_is_committed_while_nobody_coordinates():
    events = real("plot-kill.jsonl")
    series = series_of(events)
    kill = next(fault for fault in series.faults if fault.kind == "down")
    first, second = series.coordinators
    assert first.time < kill.begin < second.time
    assert [panel.key for panel in series.panels] == ["clocks", "latency", "commits", "log"]


@pytest.mark.parametrize("name", JOURNALS)
def test_the_plot_is_well_formed_and_its_words_cover_no_words(name):
    ElementTree.fromstring(plot_svg(real(name)))
    texts = [shape for shape in place_plot(series_of(real(name)), "title").shapes if isinstance(shape, Text)]
    assert [(a.words, b.words) for a, b in itertools.combinations(texts, 2) if meet(a.box, b.box)] == []


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_sparklines_keep_within_their_room(columns):
    series = series_of(real("plot-kill.jsonl"))
    curves = [curve.label for panel in series.panels for curve in panel.curves]
    lines = [line for line in write_sparks(series, columns) if "…" in line]
    assert len(lines) == len(curves)
    assert max(map(len, lines)) <= columns


def test_an_empty_journal_has_nothing_to_plot():
    assert series_of([]).panels == ()
    assert plot_text([]) == "\n"


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.sampled_from(("linear", "logarithmic", "symmetric")))
def test_an_axis_has_room_for_every_value_and_few_lines(values, scale):
    values = [abs(value) + 0.001 if scale == "logarithmic" else value for value in values]
    axis = axis_for(values, scale)
    assert all(-0.001 <= axis.share(value) <= 1.001 for value in values)
    assert 1 <= len(axis.ticks()) <= 20


def test_a_symmetric_axis_shows_milliseconds_and_seconds():
    axis = Axis(-1000.0, 1000.0, "symmetric")
    assert axis.share(0.0) == pytest.approx(0.5)
    assert 0.03 < axis.share(1.0) - axis.share(0.0) < axis.share(1000.0) - axis.share(0.0)


def test_a_clock_that_a_message_showed_corrected_does_not_jump_again():
    def ack(at, app):
        return Sent(role="server", lane="s1", peer="s2", kind="ack", time=at, app=app)

    step = ClockCorrected(
        role="server", lane="s1", name="s1", epoch=1, round=1, seconds=-5.0, how="step", time=2.0, app=2.0
    )
    (late,) = panel([ack(1.0, 6.0), ack(1.9, 1.9), step], "clocks").curves
    assert [value for _time, value in points(late)] == pytest.approx([5000.0, 0.0])
    (usual,) = panel([ack(1.0, 6.0), step], "clocks").curves
    assert [value for _time, value in points(usual)] == pytest.approx([5000.0, 5000.0, 0.0])


def test_lamport_clocks_are_plotted_where_they_are_asked_for():
    events = [Sent(role="server", lane="s1", peer="s2", kind="ack", time=at, clock=int(at * 10)) for at in (1.0, 2.0)]
    assert [panel.key for panel in series_of(events).panels] == []
    (lamport,) = series_of(events, ["lamport"]).panels
    assert points(lamport.curves[0]) == [(0.0, 10.0), (1.0, 20.0)]


def test_faults_that_were_typed_together_are_one_band_with_a_line_each():
    def change(kind, at, *, on=True):
        return FaultChanged(role="cluster", lane="cluster", fault=kind, source="s1", target="s2", time=at, on=on)

    kinds = ("drop", "duplicate", "reorder")
    begun = [change(kind, 5.0 + number / 100) for number, kind in enumerate(kinds)]
    ended = [change(kind, 8.0 + number / 1000, on=False) for number, kind in enumerate(kinds)]
    events = [applied("s1", 0.0, 1), *begun, *ended, applied("s1", 10.0, 2)]
    shapes = place_plot(series_of(events, ["log"]), "t").shapes
    assert len([shape for shape in shapes if isinstance(shape, Area)]) == 1
    assert len({shape.title for shape in shapes if isinstance(shape, Line) and "fault" in shape.look}) == len(kinds)


def test_servers_that_agree_are_all_seen():
    events = [applied(name, at, int(at)) for at in (1.0, 2.0) for name in ("s1", "s2", "s3")]
    shapes = place_plot(series_of(events, ["log"]), "t").shapes
    widths = [float(shape.look.split()[1]) for shape in shapes if isinstance(shape, Line) and "curve" in shape.look]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 3
