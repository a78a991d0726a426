"""Whether what a TOML file holds has the shape of a type; each difference in words, with the key it is about."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Literal

import msgspec

from coreto.lab.scenarios.places import Key
from coreto.texts import N_, _

Difference = tuple[Key, str]

WORDS: dict[type, str] = {
    str: N_("a text in quotes"),
    int: N_("a whole number"),
    float: N_("a number"),
    bool: N_("true or false"),
    dict: N_("a table"),
    list: N_("a list in square brackets"),
}


def differences(value: object, wanted: Any, key: Key = ()) -> Iterator[Difference]:  # noqa: ANN401 -- any type
    """Yield what keeps `value` from being of the type `wanted`."""
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        yield from _struct(value, wanted, key)
        return
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is tuple:
        yield from _each(value, arguments[0], key)
    elif origin is Literal:
        if value not in arguments:
            yield key, _("it is none of these: {words}", words=", ".join(map(str, arguments)))
    elif origin is dict:
        if not isinstance(value, dict):
            yield key, _wrong(value, dict)
    elif not _is_a(value, wanted):
        yield key, _wrong(value, wanted)


def near(word: str, words: Sequence[str]) -> str:
    """Return the end of a sentence about an unknown word: what was probably meant, or what there is."""
    close = difflib.get_close_matches(word, words, 1)
    if close:
        return _("did you mean {word}?", word=close[0])
    return _("there is {words}", words=", ".join(words))


def _struct(value: object, wanted: type[msgspec.Struct], key: Key) -> Iterator[Difference]:
    if not isinstance(value, dict):
        yield key, _wrong(value, dict)
        return
    hints = typing.get_type_hints(wanted)
    fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    for name, part in value.items():
        if name not in fields:
            yield (*key, name), _("this is not known here: {near}", near=near(name, list(fields)))
        else:
            yield from differences(part, hints[fields[name].name], (*key, name))
    for name, field in fields.items():
        if field.required and name not in value:
            yield (*key, name), _("this is missing")


def _each(value: object, wanted: Any, key: Key) -> Iterator[Difference]:  # noqa: ANN401 -- any type
    if not isinstance(value, list):
        yield key, _wrong(value, list)
        return
    for number, part in enumerate(value):
        yield from differences(part, wanted, (*key, number))


def _is_a(value: object, wanted: type | UnionType) -> bool:
    if wanted in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, int | float) if wanted is float else isinstance(value, wanted)


def _wrong(value: object, wanted: type) -> str:
    return _("it should be {wanted}, not {value}", wanted=_(WORDS[wanted]), value=_shown(value))


def _shown(value: object) -> str:
    """Return a value as it would be written, in short."""
    writes: Mapping[type, Callable[[Any], str]] = {
        bool: lambda one: str(one).lower(),
        dict: lambda _one: _(WORDS[dict]),
        list: lambda _one: _(WORDS[list]),
        str: lambda one: f'"{one}"' if len(one) <= SHOWN_MAX else f'"{one[:SHOWN_MAX]}…"',
    }
    return writes.get(type(value), str)(value)


SHOWN_MAX = 30
"""Characters of a wrong value that are repeated."""
