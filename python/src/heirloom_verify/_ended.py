"""The sessions that have ended, as the feed of Heirloom names them by long polling."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("heirloom_verify")

_LONGEST_WAIT = 20
"""The longest that a request waits for sessions to end, in seconds."""

_GRACE = 5
"""How much longer a response may take, in seconds."""

_FIRST_RETRY = 0.25
_LAST_RETRY = 1.0
"""After an outage, ended sessions are known again within this time."""

_CLEANING = 60
"""How often sessions are removed that need not be remembered any more, in seconds."""

_UNKNOWN_CURSOR = (400, 404, 410, 422)


class EndedSessions:
    def __init__(
        self, url: str, service_key: str, known_for: float, client: httpx.Client, now: Callable[[], float]
    ) -> None:
        self._url = f"{url}/service/ended"
        self._headers = {"accept": "application/json", "authorization": f"Bearer {service_key}"}
        self._known_for = known_for
        self._wait = int(min(_LONGEST_WAIT, known_for / 2))
        self._client = client
        self._now = now
        self._until: dict[UUID, float] = {}
        self._cleaned_at = 0.0
        self._updated_at = float("-inf")
        self._cursor: str | None = None
        self._closed = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def __contains__(self, session: UUID) -> bool:
        return session in self._until

    def __len__(self) -> int:
        return len(self._until)

    @property
    def are_known(self) -> bool:
        """Whether the feed has responded recently."""
        return self._now() - self._updated_at <= self._known_for

    def follow(self) -> None:
        """Follow the feed in a thread, which does not keep the process alive."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heirloom-ended", daemon=True)
                self._thread.start()

    def close(self) -> None:
        self._closed.set()

    def _run(self) -> None:
        retry_after = _FIRST_RETRY
        while not self._closed.is_set():
            try:
                self._add(self._poll())
                retry_after = _FIRST_RETRY
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                if self._closed.is_set():
                    return
                _log.warning("Could not read from %s which sessions have ended: %s", self._url, error)
                self._closed.wait(retry_after)
                retry_after = min(2 * retry_after, _LAST_RETRY)

    def _poll(self) -> Any:  # noqa: ANN401
        """Without a cursor, all that matters arrives at once."""
        query = {} if self._cursor is None else {"after": self._cursor, "wait": str(self._wait)}
        response = self._client.get(self._url, params=query, headers=self._headers, timeout=self._wait + _GRACE)
        if response.status_code != httpx.codes.OK:
            if response.status_code in _UNKNOWN_CURSOR:
                # A cursor of another database is refused. Without it everything that matters comes again.
                self._cursor = None
            raise ValueError(f"the response has the status {response.status_code}")
        return response.json()

    def _add(self, page: Any) -> None:  # noqa: ANN401
        now = self._now()
        until = now + int(page["keep_for"])
        ended = {UUID(ended["session_id"]): until for ended in page["ended"]}
        cursor = str(page["cursor"])
        self._until.update(ended)
        if now - self._cleaned_at >= _CLEANING:
            self._cleaned_at = now
            for session in [session for session, until in self._until.items() if until <= now]:
                del self._until[session]
        self._cursor = cursor
        self._updated_at = now
