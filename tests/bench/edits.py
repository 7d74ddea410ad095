"""Edits by hand as kubectl makes them, one at a time and all at once, and how long until somebody was told. The same for us and for peers."""
import time

import kube
import shapes
from measure import now


class Edit:
    """One field of one App's object, and the way back."""

    def __init__(self, fleet, index, what):
        self.index, self.app = index, shapes.app_name(index)
        things = {thing["kind"]: thing for thing in reversed(fleet.app(index))}
        main = things["Deployment"]["spec"]["template"]["spec"]["containers"][0]
        self.content_type, self.url = kube.STRATEGIC, shapes.url_of(things["Deployment"])
        if what == "replicas":
            self.content_type = kube.MERGE
            replicas = things["Deployment"]["spec"]["replicas"]
            self.there, self.back = ({"spec": {"replicas": n}} for n in (replicas + 3, replicas))
        elif what == "config":
            self.content_type, self.url = kube.MERGE, shapes.url_of(things["ConfigMap"])
            self.there, self.back = ({"data": {"KEY_0": v}} for v in ("by hand", things["ConfigMap"]["data"]["KEY_0"]))
        elif what == "image":
            self.there, self.back = (self.container({"image": v}) for v in (main["image"] + "-hotfix", main["image"]))
        elif what == "env":
            self.there, self.back = (self.container({"env": [{"name": "LOG_LEVEL", "value": v}]}) for v in ("trace", main["env"][0]["value"]))
        elif what == "memory":
            self.there, self.back = (self.container({"resources": {"limits": {"memory": v}}}) for v in ("3Gi", main["resources"]["limits"]["memory"]))
        else:
            self.there, self.back = (self.container({"livenessProbe": {"initialDelaySeconds": v}}) for v in (99, 10))

    @staticmethod
    def container(change):
        return {"spec": {"template": {"spec": {"containers": [{"name": "main", **change}]}}}}

    def request(self, connection, body):
        return connection.prepare("PATCH", self.url + "?fieldManager=kubectl-edit", body, self.content_type)


def version_in(answer):
    at = answer.find(b'"resourceVersion":"') + 19
    return answer[at:answer.find(b'"', at)].decode()


def checked(connection):
    status, body = connection.receive()
    if status >= 300:
        raise SystemExit(f"an edit was refused: {status} {body[:300].decode(errors='replace')}")
    return version_in(body)


def one_by_one(cluster, edits, pause):
    """[(began, edit, resourceVersion)]"""
    connection, done = kube.Connection(cluster), []
    for edit in edits:
        request = edit.request(connection, edit.there)
        began = now()
        connection.send(request)
        done.append((began, edit, checked(connection)))
        time.sleep(max(0.0, pause - (now() - began) / 1e9))
    return done


def at_once(cluster, edits):
    connections = [kube.Connection(cluster) for _ in edits]
    requests = [edit.request(connection, edit.there) for edit, connection in zip(edits, connections)]
    for connection in connections:  # a first request warms the server's side of each connection
        connection.call("GET", "/version")
    began = []
    for connection, request in zip(connections, requests):
        began.append(now())
        connection.send(request)
    return [(at, edit, checked(connection)) for at, edit, connection in zip(began, edits, connections)]


def undo(cluster, edits):
    connection = kube.Connection(cluster)
    for edit in edits:
        connection.send(edit.request(connection, edit.back))
        checked(connection)


def told_within(workspace, done, key_of_call, key_of_edit, timeout):
    """{edit's key: ns of its first message}; waits for all of them, but not longer than timeout s after the last edit."""
    since, deadline = done[0][0], time.monotonic() + timeout
    wanted = {key_of_edit(edit) for _, edit, _ in done}
    while True:
        posts = workspace.first_posts(since, key_of_call)
        if wanted <= posts.keys() or time.monotonic() > deadline:
            return posts
        time.sleep(0.02)


def latencies(done, posts, key_of_edit):
    return [posts[key_of_edit(edit)] - began for began, edit, _ in done if key_of_edit(edit) in posts]


def floors(done, watcher, timeout=3):
    """(edit to a plain watch's event, per edit that was seen there; {resourceVersion: ns})"""
    deadline = time.monotonic() + timeout
    while not {version for _, _, version in done} <= watcher.read().keys() and time.monotonic() < deadline:
        time.sleep(0.02)
    return [watcher.seen[version] - began for began, _, version in done if version in watcher.seen]
