import os
from typing import Annotated

from fastapi import Depends, FastAPI

from heirloom_verify import Heirloom, Session
from heirloom_verify.fastapi import install

heirloom = Heirloom(
    os.environ["HEIRLOOM_URL"],
    service_url=os.environ["HEIRLOOM_SERVICE_URL"],
    service_key=os.environ["HEIRLOOM_SERVICE_KEY"],
)
app = FastAPI()
install(app)


@app.get("/protected")
async def protected(session: Annotated[Session, Depends(heirloom.session())]) -> dict[str, str]:
    return {"hello": str(session.user_id)}
