"""The vectors that every verifier must pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "access_tokens.json").read_text(encoding="utf-8")
)

GOOD = "a good token with EdDSA"
GOOD_P256 = "a good token with ES256"
OF_THE_NEW_KEY = "a token of the new key, after a rotation"
UNKNOWN_KID = "an unknown kid"


def vector(name: str) -> dict[str, Any]:
    return next(vector for vector in VECTORS["vectors"] if vector["name"] == name)


def token(name: str) -> str:
    return str(vector(name)["token"])


AT: int = vector(GOOD)["at"]
"""When the good tokens are valid."""
