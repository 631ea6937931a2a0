from heirloom_verify import Heirloom, Refusal


def respond(heirloom: Heirloom, authorization: str | None) -> tuple[int, str]:
    """Respond to a request of a framework without async, such as Flask or Django."""
    try:
        session = heirloom.verify_header(authorization)
    except Refusal as refusal:
        return refusal.status, refusal.code
    return 200, "all orders" if session.has("role", "admin") else f"the orders of {session.user_id}"
