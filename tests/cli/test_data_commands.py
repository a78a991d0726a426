"""`coreto backup`, `restore`, `reset`, `recover`: whole programs on whole clusters."""

import json
import shutil
from contextlib import closing, contextmanager

import pytest

from coreto.cli.parser import parse
from coreto.launcher.lock import FolderLock
from coreto.machines.effects import Persist
from coreto.store.copies import survey
from coreto.store.server import FILE_NAME, ServerStore, read_birth
from tests.support.cluster import Cluster
from tests.support.logs import batches, born, logged
from tests.support.plain import PlainClient
from tests.support.ports import free_base_port
from tests.support.program import run
from tests.support.sockets import ending_context
from tests.support.waiting import wait_until

MESSAGES = ["one", "two", "three"]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """The data folder of a cluster that was used and stopped; nobody may change it."""
    folder = tmp_path_factory.mktemp("original")
    with Cluster(folder, "--data", folder / "data", "--lang", "en") as cluster:
        with client_of(cluster) as client:
            client.write("login", user="ana")
            client.write("channel", channel="geral")
            for text in MESSAGES:
                client.write("publish", user="ana", channel="geral", message=text)
        assert cluster.end() == 0
    return folder / "data"


@pytest.fixture
def data(original, tmp_path):
    """A data folder of one's own."""
    return shutil.copytree(original, tmp_path / "data")


@pytest.fixture
def up(new_cluster):
    """Runs a cluster on a folder and does something with it; it must start and stop in good order."""

    def up(folder, do):
        cluster = new_cluster("--data", folder, "--lang", "en")
        cluster.begin()
        cluster.wait_ready()
        do(cluster)
        assert cluster.end() == 0
        assert "Traceback" not in cluster.errors()

    return up


@contextmanager
def client_of(cluster):
    with ending_context() as context, PlainClient(context, cluster.broker) as client:
        yield client


def texts(client):
    return [row["message"] for row in client.ask("history", channel="geral")["messages"]]


def goes_on(cluster):
    """The history is there and grows."""
    with client_of(cluster) as client:
        assert texts(client) == MESSAGES
        assert client.write("publish", user="ana", channel="geral", message="more")["seq"] == len(MESSAGES) + 1
        assert texts(client) == [*MESSAGES, "more"]


def has_gone_on(cluster):
    with client_of(cluster) as client:
        assert texts(client) == [*MESSAGES, "more"]


def birth_in(folder):
    found = read_birth(folder)
    assert found is not None
    return found


def held(folder):
    found = survey(folder)
    assert found is not None
    return found


def births(data):
    return [birth_in(folder) for folder in sorted((data / "servers").iterdir())]


def clusters(data):
    return {birth.cluster for birth in births(data)}


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ok(*arguments, commands=""):
    finished = run(*arguments, "--lang", "en", commands=commands)
    assert finished.returncode == 0, finished.stderr
    return finished


def refused(*arguments, commands=""):
    """Return the one sentence with which a command is refused."""
    finished = run(*arguments, "--lang", "en", commands=commands)
    assert finished.returncode == 1, finished
    assert finished.stdout == ""
    sentence = finished.stderr.splitlines()[-1]
    assert sentence.endswith(".")
    assert "Traceback" not in finished.stderr
    return sentence


@pytest.fixture
def backup(data, tmp_path):
    ok("backup", tmp_path / "backup", "--data", data)
    return tmp_path / "backup"


def test_a_restored_backup_is_another_cluster_with_the_same_history(data, backup, tmp_path, up):
    shutil.rmtree(data)
    finished = ok("restore", backup, "--new-cluster", "--data", tmp_path / "new", "--json")
    told = json.loads(finished.stdout)
    assert told["servers"] == ["s1", "s2", "s3"]
    assert clusters(tmp_path / "new") == {told["cluster"]}
    up(tmp_path / "new", goes_on)
    up(tmp_path / "new", has_gone_on)


def test_no_identity_of_the_old_cluster_is_in_the_new_one(data, backup, tmp_path):
    ok("restore", backup, "--new-cluster", "--data", tmp_path / "new")
    old, new = births(data), births(tmp_path / "new")
    assert clusters(data).isdisjoint(clusters(tmp_path / "new"))
    assert {birth.replica for birth in old}.isdisjoint(birth.replica for birth in new)
    surveys = [held(folder) for folder in (tmp_path / "new" / "servers").iterdir()]
    for found in surveys:
        assert found.config == found.birth.genesis == new[0].genesis
        assert {voter.replica for voter in found.config.voters} == {birth.replica for birth in new}
    assert len({found.last for found in surveys}) == 1


def test_a_backup_can_be_restored_twice_into_clusters_of_their_own(backup, tmp_path):
    for name in ("a", "b"):
        ok("restore", backup, "--new-cluster", "--data", tmp_path / name)
    assert clusters(tmp_path / "a").isdisjoint(clusters(tmp_path / "b"))


def test_a_restored_cluster_can_be_backed_up_and_restored_again(backup, tmp_path, up):
    ok("restore", backup, "--new-cluster", "--data", tmp_path / "a")
    ok("backup", tmp_path / "second", "--data", tmp_path / "a")
    ok("restore", tmp_path / "second", "--new-cluster", "--data", tmp_path / "b")
    up(tmp_path / "b", goes_on)


def test_a_backup_changes_nothing_and_is_told(data, tmp_path):
    (entry,) = {held(folder).last.index for folder in (data / "servers").iterdir()}
    before = files(data)
    told = json.loads(ok("backup", tmp_path / "b", "--data", data, "--json").stdout)
    assert files(data) == before
    assert sorted(told["servers"]) == ["s1", "s2", "s3"]
    assert told["last"] == entry
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "data"]


def test_a_running_cluster_is_left_alone(data, tmp_path, up):
    def try_all(cluster):
        for arguments in (
            ["backup", tmp_path / "b", "--data", data],
            ["reset", "--yes", "--data", data],
            ["recover", "--new-cluster", "--yes", "--data", data],
        ):
            assert "stop them first" in refused(*arguments)
        goes_on(cluster)

    up(data, try_all)


def test_a_backup_does_not_write_where_something_is(data, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    assert "not empty" in refused("backup", tmp_path / "full", "--data", data)
    assert files(tmp_path / "full") == {"thesis.txt": b"years of work"}


@pytest.mark.parametrize("wipe", [["s1"], ["s1", "s2"]])
def test_a_backup_is_of_a_majority(data, tmp_path, wipe):
    for name in wipe:
        raw = bytearray((data / "servers" / name / FILE_NAME).read_bytes())
        raw[0] ^= 1
        (data / "servers" / name / FILE_NAME).write_bytes(raw)
    if len(wipe) == 1:
        finished = ok("backup", tmp_path / "b", "--data", data)
        assert str(data / "servers" / "s1") in finished.stderr
        ok("restore", tmp_path / "b", "--new-cluster", "--data", tmp_path / "new")
        assert len(births(tmp_path / "new")) == 3
    else:
        assert "coreto recover" in refused("backup", tmp_path / "b", "--data", data)
        assert not (tmp_path / "b").exists()


def test_nothing_is_restored_or_recovered_unless_a_new_cluster_is_asked_for(data, backup, tmp_path):
    before = files(data)
    assert "--new-cluster" in refused("restore", backup, "--data", tmp_path / "new")
    assert "--new-cluster" in refused("recover", "--yes", "--data", data)
    assert files(data) == before
    assert not (tmp_path / "new").exists()


def test_nothing_is_restored_over_something(data, backup, tmp_path):
    before = files(data)
    assert "already" in refused("restore", backup, "--new-cluster", "--data", data)
    assert files(data) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    assert "thesis.txt" in refused("restore", backup, "--new-cluster", "--data", tmp_path / "mine")


@pytest.mark.parametrize("content", [None, "{", '{"format": 1}', '{"format": 99}'])
def test_what_is_no_backup_is_not_restored(tmp_path, content):
    (tmp_path / "some").mkdir()
    if content is not None:
        (tmp_path / "some" / "backup.json").write_text(content)
    assert "no backup" in refused("restore", tmp_path / "some", "--new-cluster", "--data", tmp_path / "new")


def test_a_backup_with_a_flipped_bit_is_not_restored(backup, tmp_path):
    for path in backup.rglob(FILE_NAME):
        path.write_bytes(path.read_bytes().replace(b"three", b"thrEe"))
    assert "damaged" in refused("restore", backup, "--new-cluster", "--data", tmp_path / "new")
    assert run("up", "--no-repl", "--script", "none", "--data", tmp_path / "new").returncode
    assert not list((tmp_path / "new").glob("servers*"))


# Recovery.


def test_one_survivor_founds_a_new_cluster(data, up):
    old = clusters(data)
    for name in ("s1", "s3"):
        shutil.rmtree(data / "servers" / name)
    finished = ok("recover", "--new-cluster", "--data", data, commands="recover\n")
    assert "LOST" in finished.stderr
    assert "simply go on" not in finished.stderr
    assert clusters(data).isdisjoint(old)
    assert [birth.name for birth in births(data)] == ["s1", "s2", "s3"]
    assert birth_in(data / "servers.old-1" / "s2").cluster in old
    up(data, goes_on)


def test_the_one_that_knows_most_is_taken_unless_another_is_named(data):
    with closing(ServerStore(data / "servers" / "s2")) as store:
        store.persist(Persist(1, log=(1,), meta=(("commit", (0,)), ("checkpoint", (0, 0)))))
    told = json.loads(ok("recover", "--new-cluster", "--yes", "--json", "--data", data).stdout)
    assert told["last"] > 0
    shutil.rmtree(data / "servers")
    (data / "servers.old-1").rename(data / "servers")
    told = json.loads(ok("recover", "--new-cluster", "--yes", "--json", "--from", "s2", "--data", data).stdout)
    assert told["last"] == 0
    assert "s9" in refused("recover", "--new-cluster", "--yes", "--from", "s9", "--data", data)


def test_where_a_majority_is_intact_it_is_said_that_nothing_needs_recovery(data):
    finished = run("recover", "--new-cluster", "--data", data, "--lang", "en")
    assert finished.returncode == 1
    assert "simply go on" in finished.stderr


def test_a_log_that_is_shorter_than_its_commit_is_not_gone_on_with(data):
    with closing(ServerStore(data / "servers" / "s3")) as store:
        store.persist(Persist(1, log=(1,)))
    assert "shorter" in refused("recover", "--new-cluster", "--yes", "--from", "s3", "--data", data)


@pytest.mark.parametrize("typed", ["", "yes\n", "reset\n"])
def test_nothing_is_recovered_without_the_word(data, typed):
    before = files(data)
    assert "Nothing was changed" in refused("recover", "--new-cluster", "--data", data, commands=typed)
    assert files(data) == before


def test_a_recovery_that_was_interrupted_is_finished_by_the_next_start(data, up):
    old = clusters(data)
    ok("recover", "--new-cluster", "--yes", "--data", data)
    (data / "servers").rename(data / "servers.next")
    new = {birth_in(folder).cluster for folder in (data / "servers.next").iterdir()}
    up(data, goes_on)
    assert clusters(data) == new != old


# Reset.


def test_everything_is_wiped_and_a_new_cluster_is_born(data, up):
    old = clusters(data)
    ok("reset", "--data", data, commands="reset\n")
    assert not (data / "servers").exists()
    up(data, lambda cluster: None)
    assert clusters(data).isdisjoint(old)


def test_one_server_is_wiped_and_the_others_go_on(data, up):
    told = json.loads(ok("reset", "s2", "--yes", "--json", "--data", data).stdout)
    assert told["wiped"] == ["s2"]
    assert list((data / "servers" / "s2").iterdir()) == []
    up(data, goes_on)


def test_a_damaged_reference_is_said_wiped_and_told_the_ranks_again(data, up):
    path = data / "reference" / "reference.db"
    path.write_bytes(b"!" + path.read_bytes()[1:])
    assert "coreto reset reference" in refused("up", "--no-repl", "--data", data, "--base-port", str(free_base_port()))
    ok("reset", "reference", "--yes", "--data", data)
    up(data, goes_on)


@pytest.mark.parametrize("typed", ["", "no\n"])
def test_nothing_is_wiped_without_the_word(data, typed):
    before = files(data)
    assert "Nothing was changed" in refused("reset", "--data", data, commands=typed)
    assert files(data) == before


def test_a_server_that_is_not_there_is_not_wiped(data):
    before = files(data)
    assert "s9" in refused("reset", "s1", "s9", "--yes", "--data", data)
    assert files(data) == before


@pytest.mark.parametrize("command", [["backup", "TARGET"], ["reset", "--yes"], ["recover", "--new-cluster", "--yes"]])
def test_where_no_cluster_is_that_is_said(tmp_path, command):
    words = [str(tmp_path / word) if word == "TARGET" else word for word in command]
    assert "--data" in refused(*words, "--data", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_errors_are_json_where_that_was_asked_for(tmp_path):
    finished = run("reset", "--json", "--yes", "--data", tmp_path / "nowhere")
    assert finished.returncode == 1
    assert json.loads(finished.stdout)["status"] == 1
    assert finished.stderr == ""


@pytest.mark.parametrize("command", [["reset"], ["recover"], ["restore", "backup"]])
def test_consent_is_given_on_the_command_line_and_nowhere_else(monkeypatch, command):
    monkeypatch.setenv("CORETO_YES", "1")
    monkeypatch.setenv("CORETO_NEW_CLUSTER", "1")
    options = parse(command)
    assert not getattr(options, "yes", False)
    assert not getattr(options, "new_cluster", False)


# One server on its own.


@pytest.fixture
def alone(tmp_path):
    """The folder of a server that was started on its own, with something in its log."""
    with closing(born(tmp_path / "alone", "s1", "s2", "s3")) as store:
        store.persist(logged(*batches(2, 3)))
    return tmp_path / "alone"


def test_a_server_on_its_own_is_backed_up_and_restored_as_a_cluster_of_one(alone, tmp_path):
    ok("backup", tmp_path / "b", "--data", alone)
    ok("restore", tmp_path / "b", "--new-cluster", "--data", tmp_path / "new")
    found = held(tmp_path / "new")
    assert (found.birth.name, found.last.index) == ("s1", 6)
    assert [voter.name for voter in found.config.voters] == ["s1"]


def test_a_server_on_its_own_is_recovered_as_a_cluster_of_one(alone):
    ok("recover", "--new-cluster", "--yes", "--data", alone)
    found = held(alone)
    assert found.birth.cluster != "cluster"
    assert [voter.name for voter in found.config.voters] == ["s1"]
    assert birth_in(alone / "server.old-1").cluster == "cluster"


@pytest.mark.parametrize("names", [[], ["s1"]])
def test_a_server_on_its_own_is_wiped(alone, names):
    ok("reset", *names, "--yes", "--data", alone)
    assert read_birth(alone) is None


def test_a_server_on_its_own_is_not_wiped_by_the_name_of_another(alone):
    assert "s2" in refused("reset", "s2", "--yes", "--data", alone)
    assert birth_in(alone).name == "s1"


def test_a_server_on_its_own_is_left_alone_while_it_runs(alone):
    lock = FolderLock(alone / "server.lock")
    assert lock.take()
    assert "stop them first" in refused("reset", "--yes", "--data", alone)
    lock.release()


def test_what_takes_long_says_how_far_it_is(monkeypatch, capsys):
    from coreto.cli import data as command

    monkeypatch.setattr(command, "PROGRESS_SECONDS", 0.0)
    command._Progress()(0.5)
    wait_until(lambda: "50 %" in capsys.readouterr().err, "the progress")
