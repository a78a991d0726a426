"""What holds for every file of the package."""

import ast
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "app/coreto").rglob("*.py"))
LONGEST_MODULE = 500
LONGEST_FUNCTION = 70

Function = ast.FunctionDef | ast.AsyncFunctionDef
every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))


def public(tree: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    """The public classes, functions and methods; not the inside of functions."""
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or needs_none(node):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from public(node)


def needs_none(node: Function | ast.ClassDef) -> bool:
    """Whether it goes without a docstring: private, a dunder, or the twin of another definition."""
    if node.name.startswith("_") and node.name != "_":
        return True
    decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return bool(decorators & {"setter", "deleter", "overload"})


@every_module
def test_modules_are_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_MODULE


@every_module
def test_functions_are_short(path):
    long = [
        f"{node.name} (line {node.lineno})"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long


@every_module
def test_what_others_use_has_a_docstring(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "the module itself has none"
    without = [f"{node.name} (line {node.lineno})" for node in public(tree) if not ast.get_docstring(node)]
    assert not without


def test_imports_go_down_floors_only():
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
