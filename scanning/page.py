"""What was read on one page: words with boxes and confidence, the text, and how the page had to be turned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scanning.files import Pixels

Box = tuple[int, int, int, int]
# on a clean page about one word in twenty is doubtful
MANY_SUSPECT = 0.15


@dataclass(frozen=True)
class Word:
    """One word: ``box`` is x0, y0, x1, y1 in pixels of the upright image, ``confidence`` 0 to 100.

    ``suspect`` asks a person to look; ``line`` numbers the lines of the page from 0 in reading order;
    ``handwritten`` says that it seems written by pen: its text is then a guess to show, never a value to file.
    """

    text: str
    box: Box
    confidence: float
    suspect: bool
    line: int
    handwritten: bool = False


@dataclass(frozen=True)
class Look:
    """A line read again, alone: ``box`` is that of its words as first read, ``text`` what came out this time.

    ``confidence`` (0 to 100) is that of the least sure word; ``turn`` counts the looks at one line from 1.
    """

    box: Box
    text: str
    confidence: float
    turn: int


@dataclass(frozen=True)
class PageReading:
    """One page as read.

    ``width`` and ``height`` are those of the upright image, in pixels; ``rotation`` (0, 90, 180, 270,
    clockwise) and then ``skew`` (degrees the page hung, clockwise positive) were taken out of the raster to
    make it; ``variant`` names the cleaning; ``missing_text`` says that much ink looks like text but was not
    read. ``looks`` are lines read again because a value stands there and was doubtful. ``image`` (height × width × 3,
    blue-green-red) is neither compared nor put into JSON.
    """

    width: int
    height: int
    rotation: int
    skew: float
    variant: str
    blank: bool
    text: str
    words: tuple[Word, ...]
    missing_text: bool
    mean_confidence: float
    image: Pixels | None = field(default=None, repr=False, compare=False)
    looks: tuple[Look, ...] = ()

    @property
    def hard_to_read(self) -> bool:
        """Whether so many of its words are doubtful that the whole page should be looked at: worn, blurred, by pen."""
        return sum(word.suspect for word in self.words) > MANY_SUSPECT * len(self.words)

    def to_json(self) -> dict[str, Any]:
        """Return the reading as plain JSON values, boxes as lists, without the image."""
        return {
            "width": self.width,
            "height": self.height,
            "rotation": self.rotation,
            "skew": self.skew,
            "variant": self.variant,
            "blank": self.blank,
            "text": self.text,
            "missing_text": self.missing_text,
            "mean_confidence": self.mean_confidence,
            "words": [
                {
                    "text": word.text,
                    "box": list(word.box),
                    "confidence": word.confidence,
                    "suspect": word.suspect,
                    "line": word.line,
                    "handwritten": word.handwritten,
                }
                for word in self.words
            ],
            "looks": [
                {"box": list(look.box), "text": look.text, "confidence": look.confidence, "turn": look.turn}
                for look in self.looks
            ],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PageReading:
        """Return the reading that ``to_json`` wrote, without image; KeyError or ValueError if misshapen.

        Words written before there was ``handwritten`` count as printed; before there were ``looks``, nothing was looked
        at again.
        """
        words = []
        for item in data["words"]:
            x0, y0, x1, y1 = item["box"]
            pen = bool(item.get("handwritten", False))
            box = (x0, y0, x1, y1)
            words.append(Word(item["text"], box, item["confidence"], item["suspect"], item["line"], pen))
        looks = []
        for item in data.get("looks", ()):
            x0, y0, x1, y1 = item["box"]
            looks.append(Look((x0, y0, x1, y1), item["text"], item["confidence"], item["turn"]))
        plain = {name: value for name, value in data.items() if name in cls.__dataclass_fields__ and name != "image"}
        return cls(**{**plain, "words": tuple(words), "looks": tuple(looks)})
