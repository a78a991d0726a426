"""The scripts of `coreto completion`, one function for each shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from coreto.cli.completion_levels import Flag, Level

BASH = """\
# coreto completion bash: put `eval "$(coreto completion bash)"` into ~/.bashrc
_coreto() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" path="" word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$path:$word" in
            {steps}) path="${{path:+$path }}$word" ;;
        esac
    done
    COMPREPLY=()
    case "$path:$before" in
{values}
    esac
    case "$path" in
{words}
    esac
}}
complete -F _coreto coreto"""

ZSH = """\
#compdef coreto
# coreto completion zsh: put `eval "$(coreto completion zsh)"` behind compinit in ~/.zshrc
_coreto() {{
    local current="$words[CURRENT]" before="$words[CURRENT-1]" place="" word
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        case "$place:$word" in
            {steps}) place="${{place:+$place }}$word" ;;
        esac
    done
    case "$place:$before" in
{values}
    esac
    local -a offered
    case "$place" in
{words}
    esac
    _describe coreto offered
}}
compdef _coreto coreto"""

FISH = """\
# coreto completion fish: put `coreto completion fish | source` into ~/.config/fish/config.fish
function __coreto_path
    set -l path
    for word in (commandline -opc)[2..]
        switch "$path:$word"
            case {steps}
                set path (string trim "$path $word")
        end
    end
    echo "$path"
end
complete -c coreto -f
{lines}"""

POWERSHELL = """\
# coreto completion powershell: put `coreto completion powershell | Out-String | Invoke-Expression` into $PROFILE
Register-ArgumentCompleter -Native -CommandName coreto -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $offered = @{{
{offered}
    }}
    $values = @{{
{values}
    }}
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object {{ "$_" }})
    if ($wordToComplete -and $words.Count) {{ $words = @($words | Select-Object -SkipLast 1) }}
    $path = ''
    foreach ($word in $words) {{
        $longer = "$path $word".Trim()
        if ($offered.ContainsKey($longer)) {{ $path = $longer }}
    }}
    $before = "$path`:$($words | Select-Object -Last 1)"
    $right = if ($values.ContainsKey($before)) {{ $values[$before] }} else {{ $offered[$path] }}
    $right | Where-Object {{ $_ -like "$wordToComplete*" }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }}
}}"""


def bash(levels: Sequence[Level]) -> str:
    """Return the script for bash."""
    values = [f"        {_quoted(level, flag)}) {_bash_value(flag)} ;;" for level, flag in _with_values(levels)]
    words = [
        f'        "{level.path}") COMPREPLY=($(compgen -W "{" ".join(_offered(level))}" -- "$current")) ;;'
        for level in levels
    ]
    return BASH.format(steps=_steps(levels), values="\n".join(values), words="\n".join(words))


def zsh(levels: Sequence[Level]) -> str:
    """Return the script for zsh."""
    values = [f"        {_quoted(level, flag)}) {_zsh_value(flag)} ;;" for level, flag in _with_values(levels)]
    words = [f'        "{level.path}") offered=({" ".join(_described(level))}) ;;' for level in levels]
    return ZSH.format(steps=_steps(levels), values="\n".join(values), words="\n".join(words))


def fish(levels: Sequence[Level]) -> str:
    """Return the script for fish."""
    steps = " ".join(f"'{step}'" for step in _step_words(levels))
    return FISH.format(steps=steps, lines="\n".join(line for level in levels for line in _fish_lines(level)))


def powershell(levels: Sequence[Level]) -> str:
    """Return the script for PowerShell, on any system."""
    offered = [f"        {_single(level.path)} = {_array(_offered(level))}" for level in levels]
    values = [
        f"        {_single(f'{level.path}:{flag.name}')} = {_array(flag.words)}"
        for level, flag in _with_values(levels)
        if flag.words
    ]
    return POWERSHELL.format(offered="\n".join(offered), values="\n".join(values))


SCRIPTS: dict[str, Callable[[Sequence[Level]], str]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
    "powershell": powershell,
}


def _with_values(levels: Sequence[Level]) -> Iterator[tuple[Level, Flag]]:
    return ((level, flag) for level in levels for flag in level.flags if flag.takes)


def _offered(level: Level) -> list[str]:
    return [*(name for name, _help in level.commands), *level.words, *(flag.name for flag in level.flags)]


def _step_words(levels: Sequence[Level]) -> list[str]:
    return [f"{level.path}:{name}" for level in levels for name, _help in level.commands]


def _steps(levels: Sequence[Level]) -> str:
    return "|".join(f'"{step}"' for step in _step_words(levels))


def _quoted(level: Level, flag: Flag) -> str:
    return f'"{level.path}:{flag.name}"'


def _bash_value(flag: Flag) -> str:
    if flag.words:
        return f'COMPREPLY=($(compgen -W "{" ".join(flag.words)}" -- "$current")); return'
    action = {"folder": "-d", "file": "-f"}.get(flag.files)
    return f'COMPREPLY=($(compgen {action} -- "$current")); return' if action else "return"


def _zsh_value(flag: Flag) -> str:
    if flag.words:
        return f"compadd -- {' '.join(flag.words)}; return"
    return {"folder": "_files -/; return", "file": "_files; return"}.get(flag.files, "return")


def _described(level: Level) -> Iterator[str]:
    notes = [*level.commands, *((word, "") for word in level.words), *((flag.name, flag.help) for flag in level.flags)]
    for name, note in notes:
        yield _single(f"{name}:{note}" if note else name)


def _fish_lines(level: Level) -> Iterator[str]:
    condition = f'test (__coreto_path) = "{level.path}"'
    here = f"complete -c coreto -n {_single(condition)}"
    for name, note in level.commands:
        yield f"{here} -a {name} -d {_single(note)}"
    if level.words:
        yield f"{here} -a {_single(' '.join(level.words))}"
    for flag in level.flags:
        value = f" -x -a {_single(' '.join(flag.words))}" if flag.words else " -r -F" if flag.files else " -x"
        yield f"{here} -l {flag.name.removeprefix('--')}{value if flag.takes else ''} -d {_single(flag.help)}"


def _single(text: str) -> str:
    """Quote for shells in which nothing inside single quotes has a meaning."""
    return "'" + text.replace("'", '"') + "'"


def _array(words: Sequence[str]) -> str:
    return "@(" + ", ".join(json.dumps(word) for word in words) + ")"
