"""The agency's signature on an archival copy: PAdES by pyHanko with a key in a PKCS#12 file or a PKCS#11 token.

What is shown follows TT 05/2025/TT-BNV: top right of the first page, the agency's name and the time to the second
with the zone, Times (Tinos has its metrics), upright, size 10, black, no image of a seal. Only files written by
``scanning.archival`` are signed, so that nothing hostile is parsed here.
"""

from __future__ import annotations

import io
import logging
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from pkcs11.exceptions import PKCS11Error
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.pdf_utils.font.api import FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.stamp import TextStampStyle

# what goes wrong is told by SealError's code: pyHanko's own words may quote a file or a token
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

SIZE = 10
FIELD = "ChuKyCoQuan"
_LEADING = 12
_MARGIN = 14
_WIDEST = 230.0


class SealError(Exception):
    """Signing failed; ``code`` is key_missing, key_refused, token_missing, expired or failed. Never holds a secret."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class KeyFile:
    """A key with its certificate in a PKCS#12 file."""

    path: Path
    passphrase: bytes


@dataclass(frozen=True)
class KeyToken:
    """A key and certificate of one label in a PKCS#11 token (a smart card, an HSM)."""

    module: str
    token: str
    label: str
    pin: str


@dataclass(frozen=True)
class Identity:
    """Whose certificate it is, and from when to when it may be used."""

    name: str
    organisation: str
    valid_from: datetime
    valid_to: datetime


Key = KeyFile | KeyToken


@contextmanager
def _signer(key: Key) -> Iterator[Any]:
    """Yield pyHanko's signer; the session with a token ends with the block. Raises SealError."""
    if isinstance(key, KeyFile):
        yield _from_file(key)
        return
    try:
        session = open_pkcs11_session(key.module, token_criteria=TokenCriteria(label=key.token), user_pin=key.pin)
    except (PKCS11Error, SigningError, RuntimeError, OSError):
        # the reason may quote the PIN's own error: only the code goes on
        raise SealError("token_missing") from None
    try:
        yield PKCS11Signer(session, cert_label=key.label, key_label=key.label)
    except (PKCS11Error, SigningError):
        raise SealError("key_missing") from None
    finally:
        session.close()


def _from_file(key: KeyFile) -> Any:
    if not key.path.is_file():
        raise SealError("key_missing")
    signer = SimpleSigner.load_pkcs12(str(key.path), passphrase=key.passphrase)
    if signer is None:
        raise SealError("key_refused")
    return signer


def identity_of(key: Key) -> Identity:
    """Return whose key it is; raises SealError if it cannot be used at all."""
    with _signer(key) as signer:
        certificate = signer.signing_cert
        if certificate is None:
            raise SealError("key_missing")
        subject = certificate.subject.native
        return Identity(
            str(subject.get("common_name", "")),
            str(subject.get("organization_name", "")),
            certificate.not_valid_before,
            certificate.not_valid_after,
        )


def seal(source: Path, target: Path, key: Key, agency: str, at: datetime) -> Identity:
    """Sign a copy into ``target`` for the agency, shown on its first page with the time ``at`` (aware).

    Raises SealError; ``expired`` when the certificate may not be used at that time. ``source`` is left as it is.
    """
    identity = identity_of(key)
    if not identity.valid_from <= at <= identity.valid_to:
        raise SealError("expired")
    lines = [*wrapped(agency), at.isoformat(timespec="seconds")]
    with _signer(key) as signer, source.open("rb") as stream, target.open("w+b") as out:
        try:
            _sign(stream, out, signer, lines, agency)
        except (ValueError, OSError, RuntimeError) as error:
            raise SealError("failed") from error
        except Exception as error:  # pyHanko's and the token's own errors: their text may quote the token
            raise SealError("failed") from error
    return identity


def _sign(stream: Any, out: Any, signer: Any, lines: list[str], agency: str) -> None:
    writer = IncrementalPdfFileWriter(stream, strict=False)  # word processors' files have their slips
    layout = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MIN,
        y_align=AxisAlignment.ALIGN_MIN,
        margins=Margins(0, 0, 0, 0),
        inner_content_scaling=InnerScaling.NO_SCALING,
    )
    text = TextBoxStyle(_Times("".join(lines)), SIZE, _LEADING, border_width=0, box_layout_rule=layout)
    style = TextStampStyle(border_width=0, text_box_style=text, inner_content_layout=layout, stamp_text="%(seal)s")
    box = _box(_first_page_size(writer.prev.root["/Pages"]), lines)
    about = PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256", name=agency, subfilter=SigSeedSubFilter.PADES)
    PdfSigner(about, signer, stamp_style=style, new_field_spec=SigFieldSpec(FIELD, on_page=0, box=box)).sign_pdf(
        writer, output=out, appearance_text_params={"seal": "\n".join(lines)}
    )


class _Times(FontEngineFactory):  # type: ignore[misc]
    """Tinos with the letters of one signature."""

    def __init__(self, text: str) -> None:
        self._program = _letters(text)

    def create_font_engine(self, writer: Any, obj_stream: Any = None) -> Any:
        """Return pyHanko's engine for the font."""
        return GlyphAccumulator(writer, io.BytesIO(self._program), SIZE, obj_stream=obj_stream)


def _first_page_size(node: Any) -> list[float]:
    """The media box of a file's first page: its own, else that of a node above it."""
    found = node.get("/MediaBox")
    for _depth in range(64):
        kids = node.get("/Kids")
        if not kids:
            break
        node = kids[0]
        found = node.get("/MediaBox", found)
    if found is None:
        raise ValueError("a page without a size")
    return [float(side) for side in found]


def _letters(text: str) -> bytes:
    """Return Tinos cut down to some letters, 1000 units high: pyHanko writes the widths of letters unscaled."""
    options = Options(layout_features=[], hinting=False, notdef_outline=True)
    with TTFont(str(times()), lazy=True) as font:
        cut = Subsetter(options)
        cut.populate(text=text)
        cut.subset(font)
        scale_upem(font, 1000)
        out = io.BytesIO()
        font.save(out)
    return out.getvalue()


def _box(page: list[float], lines: list[str]) -> tuple[int, int, int, int]:
    """Return where the signature stands: in the top right corner, within the page."""
    wide = max(width_of(line) for line in lines) + 2
    right, top = page[2] - _MARGIN, page[3] - _MARGIN
    return (
        max(0, round(right - wide)),
        max(0, round(top - _LEADING * len(lines) - 2)),
        max(2, round(right)),
        max(2, round(top)),
    )


def wrapped(text: str) -> list[str]:
    """Return a name in lines that fit the corner of a page."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer) <= _WIDEST:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def width_of(text: str) -> float:
    """Return how wide a text is at size 10, in points."""
    widths, letters, units = _metrics()
    return float(sum(widths[letters.get(ord(letter), ".notdef")][0] for letter in text)) * SIZE / units


@cache
def _metrics() -> tuple[Any, dict[int, str], int]:
    with TTFont(str(times()), lazy=True) as font:
        return dict(font["hmtx"].metrics), dict(font.getBestCmap()), int(font["head"].unitsPerEm)


@cache
def times() -> Path:
    """Return the file of Tinos; raises SealError if Debian's fonts-croscore is not there."""
    asked = ["fc-match", "-f", "%{family}\n%{file}", "Tinos:style=Regular"]
    try:
        family, _, path = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.partition("\n")
    except (OSError, subprocess.CalledProcessError):
        raise SealError("failed") from None
    if "Tinos" not in family:
        raise SealError("failed")
    return Path(path)
