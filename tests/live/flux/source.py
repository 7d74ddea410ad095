"""In place of Flux's source-controller (the module proxy withholds what it needs): makes artifacts of a Git work tree's main branch for the
kustomize-controller, and answers reconcile requests, as its API describes."""
import hashlib
import http.client
import http.server
import json
import subprocess
import threading
import time

API = "/apis/source.toolkit.fluxcd.io/v1"


class SourceController(threading.Thread):
    def __init__(self, api, work_tree, directory):
        super().__init__(daemon=True)
        self.api, self.work_tree, self.directory = api, work_tree, directory
        directory.mkdir()
        handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None, "__init__": lambda s, *a: http.server.SimpleHTTPRequestHandler.__init__(s, *a, directory=str(directory))})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.ended = threading.Event()
        self.errors = []
        self.fetches = 0
        self.start()

    def run(self):
        while not self.ended.wait(0.3):
            try:
                for item in self.api.call("GET", f"{API}/gitrepositories")["items"]:
                    self.reconcile(item)
            except (OSError, ValueError, KeyError, http.client.HTTPException, subprocess.SubprocessError) as error:
                self.errors.append(str(error))

    def stop(self):
        self.ended.set()
        self.join(5)
        self.server.shutdown()

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], cwd=self.work_tree, check=True, capture_output=True, timeout=30).stdout

    def reconcile(self, item):
        meta, status = item["metadata"], item.get("status", {})
        if item["spec"].get("suspend"):
            return
        asked = meta.get("annotations", {}).get("reconcile.fluxcd.io/requestedAt", "")
        known = status.get("artifact", {}).get("revision", "")
        # Like the real one it looks on request and rarely by itself; here by itself only once.
        if known and asked == status.get("lastHandledReconcileAt", ""):
            return
        self.fetches += 1
        self.git("fetch", "-q", "origin", "main")
        commit = self.git("rev-parse", "origin/main").decode().strip()
        name = f"{commit}.tar.gz"
        if not (self.directory / name).exists():
            (self.directory / name).write_bytes(self.git("archive", "--format=tar.gz", commit))
        content = (self.directory / name).read_bytes()
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        revision = f"main@sha1:{commit}"
        self.api.call("PATCH", f"{API}/namespaces/{meta['namespace']}/gitrepositories/{meta['name']}/status", {"status": {
            "observedGeneration": meta["generation"], "lastHandledReconcileAt": asked or None,
            "artifact": {"digest": "sha256:" + hashlib.sha256(content).hexdigest(), "lastUpdateTime": now, "path": name, "revision": revision, "size": len(content),
                         "url": f"http://127.0.0.1:{self.server.server_port}/{name}"},
            "conditions": [{"type": t, "status": "True", "reason": "Succeeded", "message": f"stored artifact for revision '{revision}'", "lastTransitionTime": now,
                            "observedGeneration": meta["generation"]} for t in ("Ready", "ArtifactInStorage")]}})
