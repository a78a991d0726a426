"""Compiles the machines, the wire and the simulator into C extensions, in a copy: thousands of seeds cost hours.

Theory of operation. mypyc compiles whole modules, but knows no class with keywords in its head, as every
`msgspec.Struct` has, and few below a built-in type. So a module with such classes becomes two in the copy: the
module as it is, interpreted under another name, from which only those classes are taken; and the module without
them, which is compiled. Native classes cannot be patched, so tests and mutants go on with app/, which is not touched.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / ".cache" / "compiled"
"""To be named in PYTHONPATH."""
COMPILED = ("machines", "wire", "simulator")
"""Packages that are compiled: where a run of the simulator spends its time."""
SKIPPED = ("__init__", "script")
"""How modules begin that no seed runs."""
PLAIN = "_plain"
"""Ends the name of the interpreted half of a module."""
COMPILABLE_BASES = {"Protocol", "Generic"}
"""Bases with which mypyc makes a class as Python would."""


def main() -> int:
    """Make the copy anew and compile it there; return the exit status. What has not changed is not compiled again."""
    shutil.rmtree(COPY / "coreto", ignore_errors=True)
    shutil.copytree(ROOT / "app" / "coreto", COPY / "coreto", ignore=shutil.ignore_patterns("__pycache__"))
    modules = [path for package in COMPILED for path in _modules(COPY / "coreto" / package)]
    for path in modules:
        _split(path)
    return _compile(modules)


def _modules(package: Path) -> list[Path]:
    return sorted(path for path in package.glob("*.py") if not path.name.startswith(SKIPPED))


def _split(path: Path) -> None:
    """Leave in a module what can be compiled, and take the rest from an interpreted copy of it."""
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    apart = [node for node in tree.body if isinstance(node, ast.ClassDef) and not _is_compilable(node)]
    if not apart:
        return
    plain = path.with_stem(path.stem + PLAIN)
    plain.write_text(text, "utf-8")
    lines = text.splitlines(keepends=True)
    for node in reversed(apart):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        del lines[first - 1 : node.end_lineno]
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    package = ".".join(path.parent.relative_to(COPY).parts)
    names = ", ".join(f"{node.name} as {node.name}" for node in apart)
    lines.insert(imports[-1].end_lineno or 0, f"from {package}.{plain.stem} import {names}\n")
    path.write_text("".join(lines), "utf-8")


def _is_compilable(node: ast.ClassDef) -> bool:
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return not node.keywords and all(isinstance(base, ast.Name) and base.id in COMPILABLE_BASES for base in bases)


def _compile(modules: list[Path]) -> int:
    environment = {**os.environ, "MYPY_CACHE_DIR": str(ROOT / ".cache" / "mypy-compiled")}
    paths = [str(path.relative_to(COPY)) for path in modules]
    command = [sys.executable, "-m", "mypyc", "--config-file=", "--ignore-missing-imports", *paths]
    return subprocess.run(command, cwd=COPY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
