"""A bucket of an S3-compatible store as a place of the vault: s3://bucket/prefix?endpoint=https://host&region=name."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from oms.errors import SettingsError
from oms.store.file_place import MARK, MARK_MOST, PlaceDown, checked_name

PART = 8 * 1024 * 1024
"""Bytes asked for at a time: no more of a large file is held."""
MISSING = ("404", "NoSuchKey", "NotFound")


def bucket_at(text: str, secret: Path) -> BucketPlace:
    """The bucket a setting names. ``secret`` holds the access key and its secret, a line each; SettingsError."""
    parts, asked = urlsplit(text), parse_qs(urlsplit(text).query)
    if not parts.netloc or set(asked) - {"endpoint", "region"}:
        raise SettingsError(
            f"{parts.scheme}://{parts.netloc}{parts.path}: s3://bucket/prefix?endpoint=https://host&region=name"
        )
    try:
        if secret.stat().st_mode & 0o077:
            raise SettingsError(f"keys/{secret.name} is readable by others: chmod 600 it")
        access, key = secret.read_text().split()
    except (OSError, ValueError):
        raise SettingsError(f"keys/{secret.name}: two lines, access key and secret, mode 0600") from None
    client = boto3.client(
        "s3",
        endpoint_url=asked.get("endpoint", [None])[0],
        region_name=asked.get("region", ["us-east-1"])[0],
        aws_access_key_id=access,
        aws_secret_access_key=key,
        config=Config(
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    prefix = parts.path.strip("/")
    return BucketPlace(client, parts.netloc, f"{prefix}/" if prefix else "")


class _Object(io.RawIOBase):
    """An object read from the start to the end, a part at a time."""

    def __init__(self, place: BucketPlace, key: str, size: int) -> None:
        super().__init__()
        self._place, self._key, self._size, self._at = place, key, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._at)
        if length <= 0:
            return 0
        data = self._place.part(self._key, self._at, length)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class BucketPlace:
    """Objects ``prefix`` + ``ab/abcdef…``; what was put is durable when the store has answered."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def __str__(self) -> str:
        return f"s3/{self._bucket}/{self._prefix}"

    def _key(self, name: str) -> str:
        return f"{self._prefix}{checked_name(name)[:2]}/{name}"

    def _call(self, act: str, **about: Any) -> Any:
        try:
            return getattr(self._client, act)(Bucket=self._bucket, **about)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in MISSING:
                raise FileNotFoundError(act) from None
            raise PlaceDown(f"{act}: {code[:40]}") from None
        except BotoCoreError as error:
            raise PlaceDown(f"{act}: {type(error).__name__}") from None

    def new(self) -> Path:
        return Path(tempfile.gettempdir())  # sealed bytes: no secret of theirs lies there

    def put(self, name: str, temporary: Path) -> None:
        with temporary.open("rb") as file:
            self._call("put_object", Key=self._key(name), Body=file)
        temporary.unlink()

    def settle(self, name: str) -> None:
        """Nothing: what a bucket has answered for is durable."""

    def part(self, key: str, start: int, length: int) -> bytes:
        """Some bytes of an object."""
        got = self._call("get_object", Key=key, Range=f"bytes={start}-{start + length - 1}")
        try:
            return bytes(got["Body"].read(length))  # no more, whatever the store sends
        except Exception as error:  # the connection broke while the bytes came
            raise PlaceDown(f"get_object: {type(error).__name__}") from None

    def open(self, name: str) -> BinaryIO:
        return io.BufferedReader(_Object(self, self._key(name), self.size(name)), PART)

    def size(self, name: str) -> int:
        return int(self._call("head_object", Key=self._key(name))["ContentLength"])

    def remove(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        self._call("delete_object", Key=self._key(name))
        return True

    def names(self, after: str = "") -> Iterator[str]:
        about = {"Prefix": self._prefix, "StartAfter": self._key(after) if after else self._prefix}
        token: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", **about, **token)
            found = (str(each["Key"]).rsplit("/", 1)[-1] for each in page.get("Contents", ()))
            yield from (name for name in found if len(name) == 64)
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def mark(self) -> str:
        try:
            return bytes(self._call("get_object", Key=self._prefix + MARK)["Body"].read(MARK_MOST)).decode().strip()
        except FileNotFoundError:
            return ""

    def set_mark(self, installation: str) -> None:
        self._call("put_object", Key=self._prefix + MARK, Body=installation.encode())
