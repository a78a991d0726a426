"""Settings from elsewhere: the flag `--base-port` is also CORETO_BASE_PORT, and `base-port` in coreto.toml.

A flag wins over the environment, the environment over the file (design.md §9).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence

from coreto.cli.settings_file import SettingsFileError, read_settings_file
from coreto.texts import _
from coreto.wire.names import printable

PREFIX = "CORETO_"
ON, OFF = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})
"""What a variable of a flag without value may say."""

Source = tuple[str, Callable[[], object]]
"""What a setting is called where it was found, and what returns its value or reports a usage error."""
Actions = Iterable[argparse.Action]


def apply_settings(
    parser: argparse.ArgumentParser,
    commands: Iterable[argparse.ArgumentParser],
    arguments: Sequence[str],
    environ: Mapping[str, str],
) -> None:
    """Make what environment and file say the default of flags that were not given; report a usage error otherwise.

    `parser` is that of the command, `commands` are those of all: one file serves them all. The child
    of a cluster is told everything by its parent.
    """
    if {"--steered", "--help", "-h"} & set(arguments):
        return
    actions = [action for action in parser._actions if _key(action)]
    settled = {action for action in actions if _is_given(action, arguments)}
    settled |= _rivals(parser, settled)
    for layer in (_from_environment(parser, actions, environ), _from_file(parser, actions, commands, environ)):
        told = {action: read() for action, (_label, read) in layer.items() if action not in settled}
        effective = {action for action, value in told.items() if value is not False}
        _refuse_rivals(parser, {action: layer[action][0] for action in effective})
        for action, value in told.items():
            action.default = value
            action.required = False
        settled |= set(layer) | _rivals(parser, effective)


def _key(action: argparse.Action) -> str:
    """Return the name of a setting, nothing for an action that is none."""
    if action.help == argparse.SUPPRESS or (action.nargs == 0 and not _is_switch(action)):
        return ""
    return next((flag.removeprefix("--") for flag in action.option_strings if flag.startswith("--")), "")


def _is_switch(action: argparse.Action) -> bool:
    return isinstance(action, argparse._StoreTrueAction)


def _is_given(action: argparse.Action, arguments: Sequence[str]) -> bool:
    return any(word == flag or word.startswith(flag + "=") for flag in action.option_strings for word in arguments)


# Flags that exclude each other.


def _rivals(parser: argparse.ArgumentParser, told: Actions) -> set[argparse.Action]:
    groups = [set(group._group_actions) for group in parser._mutually_exclusive_groups]
    return {action for group in groups if group & set(told) for action in group}


def _refuse_rivals(parser: argparse.ArgumentParser, labels: Mapping[argparse.Action, str]) -> None:
    for group in parser._mutually_exclusive_groups:
        names = [labels[action] for action in group._group_actions if action in labels]
        if len(names) > 1:
            parser.error(_("{one} and {other} exclude each other: leave one out", one=names[0], other=names[1]))


# The environment.


def _from_environment(
    parser: argparse.ArgumentParser, actions: Actions, environ: Mapping[str, str]
) -> dict[argparse.Action, Source]:
    found: dict[argparse.Action, Source] = {}
    for action in actions:
        variable = PREFIX + action.dest.upper()
        if variable in environ:
            found[action] = variable, _variable_reader(parser, action, variable, environ[variable])
    return found


def _variable_reader(
    parser: argparse.ArgumentParser, action: argparse.Action, variable: str, text: str
) -> Callable[[], object]:
    if action.dest == "lang":  # the language was chosen before anything was parsed
        return lambda: action.default
    if _is_switch(action):
        return lambda: _switch(parser, variable, text)
    if isinstance(action, argparse._AppendAction):
        return lambda: [_typed(parser, action, variable, word) for word in text.split()]
    return lambda: _typed(parser, action, variable, text)


def _switch(parser: argparse.ArgumentParser, variable: str, text: str) -> bool:
    if text.lower() not in ON | OFF:
        parser.error(_("{variable}: '{text}' is neither 1 nor 0", variable=variable, text=text))
    return text.lower() in ON


def _typed(parser: argparse.ArgumentParser, action: argparse.Action, label: str, text: str) -> object:
    """Return the value that the flag would have with this text."""
    try:
        value = action.type(text) if callable(action.type) else text
    except argparse.ArgumentTypeError as error:
        parser.error(f"{label}: {error}")
    if action.choices is not None and value not in action.choices:
        choices = ", ".join(map(str, action.choices))
        parser.error(_("{variable}: '{text}' is none of {choices}", variable=label, text=text, choices=choices))
    return value


# The file.


def _from_file(
    parser: argparse.ArgumentParser,
    actions: Actions,
    commands: Iterable[argparse.ArgumentParser],
    environ: Mapping[str, str],
) -> dict[argparse.Action, Source]:
    try:
        file = read_settings_file(environ)
    except SettingsFileError as error:
        parser.error(str(error))
    known = {_key(action) for command in commands for action in command._actions} - {""}
    for key in file.values:
        if key not in known:
            parser.error(
                _(
                    "{file}: there is no setting '{key}': they are called as the long flags are, such as base-port",
                    file=file.path,
                    key=printable(key),
                )
            )
    return {
        action: (f"{file.path}: {key}", _file_reader(parser, action, f"{file.path}: {key}", file.values[key]))
        for action in actions
        if (key := _key(action)) in file.values
    }


def _file_reader(
    parser: argparse.ArgumentParser, action: argparse.Action, label: str, value: object
) -> Callable[[], object]:
    if _is_switch(action):
        return lambda: _boolean(parser, label, value)
    if isinstance(action, argparse._AppendAction):
        values = value if isinstance(value, list) else [value]
        return lambda: [_scalar(parser, action, label, item) for item in values]
    return lambda: _scalar(parser, action, label, value)


def _boolean(parser: argparse.ArgumentParser, label: str, value: object) -> object:
    if not isinstance(value, bool):
        parser.error(_("{label}: write true or false, without quotes", label=label))
    return value


def _scalar(parser: argparse.ArgumentParser, action: argparse.Action, label: str, value: object) -> object:
    """Return the value of a flag from what TOML has; a number is no text, nor a text a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        parser.error(_("{label}: write one number, or one text in quotes", label=label))
    found = _typed(parser, action, label, str(value))
    if isinstance(found, int | float) and isinstance(value, str):
        parser.error(_("{label}: write the number without quotes", label=label))
    if not isinstance(found, int | float) and not isinstance(value, str):
        parser.error(_("{label}: write the text in quotes", label=label))
    return found
