"""Floor 8, the command line (design.md §9): parse, choose the language, call one command, return its exit status.

Nothing heavy is imported before a command is known, so that `--help` is quick.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from coreto.cli.flags_roles import ROLES
from coreto.cli.parser import language_flag, parse
from coreto.cli.settings_file import file_language
from coreto.cli.statuses import DONE, INTERNAL, INTERRUPTED
from coreto.launcher.signals import install
from coreto.texts import _, activate, choose_language


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        install()
        flag = language_flag(given) or os.environ.get("CORETO_LANG") or file_language(os.environ)
        activate(choose_language(flag, os.environ))
        options = parse(given)
        return int(options.run(options))
    except KeyboardInterrupt:
        return DONE if not given or given[0].startswith("-") or given[0] in ROLES else INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return INTERRUPTED
    except Exception as error:
        if "--json" in given:
            print(json.dumps({"error": _internal(error), "status": INTERNAL}, ensure_ascii=False))
        else:
            print(_internal(error), file=sys.stderr)
        return INTERNAL


def _internal(error: Exception) -> str:
    """Say in one sentence what nobody foresaw, and where it happened, for whoever repairs it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return _(
        "This is a fault of the program ({error} in {file}, line {line}): try again, and report it.",
        error=repr(error),
        file=Path(place.filename).name,
        line=place.lineno,
    )
