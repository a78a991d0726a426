"""Makes the programs people copy and double-click: a folder in a zip, and one file; and has each prove itself.

Runs inside the environment that `make` prepared.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import archive
import clean_root
import icon
import trial

ROOT = Path(__file__).resolve().parents[1]
BUILD, WORK = ROOT / "build", ROOT / ".cache" / "package"
PYINSTALLER = ROOT / ".cache" / "pyinstaller"
KINDS = ("folder", "file")
VERSION = version("coreto")
LAUNCHERS = {
    "linux": {"Coreto.desktop": "Coreto.desktop", "coreto.sh": "coreto.sh"},
    "darwin": {"coreto.sh": "coreto.command"},
    "win32": {"coreto.cmd": "coreto.cmd"},
}
"""What is double-clicked on each system, and its name there."""
ICONS = {"linux": "coreto.svg", "darwin": "coreto.icns", "win32": "coreto.ico"}
MEBIBYTE = 2**20


def main() -> int:
    """Build, try, print; return 0, or 1 when a result does not work."""
    options = parse()
    shutil.rmtree(WORK / "parts", ignore_errors=True)
    (WORK / "parts").mkdir(parents=True)
    dist = options.into.resolve()
    dist.mkdir(parents=True, exist_ok=True)
    icon.draw(WORK / "parts")
    write_lock(WORK / "parts" / "coreto.lock")
    archive.forget(dist, VERSION)
    try:
        results = {kind: build(kind, dist) for kind in KINDS}
        programs = {kind: trial.unpack(result, WORK / "trial" / kind) for kind, result in results.items()}
        for kind, program in programs.items():
            trial.prove(program, WORK / "trial" / f"{kind}-temporary")
            if options.clean_root:
                clean_root.prove(program, ROOT / ".cache" / "clean-root")
    except (trial.TrialError, clean_root.RootError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        archive.forget(dist, VERSION)  # what does not work is not kept
        return 1
    for kind, result in results.items():
        print(f"{kind:<7} {result.stat().st_size / MEBIBYTE:5.1f} MiB  {result}")
    if options.measure:
        for kind, program in programs.items():
            print(f"{kind:<7} {trial.measure(program)}", flush=True)
    return 0


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="scripts/build", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="say how long each program takes to be ready")
    parser.add_argument("--clean-root", action="store_true", help="try each in a Debian without Python (as root)")
    parser.add_argument("--into", type=Path, default=ROOT / "dist", metavar="FOLDER", help="where results go (dist)")
    return parser.parse_args()


def write_lock(path: Path) -> None:
    """Make the file that programs hold while they live in the folder they unpacked themselves into."""
    path.write_text("Held by the programs that use this folder.\n", "utf-8")


def build(kind: str, dist: Path) -> Path:
    """Build one kind and return the result in `dist`."""
    work = PYINSTALLER / kind
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    places = ["--workpath", str(work), "--distpath", str(dist)]
    settings = {"CORETO_BUILD_KIND": kind, "CORETO_BUILD_WORK": str(WORK / "parts")}
    print("+", *command, *places, "build/coreto.spec", f"({kind})", file=sys.stderr, flush=True)
    subprocess.run([*command, *places, BUILD / "coreto.spec"], env={**os.environ, **settings}, cwd=ROOT, check=True)
    made = dist / "coreto"
    if kind == "file":
        return archive.keep(made.with_suffix(".exe") if sys.platform == "win32" else made, dist, VERSION)
    complete(made)
    packed = WORK / "coreto.zip"
    archive.pack(made, packed)
    shutil.rmtree(made)
    return archive.keep(packed, dist, VERSION)


def complete(folder: Path) -> None:
    """Add what people look for in the folder: what to double-click, an icon, licences, what is new."""
    for source, name in LAUNCHERS[sys.platform].items():
        shutil.copy(BUILD / "launchers" / source, folder / name)
    for name in ("coreto.sh", "coreto.command", "Coreto.desktop"):
        if (folder / name).exists():
            (folder / name).chmod(0o755)
    parts = WORK / "parts"
    shutil.copy(parts / ICONS[sys.platform], folder)
    for text in (parts / "LICENCES.txt", ROOT / "CHANGELOG.md", ROOT / "README.md"):
        shutil.copy(text, folder)


if __name__ == "__main__":
    sys.exit(main())
