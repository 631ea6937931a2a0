"""Cache of tokens whose signature is valid."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

HALF = 10_000
"""How many tokens each of the two halves holds."""

PERIOD = 900
"""How long a half collects tokens, in seconds: the default lifetime of an access token."""


class VerifiedTokens(Generic[T]):
    """Only valid tokens get in, so invalid ones cannot push them out.

    Two halves: a used token moves to the young half. When that is full or a period has passed, it becomes the old half,
    and the previous old half is dropped. Each step is one operation on a dict, so threads need no lock.
    """

    def __init__(self) -> None:
        self._young: dict[str, T] = {}
        self._old: dict[str, T] = {}
        self._began = 0.0

    def find(self, token: str, now: float) -> T | None:
        found = self._young.get(token)
        if found is None:
            found = self._old.pop(token, None)
            if found is not None:
                self.keep(token, found, now)
        return found

    def keep(self, token: str, verified: T, now: float) -> None:
        if not self._young:
            self._began = now
        if len(self._young) >= HALF or now - self._began >= PERIOD:
            self._old, self._young, self._began = self._young, {}, now
        self._young[token] = verified

    def forget(self, token: str) -> None:
        self._young.pop(token, None)

    def clear(self) -> None:
        self._young, self._old = {}, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
