"""A stub of Heirloom that follows the contract of the key set and of the feed of ended sessions."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from heirloom_verify import Heirloom
from vectors import AT, VECTORS

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE_KEY = "hls_a_service_key_of_the_tests"


class Stub:
    def __init__(self) -> None:
        self.now = float(AT)
        self.jwks: Any = VECTORS["jwks"]["current"]
        self.key_requests = 0
        self.feed_requests: list[str] = []
        self._is_down = False
        self._ended: list[str] = list(VECTORS["ended"])
        self._changed = threading.Condition()
        self._verifiers: list[Heirloom] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = stub.respond(self.path, self.headers.get("authorization"))
                encoded = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(encoded)))
                self.end_headers()
                self.wfile.write(encoded)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        for verifier in self._verifiers:
            verifier.close()
        self._server.shutdown()
        self._server.server_close()

    def verifier(self, **options: Any) -> Heirloom:  # noqa: ANN401
        settings = {"issuer": VECTORS["issuer"], "audience": VECTORS["audience"], "now": lambda: self.now}
        verifier = Heirloom(options.pop("url", self.url), **(settings | options))
        self._verifiers.append(verifier)
        return verifier

    def following(self, **options: Any) -> Heirloom:  # noqa: ANN401
        verifier = self.verifier(**({"service_url": self.url, "service_key": SERVICE_KEY} | options))
        verifier.start()
        eventually(lambda: verifier.knows_ended_sessions)
        return verifier

    def ends(self, session: str) -> None:
        with self._changed:
            self._ended.append(session)
            self._changed.notify_all()

    def goes_down(self) -> None:
        """Every response from now on is 503. Pending ones too."""
        with self._changed:
            self._is_down = True
            self._changed.notify_all()

    def comes_back(self) -> None:
        with self._changed:
            self._is_down = False

    def respond(self, target: str, authorization: str | None) -> tuple[int, Any]:
        url = urlsplit(target)
        query = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
        with self._changed:
            if self._is_down:
                return 503, {}
            if url.path == "/.well-known/jwks.json":
                self.key_requests += 1
                return 200, self.jwks
            if authorization != f"Bearer {SERVICE_KEY}":
                return 401, {"code": "service_key_invalid"}
            self.feed_requests.append(target)
            after = query.get("after", 0)
            self._changed.wait_for(lambda: len(self._ended) > after or self._is_down, query.get("wait", 0))
            if self._is_down:
                return 503, {}
            ended = [
                {"session_id": session, "user_id": session, "at": "2026-03-01T12:00:00Z", "reason": "logout"}
                for session in self._ended[after:]
            ]
            return 200, {"ended": ended, "cursor": str(len(self._ended)), "keep_for": 905}


def eventually(condition: Callable[[], bool]) -> None:
    """Poll the condition for at most ten seconds."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("not within ten seconds")
