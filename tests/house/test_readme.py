"""The README in both languages: what one of them shows, the other shows too."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH, PORTUGUESE = "README.md", "README.pt.md"
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)]+)\)")
REMARK = re.compile(r"\s+#.*")
PROMPT, PROMPT_COLUMNS = "> ", 30
"""Where the remarks begin beside what is typed at the prompt."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def levels(text: str) -> list[int]:
    """The headings in order, as their levels."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCED.sub("", text), re.MULTILINE)]


def typed(text: str) -> list[str]:
    """What the blocks of commands have somebody type, without the remarks beside it."""
    blocks = [block for kind, block in FENCED.findall(text) if kind != "mermaid"]
    return [without_remark(line) for block in blocks for line in block.splitlines()]


def without_remark(line: str) -> str:
    """What is typed, without what the page says of it."""
    return line[:PROMPT_COLUMNS] if line.startswith(PROMPT) else REMARK.sub("", line)


def named(text: str) -> list[str]:
    """Commands, flags and files in running text, in any order: languages order words in their own way."""
    return sorted(INLINE.findall(FENCED.sub("", text)))


@pytest.mark.parametrize("part", [levels, typed, named], ids=lambda part: part.__name__)
def test_both_languages_show_the_same(part):
    assert part(text_of(PORTUGUESE)) == part(text_of(ENGLISH))


@pytest.mark.parametrize(("page", "other"), [(ENGLISH, PORTUGUESE), (PORTUGUESE, ENGLISH)])
def test_each_language_leads_to_the_other_at_the_top(page, other):
    assert f"]({other})" in text_of(page).partition("##")[0]


@pytest.mark.parametrize("page", [ENGLISH, PORTUGUESE])
def test_what_a_page_links_to_is_there(page):
    inside = [link for link in LINK.findall(text_of(page)) if "://" not in link]
    assert not [link for link in inside if not (ROOT / link).exists()]
