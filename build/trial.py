"""Has a built program prove itself, and measures it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import archive
from coreto.launcher.free_ports import free_base_port

RUNS = 5
"""Starts of which the median is told: single values mean nothing on a machine that does other things too."""
SELFTEST_SECONDS = 300
"""Longest wait for a self-test; its own steps have shorter deadlines."""
STOP_SECONDS = 20


class TrialError(Exception):
    """A result does not work; the text says how."""


def unpack(result: Path, place: Path) -> Path:
    """Put a result where nothing else is, as a person would, and return the program."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if result.suffix != ".zip":
        return Path(shutil.copy(result, place))
    archive.unpack(result, place)
    return place / "coreto" / ("coreto.exe" if sys.platform == "win32" else "coreto")


def prove(program: Path, temporary: Path) -> None:
    """Run the self-test with threads and with processes; nothing may be left in the folder of temporary files."""
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    places = {name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP")}
    for flags in ([], ["--processes"]):
        print("+", program, "selftest", *flags, file=sys.stderr, flush=True)
        done = subprocess.run(
            [program, "selftest", *flags], env={**os.environ, **places}, timeout=SELFTEST_SECONDS, check=False
        )
        if done.returncode != 0:
            raise TrialError(f"The self-test of {program} failed: see above.")
        left = [entry.name for entry in temporary.iterdir()]
        if left:
            raise TrialError(f"{program} left {', '.join(left)} in {temporary}.")


def measure(program: Path) -> str:
    """Return the median and the range of seconds from the start to the ready line, each start warm."""
    start(program)
    seconds = sorted(start(program) for _run in range(RUNS))
    return (
        f"start to ready: {statistics.median(seconds):.2f} s, median of {RUNS} ({seconds[0]:.2f} to {seconds[-1]:.2f})"
    )


def start(program: Path) -> float:
    """Start a cluster and stop it; return seconds until it was ready."""
    base = str(free_base_port("127.0.0.1"))
    command = [str(program), "up", "--no-repl", "--ready-json", "--ephemeral", "--base-port", base]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.monotonic() - began
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)
    if not line or json.loads(line)["ready"] is not True:
        raise TrialError(f"{program} was never ready: see above.")
    return seconds
