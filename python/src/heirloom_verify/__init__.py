"""Verifies Heirloom's access tokens in your API, and knows which sessions have ended."""

from ._claims import Session
from ._refusal import Refusal
from ._verifier import Heirloom

__all__ = ["Heirloom", "Refusal", "Session"]
