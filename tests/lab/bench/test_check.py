"""A figure is void unless every acknowledged message is in the log once."""

import pytest

from coreto.client.client import Client
from coreto.lab.bench.check import compare, why_void
from coreto.lab.bench.load import Load, publications
from coreto.texts import activate
from tests.support.running import plan, running

SIZE = 20


@pytest.fixture(autouse=True)
def _english():
    activate("en")


def test_each_message_once_is_good():
    assert compare(["a", "b"], ["b", "a"]) == ""


def test_more_than_was_acknowledged_is_good():
    assert compare(["a"], ["a", "b"]) == ""


@pytest.mark.parametrize(
    ("acknowledged", "stored", "word"),
    [
        (["a", "b"], ["a"], "not in the log: b"),
        (["a"], ["a", "a"], "more than once: a"),
        (["a", "a"], ["a"], "more than once: a"),
    ],
    ids=["lost", "stored twice", "acknowledged twice"],
)
def test_anything_else_is_void(acknowledged, stored, word):
    assert word in compare(acknowledged, stored)


def test_the_log_of_a_real_cluster_is_asked():
    with running(plan()) as cluster, Client(cluster.broker) as client:
        client.login("ana")
        client.create_channel("geral")
        load = Load(cluster.context, cluster.broker, publications("ana", "geral", SIZE), window=16, total=600)
        load.run()
        assert len(load.answered) == 600
        assert why_void(client, "geral", SIZE, load.answered) == ""
        invented = load.answered[0]._replace(id="never", number=999)
        assert "never" in why_void(client, "geral", SIZE, [*load.answered, invented])
        again = [one._replace(number=one.number + 1) for one in load.answered]
        assert "601" in why_void(client, "geral", SIZE, again), "texts count too"
