"""No sentence for a person escapes the catalogues.

Texts go through `_` or `N_`. What is printed or raised for a person some other way is looked for
in the rooms where people are spoken to: a text with a space and a letter, that stands where a
sentence would.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "app/coreto"
ROOMS = ("cli", "prompt", "client", "launcher")
SPEAKERS = {
    "say",
    "fail",
    "print",
    "Done",
    "Rows",
    "Facts",
    "Messages",
    "Column",
    "Fact",
    "Finding",
    "Argument",
    "Command",
}
"""Calls whose texts a person reads."""
SILENT = {"docs", "AssertionError", "add_argument", "UnframedError"}
EXAMPLES = 2
"""Place of the example among the arguments of a command: it is the same in every language."""

MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def is_sentence(node: ast.AST) -> bool:
    """Whether it is a literal, or an f-string, with words between spaces."""
    if isinstance(node, ast.JoinedStr):
        return any(is_sentence(part) for part in node.values)
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return sum(word.isalpha() for word in text.split()) > 1


def called(node: ast.AST) -> str:
    """The name of what is called."""
    function = node.func if isinstance(node, ast.Call) else node
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def spoken(tree: ast.Module) -> Iterator[ast.AST]:
    """Texts that a person would read: given to a speaker, raised as an error of ours, or as help of a flag."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        if name in SPEAKERS or (name.endswith("Error") and name not in SILENT):
            given = [item for place, item in enumerate(node.args) if not (name == "Command" and place == EXAMPLES)]
            yield from [*given, *(word.value for word in node.keywords)]
        yield from (word.value for word in node.keywords if word.arg in ("help", "description", "metavar"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_person_reads_goes_through_the_catalogues(path):
    escaped = [ast.unparse(node) for node in spoken(ast.parse(path.read_text("utf-8"))) if is_sentence(node)]
    assert not escaped, "put them into _(…)"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('say("two words")', 1),
        ('say(_("two words"))', 0),
        ('raise StartError(f"it broke {x} badly now")', 1),
        ('add("--x", help="some help here")', 1),
        ('Command("x", N_("some help"), "/x some example", f)', 0),
        ('journal("two words")', 0),
    ],
)
def test_the_search_finds_what_it_should(source, found):
    assert sum(map(is_sentence, spoken(ast.parse(source)))) == found
