#!/usr/bin/env python3
"""A stand-in for Slack on loopback, for measuring: slack.py LOG [CHANNELS]

Web API and Socket Mode as far as a bot needs them to start and to post, with as many channels as one asks for (#app-0000, id C00000, ...),
so that neither a channel's one message a second nor the 50 edits a minute of a method is what gets measured. Prints its address. Each call is
one JSON line in LOG: {"t": arrival in ns of CLOCK_MONOTONIC, "method", "channel", "thread", "text"}."""
import asyncio
import base64
import hashlib
import json
import struct
import sys
import time
import urllib.parse

FIXED = [("C0GITOPS", "gitops"), ("C0ADMIN", "driftwarden"), ("C0OPS", "ops")]
LOGGED = {"chat.postMessage", "chat.update", "chat.postEphemeral"}


class Workspace:
    def __init__(self, log, channels):
        self.log = open(log, "a", buffering=1)
        self.channels = FIXED + [(f"C{i:05d}", f"app-{i:04d}") for i in range(channels)]
        self.last_ts = 0
        self.base = ""

    def ts(self):
        self.last_ts = max(self.last_ts + 1, time.time_ns() // 1000)
        return f"{self.last_ts // 1000000}.{self.last_ts % 1000000:06d}"

    def answer(self, method, arguments, now):
        if method in LOGGED:
            line = {"t": now, "method": method, "channel": arguments.get("channel"), "thread": arguments.get("thread_ts"),
                    "text": str(arguments.get("text", ""))[:300]}
            self.log.write(json.dumps(line) + "\n")
        if method == "auth.test":
            return {"ok": True, "url": self.base, "team": "bench", "user": "warden", "team_id": "T0BENCH", "user_id": "U0WARDEN", "bot_id": "B0WARDEN"}
        if method == "apps.connections.open":
            return {"ok": True, "url": self.base.replace("http", "ws", 1) + "link/?ticket=1"}
        if method == "conversations.list":
            items = [{"id": i, "name": n, "is_channel": True, "is_member": True, "is_private": False} for i, n in self.channels]
            return {"ok": True, "channels": items, "response_metadata": {"next_cursor": ""}}
        if method in ("conversations.history", "conversations.replies"):
            return {"ok": True, "messages": [], "has_more": False, "response_metadata": {"next_cursor": ""}}
        if method == "chat.postMessage":
            ts = self.ts()
            return {"ok": True, "channel": arguments.get("channel"), "ts": ts, "message": {"ts": ts}}
        if method == "chat.update":
            return {"ok": True, "channel": arguments.get("channel"), "ts": arguments.get("ts"), "text": ""}
        return {"ok": True}


class Connection(asyncio.Protocol):
    def __init__(self, workspace):
        self.workspace = workspace
        self.buffer = b""
        self.websocket = False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while self.read_frame() if self.websocket else self.read_request():
            pass

    def read_request(self):
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        size = int(headers.get("content-length", 0))
        if len(self.buffer) < end + 4 + size:
            return False
        now = time.monotonic_ns()
        body = self.buffer[end + 4:end + 4 + size]
        self.buffer = self.buffer[end + 4 + size:]
        path = lines[0].split(" ")[1]
        if headers.get("upgrade", "").lower() == "websocket":
            self.open_websocket(headers["sec-websocket-key"])
            return True
        text = body.decode()
        arguments = json.loads(text or "{}") if "json" in headers.get("content-type", "") else dict(urllib.parse.parse_qsl(text))
        method = path.split("?")[0].rsplit("/", 1)[-1]
        answer = json.dumps(self.workspace.answer(method, arguments, now)).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {len(answer)}\r\n\r\n"
        self.transport.write(head.encode() + answer)
        return True

    def open_websocket(self, key):
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        self.transport.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        self.websocket = True
        self.send(1, json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0"}, "debug_info": {"host": "bench"}}).encode())

    def send(self, opcode, payload):
        size = len(payload)
        head = bytes([0x80 | opcode, size]) if size < 126 else bytes([0x80 | opcode, 126]) + struct.pack(">H", size)
        self.transport.write(head + payload)

    def read_frame(self):
        if len(self.buffer) < 2:
            return False
        opcode, size, at = self.buffer[0] & 15, self.buffer[1] & 127, 2
        if size == 126:
            if len(self.buffer) < 4:
                return False
            size, at = struct.unpack(">H", self.buffer[2:4])[0], 4
        masked = self.buffer[1] & 128
        if len(self.buffer) < at + (4 if masked else 0) + size:
            return False
        mask = self.buffer[at:at + 4] if masked else b"\0\0\0\0"
        at += 4 if masked else 0
        payload = bytes(b ^ mask[i % 4] for i, b in enumerate(self.buffer[at:at + size]))
        self.buffer = self.buffer[at + size:]
        if opcode == 9:
            self.send(10, payload)
        elif opcode == 8:
            self.send(8, payload)
            self.transport.close()
        return True


async def main():
    workspace = Workspace(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(workspace), "127.0.0.1", 0, backlog=512)
    workspace.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    print(workspace.base, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
