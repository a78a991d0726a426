"""Runs every scenario several times in a row, beside a process that keeps a core busy: a line for each run.

`python -m tests.support.scenario_runs [--times N] [--idle] [NAME…]`
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from coreto.lab.scenarios.reading import names
from tests.support.program import run

TIMES = 5
RUN_SECONDS = 600.0
BUSY = "while True: pass"


def main() -> int:
    """Return 0 when every run gave the verdict that its scenario expects."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--idle", action="store_true", help="no busy process beside")
    options = parser.parse_args()
    wrong = 0
    with busy(not options.idle):
        for name in options.names or names():
            for time in range(1, options.times + 1):
                report = _report(name)
                wrong += report["verdict"] != report["expected"]
                print(_line(time, report), flush=True)
    print(f"{wrong} runs with another verdict than expected")
    return 1 if wrong else 0


@contextmanager
def busy(wanted: bool) -> Iterator[None]:
    """Keep a core busy meanwhile."""
    process = subprocess.Popen([sys.executable, "-c", BUSY]) if wanted else None
    try:
        yield
    finally:
        if process is not None:
            process.kill()
            process.wait()


def _report(name: str) -> dict[str, object]:
    finished = run("scenario", "run", name, "--json", seconds=RUN_SECONDS)
    try:
        return dict(json.loads(finished.stdout))
    except ValueError:
        what = finished.stderr.strip() or f"status {finished.returncode}"
        return {"scenario": name, "verdict": what, "expected": "", "seconds": 0.0, "figures": {}, "rules": []}


def _line(time: int, report: dict[str, object]) -> str:
    rules = report["rules"]
    assert isinstance(rules, list)
    broken = [f"{row['rule']}: {[found['what'] for found in row['findings']]}" for row in rules if not row["passed"]]
    told = [str(report.get("why_unknown") or "")] if report.get("why_unknown") else []
    seconds = float(str(report["seconds"]))
    return " ".join([f"{report['scenario']} {time}: {report['verdict']} after {seconds:.1f} s", *broken, *told])


if __name__ == "__main__":
    sys.exit(main())
