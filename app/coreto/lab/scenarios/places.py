"""Where in the text of a TOML file something stands: tomllib keeps no lines of what it has read."""

from __future__ import annotations

import re

Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ENTRY = re.compile(r"\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")
_LONG = re.compile(r'"""|' + r"'''")


def line_of(text: str, key: Key) -> int:
    """Return the line of a key, or of the nearest thing around it that has one; 1 for the file itself."""
    places = _places(text)
    while key and key not in places:
        key = key[:-1]
    return places.get(key, 1)


def written(key: Key) -> str:
    """Return a key as a person writes it: `steps[2].do`, counted from 1."""
    words = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key]
    return "".join(words).removeprefix(".")


def _places(text: str) -> dict[Key, int]:
    places: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    table: Key = ()
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if found := _HEADER.match(line):
            table = _parts(found[2])
            if found[1] == "[[":
                places.setdefault(table, number)
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            places.setdefault(table, number)
        elif found := _ENTRY.match(line):
            places.setdefault((*table, *_parts(found[1])), number)
            inside = _left_open(line[found.end() :])
    return places


def _parts(dotted: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _left_open(rest: str) -> str:
    """Return the quotes of a long text that goes on in the next line, nothing when none does."""
    quotes = _LONG.findall(rest)
    return quotes[0] if len(quotes) % 2 else ""
