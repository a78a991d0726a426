"""Gathers the licences of everything that is inside a built program into one text."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOTS = ("coreto", "pyinstaller")
"""Ourselves with everything we require, and what puts its boot program in front of us."""
ONLY_BUILDS = frozenset({"altgraph", "pyinstaller-hooks-contrib", "setuptools", "packaging"})
"""What only PyInstaller needs, to build."""
NAMES = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)


class LicenceError(Exception):
    """A part comes without a licence; the text says which."""


def gather(target: Path, libraries: Iterable[str]) -> None:
    """Write the licences of the packages, of Python, and of `libraries`, paths of the system's own."""
    sections = [*of_packages(), ("Python", of_python()), *of_libraries(libraries)]
    line = "=" * 80
    target.write_text("\n".join(f"{line}\n{name}\n{line}\n\n{text.strip()}\n" for name, text in sections), "utf-8")


def of_packages() -> Iterator[tuple[str, str]]:
    """Yield the name and the licence of each package inside."""
    waiting, seen = list(ROOTS), set(ONLY_BUILDS)
    while waiting:
        name = normal(waiting.pop(0))
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:  # required on other systems only
            continue
        yield f"{found.name} {found.version}", of_package(found)
        waiting += [required for required in found.requires or [] if "extra ==" not in required]


def normal(requirement: str) -> str:
    """Return the name in a requirement such as `pyzmq>=26.2; python_version > "3"`."""
    return re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0].lower().replace("_", "-")


def of_package(found: Distribution) -> str:
    """Return every licence file of a package, one below the other."""
    named = [file for file in found.files or [] if NAMES.search(file.name) and "dist-info" in str(file)]
    if not named:
        raise LicenceError(f"{found.name} comes without a licence file")
    return "\n\n".join(file.read_text(encoding="utf-8") for file in sorted(named))


def of_python() -> str:
    """Return the licence of Python itself."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix)
    places = (
        base / "lib" / version / "LICENSE.txt",
        base / "LICENSE.txt",
        base / "share/doc" / version / "copyright",
    )
    for place in places:
        if place.is_file():
            return place.read_text("utf-8")
    raise LicenceError(f"Python comes without a licence file: none of {', '.join(map(str, places))}")


def of_libraries(libraries: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the licences of libraries of the system, where it keeps them by package (Debian and its children)."""
    packages = {package for library in libraries if (package := package_of(library))}
    for package in sorted(packages):
        text = Path("/usr/share/doc") / package / "copyright"
        if text.is_file():
            yield package, text.read_text("utf-8", "replace")


def package_of(library: str) -> str:
    """Return the package that brought a file, "" if none did."""
    names = {library, str(Path(library).resolve())}
    for name in sorted(names | {name.removeprefix("/usr") for name in names}):
        try:
            found = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return ""
        if found.returncode == 0:
            return found.stdout.partition(":")[0]
    return ""
