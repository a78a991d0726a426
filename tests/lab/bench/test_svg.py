"""Plots are well-formed, stand alone, and show what they are told."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.lab.bench.svg import HEIGHT, WIDTH, Bar, Line, bars, lines

SVG = "{http://www.w3.org/2000/svg}"
some = st.floats(0, 1e9, allow_subnormal=False)


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def number(element, name):
    return float(element.get(name) or 0)


def test_bars_have_label_value_and_height():
    svg = bars("publish <&>", "1/s", [Bar("one", 50.0, 40.0, 100.0), Bar("two", 100.0, 100.0, 100.0)])
    found = ElementTree.fromstring(svg)
    _, one, two = found.iter(f"{SVG}rect")
    assert number(two, "height") == pytest.approx(2 * number(one, "height"), abs=0.2)
    assert {"publish <&>", "1/s", "one", "two", "50"} <= set(texts(svg))
    assert "href" not in svg
    assert "script" not in svg


def test_nothing_is_a_plot_too():
    ElementTree.fromstring(bars("empty", "1/s", []))
    ElementTree.fromstring(lines("empty", "x", "y", []))


@given(st.lists(some, min_size=1, max_size=8))
def test_bars_stay_inside(values):
    for element in ElementTree.fromstring(bars("t", "u", [Bar("x", v, v, v) for v in values])).iter(f"{SVG}rect"):
        assert number(element, "y") >= 0
        assert number(element, "height") <= HEIGHT


@given(st.lists(st.tuples(st.floats(1, 1e6), some), min_size=1, max_size=8), st.booleans())
def test_curves_stay_inside(points, logarithmic):
    svg = lines("t", "x", "y", [Line("a", tuple(sorted(points)))], logarithmic=logarithmic)
    for circle in ElementTree.fromstring(svg).iter(f"{SVG}circle"):
        assert 0 <= number(circle, "cx") <= WIDTH
        assert 0 <= number(circle, "cy") <= HEIGHT


def test_equal_steps_of_a_logarithm_are_equally_far():
    svg = lines("t", "x", "y", [Line("a", ((1, 1), (10, 2), (100, 3)))], logarithmic=True)
    one, two, three = (number(c, "cx") for c in ElementTree.fromstring(svg).iter(f"{SVG}circle"))
    assert two - one == pytest.approx(three - two, abs=0.2)
