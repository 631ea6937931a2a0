"""A mail server (aiosmtpd) for the tests: it keeps each mail as a file, and refuses or stalls for some recipients.

It prints its port. `--cert` and `--key` offer STARTTLS, which `--require` demands; `--tls` encrypts from the start.
`--user` and `--password` demand a login.
"""

import argparse
import asyncio
import json
import pathlib
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("directory", type=pathlib.Path)
parser.add_argument("--cert")
parser.add_argument("--key")
parser.add_argument("--tls", action="store_true")
parser.add_argument("--require", action="store_true")
parser.add_argument("--user", default="")
parser.add_argument("--password", default="")
options = parser.parse_args()


class Handler:
    """Recipients named `refused` get 550, those named `later` get 451 once, and those named `stalling` get no response."""

    def __init__(self) -> None:
        self.kept = 0
        self.put_off: set[str] = set()

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        name = address.split("@")[0]
        if name == "refused":
            return "550 no such mailbox"
        if name == "later" and address not in self.put_off:
            self.put_off.add(address)
            return "451 come again later"
        if name == "stalling":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None or options.tls,
            "user": session.auth_data.login.decode() if session.authenticated else None,
            "data": envelope.content.decode(),
        }
        self.kept += 1
        part = options.directory / f"{self.kept}.part"
        part.write_text(json.dumps(mail))
        part.rename(part.with_suffix(".json"))
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    is_right = (data.login.decode(), data.password.decode()) == (options.user, options.password)
    return AuthResult(success=is_right, handled=False, auth_data=data)


async def main() -> None:
    tls = None
    if options.cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.cert, options.key)
    handler = Handler()

    def server() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            tls_context=None if options.tls else tls,
            require_starttls=options.require,
            authenticator=authenticate if options.user else None,
            auth_required=bool(options.user),
            auth_require_tls=not options.tls,
        )

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, "127.0.0.1", 0, ssl=tls if options.tls else None)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


asyncio.run(main())
