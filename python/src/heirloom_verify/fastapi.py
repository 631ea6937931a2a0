"""For FastAPI: `install(app)` makes responses of refusals. `Depends(heirloom.session())` is the dependency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse

from ._refusal import Refusal

if TYPE_CHECKING:
    from fastapi import FastAPI, Request


def install(app: FastAPI) -> None:
    """Respond to a `Refusal` as Heirloom does."""

    @app.exception_handler(Refusal)
    async def respond(_request: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse(refusal.problem, status_code=refusal.status, headers=refusal.headers)
