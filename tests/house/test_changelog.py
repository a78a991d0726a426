"""The changelog and the version agree."""

import configparser
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_version_has_its_heading():
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "setup.cfg", "utf-8")
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] in {"Unreleased", settings["metadata"]["version"]}
