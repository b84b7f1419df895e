"""Who writes notes in tests: a document of pycrdt, what it says of what it did, and what it was told."""

from __future__ import annotations

import random
from base64 import b64decode, b64encode
from collections.abc import Iterable

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText, merge_updates

from classroom.notes.updates import ROOT

WORDS = ("秋", "天 ", "a", "bc ", "é", "🍂")


class Scribe:
    def __init__(self, client: int) -> None:
        self.doc: Doc[XmlFragment] = Doc(client_id=client)
        self.sheet = self.doc.get(ROOT, type=XmlFragment)
        self._said: list[bytes] = []
        self._listens = False
        self.doc.observe(self._changed)

    def _changed(self, event: TransactionEvent) -> None:
        if not self._listens:
            self._said.append(event.update)

    @property
    def has_said(self) -> bool:
        return bool(self._said)

    def take(self) -> str | None:
        """What it has done since, as one update."""
        said, self._said = self._said, []
        return b64encode(merge_updates(*said)).decode() if said else None

    def hear(self, updates: Iterable[str]) -> None:
        self._listens = True
        for one in updates:
            self.doc.apply_update(b64decode(one))
        self._listens = False

    def write(self, words: str) -> Scribe:
        paragraph = self.sheet.children.append(XmlElement("paragraph"))
        paragraph.children.append(XmlText(words))
        return self

    def play(self, rng: random.Random) -> None:
        """Something at random: in words, with paragraphs, or with a list."""
        with self.doc.transaction():
            blocks = self.sheet.children
            match rng.choice(["block", "words", "words", "words", "cut", "mark", "drop"]):
                case "block":
                    self._block(rng, rng.randrange(len(blocks) + 1))
                case "drop" if len(blocks) > 2:
                    del blocks[rng.randrange(len(blocks))]
                case what if len(blocks):
                    self._within(rng, what)

    def _block(self, rng: random.Random, place: int) -> None:
        match rng.choice(["paragraph", "heading", "bullet_list"]):
            case "bullet_list":
                block = self.sheet.children.insert(place, XmlElement("bullet_list"))
                block = block.children.append(XmlElement("list_item"))
                block = block.children.append(XmlElement("paragraph"))
            case "heading":
                block = self.sheet.children.insert(place, XmlElement("heading", {"level": "2"}))
            case name:
                block = self.sheet.children.insert(place, XmlElement(name))
        if rng.random() < 0.7:
            block.children.append(XmlText(rng.choice(WORDS)))

    def _within(self, rng: random.Random, what: str) -> None:
        block = self.sheet.children[rng.randrange(len(self.sheet.children))]
        while len(block.children) and isinstance(block.children[0], XmlElement):
            block = block.children[0]
        if not len(block.children):
            block.children.append(XmlText(rng.choice(WORDS)))
            return
        text = block.children[0]
        assert isinstance(text, XmlText)
        edges = _edges("".join(str(part) for part, _ in text.diff()))  # pycrdt counts bytes
        start, end = sorted(rng.choices(edges, k=2))
        if what == "cut" and start < end:
            del text[start:end]
        elif what == "mark" and start < end:
            text.format(start, end, {"strong": {}})
        else:
            text.insert(start, rng.choice(WORDS))

    def __str__(self) -> str:
        return str(self.sheet)


def _edges(words: str) -> list[int]:
    return [len(words[:place].encode()) for place in range(len(words) + 1)]


def said(client: int, words: str) -> str:
    """What a new client says that writes a paragraph."""
    update = Scribe(client).write(words).take()
    assert update is not None
    return update
