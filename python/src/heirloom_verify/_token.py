"""The checks of an access token that need neither a network nor a clock of their own."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from jwt import PyJWS, PyJWTError

from ._cache import VerifiedTokens
from ._claims import Session, are_claims

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwt import PyJWK

_MAX_LENGTH = 4096
"""Longer tokens are rejected unparsed. Heirloom's have about 500 characters, and at most 2,300 with claims."""

_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]", re.ASCII)
"""Three parts in base64url. Both algorithms have signatures of 64 bytes; of the last character only four values have no
bits that a lenient decoder ignores."""

_CLOCK_TOLERANCE = 5
"""How far the clocks of processes may differ, in seconds."""

_ROUNDING = 1
"""`iat` and `exp` are whole seconds. Without this a token would live up to a second less than the response says."""

_jws = PyJWS(algorithms=["EdDSA", "ES256"])

Verdict = Session | Literal["invalid", "expired", "unknown key"]


class TokenVerifier:
    """Checks access tokens, and remembers which signatures it has checked."""

    def __init__(self, issuer: str, audience: str, key_of: Callable[[str], PyJWK | None]) -> None:
        self._issuer = issuer
        self._audience = audience
        self._key_of = key_of
        self.verified: VerifiedTokens[Session] = VerifiedTokens()

    def check(self, token: str, now: float) -> Verdict:
        known = self.verified.find(token, now)
        if known is not None:
            verdict = _at(known, now)
            if verdict == "expired":
                self.verified.forget(token)
            return verdict
        return self._check_signature(token, now)

    def _check_signature(self, token: str, now: float) -> Verdict:
        """Checks form, `typ`, algorithm, `kid`, signature, `iss`, `aud`, the type of every claim, and the times."""
        if len(token) > _MAX_LENGTH or not _COMPACT.fullmatch(token):
            return "invalid"
        header, claims, _ = token.split(".")
        key = self._key_for(_decoded(header))
        if isinstance(key, str):
            return key
        try:
            _jws.decode(token, key.key, algorithms=[key.algorithm_name])
        except PyJWTError:
            return "invalid"
        decoded = _decoded(claims)
        if not are_claims(decoded) or (decoded["iss"], decoded["aud"]) != (self._issuer, self._audience):
            return "invalid"
        session = Session(UUID(decoded["sub"]), UUID(decoded["sid"]), decoded)
        verdict = _at(session, now)
        # The keys may have changed meanwhile.
        if isinstance(verdict, Session) and self._key_of(str(key.key_id)) is key:
            self.verified.keep(token, session, now)
        return verdict

    def _key_for(self, header: Any) -> PyJWK | Literal["invalid", "unknown key"]:  # noqa: ANN401
        if not isinstance(header, dict) or header.get("typ") != "at+jwt" or "crit" in header:
            return "invalid"
        kid, alg = header.get("kid"), header.get("alg")
        if not isinstance(kid, str) or alg not in ("EdDSA", "ES256"):
            return "invalid"
        key = self._key_of(kid)
        if key is None:
            return "unknown key"
        return key if key.algorithm_name == alg else "invalid"


def _at(session: Session, now: float) -> Verdict:
    claims = session.claims
    nbf = claims.get("nbf")
    if max(claims["iat"], claims["iat"] if nbf is None else nbf) > now + _CLOCK_TOLERANCE:
        return "invalid"
    if claims["exp"] + _ROUNDING <= now:
        return "expired"
    return session


def _decoded(part: str) -> Any:  # noqa: ANN401
    """Return the JSON of a part, or None if it is none."""
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
