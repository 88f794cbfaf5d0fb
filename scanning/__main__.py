"""The command line of the library: ``python -m scanning read FILE... [--json] [--jobs N] [--no-fields]``.

``python -m scanning train --out FILE`` makes the starting model of document types anew.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from scanning.batch import FileResult, as_json, read_files
from scanning.type_samples import starting_model_bytes


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the files of the command line and print a report on each, in order.

    Returns 0 if all were read, 1 if a file or page was refused; argparse exits with 2 on wrong usage.
    """
    options = _parser().parse_args(arguments)
    if options.command == "train":
        Path(options.out).write_bytes(starting_model_bytes())
        return 0
    failed = False
    for result in read_files(options.files, options.jobs):
        failed = failed or result.failed
        if options.json:
            print(json.dumps(as_json(result, fields=options.fields), ensure_ascii=False), flush=True)
        else:
            _print_text(result)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scanning", description="Read scanned papers.")
    commands = parser.add_subparsers(dest="command", required=True)
    read = commands.add_parser("read", help="recognise PDF, TIFF, JPEG and PNG files")
    read.add_argument("files", nargs="+", metavar="FILE")
    read.add_argument("--json", action="store_true", help="one JSON object a line, one line a file")
    read.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, help="pages read at the same time")
    read.add_argument("--no-fields", dest="fields", action="store_false", help="do not look for field values")
    learn = commands.add_parser("train", help="make the starting model of document types from the written samples")
    learn.add_argument("--out", required=True, metavar="FILE")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _print_text(result: FileResult) -> None:
    """Print a file's text page by page; what is wrong with it goes to standard error."""
    if result.reason:
        print(f"{result.file}: {result.reason}", file=sys.stderr)
    for page in result.pages:
        if page.reading is not None:
            print(f"== {result.file} · trang {page.number}\n{page.reading.text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
