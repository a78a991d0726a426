"""Clients written in C, in Java and for Node with msgpack-lite; and one in C that behaves badly."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.cluster import Cluster

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).parent
BUILD = ROOT / ".cache/interop"
JARS = [Path("/usr/share/java/jeromq.jar"), Path("/usr/share/java/msgpack-core.jar")]  # where Debian puts them
C_WARNINGS = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror"]
C_LIBRARIES = ["-lzmq", "-lmsgpackc", "-lm"]
HINT = "run scripts/install-interop"

BUILD_SECONDS = 60
RUN_SECONDS = 60
SKEW_SECONDS = 5
WIDE = 2**32

LANGUAGES = ["c", "java", "lite"]
MILLISECONDS = {"java", "lite"}
"""Who writes timestamps in milliseconds; the others write seconds."""


def program(name):
    """Find a program that the tests need."""
    found = shutil.which(name)
    assert found, f"{name} was not found: {HINT}"
    return found


def run(command, seconds):
    """Run a command to its end in time and return what it printed."""
    finished = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=seconds, check=False)
    assert finished.returncode == 0, f"status {finished.returncode}\n{finished.stdout}{finished.stderr}"
    return finished.stdout


def compile_with(compiler, *arguments):
    """Run a compiler; without its libraries it has nothing to compile against."""
    try:
        run([program(compiler), *arguments], BUILD_SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{compiler} failed; when a library is missing, {HINT}\n{error}") from None


def build_c(name):
    """Compile one of the programs in C and return how to run it."""
    BUILD.mkdir(parents=True, exist_ok=True)
    made = BUILD / f"c-{name}"
    sources = [SOURCES / "c" / f"{name}.c", SOURCES / "c/chat.c"]
    compile_with("gcc", *C_WARNINGS, *sources, "-o", made, *C_LIBRARIES)
    return [made]


def build_java():
    """Compile the program in Java and return how to run it."""
    folder = BUILD / "java"
    folder.mkdir(parents=True, exist_ok=True)
    assert all(jar.exists() for jar in JARS), f"a library for Java is missing: {HINT}"
    path = os.pathsep.join(map(str, JARS))
    options = ["-encoding", "UTF-8", "-Xlint:all", "-Werror", "-cp", path, "-d", folder]
    compile_with("javac", *options, SOURCES / "java/Client.java")
    return [program("java"), "-cp", f"{path}{os.pathsep}{folder}", "Client"]


def build_lite():
    """Return how to run the program for Node."""
    assert (SOURCES / "node/node_modules/msgpack-lite").is_dir(), "msgpack-lite is missing: run scripts/test"
    return [program("node"), SOURCES / "node/lite.mjs"]


def results_of(command):
    """Run a client and read the one line it prints."""
    (line,) = run(command, RUN_SECONDS).splitlines()
    return json.loads(line)


def numbers(value):
    """Every number anywhere in a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for inner in value for number in numbers(inner)]
    return [value] if isinstance(value, int | float) else []


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    """One language after the other."""
    return request.param


@pytest.fixture(scope="module")
def results(language, cluster: Cluster):
    """What the client in that language saw; it also asks the server of the lowest rank, as a server would."""
    build = {"c": lambda: build_c("client"), "java": build_java, "lite": build_lite}[language]
    return results_of([*build(), cluster.broker, cluster.proxy, cluster.servers[0].address])


@pytest.fixture(scope="module")
def careless(cluster: Cluster):
    """What the careless client saw."""
    return results_of([*build_c("careless"), cluster.broker, cluster.proxy])


def test_it_logs_in_and_is_listed(results, language):
    assert results["login"]["status"] == "sucesso"
    assert {f"{language}-ana", f"{language}-bia"} <= set(results["users"]["users"])


def test_it_creates_a_channel_once(results, language):
    assert results["channel"]["status"] == "sucesso"
    assert results["channelAgain"]["status"] == "erro"
    assert f"{language}-geral" in results["channelAgain"]["description"]
    assert f"{language}-geral" in results["channels"]["channels"]
    assert results["channels"]["users"] == results["channels"]["channels"]


def test_it_publishes_and_receives_it(results, language):
    answer, body = results["publish"], results["heardInChannel"]
    assert (answer["status"], answer["message"]) == ("OK", "")
    core = {"user": f"{language}-ana", "channel": f"{language}-geral", "message": "olá"}
    assert body.items() >= {"service": "publish", "seq": answer["seq"], "id": answer["id"], **core}.items()
    assert body["data"].items() >= core.items()


def test_it_sends_a_direct_message_and_receives_it(results, language):
    answer, body = results["message"], results["heardByUser"]
    assert (answer["status"], answer["message"], answer["seq"]) == ("OK", "", 1)
    core = {"src": f"{language}-ana", "dst": f"{language}-bia", "message": "oi, bia"}
    assert body.items() >= {"service": "message", "seq": 1, "from": core["src"], "to": core["dst"], **core}.items()
    assert body["data"].items() >= core.items()


def test_it_reads_histories(results, language):
    said = results["channelHistory"]["messages"]
    assert (said[-1]["user"], said[-1]["message"]) == (f"{language}-ana", "olá")
    assert [message["seq"] for message in said] == list(range(1, len(said) + 1))
    for answer in (results["userHistory"], results["conversation"]):
        assert answer["more"] is False
        (only,) = answer["messages"]
        assert (only["src"], only["dst"], only["message"]) == (f"{language}-ana", f"{language}-bia", "oi, bia")


@pytest.mark.parametrize("hop", ["clock", "serverClock"])
def test_it_reads_the_clock(results, hop):
    published = results["heardInChannel"]["timestamp"]
    assert isinstance(results[hop]["time"], float)
    assert abs(results[hop]["time"] - published) < SKEW_SECONDS


@pytest.mark.parametrize("hop", ["election", "serverElection"])
def test_an_election_ends_as_it_was(results, cluster: Cluster, hop):
    assert results[hop]["election"] == "OK"
    assert results[hop]["coordinator"] == cluster.servers[-1].name


def test_it_gets_its_kind_of_timestamp_back(results, language):
    unit = 1000 if language in MILLISECONDS else 1
    published = results["heardInChannel"]["timestamp"]
    assert abs(published - time.time()) < RUN_SECONDS
    for name in ("login", "users", "publish", "clock", "serverElection"):
        assert abs(results[name]["timestamp"] - published * unit) < SKEW_SECONDS * unit


def test_publications_hold_no_wide_integers(results, language):
    publications = [results["heardInChannel"], results["heardByUser"]]
    if language == "lite":  # JavaScript cannot tell 5.0 from 5, but msgpack-lite saw how it was written
        assert results["wideInPublications"] == []
    else:
        assert [n for n in numbers(publications) if isinstance(n, int) and n > WIDE] == []


@pytest.mark.parametrize("language", ["lite"], indirect=True)
def test_numbers_written_as_64_bit_integers_are_understood(results):
    assert results["conversation"]["status"] == "OK"
    clock = results["clock"]["time"]
    assert abs(results["plainMilliseconds"]["timestamp"] - clock * 1000) < SKEW_SECONDS * 1000
    order = [
        "login",
        "users",
        "channel",
        "channelAgain",
        "channels",
        "publish",
        "message",
        "clock",
        "plainMilliseconds",
    ]
    clocks = [results[name]["clock"] for name in order]
    assert clocks == sorted(set(clocks)), "each answer is later than the one before"


@pytest.mark.parametrize("habit", ["nanClock", "nanClockAgain", "binaryUser"])
def test_careless_writes_succeed(careless, habit):
    assert careless[habit]["status"] == "sucesso"


@pytest.mark.parametrize("habit", ["noTimestamp", "hugeClock"])
def test_careless_reads_succeed(careless, habit):
    assert "c-eva" in careless[habit]["users"]


@pytest.mark.parametrize("habit", ["nilUser", "terminatedUser", "cutOff"])
def test_what_makes_no_sense_is_answered_with_a_sentence(careless, habit):
    answer = careless[habit]
    assert answer["status"] == "erro"
    assert answer["description"] == answer["message"] != ""


def test_careless_requests_leave_no_senseless_names(careless):
    users = careless["usersInTheEnd"]["users"]
    assert {"c-eva", "c-bin"} <= set(users)
    assert all(isinstance(user, str) and user.isprintable() for user in users)


def test_no_answer_has_a_senseless_clock(careless):
    clocks = [answer["clock"] for name, answer in careless.items() if name != "heard"]
    assert clocks == sorted(set(clocks)), "each answer is later than the one before"
    assert clocks[-1] < 2**31


def test_a_subscriber_to_everything_hears_everything(careless):
    core = {"user": "c-eva", "channel": "c-praça", "message": "ouve-se tudo"}
    assert careless["heard"].items() >= core.items()
    assert careless["heard"]["seq"] == careless["publish"]["seq"]
