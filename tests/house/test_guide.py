"""The lab guide says what the scenarios say."""

import re
from xml.sax.saxutils import escape

import pytest

from coreto.cli.scenario_hand import PromptHand
from coreto.lab.scenarios.reading import names, read
from tests.support.scenario_pages import FOLDER, WORDS, pages
from tests.support.scenario_pictures import BYTES_MAX, PICTURES, picture_path

HAND = PromptHand()
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


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("name", names())
def test_every_scenario_has_its_picture_in_both_languages(name, language):
    document = picture_path(name, language).read_text("utf-8")
    assert len(document.encode()) <= BYTES_MAX
    assert f"<title>{escape(read(name, HAND).title.said(language))}</title>" in document


def test_there_are_pictures_of_no_others():
    assert {path.stem for path in PICTURES.glob("*/*.svg")} == set(names())
