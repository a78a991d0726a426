"""A release is one version in the code, in the changelog and in the tag."""

import os
import subprocess

import pytest

import release

AUTHOR = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


class Checkout:
    """A repository with what a release looks at."""

    def __init__(self, root):
        self.root = root
        self.git("init", "--quiet")
        self.write(version="1.2.0", inside="1.2.0", heading="1.2.0 (2026-01-31)")
        self.git("tag", "v1.2.0")

    def git(self, *arguments):
        settings = {**os.environ, **AUTHOR, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", *arguments], cwd=self.root, check=True, env=settings)

    def write(self, **words):
        """Write the three places, and commit."""
        files = {
            "setup.cfg": f"[metadata]\nname = coreto\nversion = {words['version']}\n",
            "app/coreto/__init__.py": f'__version__ = "{words["inside"]}"\n',
            "CHANGELOG.md": f"# Changes\n\n## {words['heading']}\n\n- It sings.\n",
        }
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Change")

    def problems(self):
        """What keeps it from being a release."""
        return list(release.check(self.root))


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_a_tagged_commit_whose_places_agree_is_a_release(checkout):
    assert checkout.problems() == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"version": "1.3.0", "inside": "1.2.0", "heading": "1.3.0"}, "__init__.py says 1.2.0"),
        ({"version": "1.3.0", "inside": "1.3.0", "heading": "1.2.0"}, "CHANGELOG.md begins with 1.2.0"),
        ({"version": "1.3.0", "inside": "1.3.0", "heading": "Unreleased"}, "put 1.3.0 and the date there"),
    ],
)
def test_a_place_that_differs_is_named(checkout, words, says):
    checkout.write(**words)
    checkout.git("tag", "v1.3.0")
    (problem,) = checkout.problems()
    assert says in problem


def test_a_commit_without_the_tag_is_none(checkout):
    checkout.write(version="1.3.0", inside="1.3.0", heading="1.3.0")
    (problem,) = checkout.problems()
    assert "has no tag v1.3.0" in problem


def test_changes_outside_of_commits_are_not_released(checkout):
    (checkout.root / "CHANGELOG.md").write_text("## 1.2.0\n\n- It hums.\n")
    (problem,) = checkout.problems()
    assert "CHANGELOG.md" in problem
