"""A Debian in a folder, without Python: if a program works in there, it brings everything it needs.

Made with debootstrap from the mirror this machine uses; only root can do that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SECONDS = 300
"""Longest wait for a self-test in there."""


class RootError(Exception):
    """The folder cannot be made, or a program does not work in it; the text says why."""


def prove(program: Path, root: Path) -> None:
    """Run the self-test of a program inside, with threads and with processes."""
    make(root)
    home = root / "opt" / "coreto"
    shutil.rmtree(home, ignore_errors=True)
    if program.name == "coreto":
        shutil.copytree(program.parent, home, symlinks=True)
    else:
        home.mkdir(parents=True)
        shutil.copy(program, home)
    for flags in ([], ["--processes"]):
        done = enter(root, f"/opt/coreto/{program.name}", "selftest", *flags)
        if done.returncode != 0:
            raise RootError(f"{program.name} does not work in {root}: see above.")
    left = [entry.name for entry in (root / "tmp").iterdir()]
    if left:
        raise RootError(f"{program.name} left {', '.join(left)} in {root}/tmp.")


def make(root: Path) -> None:
    """Make the folder, if it is not there from an earlier time; see that it has no Python."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise RootError("A root file system without Python can only be made on Linux, by root.")
    done = root / "opt" / "complete"
    if not done.exists():
        shutil.rmtree(root, ignore_errors=True)
        bootstrap(root)
        done.touch()
    found = enter(root, "sh", "-c", "command -v python python3 || ls -d /usr/lib/python3*")
    if found.returncode == 0:
        raise RootError(f"There is a Python in {root}: it proves nothing.")


def bootstrap(root: Path) -> None:
    """Run debootstrap; install it when it is missing."""
    if not shutil.which("debootstrap"):
        subprocess.run(
            ["apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", "debootstrap"], check=True
        )
    release, mirror = mirror_of_this_machine()
    root.parent.mkdir(parents=True, exist_ok=True)
    print(f"+ debootstrap --variant=minbase {release} {root}", file=sys.stderr, flush=True)
    command = ["debootstrap", "--variant=minbase", release, str(root), mirror]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode != 0:
        raise RootError(f"debootstrap failed: {made.stdout.strip().splitlines()[-1:]}")


def mirror_of_this_machine() -> tuple[str, str]:
    """Return the release this machine runs and where its packages come from, as apt knows them."""
    lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line)
    release = settings.get("VERSION_CODENAME", "").strip('"')
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Identifier: Packages"]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        name, _space, mirror = line.partition(" ")
        if name == release:
            return release, mirror
    raise RootError(f"apt knows no mirror for {release or 'this system'}.")


def enter(root: Path, *command: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command inside, with nothing of our environment."""
    print(f"+ chroot {root}", *command, file=sys.stderr, flush=True)
    clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}
    return subprocess.run(["chroot", root, *command], env=clean, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
