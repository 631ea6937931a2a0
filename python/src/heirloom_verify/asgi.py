"""ASGI middleware, for Starlette, Quart, Litestar and others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._refusal import Refusal
from ._verifier import Heirloom, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]


class SessionMiddleware:
    """Refuses requests without a valid access token. The session is `scope["state"]["heirloom"]`.

    Requests for a path in `public` need no token. A WebSocket without a valid token is closed before it is accepted.
    """

    def __init__(self, app: App, heirloom: Heirloom, public: Collection[str] = ()) -> None:
        self._app = app
        self._heirloom = heirloom
        self._public = frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"] not in self._public:
            values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
            try:
                scope.setdefault("state", {})["heirloom"] = await self._heirloom.verify_async(token_of(values))
            except Refusal as refusal:
                await (_refuse(refusal, send) if scope["type"] == "http" else send({"type": "websocket.close"}))
                return
        await self._app(scope, receive, send)


async def _refuse(refusal: Refusal, send: Send) -> None:
    body = json.dumps(refusal.problem).encode()
    headers = [(name.encode(), value.encode()) for name, value in refusal.headers.items()]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
