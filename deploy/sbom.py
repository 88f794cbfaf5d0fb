"""The bill of materials of a bundle (CycloneDX 1.6, JSON): every wheel with its hash and licence, every Debian package.

``python deploy/sbom.py WHEELS VERSION [DEBIAN_LIST] > sbom.cdx.json``. Needs nothing but Python. cyclonedx-bom was
weighed: from a list it knows no licences, from an environment no hashes, and Debian packages from neither.
"""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
import zipfile
from collections.abc import Iterable
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any


def metadata_of(wheel: Path) -> Message:
    """What a wheel says of itself."""
    with zipfile.ZipFile(wheel) as file:
        name = next(each for each in file.namelist() if each.count("/") == 1 and each.endswith(".dist-info/METADATA"))
        return message_from_bytes(file.read(name))


def licences(told: Message) -> list[dict[str, Any]]:
    """An expression where there is one, else the authors' words, else their choice of the registry's list."""
    expression = told["License-Expression"]
    if expression:
        return [{"expression": str(expression)}]
    words = str(told["License"] or "").strip().splitlines()
    if words and len(words[0]) < 80:
        return [{"license": {"name": words[0]}}]
    chosen = [each.rpartition(" :: ")[2] for each in told.get_all("Classifier", []) if each.startswith("License ::")]
    return [{"license": {"name": name}} for name in chosen]


def wheel_part(wheel: Path) -> dict[str, Any]:
    """One wheel as a component."""
    told = metadata_of(wheel)
    name, version = str(told["Name"]), str(told["Version"])
    purl = f"pkg:pypi/{name.lower().replace('_', '-').replace('.', '-')}@{version}"
    part: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    part["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]
    found = licences(told)
    return part | ({"licenses": found} if found else {})


def debian_part(line: str) -> dict[str, Any]:
    """One line "name" or "name version" as a component."""
    name, _blank, version = line.strip().partition(" ")
    purl = f"pkg:deb/debian/{name}" + (f"@{version}" if version else "")
    part = {"type": "library", "bom-ref": purl, "name": name, "purl": purl, "group": "debian"}
    return part | ({"version": version} if version else {})


def bill(wheels: Iterable[Path], version: str, debian: Iterable[str]) -> dict[str, Any]:
    """The whole document. Its number comes from what it lists: the same bundle has the same bill."""
    parts = [*(wheel_part(wheel) for wheel in wheels), *(debian_part(line) for line in debian if line.strip())]
    seed = json.dumps([version, parts], sort_keys=True)
    own = {"type": "application", "bom-ref": f"oms@{version}", "name": "oms", "version": version}
    own_licence = {"licenses": [{"license": {"id": "Apache-2.0"}}]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, seed)}",
        "version": 1,
        "metadata": {"component": own | own_licence},
        "components": parts,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}],
    }


if __name__ == "__main__":
    folder, number, *lists = sys.argv[1:]
    lines = [line for name in lists for line in Path(name).read_text(encoding="utf-8").splitlines()]
    json.dump(bill(sorted(Path(folder).glob("*.whl")), number, lines), sys.stdout, ensure_ascii=False, indent=1)
    print()
