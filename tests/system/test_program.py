"""The program as it is started, stopped and misused."""

import importlib.metadata
import re
import signal
import socket
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.plain import NoAnswerError, PlainClient
from tests.support.ports import accepts, free_base_port
from tests.support.program import run
from tests.support.waiting import wait_until

SIGNALS = [signal.SIGINT, signal.SIGTERM]
SQLITE_MAGIC = b"SQLite format 3\x00"
WALK = ["/login ana", "/channel geral", "/join geral", "/publish geral {text}", "/history geral"]
LOOK = ["/servers", "/election"]


def script(*commands):
    """Commands as a person pipes them in."""
    return "".join(f"{command}\n" for command in commands)


def up(data, *arguments, commands="", base_port=None):
    """Run `coreto up` to its end."""
    return run("up", "--data", data, "--base-port", str(base_port or free_base_port()), *arguments, commands=commands)


def assert_refused(finished, *words):
    """It ended with a sentence that has these words, not with a traceback."""
    assert finished.returncode in (1, 2), finished
    assert "Traceback" not in finished.stderr
    for word in words:
        assert word in finished.stderr
    assert finished.stdout == ""


# The command line.


@pytest.mark.parametrize("arguments", [["--help"], ["up", "--help"], ["server", "--help"]])
def test_help_is_given(arguments):
    finished = run(*arguments)
    assert finished.returncode == 0
    assert "coreto" in finished.stdout
    assert finished.stderr == ""


def test_the_version_is_told():
    finished = run("--version")
    assert finished.returncode == 0
    assert importlib.metadata.version("coreto") in finished.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-flag"],
        ["up", "--no-such-flag"],
        ["dance"],
        ["up", "--servers", "many"],
        ["up", "--base-port"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_explained(arguments):
    finished = run(*arguments)
    assert finished.returncode == 2
    assert arguments[-1] in finished.stderr
    assert "Traceback" not in finished.stderr
    assert finished.stdout == ""


@pytest.mark.parametrize("servers", ["0", "-1"])
def test_a_cluster_without_servers_is_refused(tmp_path, servers):
    finished = up(tmp_path / "data", "--no-repl", "--servers", servers)
    assert_refused(finished, "--servers")
    assert finished.returncode == 2


def test_a_base_port_that_leaves_no_room_is_refused(tmp_path):
    finished = up(tmp_path / "data", "--no-repl", base_port=65_535)
    assert_refused(finished, "--base-port")
    assert finished.returncode == 2


@pytest.mark.parametrize("offset", [0, 3, 5, 46], ids=["broker", "proxy", "reference", "server"])
def test_a_busy_port_is_named_with_the_flag_to_change(tmp_path, offset):
    base = free_base_port()
    with socket.create_server(("127.0.0.1", base + offset)):
        finished = up(tmp_path / "data", "--no-repl", base_port=base)
    assert_refused(finished, str(base + offset), "--base-port")


# Data folders.


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    finished = up(tmp_path / "file" / "data", "--no-repl")
    assert_refused(finished, str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert_refused(up(tmp_path / "file", "--no-repl"), str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_folder_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("years of work")
    assert_refused(up(tmp_path / "data", "--no-repl"), str(tmp_path / "data"))
    assert content_of(tmp_path / "data") == {"thesis.txt": b"years of work"}


@pytest.fixture
def own_folder(tmp_path):
    """A data folder that the program made."""
    finished = up(tmp_path / "own", commands=script("/login ana"))
    assert finished.returncode == 0, finished.stderr
    return tmp_path / "own"


def content_of(folder):
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def databases(folder):
    """The SQLite files below a folder."""
    return [name for name, content in content_of(folder).items() if content.startswith(SQLITE_MAGIC)]


@pytest.mark.parametrize("kind", ["garbage", "other program"])
def test_a_foreign_database_is_refused_and_left_as_it_is(tmp_path, own_folder, kind):
    found = databases(own_folder)
    assert len(found) >= 3, "one database for each server"
    folder = tmp_path / "foreign"
    for name in found:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        make_foreign(folder / name, kind)
    before = content_of(folder)
    assert_refused(up(folder, "--no-repl"), str(folder))
    assert {name: content for name, content in content_of(folder).items() if name in before} == before


def make_foreign(path, kind):
    """Write a file that another program might have left."""
    if kind == "garbage":
        path.write_bytes(b"garbage " * 1000)
        return
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
        database.execute("INSERT INTO recipes VALUES ('pão de queijo')")
    database.close()


def test_a_folder_decides_how_many_servers_there_are(new_cluster, own_folder):
    cluster = new_cluster("--data", own_folder, "--servers", "1")
    cluster.begin()
    cluster.wait_ready()
    assert [server.rank for server in cluster.servers] == [1, 2, 3]
    assert cluster.end() == 0
    assert re.search(r"\b(3|three)\b", cluster.errors())


def test_nothing_is_kept_of_an_ephemeral_cluster(new_cluster, connect):
    cluster = new_cluster("--ephemeral")
    for _ in range(2):
        cluster.begin()
        cluster.wait_ready()
        client = connect(cluster.broker)
        assert client.ask("users")["users"] == []
        client.write("login", user="ana")
        assert cluster.end() == 0


@pytest.mark.parametrize("servers", [1, 5])
def test_there_are_as_many_servers_as_asked_for(new_cluster, connect, servers):
    cluster = new_cluster("--ephemeral", "--servers", str(servers))
    cluster.begin()
    cluster.wait_ready()
    assert [server.rank for server in cluster.servers] == list(range(1, servers + 1))
    connect(cluster.broker).write("login", user="ana")
    assert cluster.end() == 0


# Stopping.


def assert_stops_in_order(cluster, number):
    assert cluster.end(number) == 0
    assert "Traceback" not in cluster.errors()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_as_soon_as_there_is_a_folder_stops_it(new_cluster, tmp_path, number):
    cluster = new_cluster()
    cluster.begin()
    wait_until((tmp_path / "data").exists, "the data folder")
    assert_stops_in_order(cluster, number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_as_soon_as_a_port_is_bound_stops_it(new_cluster, number):
    cluster = new_cluster()
    cluster.begin()
    ports = [cluster.base_port + offset for offset in (0, 3, 5)]
    wait_until(lambda: any(map(accepts, ports)), "a bound port")
    assert_stops_in_order(cluster, number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_when_it_is_ready_stops_it(new_cluster, number):
    cluster = new_cluster()
    cluster.begin()
    cluster.wait_ready()
    assert_stops_in_order(cluster, number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_under_load_stops_it(new_cluster, context, number):
    cluster = new_cluster()
    cluster.begin()
    cluster.wait_ready()
    stop, answers = threading.Event(), threading.Semaphore(0)
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(write_until, stop, context, cluster.broker, answers) for _ in range(4)]
        try:
            for _ in range(100):
                assert answers.acquire(timeout=30), "no answers"
            assert_stops_in_order(cluster, number)
        finally:
            stop.set()
    for task in tasks:
        task.result()


def write_until(stop, context, address, answers):
    """Write one thing after the other; the end may cut an answer off."""
    with PlainClient(context, address, give_up=stop) as client:
        try:
            while not stop.is_set():
                client.ask("login", user="ana")
                answers.release()
        except NoAnswerError:
            assert stop.is_set()


def test_a_stopped_cluster_leaves_its_ports_free(new_cluster, connect):
    cluster = new_cluster()
    for _ in range(3):
        cluster.begin()
        cluster.wait_ready()
        connect(cluster.broker).write("login", user="ana")
        assert_stops_in_order(cluster, signal.SIGTERM)


# The prompt without a terminal.


def test_piped_commands_print_their_results_and_find_them_again(tmp_path):
    first = up(tmp_path / "data", commands=script(*WALK, *LOOK).format(text="oi"))
    assert first.returncode == 0, first.stderr
    assert re.search(r"\boi\b", first.stdout)
    assert "Traceback" not in first.stderr

    again = up(tmp_path / "data", commands=script(*WALK, *LOOK).format(text="tchau"))
    assert again.returncode == 0, again.stderr
    assert re.search(r"\boi\b", again.stdout), "the history of the first time"
    assert re.search(r"\btchau\b", again.stdout)

    names = up(tmp_path / "data", commands=script("/users", "/channels"))
    assert re.search(r"\bana\b", names.stdout)
    assert re.search(r"\bgeral\b", names.stdout)


def test_the_prompt_names_every_server_and_the_coordinator(new_cluster, tmp_path):
    cluster = new_cluster()
    cluster.begin()
    cluster.wait_ready()
    names = [server.name for server in cluster.servers]
    assert cluster.end() == 0
    assert all(name in up(tmp_path / "data", commands=script("/servers")).stdout for name in names)
    assert names[-1] in up(tmp_path / "data", commands=script("/election")).stdout


@pytest.mark.parametrize("commands", ["", "\n\n", "/quit\n/login ana\n", "/login ana"], ids=repr)
def test_the_end_of_the_commands_is_the_end_of_the_program(tmp_path, commands):
    finished = up(tmp_path / "data", commands=commands)
    assert finished.returncode == 0, finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_wrong_command_is_explained_and_the_next_one_is_run(tmp_path):
    wrong = ["/dance", "/publish", "/history", "/publish nowhere oi", "\x1b[31m", "/", "no channel yet"]
    finished = up(tmp_path / "data", commands=script(*wrong, "/login joaquina", "/users"))
    assert "/dance" in finished.stdout + finished.stderr
    assert re.search(r"\bjoaquina\b", finished.stdout)
    assert "Traceback" not in finished.stderr
    assert finished.returncode in (1, 2)


def test_a_second_start_on_the_same_data_opens_a_chat_in_the_running_cluster(new_cluster, connect, tmp_path):
    cluster = new_cluster()
    cluster.begin()
    cluster.wait_ready()
    client = connect(cluster.broker)
    client.write("login", user="ana")
    second = up(
        tmp_path / "data",
        commands=script("/login bia", "/users", "/channel geral"),
        base_port=cluster.base_port,
    )
    assert second.returncode == 0, second.stderr
    assert re.search(r"\bana\b", second.stdout)
    assert cluster.is_running
    assert client.ask("users")["users"] == ["ana", "bia"]
    assert client.ask("channels")["channels"] == ["geral"]
    assert_stops_in_order(cluster, signal.SIGTERM)
