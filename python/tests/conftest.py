from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stub import Stub

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.close()
