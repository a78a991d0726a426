"""Compiles the message catalogues while building; everything else is in setup.cfg."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCatalogues(build_py):
    """Puts a compiled .mo file beside every .po file before the package is collected."""

    def run(self) -> None:
        """Compile, then build as usual."""
        for source in Path(__file__).parent.glob("app/coreto/texts/locale/*/LC_MESSAGES/*.po"):
            with source.open("rb") as po, source.with_suffix(".mo").open("wb") as mo:
                write_mo(mo, read_po(po))
        super().run()


setup(cmdclass={"build_py": BuildWithCatalogues})
