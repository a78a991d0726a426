"""From key to echo while another process makes 5,000 messages a second arrive, in a real terminal device.

A person types one letter every few hundredths of a second; each is timed from the write to the
terminal until its echo is read back. Run by `scripts/key-echo`; the machine should be quiet.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import random
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_base_port
from tests.support.program import COMMAND, environment

ROWS, COLUMNS = 24, 80
RATE = 5000.0
SECONDS = 15.0
KEYS = [chr(code) for code in range(0x100, 0x17F)]
"""Letters that occur in no flood: each echo is told from every other."""
PAUSES = 0.03, 0.09
"""Seconds between two keys: somebody who types fast."""
ECHO_SECONDS = 5.0
WAYS = ("none", "past", "through")
"""No flood; one past the servers, at exactly the rate; one that servers store, as fast as the machine allows."""
READY_SECONDS = 30.0
ASKED_POSITION, POSITION = b"\x1b[6n", f"\x1b[{ROWS};1R".encode()


def main() -> None:
    """Measure against a cluster in other processes, then within one, and print; arguments choose floods."""
    with tempfile.TemporaryDirectory() as folder:
        for sort in (["--processes"], []):
            for way in sys.argv[1:] or WAYS:
                measure(Path(folder), sort, way)


def measure(folder: Path, sort: list[str], way: str) -> None:
    """Print the times of one kind of cluster and flood."""
    base = free_base_port()
    up = ["up", "--ephemeral", "--lang", "en", "--base-port", str(base), *sort]
    if sort:
        with subprocess.Popen(
            [*COMMAND, *up, "--no-repl", "--ready-json"], stdout=subprocess.PIPE, cwd=folder, env=environment()
        ) as cluster:
            assert cluster.stdout is not None
            ready = json.loads(cluster.stdout.readline())
            try:
                addresses = [
                    "--broker",
                    ready["broker"],
                    "--proxy-sub",
                    ready["proxy"],
                    "--reference",
                    ready["reference"],
                ]
                report("other processes", base, ["chat", "--lang", "en", *addresses], way)
            finally:
                cluster.terminate()
    else:
        report("all in one", base, up, way)


def report(title: str, base: int, command: list[str], way: str) -> None:
    """Open a prompt, flood it, type, and print the times."""
    with terminal(command) as screen:
        took = screen.wait_for("/quit")
        screen.type("/login ana\r/channel geral\r/join geral\r")
        screen.wait_for("You are in geral")
        with flooding(way, base):
            times = sorted(typed(screen))
    middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(
        f"{title}, flood {way}: {len(times)} keys, p50 {middle * 1000:.1f} ms, p99 {late * 1000:.1f} ms, "
        f"worst {times[-1] * 1000:.1f} ms; prompt ready after {took:.2f} s",
        flush=True,
    )


def typed(screen: Terminal) -> Iterator[float]:
    """Type for some seconds and return how long each echo took."""
    pauses = random.Random(1)
    end = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < end:
        screen.read_for(pauses.uniform(*PAUSES))
        if number and number % (COLUMNS // 2) == 0:
            screen.type("\x15")
            screen.read_for(PAUSES[1])
        key = KEYS[number % len(KEYS)]
        yield screen.echo(key)
        number += 1


@contextmanager
def flooding(way: str, base: int) -> Iterator[None]:
    """Another process that writes; it says at the end how fast it really was."""
    if way == "none":
        yield
        return
    count = str(int(RATE * (SECONDS + 3)))
    port, flags = (base + 2, ["--past-servers"]) if way == "past" else (base, [])
    command = [
        sys.executable,
        "-m",
        "tests.support.flood",
        f"tcp://127.0.0.1:{port}",
        "flood",
        "geral",
        count,
        str(RATE),
    ]
    with subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, text=True) as flood:
        time.sleep(1.0)
        yield
        assert flood.stdout is not None
        finished, _, _ = select.select([flood.stdout], [], [], 30.0)
        print(f"  flood {way}: {flood.stdout.readline().strip() if finished else 'not finished'}")
        flood.kill()


class Terminal:
    """The far end of a terminal device."""

    def __init__(self, device: int, process: subprocess.Popen[bytes]) -> None:
        self._device = device
        self._process = process
        self._began = time.monotonic()
        self._seen = b""

    def type(self, keys: str) -> None:
        """Type keys."""
        os.write(self._device, keys.encode())

    def echo(self, key: str) -> float:
        """Type one key and return the seconds until it is on the screen."""
        began = time.monotonic()
        self._seen = b""
        self.type(key)
        wanted = key.encode()
        while wanted not in self._seen:
            if not self._read(ECHO_SECONDS):
                raise AssertionError(f"no echo of {key} within {ECHO_SECONDS} s")
        return time.monotonic() - began

    def wait_for(self, text: str) -> float:
        """Read until a text comes; return the seconds since the start of the program."""
        end = time.monotonic() + READY_SECONDS
        while text.encode() not in self._seen:
            assert time.monotonic() < end, self._seen.decode("utf-8", "replace")
            self._read(1.0)
        return time.monotonic() - self._began

    def read_for(self, seconds: float) -> None:
        """Read whatever comes for some time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._process.poll() is None:
            self._read(left)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._device], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._device, 65536)
        except OSError:  # the program has closed its end
            self._process.wait(ECHO_SECONDS)
            return False
        if ASKED_POSITION in data:
            os.write(self._device, POSITION)
        self._seen = (self._seen + data)[-262144:]
        return True


@contextmanager
def terminal(command: list[str]) -> Iterator[Terminal]:
    """Run a command of ours in a terminal of its own."""
    device, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    settings = environment() | {"TERM": "xterm-256color"}
    settings.pop("NO_COLOR")
    process = subprocess.Popen([*COMMAND, *command], stdin=inner, stdout=inner, stderr=inner, env=settings)
    os.close(inner)
    screen = Terminal(device, process)
    try:
        yield screen
        screen.type("\x15/quit\r")
        screen.read_for(1.0)
    finally:
        process.terminate()
        process.wait()
        os.close(device)


if __name__ == "__main__":
    main()
