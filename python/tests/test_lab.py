"""docs/coming-from-fastapi.md, run as it is written: Heirloom, FastAPI, and curl."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from test_heirloom import BINARY, environment_of, running

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LAB = ROOT / "python" / "examples" / "lab"
PAGE = (ROOT / "docs" / "coming-from-fastapi.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def fastapi(directory: Path, urls: dict[str, str]) -> Iterator[str]:
    """The app, as the page starts it."""
    _, commands = next(block for block in BLOCKS if "uvicorn" in block[1])
    port = free_port()
    for url, actual in urls.items():
        commands = commands.replace(url, actual)
    commands = commands.replace("--port 8000", f"--port {port}").replace("uvicorn", "exec uvicorn")
    (directory / "heirloom").symlink_to(BINARY)
    environment = environment_of(directory) | {"PYTHONPATH": str(ROOT / "python" / "src")}
    programs = (directory, Path(sys.executable).parent, os.environ["PATH"])
    environment["PATH"] = os.pathsep.join(str(program) for program in programs)
    with subprocess.Popen(["bash", "-eu", "-c", commands], cwd=LAB, env=environment) as app:  # noqa: S603, S607
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline
                    assert app.poll() is None
                    time.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            app.terminate()


def test_the_page_prints_what_it_shows(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("lab")
    # For root, Postgres runs as another user, which must be able to enter this directory.
    for parent in (directory, directory.parent, directory.parent.parent):
        parent.chmod(0o755)
    admin = f"127.0.0.1:{free_port()}"
    with running(directory, "EdDSA", 0, admin) as url:
        urls = {"http://127.0.0.1:8080": url, "http://127.0.0.1:9090": f"http://{admin}"}
        with fastapi(directory, urls) as app:
            steps = [block for block in BLOCKS if block[0] in ("sh", "text") and "uvicorn" not in block[1]]
            scripts, shown = [text for _, text in steps[::2]], [text for _, text in steps[1::2]]
            assert [language for language, _ in steps] == ["sh", "text"] * 3
            script = "".join(f"exec >step{at}.txt 2>&1\n{text}\n" for at, text in enumerate(scripts))
            for given, actual in {**urls, "http://127.0.0.1:8000": app}.items():
                script = script.replace(given, actual)
            subprocess.run(["bash", "-eu", "-c", script], cwd=directory, check=True)  # noqa: S603, S607
            for at, expected in enumerate(shown):
                printed = (directory / f"step{at}.txt").read_text(encoding="utf-8")
                pattern = ".*".join(re.escape(part) for part in expected.split("…"))
                assert re.fullmatch(pattern, printed), f"{scripts[at]}\nprinted\n{printed}"
            user = json.loads((directory / "registered.txt").read_text(encoding="utf-8"))["id"]
            assert user in (directory / "step1.txt").read_text(encoding="utf-8")


def test_the_page_contains_the_app() -> None:
    assert ("python", (LAB / "main.py").read_text(encoding="utf-8")) in BLOCKS
