"""A running Heirloom: this package and PyJWT alone accept its tokens, through a change of the algorithm."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import jwt
import pytest

from heirloom_verify import Heirloom

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARY = Path(os.environ.get("HEIRLOOM_BINARY", Path(__file__).parents[2] / "target" / "debug" / "heirloom"))
ALICE = {"email": "alice@example.com", "password": "three lamps on the stairs"}


def environment_of(directory: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(directory), "HEIRLOOM_DATA_DIR": str(directory / "data")}


@contextmanager
def running(directory: Path, algorithm: str, port: int, admin: str = "off") -> Iterator[str]:
    assert BINARY.exists(), f"{BINARY} is missing; run `cargo build` first"
    environment = environment_of(directory) | {
        "HEIRLOOM_BIND": f"127.0.0.1:{port}",
        "HEIRLOOM_ADMIN_BIND": admin,
        "HEIRLOOM_ACCESS_TOKEN_ALG": algorithm,
    }
    with subprocess.Popen(  # noqa: S603
        [BINARY, "serve"], cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            started = next((line for line in server.stdout if line.startswith("Heirloom ")), "")
            found = re.search(r"http://\S+:(\d+)", started)
            assert found is not None, "the server did not start"
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            server.terminate()


def log_in(url: str) -> str:
    response = httpx.post(f"{url}/login", json=ALICE | {"token_delivery": "body"})
    return str(response.raise_for_status().json()["access_token"])


def test_tokens_are_accepted_through_a_change_of_the_algorithm(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    directory = tmp_path_factory.mktemp("heirloom")
    # For root, Postgres runs as another user, which must be able to enter this directory.
    for parent in (directory, directory.parent, directory.parent.parent):
        parent.chmod(0o755)
    with running(directory, "EdDSA", 0) as url:
        port = int(url.rpartition(":")[2])
        user = httpx.post(f"{url}/register", json=ALICE).raise_for_status().json()["id"]
        tokens = [log_in(url)]
        verifier = Heirloom(url)
        assert str(verifier.verify(tokens[0]).user_id) == user
    with running(directory, "ES256", port) as url:
        tokens.append(log_in(url))
        client = jwt.PyJWKClient(f"{url}/.well-known/jwks.json")
        for token, algorithm in zip(tokens, ("EdDSA", "ES256"), strict=True):
            key = client.get_signing_key_from_jwt(token)
            claims = jwt.decode(token, key, algorithms=[algorithm], issuer="heirloom", audience="heirloom")
            assert claims["sub"] == user
            assert str(verifier.verify(token).user_id) == user
