"""Gives each request of Schemathesis a session of its own: many operations end the one that they are shown."""

import itertools
import json
import os
import urllib.request

import schemathesis

URL = os.environ["HEIRLOOM_URL"]
numbers = itertools.count()


def post(path, body):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@schemathesis.auth(refresh_interval=None)
class FreshSession:
    def get(self, case, context):
        account = {"email": f"someone-{next(numbers)}@example.com", "password": "three lamps on the stairs"}
        post("/register", account)
        return post("/login", account | {"token_delivery": "body"})["access_token"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
