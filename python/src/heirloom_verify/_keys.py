"""The published keys: fetched once, and again for an unknown `kid`."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import httpx
from jwt import PyJWK, PyJWTError

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("heirloom_verify")

_BETWEEN_FETCHES = 30
"""Unknown keys cause at most one request in this time, in seconds. Anybody can make up a `kid`."""

_FIRST_RETRY = 1
_TIMEOUT = 5

_ALGORITHMS = {("OKP", "Ed25519"): "EdDSA", ("EC", "P-256"): "ES256"}


class PublishedKeys:
    def __init__(self, url: str, client: httpx.Client, now: Callable[[], float], changed: Callable[[], None]) -> None:
        self._url = f"{url}/.well-known/jwks.json"
        self._client = client
        self._now = now
        self._changed = changed
        self._keys: dict[str, PyJWK] = {}
        self._attempts = 0
        self._fetching = threading.Lock()
        self.is_up_to_date = False
        self._refetched_at: float | None = None
        self._retry_at = float("-inf")
        self._retry_after = _FIRST_RETRY

    def get(self, kid: str) -> PyJWK | None:
        return self._keys.get(kid)

    def may_fetch(self) -> bool:
        """Whether `refresh` would fetch, or wait for another thread that does."""
        now = self._now()
        if self._fetching.locked():
            return True
        if not self.is_up_to_date:
            return now >= self._retry_at
        return self._refetched_at is None or not 0 <= now - self._refetched_at < _BETWEEN_FETCHES

    def refresh(self) -> None:
        """Fetches the keys if that is allowed. Waits for another thread that does."""
        attempts = self._attempts
        with self._fetching:
            if attempts != self._attempts:
                return
            now = self._now()
            if self.is_up_to_date:
                if self._refetched_at is not None and 0 <= now - self._refetched_at < _BETWEEN_FETCHES:
                    return
                self._refetched_at = now
            elif now < self._retry_at:
                return
            self._load()
            self._attempts += 1

    def _load(self) -> None:
        try:
            response = self._client.get(self._url, timeout=_TIMEOUT)
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"the response has the status {response.status_code}")  # noqa: TRY301
            self._keys = parse_key_set(response.json())
        except (httpx.HTTPError, ValueError) as error:
            self.is_up_to_date = False
            self._retry_at = self._now() + self._retry_after
            self._retry_after = min(2 * self._retry_after, _BETWEEN_FETCHES)
            _log.warning("Could not fetch the keys of access tokens from %s: %s", self._url, error)
        else:
            self.is_up_to_date = True
            self._retry_after = _FIRST_RETRY
            self._changed()


def parse_key_set(key_set: Any) -> dict[str, PyJWK]:  # noqa: ANN401
    """Parse a JWK Set (RFC 7517). Keys that are not for Heirloom's asymmetric algorithms are left out."""
    if not isinstance(key_set, dict) or not isinstance(key_set.get("keys"), list):
        raise ValueError("the response is not a JWK Set; is this the URL of Heirloom?")  # noqa: TRY004
    keys = {}
    for jwk in key_set["keys"]:
        if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str) or jwk.get("use", "sig") != "sig":
            continue
        algorithm = _ALGORITHMS.get((str(jwk.get("kty")), str(jwk.get("crv"))))
        if algorithm is None or jwk.get("alg", algorithm) != algorithm:
            continue
        try:
            keys[jwk["kid"]] = PyJWK(jwk, algorithm)
        except (PyJWTError, ValueError):
            continue
    if not keys:
        raise ValueError("the key set has no key for EdDSA or ES256; with HS256 only Heirloom can verify")
    return keys
