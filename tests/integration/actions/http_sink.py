#!/usr/bin/env python3
"""A receiver of web hooks for tests; the path of the request chooses what it answers.

  http_sink.py FOLDER http|https

Prints `port N` once it listens; ends when stdin does. Each request becomes FOLDER/N.json, with what
Python's hmac makes of its signature.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import ssl
import sys
import threading
import time

folder, scheme = pathlib.Path(sys.argv[1]), sys.argv[2]
KEY = b"0123456789abcdef0123456789abcdef"
lock = threading.Lock()
flaky = {"count": 0}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, code, body=b"", headers=()):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        given = self.headers["webhook-signature"]
        with lock:
            number = len(list(folder.glob("*.json")))
            record = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                      "body": body.decode(), "signed": given is not None and hmac.compare_digest(given, expected)}
            (folder / "part").write_text(json.dumps(record))
            (folder / "part").rename(folder / f"{number}.json")
            flaky["count"] += 1
        path = self.path.split("?")[0]
        if path == "/ok":
            self.answer(204)
        elif path == "/flaky":
            self.answer(500 if flaky["count"] == 1 else 200, b"oops")
        elif path == "/busy":
            self.answer(429, b"slow down", [("Retry-After", "7")])
        elif path == "/gone":
            self.answer(410, b"no longer here\r\n\x1b[2J" + b"x" * 5000)
        elif path == "/redirect":
            self.answer(307, b"", [("Location", "/ok")])
        elif path == "/slow":
            time.sleep(60)
        elif path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            for _ in range(600):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        elif path == "/huge":
            self.send_response(200 if "refuse" not in self.path else 503)
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                self.close_connection = True
        elif path == "/cut":
            self.close_connection = True
        else:
            self.answer(404, b"nothing here")


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that was killed


server = Server(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if scheme == "https":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("port", server.server_address[1], flush=True)
sys.stdin.read()
os._exit(0)
