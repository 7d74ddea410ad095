#pragma once
#include <string_view>

namespace driftwarden::ansible {

/// ansible-core brings no callback that tells results as JSON (`json` is in a collection that needn't be there). This one writes, in that one's form, what each task
/// did to each host into the file that DRIFTWARDEN_RESULTS names. Ansible itself has censored what no_log covers before it gets here.
inline constexpr std::string_view kCallbackName = "driftwarden_results";
inline constexpr std::string_view kCallbackPlugin = R"PY(from __future__ import annotations

DOCUMENTATION = """
name: driftwarden_results
type: aggregate
short_description: results as JSON, in a file
description: Writes what each task did to each host.
options: {}
"""

import json
import os

from ansible.plugins.callback import CallbackBase

KEPT = ("changed", "failed", "unreachable", "skipped", "msg", "diff", "censored")


def kept(result):
    found = {key: result[key] for key in KEPT if key in result}
    label = result.get("_ansible_item_label", result.get("item"))
    if isinstance(label, str) and "censored" not in result:
        found["item"] = label
    if isinstance(result.get("results"), list):
        found["results"] = [kept(item) for item in result["results"] if isinstance(item, dict)]
    return found


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "driftwarden_results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.plays = []

    def v2_playbook_on_play_start(self, play):
        self.plays.append({"play": {"name": play.get_name()}, "tasks": []})

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.plays[-1]["tasks"].append({"task": {"name": task.get_name(), "id": str(task._uuid)}, "hosts": {}})

    v2_playbook_on_cleanup_task_start = lambda self, task: self.v2_playbook_on_task_start(task, False)
    v2_playbook_on_handler_task_start = lambda self, task: self.v2_playbook_on_task_start(task, False)

    def take(self, result, **more):
        task = getattr(result, "task", None) or result._task
        host = getattr(result, "host", None) or result._host
        values = getattr(result, "result", None) or result._result
        told = dict(kept(values), action=task.action, **more)
        for entry in reversed(self.plays[-1]["tasks"]):
            if entry["task"]["id"] == str(task._uuid):
                entry["hosts"][host.get_name()] = told
                return

    def v2_runner_on_ok(self, result):
        self.take(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.take(result, failed=not ignore_errors)

    def v2_runner_on_unreachable(self, result):
        self.take(result, unreachable=True)

    def v2_playbook_on_stats(self, stats):
        path = os.environ["DRIFTWARDEN_RESULTS"]
        hosts = {host: stats.summarize(host) for host in stats.processed}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump({"plays": self.plays, "stats": hosts}, out, default=str)
)PY";

}  // namespace driftwarden::ansible
