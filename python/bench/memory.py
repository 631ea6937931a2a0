"""The memory of a million ended sessions: `PYTHONPATH=src python bench/memory.py`."""

import resource
import sys
from pathlib import Path
from uuid import uuid4

import httpx

from heirloom_verify._ended import EndedSessions

STATM = Path("/proc/self/statm")
PAGES, OF_A_PAGE = 100, 10_000


def resident() -> float:
    """Return the memory of this process, in MiB."""
    return int(STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20


ended = EndedSessions("http://heirloom.invalid", "hls_", 30, httpx.Client(), lambda: 0.0)
before = resident()
for _ in range(PAGES):
    ended._add({"ended": [{"session_id": str(uuid4())} for _ in range(OF_A_PAGE)], "cursor": "", "keep_for": 960})
sys.stdout.write(f"{len(ended)} ended sessions: {resident() - before:.0f} MiB\n")
