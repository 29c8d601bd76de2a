#!/usr/bin/env python3
"""A mail server for tests: aiosmtpd with TLS and logins, its answers chosen by the recipient.

  smtp_server.py FOLDER MODE      MODE: starttls, tls or plain

FOLDER has cert.pem and key.pem. Prints `port N` once it listens; ends when stdin does. Each mail
that it takes becomes FOLDER/N.json: what Python's own email package reads in it.
"""
import asyncio
import email
import email.policy
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, mode = pathlib.Path(sys.argv[1]), sys.argv[2]
seen = {}


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"vigil" and data.password == b"correct horse"
    return AuthResult(success=good, handled=False)


def describe(envelope, session):
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    parts = []
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_content()
        parts.append({
            "type": part.get_content_type(),
            "cid": part["Content-ID"],
            "disposition": part.get_content_disposition(),
            "filename": part.get_filename(),
            "text": content.replace("\r\n", "\n") if isinstance(content, str) else None,
            "hex": content.hex() if isinstance(content, bytes) else None,
        })
    def defects(part):
        return [str(d) for d in part.defects] + [str(d) for h in part.values() for d in getattr(h, "defects", [])]
    return {
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "login": bool(session.authenticated),
        "tls": session.ssl is not None or mode == "tls",
        "headers": [[k, str(v)] for k, v in message.items()],
        "structure": [p.get_content_type() for p in message.walk()],
        "defects": [d for p in message.walk() for d in defects(p)],
        "parts": parts,
        "longest_line": max(len(l) for l in envelope.content.split(b"\r\n")),
        "bare_line_ends": envelope.content.replace(b"\r\n", b"").count(b"\n") + envelope.content.replace(b"\r\n", b"").count(b"\r"),
        "raw_headers": envelope.content.split(b"\r\n\r\n")[0].decode("ascii"),
    }


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("greylisted"):
            seen[address] = seen.get(address, 0) + 1
            if seen[address] == 1:
                return "451 4.7.1 greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        first = envelope.rcpt_tos[0]
        if first.startswith("full"):
            return "452 4.2.2 mailbox full"
        if first.startswith("spam"):
            return "554 5.7.1 looks like spam"
        if first.startswith("small") and b"photo1.jpg" in envelope.content:
            return "552 5.3.4 message too big"
        if first.startswith("slow"):
            await asyncio.sleep(60)
        number = len(list(folder.glob("*.json")))
        target = folder / f"{number}.json"
        target.with_suffix(".part").write_text(json.dumps(describe(envelope, session)))
        target.with_suffix(".part").rename(target)
        return "250 OK"


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    loop = asyncio.get_running_loop()

    def factory():
        return SMTP(Handler(), hostname="mail.test", authenticator=authenticate,
                    auth_required=mode != "plain", auth_require_tls=mode == "starttls",
                    tls_context=context if mode == "starttls" else None,
                    require_starttls=mode == "starttls", data_size_limit=20_000_000, loop=loop)

    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=context if mode == "tls" else None)
    port = server.sockets[0].getsockname()[1]
    # Also under an address for which the certificate is not.
    other = await loop.create_server(factory, "127.0.0.2", port,
                                     ssl=context if mode == "tls" else None)
    print("port", port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


loop = asyncio.new_event_loop()
loop.run_until_complete(main())
import os
os._exit(0)
