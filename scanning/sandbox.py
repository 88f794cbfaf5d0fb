"""Run the file opener where it can hurt nothing: bubblewrap, no network, one input, one output.

There is no way around it: without a working sandbox a file is refused, never opened in the open.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scanning.limits import LIMITS
from scanning.rejection import Rejected

PACKAGE = Path(__file__).resolve().parent
STARTED = "started"
RESULT = "result.json"
# the sandbox's own, empty and in memory: nothing to do with the machine's
_SCRATCH = "/tmp"  # noqa: S108
_SYSTEM_DIRS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# the dynamic loader's cache and poppler's font look-up: nothing else of /etc is shown
_ETC = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/alternatives")


def run_confined(
    arguments: list[str], source: Path, output: Path, shown: Mapping[Path, Path] | None = None
) -> dict[str, Any]:
    """Run ``scanning.open`` on one file in the sandbox and return the JSON it wrote into ``output``.

    ``shown`` are folders the child may read besides: where it sees them, and where they are.

    Raises Rejected: ``sandbox_missing`` if the sandbox did not start, ``over_limits`` if the child was
    stopped or died, otherwise the code the child itself gave. The exit status is never believed: only a
    whole result counts.
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise Rejected("sandbox_missing")
    command = [
        bubblewrap,
        *confinement(source, output),
        *(part for seen, real in (shown or {}).items() for part in ("--ro-bind", str(real), str(seen))),
        sys.executable,
        "-s",
        "-m",
        "scanning.open",
        *arguments,
    ]
    try:
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LIMITS.wall_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Rejected("over_limits") from None
    except OSError:
        raise Rejected("sandbox_missing") from None
    if not (output / STARTED).is_file():
        raise Rejected("sandbox_missing")
    return result_of(output)


def resident_command(module: str) -> list[str]:
    """Return the command that runs a module of this library in the sandbox, with its standard streams and no files.

    Raises Rejected sandbox_missing. The child ends with the thread that starts it.
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise Rejected("sandbox_missing")
    return [bubblewrap, *_walls(), "--chdir", _SCRATCH, *_environment(), sys.executable, "-s", "-m", module]


def confinement(source: Path, output: Path) -> list[str]:
    """Return the bubblewrap options: new namespaces, system and code read-only, one input, one output."""
    files = ["--ro-bind", str(source), "/in/file", "--bind", str(output), "/out"]
    return [*_walls(), *files, "--chdir", _SCRATCH, *_environment()]


def _walls() -> list[str]:
    """Return the options that shut everything out but the system's programs and the code, read-only."""
    options = [
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--ro-bind",
        "/usr",
        "/usr",
    ]
    for name in _SYSTEM_DIRS:
        if os.path.islink(name):
            options += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            options += ["--ro-bind", name, name]
    for name in _ETC:
        options += ["--ro-bind-try", name, name]
    options += ["--tmpfs", _SCRATCH, "--dev-bind", "/dev/null", "/dev/null"]
    # the package folder alone, not the checkout: the vault, keys and database may lie beside it
    for folder in dict.fromkeys((sys.base_prefix, sys.prefix, str(PACKAGE))):
        if not folder.startswith("/usr/") and folder != "/usr":
            options += ["--ro-bind", folder, folder]
    return options


def _environment() -> list[str]:
    """Return the options that give the child an environment of its own."""
    options = ["--clearenv"]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": _SCRATCH,
        "TMPDIR": _SCRATCH,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        # OCR with threads burns fifteen times the time of one thread on a busy machine
        "OMP_THREAD_LIMIT": "1",
    }
    for name, value in environment.items():
        options += ["--setenv", name, value]
    return options


def read_output(path: Path) -> bytes:
    """Return a file the child wrote; OSError unless it is a plain one.

    A child taken over by its file could leave a link to something of ours, or a pipe on which we would wait for ever.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a plain file")
        return file.read(LIMITS.output_bytes)


def result_of(output: Path) -> dict[str, Any]:
    """Return the child's result, or raise the Rejected it stands for."""
    try:
        result = json.loads(read_output(output / RESULT))
    except (OSError, ValueError, RecursionError):
        raise Rejected("over_limits") from None
    if not isinstance(result, dict):
        raise Rejected("unreadable")
    if "rejected" in result:
        raise Rejected(str(result["rejected"]))
    return result
