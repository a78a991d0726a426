"""What keys do at the prompt, beyond what every line editor knows: completion, history, Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from coreto.prompt.completion import suggest
from coreto.prompt.session import ChatSession


class NameCompleter(Completer):
    """Offers what `completion` suggests."""

    def __init__(self, session: ChatSession) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Return what may stand at the cursor."""
        for suggestion in suggest(document.text_before_cursor, self._session.known, self._session.cluster.servers):
            yield Completion(suggestion.insert, -suggestion.replaces, display_meta=suggestion.note)


def typed_history(path: Path | None) -> History:
    """Return the lines typed earlier; without a file they last as long as the prompt."""
    if path is None:
        return InMemoryHistory()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # it holds private messages
    return FileHistory(path)


def key_bindings(on_empty_cancel: Callable[[], None]) -> KeyBindings:
    """Return the keys of the prompt; Ctrl-C clears the line, on an empty one it calls `on_empty_cancel`."""
    bindings = KeyBindings()

    @bindings.add("c-c")
    def _clear(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            on_empty_cancel()

    return bindings
