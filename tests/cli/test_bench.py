"""`coreto bench` as a person or a script runs it."""

import csv
import json

import pytest

from coreto.cli.bench import _running
from coreto.cli.parser import parse
from tests.support.program import run

SECONDS = 110.0
SHORT = ("--runs", "1", "--seconds", "0.5", "--warmup", "0.2", "--lang", "en")


def test_publish_on_a_cluster_of_its_own(tmp_path):
    plot = tmp_path / "plot.svg"
    done = run("bench", "publish", "--clients", "2", "--window", "1,8", "--svg", plot, *SHORT, seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5, "title, heads, two cases, the machine"
    assert "Traceback" not in done.stderr
    assert plot.read_text("utf-8").startswith("<svg")


def test_a_cluster_that_runs_is_found_at_the_usual_ports_of_its_host():
    found = _running(parse(["bench", "publish", "--host", "10.0.0.7", "--base-port", "6000"]))
    assert found is not None
    assert (found.broker, found.proxy) == ("tcp://10.0.0.7:6000", "tcp://10.0.0.7:6003")
    assert _running(parse(["bench", "publish"])) is None


def test_startup_as_data(tmp_path):
    done = run("bench", "startup", "--data", tmp_path, "--json", *SHORT, seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    (figure,) = json.loads(done.stdout)["figures"]
    assert figure["medians"]["ready_s"] > 0
    assert figure["runs"][0]["machine"]["sync_ms"] > 0
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.full
@pytest.mark.parametrize(
    ("work", "value", "flags"),
    [
        ("fanout", "deliveries", ("--subscribers", "3", "--window", "8")),
        ("history", "rate", ("--clients", "1", "--messages", "500")),
        ("failover", "gap_s", ("--processes",)),
        ("memory", "after_mib", ("--messages", "500")),
    ],
)
def test_every_other_work(work, value, flags):
    done = run("bench", work, *flags, "--csv", *SHORT, seconds=SECONDS)
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(done.stdout.splitlines())
    assert float(row[value]) > 0
    assert row["void"] == ""


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["no-such-work"], 2, "no-such-work"),
        (["failover", "--host", "127.0.0.1"], 2, "without --host"),
        (["publish", "--clients", "1,x"], 2, "'x' is no number"),
        (["publish", "--size", "5000"], 2, "'5000' is no number"),
        (["publish", "--data", "no-such-folder"], 2, "There is no folder"),
        (["publish", "--broker", "tcp://127.0.0.1:9"], 4, "Nobody answers at tcp://127.0.0.1:9"),
        (["publish", "--host", "127.0.0.1", "--base-port", "1024"], 4, "Nobody answers at tcp://127.0.0.1:1024"),
        (["load"], 2, "by `coreto bench` only"),
        (["load", "--job", "{}"], 2, "by `coreto bench` only"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments, status, word):
    done = run("bench", *arguments, *SHORT, seconds=SECONDS)
    assert done.returncode == status
    assert word in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
