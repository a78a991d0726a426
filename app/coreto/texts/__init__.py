"""What a person reads, in Portuguese and English; English is the language of the source."""

from coreto.texts.catalogue import Catalogue, _, activate
from coreto.texts.languages import LANGUAGES, choose_language
from coreto.texts.marker import N_
from coreto.texts.sentences import SENTENCES

__all__ = ["LANGUAGES", "N_", "SENTENCES", "Catalogue", "_", "activate", "choose_language"]
