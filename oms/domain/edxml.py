"""The edXML envelope of the State's document axis (QCVN 102:2016/BTTTT): an official letter with one file. Pure.

The structure is the one that public programs write and read (docs/exchange.md names them); what is written is held
against it before it leaves. The axis is no road for state secrets: the regulation itself leaves them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree
from xml.sax.saxutils import escape

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
LETTER_TYPE, LETTER_NAME = "18", "Công văn"
"""The number of an official letter among the administrative documents."""
NEW_DOCUMENT, NEW_WORDS = "0", "Văn bản điện tử mới"
ENVELOPE_BYTES = 50 * 1024 * 1024
"""The longest envelope a gateway of the axis is known to pass on."""

_ORGAN = r"(?:[0-9]{2,3}\.){0,4}[A-Z][0-9]{2}(?:\.[0-9]{2,3}){0,4}"
_CONTENT = "cid:1"
_DAY, _MOMENT = r"[0-9]{4}/[0-9]{2}/[0-9]{2}", r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def is_organ(code: str) -> bool:
    """Whether a code is an agency's electronic identifier of the State, as the axis addresses agencies."""
    return len(code) <= 35 and re.fullmatch(_ORGAN, code) is not None


@dataclass(frozen=True)
class Organ:
    """An agency on the axis: its electronic identifier and its name."""

    code: str
    name: str


@dataclass(frozen=True)
class Letter:
    """The official letter that carries the file, as it was issued."""

    sender: Organ
    receiver: Organ
    number: str
    notation: str
    place: str
    issued_on: date
    subject: str
    signer: str
    position: str
    pages: int
    due_on: date | None
    file_name: str
    handed_at: str
    """``yyyy/MM/dd HH:mm:ss`` of the hand-over."""


def split_code(code: str) -> tuple[str, str] | None:
    """Number and notation of a letter: "123/SNV-CCVC" → ("123", "SNV-CCVC"); None for what is no such thing."""
    number, slash, notation = code.partition("/")
    fits = slash and re.fullmatch(r"[0-9][0-9A-Za-z]{0,9}", number) and re.fullmatch(r"\w[\w./&-]{0,49}", notation)
    return (number, notation) if fits else None


def _text(words: str) -> str:
    return escape(_NOT_XML.sub("", words))


def _written(name: str, *inner: str) -> str:
    """An element of the envelope, with the prefix that programs of the axis look for."""
    return f"<edXML:{name}>{''.join(inner)}</edXML:{name}>"


def _leaf(name: str, words: str) -> str:
    return _written(name, _text(words))


def _organ(name: str, organ: Organ) -> str:
    called = [_leaf("OrganizationInCharge", organ.name), _leaf("OrganName", organ.name)]
    return _written(name, _leaf("OrganId", organ.code), *called)


def _day(day: date) -> str:
    return f"{day:%Y/%m/%d}"


def document_id(letter: Letter) -> str:
    """The identifier of a document on the axis: agency, day, number/notation."""
    return f"{letter.sender.code},{_day(letter.issued_on)},{letter.number}/{letter.notation}"


def _message_header(letter: Letter) -> str:
    signer = [_leaf("Position", letter.position), _leaf("FullName", letter.signer)]
    other = [_leaf("Priority", "0"), _leaf("PromulgationAmount", "1"), _leaf("PageAmount", str(letter.pages))]
    other += [_leaf("Direction", "false"), _written("Appendixes", _leaf("Appendix", letter.file_name))]
    promulgated = [_leaf("Place", letter.place), _leaf("PromulgationDate", _day(letter.issued_on))]
    kind = [_leaf("Type", LETTER_TYPE), _leaf("TypeDetail", "0"), _leaf("TypeName", LETTER_NAME)]
    return _written(
        "MessageHeader",
        _organ("From", letter.sender),
        _organ("To", letter.receiver),
        _leaf("DocumentId", document_id(letter)),
        _written("Code", _leaf("CodeNumber", letter.number), _leaf("CodeNotation", letter.notation)),
        _written("PromulgationInfo", *promulgated),
        _written("DocumentType", *kind),
        _leaf("Subject", letter.subject),
        _leaf("Content", letter.subject),
        _written("SignerInfo", *signer),
        _leaf("DueDate", _day(letter.due_on)) if letter.due_on else "",
        _written("OtherInfo", *other),
        _leaf("SteeringType", "1"),
        _written("ToPlaces", _leaf("Place", letter.receiver.name)),
    )


def _trace(letter: Letter) -> str:
    trace = _written("TraceHeader", _leaf("OrganId", letter.sender.code), _leaf("Timestamp", letter.handed_at))
    done = [_leaf("BussinessDocType", NEW_DOCUMENT), _leaf("BussinessDocReason", NEW_WORDS), _leaf("Paper", "0")]
    return _written("TraceHeaderList", trace, _written("Bussiness", *done))


def envelope(letter: Letter, content: str) -> str:
    """The whole envelope; ``content`` is the zipped file in base64."""
    name, zipped = _text(letter.file_name), "application/zip"
    reference = [_leaf("ContentId", _CONTENT), _leaf("ContentType", zipped)]
    reference += [_leaf("Description", letter.file_name), _leaf("AttachmentName", letter.file_name)]
    body = f'<edXML:edXMLManifest version="1.0">{_written("Reference", *reference)}</edXML:edXMLManifest>'
    header = _written("edXMLHeader", _message_header(letter), _trace(letter))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="{NAMESPACE}">'
        f'<edXML:edXMLEnvelope xmlns:edXML="{NAMESPACE}">{header}{_written("edXMLBody", body)}</edXML:edXMLEnvelope>'
        f"<AttachmentEncoded><Attachment><ContentId>{_CONTENT}</ContentId><AttachmentName>{name}</AttachmentName>"
        f"<Description>{name}</Description><ContentType>{zipped}</ContentType>"
        f'<edXML:ContentTransferEncoded xmlns:edXML="{NAMESPACE}">{content}</edXML:ContentTransferEncoded>'
        f"</Attachment></AttachmentEncoded></edXML>\n"
    )


@dataclass(frozen=True)
class Part:
    """What an element must be: how often, what its text looks like, which elements it has, in order."""

    name: str
    least: int = 1
    most: int = 1
    pattern: str = ""
    parts: tuple[Part, ...] = ()


def _of(name: str, *parts: Part, least: int = 1, most: int = 1) -> Part:
    return Part(name, least, most, "", parts)


def _is(name: str, pattern: str = r"[^\n]+", least: int = 1) -> Part:
    return Part(name, least, 1, pattern)


_AGENCY = (
    _is("OrganId", _ORGAN),
    _is("OrganizationInCharge"),
    _is("OrganName"),
    *(_is(name, least=0) for name in ("OrganAdd", "Email", "Telephone", "Fax", "Website")),
)
_NUMBER = r"[0-9]{1,6}"
_HEADER = _of(
    "MessageHeader",
    _of("From", *_AGENCY),
    _of("To", *_AGENCY, most=1000),
    _is("DocumentId", rf"{_ORGAN},{_DAY},[^\n]+/[^\n]+"),
    _of("Code", _is("CodeNumber"), _is("CodeNotation")),
    _of("PromulgationInfo", _is("Place"), _is("PromulgationDate", _DAY)),
    _of("DocumentType", _is("Type", _NUMBER), _is("TypeDetail", _NUMBER, 0), _is("TypeName")),
    _is("Subject"),
    _is("Content", least=0),
    _of("SignerInfo", _is("Competence", least=0), _is("Position", least=0), _is("FullName")),
    _is("DueDate", _DAY, 0),
    _of(
        "OtherInfo",
        _is("Priority", _NUMBER),
        _is("SphereOfPromulgation", least=0),
        _is("TyperNotation", least=0),
        _is("PromulgationAmount", _NUMBER, 0),
        _is("PageAmount", _NUMBER, 0),
        _is("Direction", "true|false", 0),
        _of("Appendixes", Part("Appendix", 1, 1000, r"[^\n]+"), least=0),
    ),
    _is("SteeringType", _NUMBER),
    _of("ToPlaces", Part("Place", 1, 1000, r"[^\n]+"), least=0),
)
_BUSSINESS = _of(
    "Bussiness",  # as the programs of the axis spell it
    _is("DocumentId", least=0),
    _is("BussinessDocType", _NUMBER),
    _is("BussinessDocReason"),
    _is("Paper", _NUMBER),
    least=0,
)
_TRACES = _of(
    "TraceHeaderList", _of("TraceHeader", _is("OrganId", _ORGAN), _is("Timestamp", _MOMENT), most=1000), _BUSSINESS
)
_REFERENCE = _of(
    "Reference", _is("ContentId", "cid:.+"), _is("ContentType"), _is("Description", least=0), _is("AttachmentName"),
    most=1000,
)  # fmt: skip
_ATTACHMENT = _of(
    "Attachment",
    _is("ContentId", "cid:.+"),
    _is("AttachmentName"),
    _is("Description", least=0),
    _is("ContentType"),
    _is("ContentTransferEncoded", r"[A-Za-z0-9+/]+={0,2}"),
    most=1000,
)
STRUCTURE = _of(
    "edXML",
    _of(
        "edXMLEnvelope",
        _of("edXMLHeader", _HEADER, _TRACES),
        _of("edXMLBody", _of("edXMLManifest", _REFERENCE)),
    ),
    _of("AttachmentEncoded", _ATTACHMENT),
)
"""The envelope as the programs of the axis write it; without a signature of the header (see docs/exchange.md)."""


def problem_of(text: str) -> str:
    """Where an envelope of ours is not as the structure says; "" when it is."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - what this module wrote itself, before it leaves
    except ElementTree.ParseError:
        return "edXML"
    return next(_problems([root], (STRUCTURE,), ""), "") or _references(root)


def _problems(found: list[ElementTree.Element], parts: tuple[Part, ...], path: str) -> Iterator[str]:
    rest = list(found)
    for part in parts:
        tag, here = f"{{{NAMESPACE}}}{part.name}", f"{path}/{part.name}"
        count = next((at for at, each in enumerate(rest) if each.tag != tag), len(rest))
        mine, rest = rest[:count], rest[count:]
        if not part.least <= len(mine) <= part.most:
            yield here
        for each in mine:
            if part.pattern and not re.fullmatch(part.pattern, each.text or ""):
                yield here
            yield from _problems(list(each), part.parts, here)
    yield from (f"{path}/{each.tag}" for each in rest)


def _references(root: ElementTree.Element) -> str:
    """Every file that the manifest names is there, and no other."""
    name = f"{{{NAMESPACE}}}ContentId"
    named = [each.findtext(name) for each in root.iter(f"{{{NAMESPACE}}}Reference")]
    there = [each.findtext(name) for each in root.iter(f"{{{NAMESPACE}}}Attachment")]
    return "" if named == there and len(set(named)) == len(named) else "/edXML/AttachmentEncoded/Attachment/ContentId"
