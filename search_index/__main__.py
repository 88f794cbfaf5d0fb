"""`python -m search_index build|query`: the library without the application. Both read one JSON object a line.

A document says who may see it: `id`, `unit`, `secrecy` and `compartment` have no default ("" is none); what else
it has is `title`, `body`, `names`, `block`, `type`, `year`, `dossier`, `person`, `day`:

    {"id": "1", "unit": "17/22", "secrecy": 0, "compartment": "", "names": ["Phạm Văn Thắng"], "body": "bổ nhiệm"}

A question says who asks: `visible` has no default either, and {} sees nothing. What else it may have is `filters`,
`facets`, `top`, `offset`, `exact_accents`, `sort`, `grouped`, `each`, `within_ms`, `snippets`:

    {"q": "pham van thang", "visible": {"units": ["17"], "secrecy": 0}, "facets": ["type", "year"]}

Exit status 0 done, 1 some input line failed (reported on its own line, the rest is done), 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from search_index.model import Answer, Doc, DocumentError, IndexFormatError, Query, QueryError, SearchError
from search_index.whoosh_engine import WhooshEngine


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    args = _arguments().parse_args(argv)
    try:
        return _build(args) if args.command == "build" else _query(args)
    except (SearchError, OSError, UnicodeDecodeError) as error:
        print(f"search_index: {error}", file=sys.stderr)
        return 2 if isinstance(error, IndexFormatError | OSError) else 1


def _arguments() -> argparse.ArgumentParser:
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m search_index", description=__doc__, formatter_class=as_written)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("build", "make the index hold exactly the documents of a file, one JSON object a line"),
        ("query", "answer the questions of a file, one JSON object a line"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--index", type=Path, required=True, metavar="DIR")
        command.add_argument("--from", dest="source", type=Path, required=True, metavar="FILE")
        command.add_argument("--json", action="store_true", help="one JSON object a line for programs")
    return parser


def _lines(source: Path) -> Iterator[tuple[int, Any]]:
    """Yield (line number, JSON value or the ValueError met) for each line that is not blank."""
    with source.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield number, json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                yield number, ValueError(f"not JSON in UTF-8: {error}")


def _build(args: argparse.Namespace) -> int:
    failed = 0

    def docs() -> Iterator[Doc]:
        # One at a time: a million documents need not fit into memory.
        nonlocal failed
        for number, raw in _lines(args.source):
            try:
                if isinstance(raw, ValueError):
                    raise DocumentError(str(raw))
                yield Doc.from_json(raw)
            except DocumentError as error:
                failed += 1
                _report(args, number, str(error))

    count = WhooshEngine(args.index).replace_all(docs())
    summary = {"indexed": count, "failed": failed}
    print(json.dumps(summary) if args.json else f"Đã lập chỉ mục {count} tài liệu, {failed} dòng lỗi.")
    return 1 if failed else 0


def _query(args: argparse.Namespace) -> int:
    engine = WhooshEngine(args.index, create=False)
    failed = False
    for number, raw in _lines(args.source):
        try:
            if isinstance(raw, ValueError):
                raise QueryError(str(raw), "Dòng không phải JSON.")
            found = engine.query(Query.from_json(raw))
        except QueryError as error:
            failed = True
            _report(args, number, str(error), message=error.message_vi)
            continue
        print(_as_json(found) if args.json else _as_text(found))
    return 1 if failed else 0


def _report(args: argparse.Namespace, number: int, error: str, **more: str) -> None:
    if args.json:
        print(json.dumps({"line": number, "error": error, **more}, ensure_ascii=False))
    else:
        print(f"dòng {number}: {more.get('message', 'Dòng không dùng được.')} ({error})")


def _as_json(found: Answer) -> str:
    return json.dumps(asdict(found), ensure_ascii=False)


def _as_text(found: Answer) -> str:
    tiers = {"exact": "đúng dấu", "folded": "không dấu", "near": "gần đúng"}
    lines = [f"{found.count} kết quả" + (f", trong đó {found.near} gần đúng" if found.near else "")]
    lines += [f"  {hit.id}  [{tiers[hit.tier]}]  {hit.snippet}" for hit in found.hits]
    for name, values in found.facets.items():
        if values:
            lines.append(f"  {name}: " + ", ".join(f"{value} ({n})" for value, n in values.items()))
    if found.suggestions:
        lines.append("  Có phải bạn tìm: " + "; ".join(found.suggestions))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
