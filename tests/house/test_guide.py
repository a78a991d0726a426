"""The lab guide says what the scenarios say."""

import re

import pytest

from coreto.lab.scenarios.reading import names
from tests.support.scenario_pages import FOLDER, WORDS, pages

PAGES = pages()
LINK = re.compile(r"\]\(([^)]+)\)")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_page_is_what_its_scenario_makes_of_it(path):
    assert path.read_text("utf-8") == PAGES[path], "run scripts/guide"


def test_there_are_pages_of_all_scenarios_and_no_others():
    for language in WORDS:
        found = {path.stem for path in (FOLDER / language).glob("*.md")} - {"README"}
        assert found == set(names())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_what_a_page_links_to_is_there(path):
    assert not [link for link in LINK.findall(PAGES[path]) if not (path.parent / link).exists()]
