"""A verifier that keeps itself up to date."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Literal

import httpx

from ._ended import EndedSessions
from ._keys import PublishedKeys
from ._refusal import Refusal
from ._token import TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.requests import Request

    from ._claims import Session
    from ._token import Verdict

_SHORTEST_KNOWN_FOR = 5


class Heirloom:
    """Verifies the access tokens of the Heirloom at `url`. It sends nothing before the first token, or `start`.

    `issuer` and `audience` are `HEIRLOOM_ISSUER` and `HEIRLOOM_AUDIENCE` of the server. `service_url` is the address of
    the service API, and `service_key` a service key with the scope `ended:read`; without them, a token is accepted
    until it expires.

    While the feed has not responded for `known_for` seconds, it is not known which sessions have ended. `when_unknown`
    says what happens with valid tokens then: they are accepted, or refused with 503.
    """

    def __init__(  # noqa: PLR0913
        self,
        url: str,
        *,
        issuer: str = "heirloom",
        audience: str = "heirloom",
        service_url: str | None = None,
        service_key: str | None = None,
        when_unknown: Literal["accept", "refuse"] = "accept",
        known_for: float = 30,
        client: httpx.Client | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        if (service_url is None) != (service_key is None):
            raise ValueError("service_url and service_key belong together")
        if when_unknown not in ("accept", "refuse"):
            raise ValueError("when_unknown must be accept or refuse")
        if known_for < _SHORTEST_KNOWN_FOR:
            raise ValueError(f"known_for must be at least {_SHORTEST_KNOWN_FOR} seconds")
        self._now = now
        self._refuses_when_unknown = when_unknown == "refuse"
        self._client = client or httpx.Client()
        self._keys = PublishedKeys(_base(url), self._client, now, lambda: self._tokens.verified.clear())  # noqa: PLW0108, it is set below
        self._tokens = TokenVerifier(issuer, audience, self._keys.get)
        self._ended: EndedSessions | None = None
        if service_url is not None and service_key is not None:
            self._ended = EndedSessions(_base(service_url), service_key, known_for, self._client, now)

    def start(self) -> None:
        """Fetch the keys and follow the feed now, and not at the first request."""
        if self._ended is not None:
            self._ended.follow()
        if not self._keys.is_up_to_date:
            self._keys.refresh()

    def close(self) -> None:
        """Stop following the feed."""
        if self._ended is not None:
            self._ended.close()
        self._client.close()

    @property
    def knows_ended_sessions(self) -> bool:
        """Whether it is known which sessions have ended. Always false without a service key."""
        return self._ended is not None and self._ended.are_known

    @property
    def ended_sessions(self) -> int:
        """How many ended sessions are remembered."""
        return 0 if self._ended is None else len(self._ended)

    def verify(self, token: str) -> Session:
        """Return the session of a presented access token, or raise a `Refusal`.

        Waits for Heirloom only if the keys are not there yet, or if the token names an unknown key and the keys may be
        fetched again, which is at most every 30 seconds.
        """
        verdict = self._check(token)
        if verdict == "unknown key" and self._keys.may_fetch():
            self._keys.refresh()
            verdict = self._check(token)
        return self._admit(verdict)

    async def verify_async(self, token: str) -> Session:
        """As `verify`, but fetches in another thread."""
        verdict = self._check(token)
        if verdict == "unknown key" and self._keys.may_fetch():
            await asyncio.to_thread(self._keys.refresh)
            verdict = self._check(token)
        return self._admit(verdict)

    def verify_header(self, authorization: str | None) -> Session:
        """Return the session for the value of the header `Authorization`, or raise a `Refusal`."""
        return self.verify(token_of(() if authorization is None else (authorization,)))

    def session(self) -> Callable[[Request], Awaitable[Session]]:
        """Make a dependency for FastAPI: `Depends(heirloom.session())`. Install the handler with `install` too."""

        async def session(request: Request) -> Session:
            return await self.verify_async(token_of(request.headers.getlist("authorization")))

        # FastAPI resolves annotations by the globals of this module, where the names are for type checkers only.
        from starlette.requests import Request as StarletteRequest  # noqa: PLC0415

        session.__annotations__ = {"request": StarletteRequest}
        return session

    def _check(self, token: str) -> Verdict:
        if self._ended is not None:
            self._ended.follow()
        return self._tokens.check(token, self._now())

    def _admit(self, verdict: Verdict) -> Session:
        if verdict == "unknown key" and not self._keys.is_up_to_date:
            raise Refusal("unavailable")
        if verdict == "expired":
            raise Refusal("access_token_expired")
        if isinstance(verdict, str):
            raise Refusal("access_token_invalid")
        if self._ended is not None:
            if verdict.session_id in self._ended:
                raise Refusal("session_revoked")
            if self._refuses_when_unknown and not self._ended.are_known:
                raise Refusal("unavailable")
        return verdict


def token_of(values: Iterable[str]) -> str:
    """Return the access token in the values of the headers `Authorization` of a request."""
    headers = list(values)
    if len(headers) > 1:
        raise Refusal("malformed_request")
    scheme, _, token = headers[0].partition(" ") if headers else ("", "", "")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Refusal("access_token_missing")
    return token


def _base(url: str) -> str:
    if httpx.URL(url).scheme not in ("http", "https") or not httpx.URL(url).host:
        raise ValueError(f"{url!r} is no URL of http or https")
    return url.rstrip("/")
