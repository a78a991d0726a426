"""Prepares a virtual environment with the package and PyInstaller in it, and builds there (scripts/build).

Needs nothing but Python; `package` does the rest, inside.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / ".cache" / "package"
PYTHON_MIN = (3, 11)
DESCRIBES = ("setup.cfg", "pyproject.toml", "setup.py")
"""Files that say what has to be installed."""


def main() -> int:
    """Prepare, and hand over; return the exit status."""
    if sys.version_info < PYTHON_MIN:
        print("Coreto needs Python 3.11 or newer to be built.", file=sys.stderr)
        return 1
    try:
        inside = prepare()
    except subprocess.CalledProcessError as error:
        print(f"This command failed, see above: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    return subprocess.run([inside, ROOT / "build" / "package.py", *sys.argv[1:]], cwd=ROOT, check=False).returncode


def prepare() -> Path:
    """Return the Python of an environment in which the package of this checkout is installed."""
    home = WORK / "venv-{}.{}".format(*sys.version_info)
    inside = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = home / "installed"
    wanted = str(zlib.crc32(b"".join((ROOT / name).read_bytes() for name in DESCRIBES)))
    # What was deleted from the package must not come back from an earlier build.
    shutil.rmtree(ROOT / ".cache" / "build", ignore_errors=True)
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if stamp.exists() and stamp.read_text() == wanted:
        run(inside, *install, "--no-deps", "--force-reinstall", ".")
    else:
        venv.create(home, clear=True, with_pip=True)
        run(inside, *install, ".[build]")
        stamp.write_text(wanted)
    return inside


def run(*command: str | Path) -> None:
    """Run a command in the checkout and show it."""
    print("+", *command, file=sys.stderr, flush=True)
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
