from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_package_can_be_built_and_says_that_it_is_typed(tmp_path: Path) -> None:
    copy = tmp_path / "package"
    ignore = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "tests")
    shutil.copytree(ROOT, copy, ignore=ignore)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(copy)]
    subprocess.run(command, check=True)  # noqa: S603
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    modules = {path.name for path in (ROOT / "src" / "heirloom_verify").glob("*.py")} | {"py.typed"}
    assert {name.partition("/")[2] for name in names if name.startswith("heirloom_verify/")} == modules
