from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from heirloom_verify import Heirloom, Refusal
from heirloom_verify._keys import parse_key_set
from vectors import VECTORS, token

if TYPE_CHECKING:
    from stub import Stub


def verdict(verifier: Heirloom, presented: str, *, is_async: bool) -> str:
    try:
        if is_async:
            asyncio.run(verifier.verify_async(presented))
        else:
            verifier.verify(presented)
    except Refusal as refusal:
        return refusal.code
    return "accepted"


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("jwks", ["current", "rotated"])
def test_every_vector_is_judged_as_it_says_the_first_time_and_again(stub: Stub, jwks: str, is_async: bool) -> None:
    stub.jwks = VECTORS["jwks"][jwks]
    verifier = stub.following()
    vectors = [vector for vector in VECTORS["vectors"] if vector["jwks"] == jwks]
    assert len(vectors) > 1
    for vector in vectors * 2:
        stub.now = vector["at"]
        found = verdict(verifier, vector["token"], is_async=is_async)
        assert (vector["name"], found) == (vector["name"], vector["expect"])


def test_claims_beyond_the_known_ones_reach_the_app(stub: Stub) -> None:
    session = stub.verifier().verify(token("a token with more claims"))
    assert str(session.user_id) == session.claims["sub"]
    assert str(session.session_id) == session.claims["sid"]
    expected = {
        "role": "admin",
        "plan": {"name": "team", "seats": 5},
        "amr": ["pwd", "otp"],
        "acr": "2",
        "act": {"sub": "support"},
    }
    assert {name: session.claims[name] for name in expected} == expected
    assert session.has("role", "admin")
    assert session.has("amr", "otp")
    assert not session.has("role", "user")
    assert not session.has("nothing", None)


def test_keys_of_other_kinds_are_left_out_and_a_set_without_keys_is_refused() -> None:
    good = VECTORS["jwks"]["current"]["keys"][0]
    bad: list[Any] = [
        {"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB"},
        good | {"use": "enc"},
        good | {"alg": "ES256"},
        good | {"kid": None},
        good | {"x": "AA", "kid": "short"},
        "text",
    ]
    assert len(parse_key_set({"keys": [*bad, good]})) == 1
    bad_sets: list[Any] = [None, [], {}, {"keys": {}}, {"keys": []}, {"keys": bad}]
    for key_set in bad_sets:
        with pytest.raises(ValueError, match=r"[Kk]ey|JWK"):
            parse_key_set(key_set)
