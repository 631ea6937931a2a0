"""Uses the wheel as a service does, in an environment where only it is installed."""

import os

from heirloom_verify import Heirloom, Refusal

heirloom = Heirloom(os.environ["HEIRLOOM_URL"])
token = os.environ["HEIRLOOM_TOKEN"]
session = heirloom.verify(token)
assert str(session.user_id) == os.environ["HEIRLOOM_USER"], session
try:
    heirloom.verify(token + "x")
except Refusal as refusal:
    assert refusal.code == "access_token_invalid", refusal
else:
    raise AssertionError("a forged token is accepted")
print("heirloom-verify for Python verifies")
