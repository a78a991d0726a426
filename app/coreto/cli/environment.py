"""Settings from the environment: `--reference` is also CORETO_REFERENCE, and the flag wins (design.md §9)."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from coreto.texts import _

PREFIX = "CORETO_"
_READ_ELSEWHERE = frozenset({"lang"})
"""The language is known before anything is parsed."""


def apply_environment(parser: argparse.ArgumentParser, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Make what the environment says the default of flags that were not given; report a usage error otherwise."""
    given = {action for action in parser._actions if _is_given(action, arguments)}
    for group in parser._mutually_exclusive_groups:
        if given & set(group._group_actions):
            given |= set(group._group_actions)
    for action in parser._actions:
        variable = _variable(action)
        if variable in environ and action not in given:
            action.default = _value(parser, action, variable, environ[variable])
            action.required = False


def _is_given(action: argparse.Action, arguments: Sequence[str]) -> bool:
    return any(word == flag or word.startswith(flag + "=") for flag in action.option_strings for word in arguments)


def _variable(action: argparse.Action) -> str:
    """Return the variable of a flag that takes a value, else something that no environment has."""
    hidden = action.help == argparse.SUPPRESS or action.nargs == 0
    if not action.option_strings or hidden or action.dest in _READ_ELSEWHERE:
        return ""
    return PREFIX + action.dest.upper()


def _value(parser: argparse.ArgumentParser, action: argparse.Action, variable: str, text: str) -> object:
    """Return the value of a variable; one for a flag that may be repeated holds several, between spaces."""
    repeated = isinstance(action, argparse._AppendAction)
    values = [_one(parser, action, variable, word) for word in (text.split() if repeated else [text])]
    return values if repeated else values[0]


def _one(parser: argparse.ArgumentParser, action: argparse.Action, variable: str, text: str) -> object:
    try:
        value = action.type(text) if callable(action.type) else text
    except argparse.ArgumentTypeError as error:
        parser.error(f"{variable}: {error}")
    if action.choices is not None and value not in action.choices:
        choices = ", ".join(map(str, action.choices))
        parser.error(_("{variable}: '{text}' is none of {choices}", variable=variable, text=text, choices=choices))
    return value
