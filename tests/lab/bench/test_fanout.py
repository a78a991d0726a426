"""Everybody hears everything, or the figure is void."""

import pytest

from coreto.client.client import Client
from coreto.lab.bench.fanout import FanOut
from coreto.lab.bench.load import publications
from coreto.texts import activate
from tests.support.running import plan, running


@pytest.fixture(scope="module")
def cluster():
    activate("en")
    with running(plan()) as cluster, Client(cluster.broker) as client:
        client.login("ana")
        yield cluster


def measured(cluster, channel, subscribers, hurt=lambda fan_out: None):
    with Client(cluster.broker) as client:
        client.create_channel(channel)
        with FanOut(cluster.context, cluster.broker, cluster.proxy, channel, subscribers) as fan_out:
            fan_out.tune_in(client, "ana")
            hurt(fan_out)
            return fan_out, fan_out.run(publications("ana", channel, 50), 8, 0.1, 0.5)


def test_what_everybody_heard_is_counted(cluster):
    fan_out, told = measured(cluster, "a", 5)
    assert fan_out.void == ""
    assert told["rate"] > 0
    assert told["deliveries"] == told["rate"] * 5
    assert told["p50"] <= told["max"]
    assert len(fan_out.answered) > 0


def test_a_subscriber_that_hears_nothing_makes_the_figure_void(cluster, monkeypatch):
    monkeypatch.setattr("coreto.lab.bench.fanout.STALLED_SECONDS", 1.0)
    monkeypatch.setattr("coreto.lab.bench.fanout.CLOSED_SECONDS", 1.0)
    fan_out, _ = measured(cluster, "b", 3, lambda fan_out: fan_out._listeners[0].unsubscribe("b"))
    assert "not heard by everybody" in fan_out.void


def test_one_that_hears_something_else_makes_the_figure_void(cluster):
    def forge(fan_out):
        fan_out._stream.append(b"something else")
        fan_out._heard_by.append(0)

    fan_out, _ = measured(cluster, "c", 2, forge)
    assert "different messages at place 0" in fan_out.void
