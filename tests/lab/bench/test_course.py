"""Which runs make a figure, and when it is void; on a cluster that is not there."""

import csv
import io
import json

import pytest

from coreto.lab.bench import course as course_module
from coreto.lab.bench.course import Course, measure
from coreto.lab.bench.own import Target, Wanted
from coreto.lab.bench.publishing import Sample
from coreto.lab.bench.report import as_csv, as_json, as_svg


@pytest.fixture
def jobs(monkeypatch):
    """Every job that would have run elsewhere; its rate is its clients times its window."""
    made = []

    def run(job, language):
        made.append(job)
        void = "a message is lost" if job.window == 13 else ""
        return Sample({"rate": float(job.clients * job.window + len(made) % 3), "p50": 1.0}, void)

    monkeypatch.setattr(course_module, "run_elsewhere", run)
    return made


def course(tmp_path, **settings):
    settings = {"work": "publish", "clients": (1, 8), "window": (1, 64), "runs": 3, **settings}
    return Course(wanted=Wanted(), running=Target("tcp://b", "tcp://p", tmp_path), **settings)


def test_every_case_has_its_runs(tmp_path, jobs):
    told = []
    figures = measure(course(tmp_path), lambda *what: told.append(what))
    assert [figure.case for figure in figures] == [
        {"clients": clients, "window": window, "size": 100} for clients in (1, 8) for window in (1, 64)
    ]
    assert all(len(figure.runs) == 3 for figure in figures)
    assert told[0][:2] == (0, 12)
    assert told[-1] == (12, 12, "")


def test_every_case_comes_once_before_any_comes_again(tmp_path, jobs):
    measure(course(tmp_path, runs=5), lambda *_: None)
    for turn in range(5):
        assert len({(job.clients, job.window) for job in jobs[turn * 4 : turn * 4 + 4]}) == 4


def test_one_run_that_lost_a_message_makes_the_figure_void(tmp_path, jobs):
    good, void = measure(course(tmp_path, clients=(1,), window=(1, 13)), lambda *_: None)
    assert (good.void, void.void) == ("", "a message is lost")
    assert void.medians == {}


def test_fan_out_varies_subscribers(tmp_path, jobs):
    figures = measure(course(tmp_path, work="fanout", subscribers=(1, 10), window=(1,), runs=1), lambda *_: None)
    assert [figure.case["subscribers"] for figure in figures] == [1, 10]
    assert {job.work for job in jobs} == {"fanout"}


def test_all_shapes_tell_the_same(tmp_path, jobs):
    figures = measure(course(tmp_path), lambda *_: None)
    data = json.loads(as_json(figures))
    assert data["figures"][3]["medians"]["rate"] == figures[3].medians["rate"]
    assert data["machine"]["cores"]
    rows = list(csv.DictReader(io.StringIO(as_csv(figures))))
    assert len(rows) == 12
    assert {"work", "clients", "window", "rate", "sync_ms", "void"} <= set(rows[0])
    assert "clients 8, window 64, size 100" in as_svg(figures)
