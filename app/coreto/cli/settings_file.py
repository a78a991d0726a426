"""The settings file, `coreto.toml` in the current folder or what CORETO_CONFIG names: its keys are the long flags."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from coreto.texts import _

FILE = "coreto.toml"
VARIABLE = "CORETO_CONFIG"
BYTES_MAX = 65_536
"""A greater file is something else than settings."""


class SettingsFileError(Exception):
    """The file cannot be used; the text says why and what to do."""


class SettingsFile(NamedTuple):
    """What the file says, as TOML has it; nothing when there is no file."""

    path: str
    values: Mapping[str, object]


def read_settings_file(environ: Mapping[str, str]) -> SettingsFile:
    """Return the settings of the file; raise `SettingsFileError`. An empty CORETO_CONFIG means no file."""
    name = environ.get(VARIABLE, FILE)
    path = Path(name)
    try:
        if not name or (VARIABLE not in environ and not path.exists()):
            return SettingsFile(name, {})
        return SettingsFile(name, _read(path))
    except OSError as error:
        reason = error.strerror or str(error)
    except (ValueError, RecursionError) as error:
        reason = str(error)
    raise SettingsFileError(_("The settings file {file} cannot be read: {reason}", file=name, reason=reason))


def file_language(environ: Mapping[str, str]) -> str | None:
    """Return the language that the file asks for; a file that cannot be used is for the parser to report."""
    try:
        wish = read_settings_file(environ).values.get("lang")
    except SettingsFileError:
        return None
    return wish if isinstance(wish, str) else None


def _read(path: Path) -> Mapping[str, object]:
    import tomllib

    if path.exists() and not path.is_file():
        raise ValueError(_("it is no ordinary file"))
    with path.open("rb") as file:
        raw = file.read(BYTES_MAX + 1)
    if len(raw) > BYTES_MAX:
        raise ValueError(_("it has more than {limit} bytes", limit=BYTES_MAX))
    return tomllib.loads(raw.decode("utf-8"))
