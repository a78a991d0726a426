"""Writes docs/guide, a page for each scenario in both languages, from the files of the scenarios.

`python -m tests.support.scenario_pages`; the pictures are made by `tests.support.scenario_pictures`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from coreto.cli.scenario_hand import PromptHand
from coreto.lab.scenarios.model import Scenario, Step
from coreto.lab.scenarios.patterns import said
from coreto.lab.scenarios.reading import names, read
from coreto.lab.scenarios.rules import MEANINGS
from coreto.texts import _, activate

FOLDER = Path(__file__).parents[2] / "docs/guide"
INDEX = "README.md"
COLUMNS = 118

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "guide": "Lab guide",
        "introduction": "Made by `scripts/guide` from the scenarios that come with the program. Each page says what "
        "happens, what to watch, and asks. `coreto scenario list` names them, `coreto scenario run NAME` plays one on "
        "a cluster of its own and judges it, `coreto tour` shows three of them in two minutes. How to write one: "
        "[scenarios](../../scenarios.md).",
        "other": "[Em português](../pt/{file})",
        "back": "[All scenarios](README.md)",
        "run": "Run it, and keep its journal and its picture:",
        "drawn": "The picture is of one run; its times differ from run to run. "
        "[How to read it](../../pictures/README.md).",
        "happens": "What happens",
        "watch": "What to watch",
        "questions": "Questions",
        "expected": "What is expected",
        "always": "Besides what must always hold (nothing acknowledged is lost, doubled or moved):",
        "only": "What must always hold: nothing acknowledged is lost, doubled or moved.",
        "break": "this is seen to fail: {what}",
        "hold": "this holds: {what}",
        "happen": "this happens: `{what}`",
        "never": "this never happens: `{what}`",
        "clocks": "the clocks are within {seconds} s of each other in the end",
        "cluster": "Servers: {servers}; writers: {writers}; readers: {readers}; listeners: {listeners}.",
        "channels": "Channels: {channels}; listened to: {listened}.",
        "late": "Listeners who come after the last step: {late}.",
        "settings": "Settings that differ: {settings}.",
        "waits": "waits for",
        "does": "does",
        "seconds": "{seconds} s",
        "acknowledged": "{count} more messages acknowledged",
        "event": "the event `{event}`",
        "coordinator": "a coordinator whom a majority follows",
        "settled": "every server to hold everything acknowledged",
        "names": "`{first}` is who coordinates at the start, `{second}` and `{third}` the lowest and the highest of "
        "the others, `{others}` all of them.",
    },
    "pt": {
        "guide": "Guia de laboratório",
        "introduction": "Feito por `scripts/guide` a partir dos cenários que vêm com o programa. Cada página diz o que "
        "acontece, o que observar, e pergunta. `coreto scenario list` os nomeia, `coreto scenario run NOME` roda um "
        "deles num cluster próprio e o julga, `coreto tour` mostra três deles em dois minutos. Como escrever um: "
        "[cenários](../../cenarios.md).",
        "other": "[In English](../en/{file})",
        "back": "[Todos os cenários](README.md)",
        "run": "Rode-o, e guarde o diário e o desenho:",
        "drawn": "O desenho é de uma execução; os tempos mudam de uma para outra. "
        "[Como se lê, em inglês](../../pictures/README.md).",
        "happens": "O que acontece",
        "watch": "O que observar",
        "questions": "Perguntas",
        "expected": "O que se espera",
        "always": "Além do que sempre vale (nada confirmado se perde, se repete ou muda de lugar):",
        "only": "O que sempre vale: nada confirmado se perde, se repete ou muda de lugar.",
        "break": "isto se vê falhar: {what}",
        "hold": "isto vale: {what}",
        "happen": "isto acontece: `{what}`",
        "never": "isto nunca acontece: `{what}`",
        "clocks": "os relógios ficam a no máximo {seconds} s um do outro no fim",
        "cluster": "Servidores: {servers}; quem escreve: {writers}; quem lê: {readers}; quem ouve: {listeners}.",
        "channels": "Canais: {channels}; ouvidos: {listened}.",
        "late": "Ouvintes que chegam depois do último passo: {late}.",
        "settings": "Ajustes diferentes: {settings}.",
        "waits": "espera por",
        "does": "faz",
        "seconds": "{seconds} s",
        "acknowledged": "mais {count} mensagens confirmadas",
        "event": "o evento `{event}`",
        "coordinator": "um coordenador que a maioria segue",
        "settled": "todo servidor ter tudo o que foi confirmado",
        "names": "`{first}` é quem coordena no começo, `{second}` e `{third}` os de menor e de maior posto entre os "
        "outros, `{others}` todos eles.",
    },
}


def pages() -> dict[Path, str]:
    """Return every page with its text."""
    found = {}
    for language in WORDS:
        activate(language)
        try:
            scenarios = {name: read(name, PromptHand()) for name in names()}
            found[FOLDER / language / INDEX] = _index(scenarios, language)
            for name, scenario in scenarios.items():
                found[FOLDER / language / f"{name}.md"] = _page(name, scenario, language)
        finally:
            activate("en")
    return found


def _index(scenarios: Mapping[str, Scenario], language: str) -> str:
    words = WORDS[language]
    rows = [f"- [{scenario.title.said(language)}]({name}.md) (`{name}`)" for name, scenario in scenarios.items()]
    parts = [f"# {words['guide']}", _wrapped(words["introduction"]), words["other"].format(file=INDEX), "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _page(name: str, scenario: Scenario, language: str) -> str:
    words = WORDS[language]
    title = scenario.title.said(language)
    command = f"```sh\ncoreto scenario run {name} --journal {name}.jsonl --svg {name}.svg\n```"
    parts = [f"# {title}", f"{words['back']} · {words['other'].format(file=f'{name}.md')}"]
    parts += [
        _wrapped(scenario.explanation.said(language)),
        _picture(name, title, language),
        _wrapped(words["drawn"]),
        words["run"],
        command,
    ]
    parts += [f"## {words['happens']}", _wrapped(_cluster(scenario, words)), _steps(scenario, words)]
    parts += [f"## {words['watch']}", _list(scenario.watch.said(language))]
    parts += [f"## {words['expected']}", _expected(scenario, words)]
    parts += [f"## {words['questions']}", "\n".join(f"1. {text}" for text in scenario.questions.said(language))]
    return "\n\n".join(parts) + "\n"


def _picture(name: str, title: str, language: str) -> str:
    return f"![{title}](../pictures/{language}/{name}.svg)"


def _cluster(scenario: Scenario, words: Mapping[str, str]) -> str:
    work = scenario.workload
    counts = {"writers": work.writers, "readers": work.readers, "listeners": work.listeners}
    sentences = [words["cluster"].format(servers=scenario.cluster.servers, **counts)]
    if work.listened:
        channels, listened = (", ".join(f"`{name}`" for name in names) for names in (work.channels, work.listened))
        sentences.append(words["channels"].format(channels=channels, listened=listened))
    sentences += [words["late"].format(late=work.late)] if work.late else []
    if scenario.cluster.settings:
        settings = ", ".join(f"`{key} = {value}`" for key, value in scenario.cluster.settings.items())
        sentences.append(words["settings"].format(settings=settings))
    if any("{" in line for step in scenario.steps for line in step.do):
        sentences.append(words["names"])
    return " ".join(sentences)


def _steps(scenario: Scenario, words: Mapping[str, str]) -> str:
    head = f"| | {words['waits']} | {words['does']} |"
    rows = [f"| {number} | {_step(step, words)} |" for number, step in enumerate(scenario.steps, 1)]
    return "\n".join([head, "|---|---|---|", *rows])


def _step(step: Step, words: Mapping[str, str]) -> str:
    waits = [words["seconds"].format(seconds=f"{step.seconds:g}")] if step.seconds else []
    waits += [words["acknowledged"].format(count=step.acknowledged)] if step.acknowledged else []
    waits += [words["event"].format(event=said(step.event))] if step.event else []
    waits += [words[key] for key in ("coordinator", "settled") if getattr(step, key)]
    lines = ", ".join(f"`{line}`" for line in step.do).replace("|", "\\|")
    return f"{', '.join(waits)} | {lines}"


def _expected(scenario: Scenario, words: Mapping[str, str]) -> str:
    expect = scenario.expect
    rows = [words["break"].format(what=f"`{rule}`, {_(MEANINGS[rule])}") for rule in expect.broken]
    rows += [words["hold"].format(what=f"`{rule}`, {_(MEANINGS[rule])}") for rule in expect.hold]
    rows += [words["happen"].format(what=said(pattern)) for pattern in expect.happen]
    rows += [words["never"].format(what=said(pattern)) for pattern in expect.never]
    rows += [words["clocks"].format(seconds=f"{expect.clocks_within:g}")] if expect.clocks_within else []
    return f"{words['always']}\n\n{_list(rows)}" if rows else words["only"]


def _wrapped(paragraph: str) -> str:
    return "\n".join(textwrap.wrap(paragraph, COLUMNS, break_long_words=False, break_on_hyphens=False))


def _list(texts: list[str] | tuple[str, ...]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def write() -> None:
    """Write every page, and remove those of scenarios that are gone."""
    found = pages()
    for path in FOLDER.glob("*/*.md"):
        if path not in found:
            path.unlink()
    for path, text in found.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    write()
