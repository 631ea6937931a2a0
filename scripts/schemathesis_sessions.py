"""Gives each request of Schemathesis a new session, because many operations revoke the session that they get."""

import itertools
import json
import os
import urllib.request

import schemathesis

URL = os.environ["HEIRLOOM_URL"]
numbers = itertools.count()


def post(path, body):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


@schemathesis.auth(refresh_interval=None)
class FreshSession:
    def get(self, case, context):
        account = {"email": f"someone-{next(numbers)}@example.com", "password": "three lamps on the stairs"}
        post("/register", account)
        return post("/login", account | {"token_delivery": "body"})["access_token"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
