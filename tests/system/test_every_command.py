"""Every command of the command line: its example runs, its data is JSON, and so is its error."""

import json
import shutil
from pathlib import Path

import pytest

from coreto.cli.parser import parse
from tests.support.cluster import Cluster
from tests.support.program import Finished
from tests.support.shell_commands import EXAMPLES
from tests.support.waiting import wait_until

NOBODY = 9
"""A port on which nobody listens."""
JOURNAL = Path(__file__).parents[2] / "docs/pictures/kill-3.jsonl"
pytestmark = pytest.mark.full

OF = {where: [path for path, example in EXAMPLES.items() if example.where == where] for where in ("ports", "folder")}
LEARNER = "s4"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Three voters and a learner."""
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder, "--data", folder / "data") as born:
        assert born.end() == 0
    with Cluster(folder, "--data", folder / "data", "--servers", "4", base_port=born.base_port) as running:
        yield running
        assert running.end() == 0


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The folder of a cluster that was used and stopped."""
    folder = tmp_path_factory.mktemp("stopped")
    with Cluster(folder, "--data", folder / "data") as born:
        assert born.end() == 0
    return folder / "data"


@pytest.fixture
def call(capsys):
    """Runs a command in this process, which saves the start of an interpreter."""

    def call(*words):
        options = parse([*map(str, words), "--lang", "en"])
        status = options.run(options)
        printed = capsys.readouterr()
        return Finished(words, status, printed.out, printed.err)

    return call


def documents(finished):
    """What was printed, which is one JSON document on each line and nothing else."""
    return [json.loads(line) for line in finished.stdout.splitlines()]


@pytest.mark.parametrize("as_data", [False, True])
@pytest.mark.parametrize("path", [path for path in OF["ports"] if path not in ("promote", "remove")])
def test_what_asks_at_ports_runs(path, as_data, cluster, call):
    finished = call(*typed(path, as_data=as_data), "--base-port", cluster.base_port)
    assert finished.returncode == 0, finished
    assert not EXAMPLES[path].data or finished.stdout or finished.stderr
    if as_data and EXAMPLES[path].data:
        assert documents(finished)


def test_a_learner_is_promoted_and_removed(cluster, call):
    def learner_listed():
        (told,) = documents(call("members", "--json", "--base-port", cluster.base_port))
        return LEARNER in json.dumps(told)

    wait_until(learner_listed, "the learner is known")
    for path in ("promote", "remove"):

        def done(path=path):
            finished = call(*typed(path, as_data=True), "--base-port", cluster.base_port)
            return finished.returncode == 0 and documents(finished)

        wait_until(done, f"{path} is done")


@pytest.mark.parametrize("as_data", [False, True])
@pytest.mark.parametrize("path", OF["folder"])
def test_what_speaks_to_the_folder_runs(path, as_data, cluster, call):
    finished = call(*typed(path, as_data=as_data), "--data", cluster.ready["data"])
    assert (finished.returncode, bool(finished.stdout)) == (0, True), finished
    if as_data:
        assert documents(finished)


def test_what_works_on_files_runs(stopped, tmp_path, call, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(stopped, tmp_path / "data")
    for path, folder in (("backup", "data"), ("restore", "restored"), ("reset", "data"), ("recover", "data")):
        finished = call(*typed(path, as_data=True), "--data", tmp_path / folder)
        assert (finished.returncode, len(documents(finished))) == (0, 1), finished


@pytest.mark.parametrize("as_data", [False, True])
@pytest.mark.parametrize("path", [path for path, example in EXAMPLES.items() if example.where == "journal"])
def test_what_reads_a_journal_runs(path, as_data, call, tmp_path, monkeypatch):
    shutil.copy(JOURNAL, tmp_path / "journal.jsonl")
    monkeypatch.chdir(tmp_path)
    finished = call(*typed(path, as_data=as_data))
    assert (finished.returncode, bool(finished.stdout)) == (0, True), finished
    if as_data and EXAMPLES[path].data:
        assert documents(finished)


@pytest.mark.parametrize("path", ["schema", "completion", "doctor", "simulate", "scenario list"])
def test_what_needs_no_cluster_runs(path, call, tmp_path):
    flags = ["--data", tmp_path] if path == "doctor" else []
    finished = call(*typed(path, as_data=True), *flags)
    assert finished.stdout
    if EXAMPLES[path].data:
        assert documents(finished)


@pytest.mark.parametrize("path", [path for path in OF["ports"] if EXAMPLES[path].data])
def test_a_cluster_that_is_not_there_is_an_error_in_json(path, call):
    flag = "--broker" if path in ("bot", "bench") else "--reference"
    finished = call(*typed(path, as_data=True), flag, f"tcp://127.0.0.1:{NOBODY}")
    error = documents(finished)[0]
    assert (finished.returncode, error["status"]) == (4, 4)
    assert error["error"]
    assert finished.stderr == ""


@pytest.mark.parametrize("path", [*OF["folder"], "backup", "restore", "reset", "recover"])
def test_a_folder_that_is_not_there_is_an_error_in_json(path, call, tmp_path):
    nowhere = tmp_path / "file"
    nowhere.touch()
    finished = call(
        *typed(path, as_data=True), "--data", nowhere / "data", *(["--timeout", "0.1"] if path == "wait" else [])
    )
    error = documents(finished)[0]
    assert (finished.returncode, finished.stderr) == (error["status"], "")
    assert error["status"] in (1, 4)


def typed(path, *, as_data):
    """The words of an example."""
    example = EXAMPLES[path]
    return [*example.typed.split(), *(["--json"] if as_data and example.data else [])]
