import os
from typing import Annotated

from fastapi import Depends, FastAPI

from heirloom_verify import Heirloom, Session
from heirloom_verify.fastapi import install

heirloom = Heirloom(
    os.environ.get("HEIRLOOM_URL", "https://auth.example.com"),
    issuer=os.environ.get("HEIRLOOM_ISSUER", "heirloom"),
    audience=os.environ.get("HEIRLOOM_AUDIENCE", "heirloom"),
    # Of `heirloom service-key create api --scope ended:read`
    service_url=os.environ.get("HEIRLOOM_SERVICE_URL"),
    service_key=os.environ.get("HEIRLOOM_SERVICE_KEY"),
)
app = FastAPI()
install(app)


@app.get("/orders")
async def orders(session: Annotated[Session, Depends(heirloom.session())]) -> dict[str, str]:
    return {"orders_of": str(session.user_id)}
