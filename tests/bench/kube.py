#!/usr/bin/env python3
"""A few calls of the Kubernetes API, fast and without a client library. As a program: kube.py watch ADDRESS.json LOG logs every event of the
edited kinds with its arrival (CLOCK_MONOTONIC, ns); kube.py apply ADDRESS.json APPS OBJECTS FIRST STEP applies a share of a fleet."""
import json
import socket
import ssl
import sys
import threading
import time
from urllib.parse import urlparse

import shapes

MERGE, STRATEGIC, APPLY = ("application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml")


class Connection:
    """One kept-alive connection; requests are bytes made beforehand, so that sending costs nothing."""

    def __init__(self, address, timeout=60):
        self.address = address
        at = urlparse(address["url"])
        raw = socket.create_connection((at.hostname, at.port), timeout=timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if at.scheme == "https":
            context = ssl.create_default_context(cafile=address["ca"])
            raw = context.wrap_socket(raw, server_hostname=at.hostname)
        self.socket = raw
        self.reader = raw.makefile("rb")
        self.host = at.netloc

    def prepare(self, method, path, body=None, content_type="application/json", accept="application/json"):
        data = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        head = (f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.address['token']}\r\nAccept: {accept}\r\n"
                f"Content-Type: {content_type}\r\nContent-Length: {len(data)}\r\n\r\n")
        return head.encode() + data

    def send(self, request):
        self.socket.sendall(request)

    def head(self):
        line = self.reader.readline()
        if not line:
            raise ConnectionError("the API server closed the connection")
        status, headers = int(line.split()[1]), {}
        while (line := self.reader.readline().strip()):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return status, headers

    def chunks(self):
        while (size := int(self.reader.readline().strip() or b"0", 16)) > 0:
            yield self.reader.read(size)
            self.reader.readline()
        self.reader.readline()

    def receive(self):
        status, headers = self.head()
        body = b"".join(self.chunks()) if headers.get("transfer-encoding") == "chunked" else self.reader.read(int(headers.get("content-length", 0)))
        return status, body

    def call(self, method, path, body=None, content_type="application/json"):
        self.send(self.prepare(method, path, body, content_type))
        status, text = self.receive()
        if status >= 300 and status != 409:
            raise SystemExit(f"{method} {path}: {status} {text[:400].decode(errors='replace')}")
        return json.loads(text) if text else {}


NAMES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def there_already(connection):
    """(plural, namespace, name) of what an earlier load that was interrupted left."""
    found = set()
    for prefix, plural in shapes.PLURALS.values():
        more = ""
        while more is not None:
            connection.send(connection.prepare("GET", f"/{prefix}/{plural}?limit=2000{more}", accept=NAMES))
            status, text = connection.receive()
            answer = json.loads(text) if status == 200 else {}
            found |= {(plural, item["metadata"].get("namespace"), item["metadata"]["name"]) for item in answer.get("items") or []}
            token = answer.get("metadata", {}).get("continue")
            more = f"&continue={token}" if token else None
    return found


def apply_share(address, fleet, first, step):
    connection = Connection(address)
    done = there_already(connection)
    for number, thing in enumerate(fleet.in_force()):
        known = (shapes.PLURALS[thing["kind"]][1], thing["metadata"]["namespace"], thing["metadata"]["name"]) in done
        if number % step == first and not known:
            connection.call("PATCH", shapes.url_of(thing) + "?fieldManager=driftwarden&force=true", thing, APPLY)


WATCHED = ["/apis/apps/v1/deployments", "/api/v1/configmaps"]


def watch(address, log):
    """Lines `ns name resourceVersion`: the floor, what any watcher at all would see."""
    out = open(log, "a", buffering=1)

    def follow(path):
        connection = Connection(address, timeout=None)
        listed = connection.call("GET", path + "?limit=1")
        connection.send(connection.prepare("GET", f"{path}?watch=1&allowWatchBookmarks=false&resourceVersion={listed['metadata']['resourceVersion']}"))
        connection.head()
        rest = b""
        out.write(f"0 watching {path}\n")
        for chunk in connection.chunks():
            now = time.monotonic_ns()
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                metadata = json.loads(line)["object"].get("metadata", {})
                out.write(f"{now} {metadata.get('name', '')} {metadata.get('resourceVersion', '')}\n")

    threads = [threading.Thread(target=follow, args=(path,), daemon=True) for path in WATCHED]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    where = json.load(open(sys.argv[2]))
    if sys.argv[1] == "watch":
        watch(where, sys.argv[3])
    else:
        apply_share(where, shapes.Fleet(int(sys.argv[3]), int(sys.argv[4])), int(sys.argv[5]), int(sys.argv[6]))
