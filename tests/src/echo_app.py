"""Stands in for an app behind nginx: tells what arrived, fails when asked to, speaks WebSocket.

Its argument is the path of the socket that it listens on.
"""

import base64
import hashlib
import http.server
import json
import os
import socketserver
import sys
import threading
import time

SECRET = "Traceback (most recent call last): the inside of the app"


class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "nginx"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="text/html; charset=utf-8", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        length = 0
        while length < int(self.headers.get("Content-Length", 0)):
            length += len(self.rfile.read(min(65536, int(self.headers["Content-Length"]) - length)))
        path = self.path.split("?")[0]
        if path == "/websocket":
            self.websocket()
        elif path.startswith("/status/"):
            self.answer(int(path[8:]), SECRET.encode(), Retry_After="7", X_Inside="app")
        elif path == "/slow":
            # Longer than any test has nginx wait.
            time.sleep(600)
        elif path == "/dies":
            self.connection.close()
            self.close_connection = True
        elif path == "/text":
            self.answer(200, b"compressible " * 1000, self.headers["X-Kind"])
        else:
            told = {
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "names": sorted(name.lower() for name in self.headers.keys()),
                "length": length,
            }
            self.answer(200, json.dumps(told).encode(), "application/json")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_any

    def websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", self.headers["Upgrade"])
        self.send_header("Connection", self.headers["Connection"])
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        self.close_connection = True
        # One short masked frame, sent back unmasked (RFC 6455, 5.2).
        head = self.rfile.read(2)
        mask = self.rfile.read(4)
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(head[1] & 127)))
        self.wfile.write(bytes([head[0], len(data)]) + data)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


path = sys.argv[1]
server = Server(path, App)
os.chmod(path, 0o666)
server.serve_forever()
