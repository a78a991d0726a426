"""The built programs: what scripts/build made of this checkout, as people have it."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coreto.launcher.unpacked import PREFIX
from tests.support.ports import free_base_port
from tests.support.program import environment
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes the Linux way"),
]

KINDS = ("folder", "file")
SECONDS = 60
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def settings(tmp_path):
    """An environment whose temporary files and data are the test's own."""
    (tmp_path / "temporary").mkdir()
    places = {"TMPDIR": str(tmp_path / "temporary"), "XDG_DATA_HOME": str(tmp_path)}
    return {**environment(), **places, "CORETO_BASE_PORT": str(free_base_port())}


@pytest.fixture
def unpacked(tmp_path):
    """The folders into which the one-file program has unpacked itself."""
    return lambda: list((tmp_path / "temporary").glob(f"{PREFIX}*"))


def call(program, settings, *arguments, commands=""):
    """Run a program to its end."""
    return subprocess.run(
        [program, *arguments],
        input=commands,
        capture_output=True,
        text=True,
        env=settings,
        timeout=SECONDS,
        check=False,
    )


def test_names_hold_version_system_and_checksum(dist):
    results = sorted(path for path in dist.iterdir() if path.suffix != ".sha256")
    assert len(results) == 2
    for path in results:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert re.fullmatch(rf"coreto-\d+\.\d+\.\d+-linux-\w+-{digest[:8]}(\.zip)?", path.name)
        assert path.with_name(f"{path.name}.sha256").read_text() == f"{digest}  {path.name}\n"


def test_the_folder_holds_licences_and_what_to_double_click(programs):
    folder = programs["folder"].parent
    licences = (folder / "LICENCES.txt").read_text("utf-8")
    for part in ("coreto", "pyzmq", "msgpack", "msgspec", "prompt_toolkit", "platformdirs", "pyinstaller", "Python"):
        assert re.search(rf"^{part}\b", licences, re.MULTILINE), part
    assert os.access(folder / "coreto.sh", os.X_OK)
    assert os.access(folder / "Coreto.desktop", os.X_OK)
    assert (folder / "_internal" / "LICENCES.txt").exists(), "the one file has the same inside"


@every_kind
@pytest.mark.parametrize("flags", [[], ["--processes"]], ids=["threads", "processes"])
def test_it_proves_itself(programs, settings, tmp_path, kind, flags):
    finished = call(programs[kind], settings, "selftest", "--json", *flags)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert json.loads(finished.stdout)["passed"] is True
    assert list((tmp_path / "temporary").iterdir()) == []


@every_kind
def test_it_is_used_without_a_terminal(programs, settings, kind):
    commands = "/login ana\n/channel geral\n/publish geral oi\n/history geral\n"
    finished = call(programs[kind], settings, commands=commands)
    assert finished.returncode == 0, finished.stderr
    assert "<ana> oi" in finished.stdout


@every_kind
def test_it_speaks_both_languages_and_refuses_what_is_wrong_in_one_sentence(programs, settings, kind):
    for language, words in (("pt", "não é um número"), ("en", "is no number")):
        finished = call(programs[kind], settings, "up", "--servers", "99", "--lang", language)
        assert finished.returncode == 2
        assert words in finished.stderr
        assert finished.stderr.count("\n") == 1


@every_kind
def test_the_simulator_uses_many_processes(programs, settings, kind, unpacked):
    finished = call(programs[kind], settings, "simulate", "--seeds", "0-3", "--servers", "3", "--jobs", "2")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert unpacked() == []


# Ends that nobody wished for.


class Family:
    """A cluster of processes, with what the system knows of them: boot program, launcher, roles."""

    def __init__(self, program, settings, errors):
        self._errors = errors
        command = [program, "up", "--processes", "--no-repl", "--ready-json", "--ephemeral"]
        with errors.open("wb") as file:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, env=settings)
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.roles = self.ready["processes"]
        self.launcher = parent_of(self.roles["s1"])
        self.boot = self.process.pid

    def everyone(self):
        """The numbers of all processes."""
        return {self.boot, self.launcher, *self.roles.values()}

    def wait_gone(self):
        """Wait for the end of everyone."""
        self.process.wait(SECONDS)
        wait_until(lambda: not any(map(is_running, self.everyone())), "the end of every process", 20.0)

    def errors(self):
        """What it wrote to standard error."""
        return self._errors.read_text("utf-8")

    def close(self):
        """Leave nothing running."""
        for number in filter(is_running, self.everyone()):
            os.kill(number, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def stat_of(number):
    """What the system says of a process behind its name: state, parent, …; None when there is none."""
    try:
        return Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def parent_of(number):
    """The number of the parent."""
    return int(stat_of(number)[1])


def is_running(number):
    """Whether the process has not ended."""
    found = stat_of(number)
    return found is not None and found[0] != "Z"


@pytest.fixture
def family(programs, settings, tmp_path):
    """Starts a cluster of processes; nothing of it is left after the test."""
    made = []

    def start(kind):
        made.append(Family(programs[kind], settings, tmp_path / "errors"))
        return made[-1]

    yield start
    for one in made:
        one.close()


@every_kind
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_in_good_order_and_leaves_nothing(family, tmp_path, kind, number):
    cluster = family(kind)
    cluster.process.send_signal(number)
    assert cluster.process.wait(SECONDS) == 0
    cluster.wait_gone()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert cluster.errors() == ""


@every_kind
def test_a_role_that_is_killed_is_really_dead_and_has_no_folder_of_its_own(family, kind, unpacked):
    cluster = family(kind)
    folders = unpacked()
    assert len(folders) == (1 if kind == "file" else 0)
    os.kill(cluster.roles["s1"], signal.SIGKILL)
    wait_until(lambda: not is_running(cluster.roles["s1"]), "the end of s1")
    wait_until(lambda: "s1 crashed (SIGKILL) and is started again" in cluster.errors(), "that it crashed")
    assert unpacked() == folders


@every_kind
@pytest.mark.parametrize("whom", [["boot"], ["launcher"], ["boot", "launcher"]], ids=" and ".join)
def test_everybody_dies_with_it_and_the_next_start_sweeps(family, programs, settings, kind, whom, unpacked):
    cluster = family(kind)
    for number in {getattr(cluster, who) for who in whom}:
        os.kill(number, signal.SIGKILL)
    cluster.wait_gone()
    assert call(programs[kind], settings, "selftest", "--json").returncode == 0
    assert unpacked() == []


def test_two_at_once_leave_each_other_alone(family, programs, settings, unpacked):
    cluster = family("file")
    (folder,) = unpacked()
    assert call(programs["file"], settings, "selftest", "--json").returncode == 0
    assert unpacked() == [folder]
    assert all(map(is_running, cluster.everyone()))
