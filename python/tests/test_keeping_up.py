from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from heirloom_verify import Heirloom, Refusal
from heirloom_verify._cache import HALF, PERIOD, VerifiedTokens
from stub import eventually
from vectors import AT, GOOD, GOOD_P256, OF_THE_NEW_KEY, UNKNOWN_KID, VECTORS, token

if TYPE_CHECKING:
    from stub import Stub

SESSION: str = VECTORS["good"]["claims"]["sid"]


def refusal_of(verifier: Heirloom, name: str) -> str | None:
    try:
        verifier.verify(token(name))
    except Refusal as refusal:
        return refusal.code
    return None


def test_a_logout_is_refused_within_a_second(stub: Stub) -> None:
    verifier = stub.following()
    assert refusal_of(verifier, GOOD) is None
    ended_at = time.monotonic()
    stub.ends(SESSION)
    eventually(lambda: refusal_of(verifier, GOOD) == "session_revoked")
    assert time.monotonic() - ended_at < 1
    assert refusal_of(verifier, GOOD_P256) == "session_revoked"
    assert verifier.ended_sessions == 2
    assert stub.feed_requests[:2] == ["/service/ended", "/service/ended?after=1&wait=15"]


def test_the_keys_are_fetched_once_and_for_unknown_keys_at_most_every_30_seconds(stub: Stub) -> None:
    verifier = stub.verifier()
    with ThreadPoolExecutor(20) as threads:
        assert set(threads.map(lambda name: refusal_of(verifier, name), [GOOD, GOOD_P256] * 10)) == {None}
        assert stub.key_requests == 1
        for later, requests in ((0, 2), (29, 2), (30, 3), (59, 3), (60, 4)):
            stub.now = AT + later
            flood = threads.map(lambda name: refusal_of(verifier, name), [UNKNOWN_KID] * 20)
            assert set(flood) == {"access_token_invalid"}
            assert stub.key_requests == requests


def test_a_token_of_a_new_key_is_accepted_and_one_of_a_removed_key_is_not(stub: Stub) -> None:
    verifier = stub.verifier()
    assert refusal_of(verifier, GOOD) is None
    stub.jwks = VECTORS["jwks"]["rotated"]
    assert refusal_of(verifier, OF_THE_NEW_KEY) is None
    assert refusal_of(verifier, GOOD) is None
    stub.jwks = {"keys": [VECTORS["signers"]["next ed25519"]]}
    stub.now += 30
    assert refusal_of(verifier, UNKNOWN_KID) == "access_token_invalid"
    assert refusal_of(verifier, GOOD) == "access_token_invalid"
    assert refusal_of(verifier, OF_THE_NEW_KEY) is None


def test_the_last_keys_stay_in_use_through_an_outage(stub: Stub) -> None:
    verifier = stub.verifier()
    assert refusal_of(verifier, GOOD) is None
    stub.goes_down()
    assert refusal_of(verifier, UNKNOWN_KID) == "unavailable"
    assert refusal_of(verifier, GOOD) is None
    assert refusal_of(verifier, GOOD_P256) is None
    assert refusal_of(verifier, UNKNOWN_KID) == "unavailable"
    stub.jwks = VECTORS["jwks"]["rotated"]
    stub.comes_back()
    stub.now += 1
    assert refusal_of(verifier, OF_THE_NEW_KEY) is None


def test_nothing_is_called_invalid_before_the_keys_are_there(stub: Stub) -> None:
    stub.goes_down()
    verifier = stub.verifier()
    assert refusal_of(verifier, GOOD) == "unavailable"
    with pytest.raises(Refusal, match="not valid"):
        verifier.verify("nonsense")
    stub.comes_back()
    stub.now += 1
    assert refusal_of(verifier, GOOD) is None


def test_while_ended_sessions_are_unknown_tokens_are_accepted_or_refused_as_chosen(stub: Stub) -> None:
    accepting, refusing = stub.following(), stub.following(when_unknown="refuse")
    stub.goes_down()
    for later, knows in ((30, True), (31, False)):
        stub.now = AT + later
        assert (accepting.knows_ended_sessions, refusing.knows_ended_sessions) == (knows, knows)
        assert refusal_of(accepting, "an ended session") == "session_revoked"
        assert refusal_of(refusing, "an ended session") == "session_revoked"
    # The keys were never fetched before: that takes a response of the stub.
    assert refusal_of(accepting, GOOD) is None
    assert refusal_of(refusing, GOOD) == "unavailable"
    stub.ends(SESSION)
    stub.comes_back()
    eventually(lambda: refusing.knows_ended_sessions)
    assert refusal_of(refusing, GOOD) == "session_revoked"


def test_with_a_wrong_service_key_it_is_not_known_which_sessions_have_ended(stub: Stub) -> None:
    verifier = stub.verifier(service_url=stub.url, service_key="hls_wrong", when_unknown="refuse")
    assert refusal_of(verifier, GOOD) == "unavailable"
    assert not verifier.knows_ended_sessions


def test_settings_that_cannot_work_are_refused(stub: Stub) -> None:
    for url in ("", "auth.example", "https://", "ftp://auth.example"):
        with pytest.raises(ValueError, match="http"):
            stub.verifier(url=url)
    for options in ({"known_for": 4}, {"service_key": "hls_a"}, {"when_unknown": "maybe"}):
        with pytest.raises(ValueError, match=r"known_for|service_key|when_unknown"):
            stub.verifier(**options)


def test_the_cache_of_verified_tokens_is_bounded_by_count_and_by_time_and_keeps_what_is_used() -> None:
    tokens: VerifiedTokens[int] = VerifiedTokens()
    for number in range(5 * HALF):
        tokens.keep(str(number), number, 0)
        assert tokens.find("0", 0) == 0
    assert len(tokens) <= 2 * HALF
    assert tokens.find("1", 0) is None
    for period in (1, 2):
        tokens.keep(f"at {period}", 1, period * PERIOD)
    assert len(tokens) == 2
