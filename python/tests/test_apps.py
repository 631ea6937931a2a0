"""The examples, and that the README contains them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from vectors import AT, GOOD, UNKNOWN_KID, VECTORS, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from stub import Stub

ROOT = Path(__file__).parents[1]
USER: str = VECTORS["good"]["claims"]["sub"]


@pytest.fixture
def example(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import an example, whose clock is that of the stub."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    monkeypatch.setenv("HEIRLOOM_URL", stub.url)
    monkeypatch.setenv("HEIRLOOM_ISSUER", VECTORS["issuer"])
    monkeypatch.setenv("HEIRLOOM_AUDIENCE", VECTORS["audience"])

    def load(name: str) -> Any:  # noqa: ANN401
        monkeypatch.delitem(sys.modules, name, raising=False)
        module = importlib.import_module(name)
        heirloom = getattr(module, "heirloom", None)
        if heirloom is not None:
            heirloom._now = heirloom._keys._now = lambda: stub.now
        return module

    return load


@pytest.mark.parametrize(
    ("name", "body"), [("fastapi_app", f'{{"orders_of":"{USER}"}}'), ("asgi_app", f"the orders of {USER}")]
)
def test_an_app_lets_valid_tokens_through_and_refuses_others_as_heirloom_does(
    example: Callable[[str], Any], stub: Stub, name: str, body: str
) -> None:
    client = TestClient(example(name).app)
    response = client.get("/orders", headers={"authorization": f"bearer {token(GOOD)}"})
    assert (response.status_code, response.text) == (200, body)
    for authorization, code, challenge in (
        (None, "access_token_missing", "Bearer"),
        ("Basic YTpi", "access_token_missing", "Bearer"),
        (
            "Bearer a.b.c",
            "access_token_invalid",
            'Bearer error="invalid_token", error_description="The access token is',
        ),
        (f"Bearer {token(UNKNOWN_KID)}", "access_token_invalid", 'Bearer error="invalid_token"'),
    ):
        response = client.get("/orders", headers={} if authorization is None else {"authorization": authorization})
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith(challenge)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["cache-control"] == "no-store"
        problem = response.json()
        assert (problem["code"], problem["status"]) == (code, 401)
        assert problem["type"] == f"urn:heirloom:problem:{code}"
    bearer = ("authorization", f"Bearer {token(GOOD)}")
    response = client.get("/orders", headers=[bearer, bearer])
    assert (response.status_code, response.json()["code"]) == (400, "malformed_request")
    stub.goes_down()
    stub.now = AT + 31
    response = client.get("/orders", headers={"authorization": f"Bearer {token(UNKNOWN_KID)}"})
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response.headers["retry-after"] == "1"
    assert "www-authenticate" not in response.headers


def test_public_paths_need_no_token(example: Callable[[str], Any]) -> None:
    assert TestClient(example("asgi_app").app).get("/health").text == "ok"


def test_code_without_async_verifies_too(example: Callable[[str], Any], stub: Stub) -> None:
    respond, verifier = example("sync").respond, stub.verifier()
    assert respond(verifier, f"Bearer {token(GOOD)}") == (200, f"the orders of {USER}")
    assert respond(verifier, f"Bearer {token('a token with more claims')}") == (200, "all orders")
    assert respond(verifier, None) == (401, "access_token_missing")


def test_the_readme_contains_the_examples() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "examples").glob("*.py")):
        assert f"```python\n{path.read_text(encoding='utf-8')}```" in readme
