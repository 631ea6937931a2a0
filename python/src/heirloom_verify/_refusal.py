"""Why a request is refused, as Heirloom itself and its clients say it (RFC 9457, RFC 6750)."""

from __future__ import annotations

_KINDS = {
    "access_token_missing": (
        401,
        "Access token missing",
        "The request has no access token. Send it as `Authorization: Bearer`.",
    ),
    "access_token_invalid": (
        401,
        "Access token invalid",
        "The access token is not valid. Refresh to get a new one.",
    ),
    "access_token_expired": (401, "Access token expired", "The access token has expired. Refresh to get a new one."),
    "session_revoked": (401, "Session revoked", "The session has been revoked. Log in again."),
    "malformed_request": (400, "Malformed request", "The request has several Authorization headers."),
    "unavailable": (
        503,
        "Unavailable",
        "Access tokens cannot be verified at the moment. Retry after the time in `Retry-After`.",
    ),
}


class Refusal(Exception):  # noqa: N818, it is a response, not a fault
    """Why a request is refused. `unavailable` says nothing about the token."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.status, title, detail = _KINDS[code]
        super().__init__(detail)
        self.problem: dict[str, str | int] = {
            "type": f"urn:heirloom:problem:{code}",
            "title": title,
            "status": self.status,
            "detail": detail,
            "code": code,
        }
        self.headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
        if code == "access_token_missing":
            self.headers["www-authenticate"] = "Bearer"
        elif self.status == 401:  # noqa: PLR2004
            self.headers["www-authenticate"] = f'Bearer error="invalid_token", error_description="{detail}"'
        elif code == "unavailable":
            self.headers["retry-after"] = "1"
