"""Drives real terminals (tmux) through sessions and keeps what they show: `python -m tests.support.screens`.

Written to docs/screens/*.txt, so that a change of the prompt shows as a change of these files.
What differs in every run (times, Lamport values, ports, folders) is made the same.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from tests.support.ports import free_base_port
from tests.support.program import COMMAND, environment

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
SOCKET = f"coreto-screens-{os.getpid()}"
DEADLINE = 40.0
PAUSE = 0.1
FLOOD = 5_000
SETTLE_SECONDS = 2.5
"""Longer than a look at the cluster: the status line is up to date then."""

PARTITION_ROWS = 64
"""Enough for the faults in force, three times, and all that is said about them."""


def main() -> None:
    """Take every screen."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or list(SESSIONS)
    with tempfile.TemporaryDirectory(prefix="c-") as folder:
        tmux("new-session", "-d", "-s", "keep", "sleep 3600")  # the server ends with its last session
        try:
            for number, name in enumerate(wanted):
                print(name, flush=True)
                SESSIONS[name](Path(folder) / str(number))
        finally:
            tmux("kill-server", check=False)


def first_start(folder: Path, lang: str = "en", columns: int = 80, *, colour: bool = True, name: str = "") -> None:
    """A newcomer: what runs, what to type, a wrong command, a first message, help, a look at the servers."""
    name = name or f"first-start-{lang}"
    base = free_base_port()
    with window(name, up(base, folder, lang), columns, colour=colour) as seen:
        seen.waits("/quit")
        time.sleep(SETTLE_SECONDS)
        seen.keep("1-start")
        seen.types("login ana").types("/nick ana").types("/login ana").types("/channel geral").types("/joim geral")
        seen.waits("/join")
        seen.types("/join geral").types("oi, pessoal")
        seen.waits("✓")
        seen.keep("2-first-message")
        seen.types("/help")
        seen.waits("/export")
        seen.keep("3-help")
        seen.types("/top")
        seen.waits("Lamport", 2)
        seen.keep("4-top")
        seen.types("/quit")


def newcomer_in_portuguese(folder: Path) -> None:
    """The same in Portuguese."""
    first_start(folder, "pt")


def narrow(folder: Path) -> None:
    """The same in 60 columns."""
    first_start(folder, columns=60, name="narrow-60-columns")


def wide(folder: Path) -> None:
    """The same in 200 columns."""
    first_start(folder, columns=200, name="wide-200-columns")


def colourless(folder: Path) -> None:
    """The same with NO_COLOR; what is kept has its escape sequences, to be seen to have no colour."""
    first_start(folder, colour=False, name="no-colour")


def flood(folder: Path) -> None:
    """Two people chat in two windows while a third process floods 5,000 messages."""
    base = free_base_port()
    chat = ["chat", "--lang", "en", *places(base)]
    with window(
        "flood-cluster", [*up(base, folder, "en")[:-2], "--lang", "en", "--no-repl", "--ready-json"]
    ) as cluster:
        cluster.waits('"ready"')
        with window("flood-ana", [*chat, "--user", "ana"]) as ana, window("flood-bia", [*chat, "--user", "bia"]) as bia:
            for person in (ana, bia):
                person.waits("You are logged in")
                person.types("/channel geral").types("/join geral")
                person.waits("You are in geral")
            ana.types("oi, bia!")
            bia.waits("<ana> oi, bia!")
            flooder = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.support.flood",
                    f"tcp://127.0.0.1:{base}",
                    "robot",
                    "geral",
                    str(FLOOD),
                    "5000",
                ],
                stdout=subprocess.DEVNULL,
            )
            ana.writes("half a sentence")
            bia.waits("more")
            bia.types("oi, ana! que barulho")
            ana.waits("<bia> oi, ana! que barulho", scroll=True)
            bia.waits("✓ <bia> oi, ana! que barulho", scroll=True)
            ana.keep("during")
            bia.keep("during")
            flooder.wait()
            ana.writes(", unharmed")
            ana.types("")
            ana.waits("✓ <ana> half a sentence, unharmed", scroll=True)
            bia.waits("<ana> half a sentence, unharmed", scroll=True)
            time.sleep(SETTLE_SECONDS)
            ana.keep("after")
            bia.keep("after")


def lost_quorum(folder: Path) -> None:
    """The coordinator is killed while somebody types, then a second server: no quorum, in words; then they return."""
    base = free_base_port()
    command = [*up(base, folder, "en")[:-2], "--lang", "en", "--processes", "--no-repl", "--ready-json"]
    with window("quorum-cluster", command) as cluster:
        cluster.waits('"ready"')
        with window("quorum-ana", ["chat", "--lang", "en", *places(base), "--user", "ana"]) as ana:
            ana.waits("You are logged in")
            ana.types("/channel geral").types("/join geral").types("before")
            ana.waits("✓ <ana> before")
            ana.writes("typed while it")
            stopped = [pid_of(base, "s3"), pid_of(base, "s2")]
            try:
                signal_all(stopped[:1], "STOP")
                ana.waits("coordinates now")
                ana.writes(" changed")
                ana.types("")
                ana.waits("✓ <ana> typed while it changed")
                time.sleep(SETTLE_SECONDS)
                ana.keep("1-coordinator-gone")
                signal_all(stopped[1:], "STOP")
                ana.waits("no quorum: 1 of 3", scroll=True)
                ana.types("nobody can store this")
                ana.waits("nobody can store this", 1)
                ana.waits("may have been stored or not")
                ana.keep("2-no-quorum")
            finally:
                signal_all(stopped, "CONT")
            ana.waits("The trouble is over.")
            ana.types("stored again")
            ana.waits("✓ <ana> stored again")
            time.sleep(SETTLE_SECONDS)
            ana.keep("3-healed")


def killed_while_typing(folder: Path) -> None:
    """The coordinator is killed from a second prompt while somebody types; what is typed is not disturbed."""
    command = up(free_base_port(), folder, "en")
    with window("kill-ana", command) as ana:
        ana.waits("/quit")
        ana.types("/login ana").types("/channel geral").types("/join geral").types("before")
        ana.waits("✓ <ana> before")
        with window("kill-bia", command) as bia:
            bia.waits("you are a guest in it")
            ana.writes("typed while it")
            bia.types("/kill s3")
            bia.waits("s3 was killed")
            ana.waits("2 of 3 servers are alive now.")
            ana.waits("2/3 alive")
            time.sleep(SETTLE_SECONDS)
            ana.waits("ana> typed while it")
            ana.keep("1-typing")
            ana.writes(" changed")
            ana.types("")
            ana.waits("✓ <ana> typed while it changed")
            bia.types("/restart s3")
            bia.waits("s3 runs again")
            ana.waits("3/3 alive")
            time.sleep(SETTLE_SECONDS)
            ana.keep("2-back")
            bia.keep("killer")
            bia.types("/quit")
        ana.types("/quit")


def partitions(folder: Path) -> None:
    """One server is cut off, then the broker with it, then all three; each time the status line says what is wrong."""
    with window("partition-ana", up(free_base_port(), folder, "en"), rows=PARTITION_ROWS) as ana:
        ana.waits("/quit")
        ana.types("/login ana").types("/channel geral").types("/join geral")
        ana.waits("You are in geral")
        ana.types("/partition s1 | s2,s3").types("a majority is left")
        ana.waits("✓ <ana> a majority is left")
        ana.waits("s1 is cut off")
        time.sleep(SETTLE_SECONDS)
        ana.keep("1-minority-cut-off")
        ana.types("/heal")
        ana.waits("s1 is no longer cut off")
        ana.types("/partition broker,s1 | s2,s3")
        ana.waits("no quorum: 1 of 3")
        time.sleep(SETTLE_SECONDS)
        ana.keep("2-in-the-minority")
        ana.types("/heal")
        ana.waits("The trouble is over.")
        ana.types("/partition s1 | s2 | s3")
        ana.waits("no quorum: no majority of 3")
        ana.types("nobody can store this")
        ana.waits("may have been stored or not")
        ana.keep("3-no-majority")
        ana.types("/heal")
        ana.waits("The trouble is over.", 2)
        ana.types("stored again")
        ana.waits("✓ <ana> stored again")
        time.sleep(SETTLE_SECONDS)
        ana.keep("4-healed")
        ana.types("/quit")


def hostile(folder: Path) -> None:
    """Text that would steer a terminal, as it is shown."""
    base = free_base_port()
    with window("hostile", up(base, folder, "en")) as ana:
        ana.waits("/quit")
        ana.types("/login ana").types("/channel geral").types("/join geral")
        ana.waits("You are in geral")
        for text in (
            "\x1b]52;c;cm0gLXJm\x07 clipboard",
            "\x1b[2J clear",
            "\u202e gnp.exe",
            "oi\n12:00:00 ✓ <ana> forged",
            "a\u200bb",
        ):
            subprocess.run(
                [*COMMAND, "pub", "geral", text, "--proxy", f"tcp://127.0.0.1:{base + 2}"],
                stderr=subprocess.DEVNULL,
                check=False,
            )
        publish_raw(base, ["\x1b]52;c;cm0gLXJm\x07 clipboard", "\x1b[2J clear", "\x9b2J C1"])
        ana.waits("C1")
        ana.keep("shown")


SESSIONS: dict[str, Callable[[Path], None]] = {
    "first-start": first_start,
    "newcomer-in-portuguese": newcomer_in_portuguese,
    "narrow": narrow,
    "wide": wide,
    "colourless": colourless,
    "flood": flood,
    "lost-quorum": lost_quorum,
    "killed-while-typing": killed_while_typing,
    "partitions": partitions,
    "hostile": hostile,
}


class Window:
    """A window of tmux with our program in it."""

    def __init__(self, name: str, *, escapes: bool) -> None:
        self.name = name
        self._escapes = escapes

    def writes(self, keys: str) -> Window:
        """Type without Enter."""
        tmux("send-keys", "-t", self.name, "-l", keys)
        return self

    def types(self, line: str) -> Window:
        """Type a line."""
        if line:
            self.writes(line)
        tmux("send-keys", "-t", self.name, "Enter")
        return self

    def waits(self, text: str, times: int = 1, *, scroll: bool = False) -> None:
        """Wait until a text is shown so many times; with `scroll` it may be above the screen already."""
        end = time.monotonic() + DEADLINE
        while " ".join(self.shows(scroll=scroll).split()).count(text) < times:
            assert time.monotonic() < end, f"{text!r} never came in {self.name}:\n{self.shows()}"
            time.sleep(PAUSE)

    def shows(self, *, escapes: bool = False, scroll: bool = False) -> str:
        """Return the screen."""
        more = [*(["-e"] if escapes else []), *(["-S", "-"] if scroll else [])]
        return tmux("capture-pane", "-p", *more, "-t", self.name)

    def keep(self, moment: str) -> None:
        """Write the screen to docs/screens."""
        text = made_alike(self.shows(escapes=self._escapes))
        (FOLDER / f"{self.name}-{moment}.txt").write_text(text, "utf-8")


@contextmanager
def window(
    name: str, arguments: list[str], columns: int = 80, rows: int = 24, *, colour: bool = True
) -> Iterator[Window]:
    """Open a window of a size with our program in it."""
    settings = {"LANG": "C.UTF-8", **({} if colour else {"NO_COLOR": "1"})}
    kept = " ".join(f"{key}={value}" for key, value in settings.items())
    command = f"env -u NO_COLOR {kept} {shlex.join([*COMMAND, *arguments])}"
    size = ("-x", str(columns), "-y", str(rows))
    tmux("new-session", "-d", "-s", name, *size, command)
    tmux("set-option", "-t", name, "remain-on-exit", "on", check=False)
    try:
        yield Window(name, escapes=not colour)
    finally:
        tmux("kill-session", "-t", name, check=False)


def tmux(*arguments: str, check: bool = True) -> str:
    """Run one command of our own tmux server and return what it prints."""
    done = subprocess.run(
        ["tmux", "-L", SOCKET, *arguments], capture_output=True, text=True, check=False, env=environment()
    )
    if check and done.returncode:
        raise SystemExit(f"tmux {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def up(base: int, folder: Path, lang: str) -> list[str]:
    """Return the arguments of an all-in-one; the language stands last."""
    return ["up", "--data", str(folder / "coreto"), "--base-port", str(base), "--lang", lang]


def places(base: int) -> list[str]:
    """Return the flags that lead to a cluster."""
    address = "tcp://127.0.0.1:{}"
    return [
        "--broker",
        address.format(base),
        "--proxy-sub",
        address.format(base + 3),
        "--reference",
        address.format(base + 5),
    ]


def pid_of(base: int, server: str) -> int:
    """Return the process of one server of the cluster with these ports."""
    port = base + 45 + int(server[1:])
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            words = (entry / "cmdline").read_bytes().split(b"\0") if (entry / "cmdline").exists() else []
            named = [word for flag, word in pairwise(words) if flag == b"--name"]
            if named == [server.encode()] and any(word.endswith(f":{port}".encode()) for word in words):
                return int(entry.name)
    raise SystemExit(f"no process of {server} was found")


def signal_all(processes: list[int], name: str) -> None:
    """Send a signal to processes of ours."""
    for process in processes:
        subprocess.run(["kill", f"-{name}", str(process)], check=False)


def publish_raw(base: int, texts: list[str]) -> None:
    """Publish what no server of ours would accept, as a stranger at the proxy could."""
    import zmq

    from coreto.wire.publication import Publication, write_publication

    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        socket.connect(f"tcp://127.0.0.1:{base + 2}")
        time.sleep(SETTLE_SECONDS)
        for text in texts:
            socket.send_multipart(write_publication(Publication("geral", False, "eve", text, 0, 0, "", time.time(), 1)))
        socket.linger = 1000


def made_alike(text: str) -> str:
    """Replace what differs in every run."""
    text = re.sub(r"\b\d\d:\d\d:\d\d\b", "12:00:00", text)
    text = re.sub(r"/tmp/c-\w+/\d+", "/home/ana", text)
    text = re.sub(r"(Lamport) \d+", r"\1 100", text)
    text = re.sub(r"(tcp://127\.0\.0\.1):\d+", r"\1:5555", text)
    text = re.sub(r"(clock|relógio) [+-]\d+ ms", r"\1 +0 ms", text)
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n"


if __name__ == "__main__":
    main()
