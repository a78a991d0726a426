"""Writes docs/commands.md and docs/comandos.md: `python -m tests.support.command_pages`.

They come from the command table of the prompt and from the parser of the command line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from coreto.prompt.command import GROUPS, Command
from coreto.prompt.table import COMMANDS, PLAIN_TEXT
from coreto.texts import N_, _, activate
from tests.support.shell_commands import EXAMPLES, commands

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
SHELL_TITLES = {"en": "## From a shell", "pt": "## De um shell"}
SHELL_INTRODUCTIONS = {
    "en": """\
`coreto COMMAND --help` tells every flag. Where the last column says so, `--json` prints data, errors included, as one
JSON document on each line; the exit status is the same.""",
    "pt": """\
`coreto COMANDO --help` diz todas as opções. Onde a última coluna o diz, `--json` imprime os dados, erros incluídos,
como um documento JSON por linha; o status de saída é o mesmo.""",
}
SHELL_HEADINGS = {"en": ("example", "what it does", "data"), "pt": ("exemplo", "o que faz", "dados")}
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
        parts += [SHELL_TITLES[language], SHELL_INTRODUCTIONS[language], "\n".join(_shell_rows(language))]
        return "\n\n".join(parts) + "\n"
    finally:
        activate("en")


def _heading(language: str) -> list[str]:
    names = HEADINGS[language]
    return [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]


def _shell_rows(language: str) -> Iterator[str]:
    names = SHELL_HEADINGS[language]
    yield f"| {' | '.join(names)} |"
    yield "|" + "---|" * len(names)
    for path, text, _level in commands():
        example = EXAMPLES[path]
        yield f"| `coreto {example.typed}` | {text} | {'`--json`' if example.data else ''} |"


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
