#!/usr/bin/env python3
"""How long from a live edit to the alert in the workspace, and how much of that is the API server's own patch-to-watch time.

    patch_to_alert.py DRIFTWARDEN [EDITS]

Starts the sandbox, scales checkout by hand EDITS times (and back, so that each edit is a new incident), and prints one JSON line with
milliseconds from just before the PATCH to (a) the watch event on a connection of our own, the floor, and (b) chat.postMessage arriving."""
import http.client
import json
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from urllib.parse import urlparse

PATH = "/apis/apps/v1/namespaces/shop/deployments/checkout"


def connect(url):
    at = urlparse(url)
    return http.client.HTTPConnection(at.hostname, at.port, timeout=30)


class Watch(threading.Thread):
    """Times of the replicas that a plain watch sees."""

    def __init__(self, cluster, token):
        super().__init__(daemon=True)
        self.seen = {}
        self.connection = connect(cluster)
        self.connection.request("GET", "/apis/apps/v1/namespaces/shop/deployments?watch=1&fieldSelector=metadata.name%3Dcheckout",
                                headers={"Authorization": "Bearer " + token})
        self.answer = self.connection.getresponse()

    def run(self):
        for line in self.answer:
            now = time.perf_counter()
            if line.strip():
                spec = json.loads(line).get("object", {}).get("spec", {})
                self.seen.setdefault(spec.get("replicas"), now)


class Messages(threading.Thread):
    """Times of new top-level messages in #shop-prod, polled fast."""

    def __init__(self, info):
        super().__init__(daemon=True)
        self.info = info
        self.times = {}
        self.done = False
        self.connection = connect(info["slack"]["api_url"])

    def run(self):
        headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": "Bearer " + self.info["slack"]["bot_token"]}
        body = json.dumps({"channel": "C0SHOPPROD", "limit": 5})
        while not self.done:
            self.connection.request("POST", "/api/conversations.history", body, headers)
            answer = json.loads(self.connection.getresponse().read())
            now = time.perf_counter()
            for message in answer.get("messages", []):
                self.times.setdefault(message["ts"], now)
            time.sleep(0.002)


def token_of(kubeconfig):
    return re.search(r'token: "?([\w-]+)', open(kubeconfig).read()).group(1)


def percentile(values, share):
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def main():
    binary, edits = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    process = subprocess.Popen([binary, "sandbox", "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        info = json.loads(process.stdout.readline())
        cluster = info["clusters"][0]
        token = token_of(cluster["kubeconfig"])
        watch, messages = Watch(cluster["url"], token), Messages(info)
        watch.start()
        messages.start()
        patcher = connect(cluster["url"])

        def scale(replicas):
            patcher.request("PATCH", PATH + "/scale?fieldManager=kubectl", json.dumps({"spec": {"replicas": replicas}}),
                            {"Content-Type": "application/merge-patch+json", "Authorization": "Bearer " + token})
            patcher.getresponse().read()

        floor, alert = [], []
        time.sleep(1)
        for edit in range(edits):
            known = set(messages.times)
            began = time.perf_counter()
            scale(3 + edit)
            deadline = began + 10
            while time.perf_counter() < deadline and not set(messages.times) - known:
                time.sleep(0.0005)
            new = set(messages.times) - known
            if not new or 3 + edit not in watch.seen:
                raise SystemExit(f"edit {edit} made no alert")
            alert.append((min(messages.times[ts] for ts in new) - began) * 1000)
            floor.append((watch.seen[3 + edit] - began) * 1000)
            scale(2)
            time.sleep(3.5)  # Slack takes one message a second and channel, and closing an incident is two
        cpu = open(f"/proc/{process.pid}/stat").read().split()
        rss = [line for line in open(f"/proc/{process.pid}/status") if line.startswith("VmRSS")][0].split()[1]
        print(json.dumps({"edits": edits, "floor_ms": {"p50": statistics.median(floor), "p99": percentile(floor, 0.99)},
                          "alert_ms": {"p50": round(statistics.median(alert), 2), "p99": percentile(alert, 0.99)},
                          "rss_mib_with_sandbox": round(int(rss) / 1024, 1), "cpu_s_with_sandbox": (int(cpu[13]) + int(cpu[14])) / 100}))
    finally:
        messages.done = True
        process.terminate()
        process.wait()


main()
