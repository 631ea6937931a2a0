import os

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from heirloom_verify import Heirloom
from heirloom_verify.asgi import SessionMiddleware

heirloom = Heirloom(
    os.environ.get("HEIRLOOM_URL", "https://auth.example.com"),
    issuer=os.environ.get("HEIRLOOM_ISSUER", "heirloom"),
    audience=os.environ.get("HEIRLOOM_AUDIENCE", "heirloom"),
)


async def orders(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"the orders of {request.state.heirloom.user_id}")


async def health(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


app = Starlette(
    routes=[Route("/orders", orders), Route("/health", health)],
    middleware=[Middleware(SessionMiddleware, heirloom=heirloom, public=["/health"])],
)
