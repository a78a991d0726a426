"""Writes docs/commands.md and docs/comandos.md from the command table: `python -m tests.support.command_pages`."""

from __future__ import annotations

from pathlib import Path

from coreto.prompt.command import GROUPS, Command
from coreto.prompt.table import COMMANDS, PLAIN_TEXT
from coreto.texts import N_, _, activate

FOLDER = Path(__file__).parents[2] / "docs"
PAGES = {"en": FOLDER / "commands.md", "pt": FOLDER / "comandos.md"}

TITLES = {"en": "# Commands of the prompt", "pt": "# Comandos do prompt"}
INTRODUCTIONS = {
    "en": """\
Made by `scripts/commands` from the command table; `/help` shows the same. `[…]` may be left out, `A|B` is one of the
two. A name with spaces goes in double quotes. With `--json` a result is one line of JSON with the keys named last;
an error is `{"error", "status", "code"}`.""",
    "pt": """\
Feito por `scripts/commands` a partir da tabela de comandos; `/help` mostra o mesmo. `[…]` pode faltar, `A|B` é um
dos dois. Um nome com espaços vai entre aspas duplas. Com `--json` um resultado é uma linha de JSON com as chaves que
estão no fim; um erro é `{"error", "status", "code"}`.""",
}
HEADINGS = {
    "en": ("command", "what it does", "example", "also", "JSON"),
    "pt": ("comando", "o que faz", "exemplo", "também", "JSON"),
}
SHAPES = {
    "Done": "`done`",
    "Rows": "`title`, `rows`",
    "Facts": "`title`, `facts`",
    "Drawing": "`title`, `drawing`",
    "Messages": "`title`, `messages`",
    "Sent": "`done`, `message`",
    "Leave": "`leave`",
}
"""The keys of each kind of result, as coreto/prompt/data.py writes them."""


def page(language: str) -> str:
    """Return the page in one language."""
    activate(language)
    try:
        parts = [TITLES[language], INTRODUCTIONS[language]]
        for group, label in GROUPS.items():
            rows = [command for command in COMMANDS if command.group == group]
            rows += [PLAIN_TEXT] if group == PLAIN_TEXT.group else []
            parts += [f"## {_(label)}", "\n".join([*_heading(language), *map(_row, rows)])]
        return "\n\n".join(parts) + "\n"
    finally:
        activate("en")


def _heading(language: str) -> list[str]:
    names = HEADINGS[language]
    return [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]


def _row(command: Command) -> str:
    usage = command.usage if command.name else _(N_("TEXT"))
    kinds = command.result if isinstance(command.result, tuple) else (command.result,)
    cells = [
        f"`{usage}`",
        _(command.help),
        f"`{command.example}`",
        ", ".join(f"`/{alias}`" for alias in command.aliases),
        " / ".join(SHAPES[kind.__name__] for kind in kinds),
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def write() -> None:
    """Write both pages."""
    for language, path in PAGES.items():
        path.write_text(page(language), "utf-8")


if __name__ == "__main__":
    write()
