"""The claims of an access token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MAX_GENERATION = 2**31


@dataclass(frozen=True, slots=True)
class Session:
    """A valid access token of a session that is not known to have ended."""

    user_id: UUID
    session_id: UUID
    claims: Mapping[str, Any]
    """All claims of the token: those of Heirloom, and those that your service gave to the user or the session."""

    def has(self, name: str, expected: object) -> bool:
        """Whether the claim is `expected`, or a list that contains it."""
        value = self.claims.get(name)
        return expected in value if isinstance(value, list) else name in self.claims and value == expected


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_generation(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_GENERATION


def _is_uuid(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_actor(value: object) -> bool:
    return isinstance(value, dict) and _is_text(value.get("sub"))


_REQUIRED: dict[str, Callable[[object], bool]] = {
    "iss": _is_text,
    "aud": _is_text,
    "sub": _is_uuid,
    "sid": _is_uuid,
    "gen": _is_generation,
    "jti": _is_text,
    "iat": _is_integer,
    "exp": _is_integer,
    "auth_time": _is_integer,
}
_OPTIONAL: dict[str, Callable[[object], bool]] = {
    "nbf": _is_integer,
    "amr": _is_list,
    "acr": _is_text,
    "act": _is_actor,
}


def are_claims(claims: object) -> bool:
    """Whether every claim of Heirloom is there and has its type."""
    return (
        isinstance(claims, dict)
        and all(is_valid(claims.get(name)) for name, is_valid in _REQUIRED.items())
        and all(claims.get(name) is None or is_valid(claims[name]) for name, is_valid in _OPTIONAL.items())
    )
