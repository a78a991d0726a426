"""The two starter clients of docs/protocol, in one channel of a running cluster."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.program import environment
from tests.support.waiting import wait_until

FOLDER = Path(__file__).parents[2] / "docs/protocol"
NODE_MODULES = Path(__file__).parent / "node/node_modules"
LINES_MAX = 120
HEARD_SECONDS = 20.0
"""A first message may be caught up with only after the silence of five seconds."""
STOP_SECONDS = 10.0


class Talker:
    """A running starter: lines in, lines out."""

    def __init__(self, command: list[str | Path], cluster: Cluster, user: str, channel: str) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [*command, user, channel, cluster.broker, cluster.proxy],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=environment(),
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hears(self, line: str) -> None:
        wait_until(lambda: line in self.lines, f"{line!r} is printed, not only {self.lines}", HEARD_SECONDS)

    def end(self) -> int:
        """Close its input and return how it ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            return self._process.wait(STOP_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            assert self._process.stdout is not None
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.removesuffix("\n"))


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str | Path]]:
    """How each starter is run; Node finds libraries only in folders above the script."""
    node = shutil.which("node")
    assert node, "node was not found: install Node.js 18 or newer, then run scripts/test"
    assert NODE_MODULES.is_dir(), "the libraries for Node are missing: run scripts/test"
    folder = tmp_path_factory.mktemp("starter")
    (folder / "node_modules").symlink_to(NODE_MODULES, target_is_directory=True)
    script = folder / "starter.mjs"
    shutil.copyfile(FOLDER / "starter.mjs", script)
    return {"node": [node, script], "python": [sys.executable, FOLDER / "starter.py"]}


@pytest.fixture
def talk(commands: dict[str, list[str | Path]], cluster: Cluster) -> Iterator[Callable[[str, str, str], Talker]]:
    """Starts starters; in the end each of them must stop in good order."""
    talkers: list[Talker] = []

    def start(kind: str, user: str, channel: str) -> Talker:
        talkers.append(Talker(commands[kind], cluster, user, channel))
        return talkers[-1]

    yield start
    assert [talker.end() for talker in talkers] == [0] * len(talkers)


@pytest.mark.parametrize("name", ["starter.py", "starter.mjs"])
def test_they_are_short(name):
    assert len((FOLDER / name).read_text("utf-8").splitlines()) < LINES_MAX


@pytest.mark.parametrize(("first", "second"), [("python", "node"), ("node", "python")])
def test_they_talk_to_each_other(talk, fresh, first, second):
    channel, ana, bia = fresh("praça"), fresh("ana"), fresh("bia")
    one, other = talk(first, ana, channel), talk(second, bia, channel)
    one.say("oi, pessoal")
    for talker in (one, other):
        talker.hears(f"{channel} {ana}: oi, pessoal")
    other.say(f"@{ana} só para você")
    one.hears(f"{ana} {bia}: só para você")
    for number in range(20):
        other.say(f"mensagem {number}")
    for number in range(20):
        one.hears(f"{channel} {bia}: mensagem {number}")
    shown = [line for line in one.lines if line.startswith(f"{channel} {bia}: mensagem")]
    assert shown == [f"{channel} {bia}: mensagem {number}" for number in range(20)]
    assert not any("só para você" in line for line in other.lines)


@pytest.mark.parametrize("kind", ["python", "node"])
def test_who_comes_later_sees_what_was_said(talk, fresh, client, kind):
    channel, user = fresh("praça"), fresh("caio")
    client.write("login", user=user)
    client.write("channel", channel=channel)
    for number in range(12):
        client.write("publish", user=user, channel=channel, message=f"antes {number}")
    late = talk(kind, fresh("dora"), channel)
    late.hears(f"{channel} {user}: antes 11")
    assert len(late.lines) == 10
    client.write("publish", user=user, channel=channel, message="agora\nem duas linhas")
    late.hears(f"{channel} {user}: agora")
    late.hears("    em duas linhas")


@pytest.mark.parametrize("kind", ["python", "node"])
def test_what_cannot_be_done_is_said(talk, fresh, kind):
    talker = talk(kind, fresh("ana"), fresh("praça"))
    nobody = fresh("ninguém")
    talker.say(f"@{nobody} oi")
    wait_until(lambda: any(line.startswith("! ") and nobody in line for line in talker.lines), "a sentence")
