"""The picture of a scenario, drawn when its run is over and its journal closed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coreto.cli.printing import say
from coreto.journal.file import JournalError, read_journal
from coreto.lab.picture.window import NothingToShowError
from coreto.lab.scenarios.model import Scenario
from coreto.lab.scenarios.picture import draw
from coreto.lab.scenarios.verdicts import Report
from coreto.texts import _


class PicturePathError(Exception):
    """The picture cannot be written where it should be; the text is a sentence."""


class Picture:
    """Where the journal goes that it is drawn from, and what is drawn."""

    def __init__(self, journal: str | None) -> None:
        self.journal = journal
        self._wanted: tuple[Scenario, Report, str] | None = None

    def wants(self, scenario: Scenario, report: Report, language: str) -> None:
        """Note what is to be drawn."""
        self._wanted = scenario, report, language

    def drawn(self) -> str:
        """Return the document, nothing if nothing ran; raise `NothingToShowError` or `JournalError`."""
        if self._wanted is None or self.journal is None:
            return ""
        scenario, report, language = self._wanted
        _header, events = read_journal(Path(self.journal))
        return draw(scenario.picture, events, report.names, scenario.title.said(language))


@contextmanager
def picture_to(path: str | None, journal: str | None) -> Iterator[Picture]:
    """Return a picture that is written to `path` in the end, if there is one; raise `PicturePathError`.

    Without a path for the journal one is kept as long as the picture needs it. That the file can be written is
    seen before anything runs.
    """
    if path is None:
        yield Picture(journal)
        return
    file = Path(path)
    if journal is not None and file.resolve() == Path(journal).resolve():
        raise PicturePathError(_("The picture and the journal cannot be one file: choose another with --svg."))
    _try(file)
    with tempfile.TemporaryDirectory(prefix="coreto-picture-") as folder:
        picture = Picture(journal or str(Path(folder) / "journal.jsonl"))
        yield picture
        try:
            if document := picture.drawn():
                file.write_text(document, "utf-8")
                say(_("Written to {file}.", file=file))
        except (NothingToShowError, JournalError) as error:
            say(_("There is no picture: {reason}", reason=error))
        except OSError as error:
            raise PicturePathError(_unwritable(file, error)) from None


def _try(file: Path) -> None:
    """See whether the file can be written, and leave what is there as it is."""
    was_there = file.exists()
    try:
        file.open("ab").close()
    except OSError as error:
        raise PicturePathError(_unwritable(file, error)) from None
    if not was_there:
        file.unlink()


def _unwritable(file: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return _("The picture {file} cannot be written ({reason}): choose another with --svg.", file=file, reason=reason)
