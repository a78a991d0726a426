"""Makes a release: everything under one version, which the changelog and the tag know too (scripts/release)."""

from __future__ import annotations

import argparse
import configparser
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import make

UNRELEASED = "Unreleased"


def main() -> int:
    """Check, then build sdist, wheel and programs; return 0, or 1 when something is not as it should be."""
    options = parse()
    problems = list(check(make.ROOT))
    for problem in problems:
        print(problem, file=sys.stderr)
    if options.check or (problems and not options.rehearse):
        return 1 if problems else 0
    try:
        distributions(make.prepare(), make.ROOT / "dist")
    except subprocess.CalledProcessError as error:
        print(f"This command failed, see above: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    built = subprocess.run([sys.executable, make.ROOT / "build" / "make.py"], check=False).returncode
    return built or (1 if problems else 0)


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="scripts/release", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only see whether version, changelog and tag agree")
    parser.add_argument("--rehearse", action="store_true", help="build even if they do not agree; the status is then 1")
    return parser.parse_args()


# Checks.


def check(root: Path) -> Iterator[str]:
    """Yield a sentence for everything that keeps the checkout in `root` from being a release."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(root / "setup.cfg", "utf-8")
    version = settings["metadata"]["version"]
    inside = found(r'^__version__ = "(.*)"$', root / "app" / "coreto" / "__init__.py")
    if inside != version:
        yield f"setup.cfg says version {version}, app/coreto/__init__.py says {inside}: make them the same."
    heading = found(r"^## (\S+)", root / "CHANGELOG.md")
    if heading == UNRELEASED:
        yield f"CHANGELOG.md begins with {UNRELEASED}: put {version} and the date there."
    elif heading != version:
        yield f"CHANGELOG.md begins with {heading}, the version is {version}: make them the same."
    yield from check_tag(root, version)


def check_tag(root: Path, version: str) -> Iterator[str]:
    """Yield what is wrong with the tag, or with what it does not hold."""
    tags = git(root, "tag", "--points-at", "HEAD").split()
    if f"v{version}" not in tags:
        yield f"This commit has no tag v{version} (but: {', '.join(tags) or 'none'}): git tag v{version}"
    changed = git(root, "status", "--porcelain").splitlines()
    if changed:
        yield f"There are changes outside of any commit ({changed[0].strip()} …): commit them, or put them away."


def found(pattern: str, path: Path) -> str:
    """Return what the first match of a pattern in a file holds, "" without one."""
    match = re.search(pattern, path.read_text("utf-8"), re.MULTILINE)
    return match[1] if match else ""


def git(root: Path, *arguments: str) -> str:
    """Return what a git command prints; nothing where there is no repository."""
    return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=False).stdout


# Building.


def distributions(inside: Path, dist: Path) -> None:
    """Build the sdist, and from it the wheel; the moment of the commit is the moment of their files."""
    moment = git(make.ROOT, "log", "-1", "--format=%ct").strip()
    if moment:
        os.environ["SOURCE_DATE_EPOCH"] = moment
    for old in (*dist.glob("coreto-*.whl"), *dist.glob("coreto-*.tar.gz")):
        old.unlink()
    make.run(inside, "-m", "build", "--outdir", dist, make.ROOT)


if __name__ == "__main__":
    sys.exit(main())
