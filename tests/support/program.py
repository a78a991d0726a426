"""Running the program as a person or a script does."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = (sys.executable, "-m", "coreto")
Finished = subprocess.CompletedProcess[str]
NOT_OURS = ("CORETO_", "LC_", "PYTHONDONTWRITEBYTECODE")
"""Settings that are left out; with the last one, each of the many programs would compile all its files again."""
END_SECONDS = 60.0
"""A program that does anything but hang has ended by then, on a busy machine too."""


def environment() -> dict[str, str]:
    """Return the environment without the settings of whoever runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(NOT_OURS)}
    return kept | {"LANG": "C.UTF-8", "NO_COLOR": "1"}


def run(*arguments: str | Path, commands: str = "", seconds: float = END_SECONDS) -> Finished:
    """Run the program to its end with `commands` on standard input; kill it when it does not end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=commands,
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        timeout=seconds,
        check=False,
    )
