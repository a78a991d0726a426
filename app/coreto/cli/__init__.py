"""Floor 8, the command line (design.md §9): parse, choose the language, call one command, return its exit status.

Nothing heavy is imported before a command is known, so that `--help` is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from coreto.cli.parser import language_flag, parse
from coreto.launcher.signals import StopRequested, install
from coreto.texts import activate, choose_language

DONE, INTERRUPTED = 0, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        install()
        activate(choose_language(language_flag(given), os.environ))
        options = parse(given)
        return int(options.run(options))
    except (KeyboardInterrupt, StopRequested):
        long_running = not given or given[0].startswith("-") or given[0] == "up"
        return DONE if long_running else INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return INTERRUPTED
