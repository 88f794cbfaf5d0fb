"""The edXML envelope: what public programs of the document axis read is there, in their order, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from oms.domain import edxml
from oms.domain.edxml import Letter, Organ

LETTER = Letter(
    sender=Organ("H49.12", "Sở Nội vụ tỉnh Thử"),
    receiver=Organ("000.00.12.H50", "Tỉnh thứ hai"),
    number="123",
    notation="SNV-CCVC",
    place="Hà Nội",
    issued_on=date(2026, 11, 5),
    subject="V/v gửi gói dữ liệu trao đổi số TD-2026-0A1B2C3D",
    signer="Nguyễn Thử",
    position="Giám đốc",
    pages=12,
    due_on=date(2026, 11, 10),
    file_name="Q--0a1b.oms",
    handed_at="2026/11/06 08:00:00",
)
# in the order of the sample of the axis' own SDK (edoc_new.edxml; docs/exchange.md); left out there: what we do not say
SAMPLE = [
    "From", "To", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo",
    "DueDate", "OtherInfo", "SteeringType", "ToPlaces",
]  # fmt: skip


def names(element: ElementTree.Element) -> list[str]:
    return [each.tag.removeprefix(f"{{{edxml.NAMESPACE}}}") for each in element]


def test_an_envelope_has_the_parts_of_the_sample_in_its_order() -> None:
    text = edxml.envelope(LETTER, "UEsD")
    assert edxml.problem_of(text) == ""
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert root.tag == f"{{{edxml.NAMESPACE}}}edXML" and names(root) == ["edXMLEnvelope", "AttachmentEncoded"]
    assert names(root[0]) == ["edXMLHeader", "edXMLBody"] and names(root[0][0]) == ["MessageHeader", "TraceHeaderList"]
    assert names(root[0][0][0]) == SAMPLE
    assert "<edXML:edXMLEnvelope " in text, "programs that do not know namespaces look for the prefix"
    said = {each.tag.rpartition("}")[2]: each.text for each in root.iter() if each.text}
    assert said["DocumentId"] == "H49.12,2026/11/05,123/SNV-CCVC" and said["DueDate"] == "2026/11/10"
    assert said["ContentTransferEncoded"] == "UEsD" and said["PageAmount"] == "12"


def test_words_stay_words() -> None:
    letter = replace(LETTER, signer='Lê <b>&"Hoa', place="Huế\x00\x1b", due_on=None)
    text = edxml.envelope(letter, "UEsD")
    assert edxml.problem_of(text) == "" and "DueDate" not in text
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    found = {each.tag.rpartition("}")[2]: each.text for each in root.iter()}
    assert found["FullName"] == 'Lê <b>&"Hoa'
    assert root.findtext(f".//{{{edxml.NAMESPACE}}}PromulgationInfo/{{{edxml.NAMESPACE}}}Place") == "Huế"


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        (r"<edXML:OrganId>H49\.12</edXML:OrganId>", "", "From/OrganId"),
        (r">000\.00\.12\.H50<", ">tỉnh<", "To/OrganId"),
        (r"<edXML:Subject>[^<]*</edXML:Subject>", "", "/Subject"),
        (r"2026/11/06 08:00:00", "2026-11-06", "Timestamp"),
        (r"(<edXML:SteeringType>1</edXML:SteeringType>)(.*)(</edXML:MessageHeader>)", r"\2\1\3", "SteeringType"),
        (r"</Attachment>", "</Attachment><Attachment/>", "Attachment"),
        (r"<ContentId>cid:1<", "<ContentId>cid:2<", "ContentId"),
        (r">UEsD<", ">không<", "ContentTransferEncoded"),
        (r"QCVN_102_2016", "QCVN_999", "edXML"),
        (r"</edXML>", "", "edXML"),
    ],
)
def test_what_is_not_so_is_found(was: str, becomes: str, where: str) -> None:
    text = edxml.envelope(LETTER, "UEsD")
    broken, count = re.subn(was, becomes, text)
    assert count and where in edxml.problem_of(broken)


def test_identifiers_and_codes() -> None:
    for good in ("H49", "H49.12", "H49.12.03", "000.00.00.G22", "28.22.H17"):
        assert edxml.is_organ(good), good
    for bad in ("", "D-BTC", "Q", "h49", "H49..1", "49.12", "H49\n", "H49.12.03.04.05.06.07"):
        assert not edxml.is_organ(bad), bad
    assert edxml.split_code("7816/VPCP-TTĐT") == ("7816", "VPCP-TTĐT")
    for bad in ("", "7816", "/VPCP", "7816/", "số 7/A", "1/A\nB"):
        assert edxml.split_code(bad) is None, bad
