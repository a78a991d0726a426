"""The page and the plots of growth say what was measured."""

import argparse
import xml.etree.ElementTree as ElementTree

from coreto.lab.bench.machine import MachineWatch
from tests.figures.growth import Point, _named, _page, _plot, _until

OPTIONS = argparse.Namespace(curves="users", messages=100, repetitions=3, most=1000, clients=8, window=64)
CURVE = {1: [Point(100.0, 50.0), Point(300.0, 30.0), Point(200.0, 40.0)], 1000: [Point(100.0, 80.0)]}


def test_the_page_has_medians_and_what_they_are_beside_the_first(tmp_path):
    page = _page({"users": CURVE}, OPTIONS, MachineWatch(tmp_path))
    assert "| 1 | 200 | 40 | 1.00 |" in page
    assert "| 1,000 | 100 | 80 | 2.00 |" in page
    assert "--most 1000" in page


def test_a_plot_is_an_image():
    assert "circle" in {
        element.tag.partition("}")[2] for element in ElementTree.fromstring(_plot("users", CURVE)).iter()
    }


def test_a_curve_ends_where_it_is_told():
    assert _until((1, 10, 5_000), OPTIONS) == [1, 10]


def test_names_go_on_where_the_last_fill_ended():
    body = _named("login", "user", 10)
    assert b"growth-11" in body(1)
    assert b"growth-20" in body(10)
