#!/usr/bin/env python3
"""The official Python clients (slack_sdk, slack_bolt), unchanged, against the sandbox's workspace.

WORKSPACE_JSON holds the line that `driftwarden sandbox --no-bot --json` prints, or the name of a file with it.
Ends with 1 when a check fails, 2 when the workspace can't be reached.
"""
import json
import logging
import os
import sys
import threading
import time
import urllib.request

for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
    os.environ.pop(name, None)  # slack_sdk ignores NO_PROXY

from slack_bolt import App  # noqa: E402
from slack_bolt.adapter.socket_mode import SocketModeHandler  # noqa: E402
from slack_sdk import WebClient  # noqa: E402
from slack_sdk.errors import SlackApiError  # noqa: E402
from slack_sdk.webhook import WebhookClient  # noqa: E402

logging.basicConfig(level=logging.ERROR)
PATIENCE_S = 60


def load_workspace():
    text = os.environ.get("WORKSPACE_JSON", "")
    if not text:
        sys.exit("WORKSPACE_JSON is not set: give it the line of `driftwarden sandbox --no-bot --json`")
    if not text.lstrip().startswith("{"):
        with open(text, encoding="utf-8") as file:
            text = file.read()
    return json.loads(text)


WORKSPACE = load_workspace()
SLACK = WORKSPACE["slack"]
ROOT = WORKSPACE["chat_url"].rstrip("/")
USERS = {user["name"]: user for user in SLACK["users"]}
FAILED = []


def check(name, fine, detail=""):
    print(("ok    " if fine else "FAIL  ") + name + ("" if fine else f"   {detail}"), flush=True)
    if not fine:
        FAILED.append(name)


def eventually(name, condition):
    end = time.time() + PATIENCE_S
    while time.time() < end:
        value = condition()
        if value:
            check(name, True)
            return value
        time.sleep(0.05)
    check(name, False, "did not happen in time")
    return None


def sandbox(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ROOT + "/sandbox/" + path, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def refused(call, code):
    try:
        call()
    except SlackApiError as error:
        return error.response["error"] == code
    return False


bot = WebClient(SLACK["bot_token"], base_url=SLACK["api_url"])
alice = WebClient(USERS["alice"]["token"], base_url=SLACK["api_url"])
identity = bot.auth_test()
app = App(client=bot, process_before_response=False)
seen = {"mentions": [], "dms": [], "own": 0, "actions": [], "closed": [], "homes": [], "shortcuts": [], "picked": []}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*checkout* drifted"}}
BUTTONS = {
    "type": "actions",
    "block_id": "buttons",
    "elements": [
        {"type": "button", "action_id": "sync", "text": {"type": "plain_text", "text": "Sync"}, "value": "checkout", "style": "primary"},
        {"type": "button", "action_id": "form", "text": {"type": "plain_text", "text": "Form"}},
    ],
}


def modal(title):
    return {
        "type": "modal",
        "callback_id": "reason",
        "notify_on_close": True,
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [
            {
                "type": "input",
                "block_id": "why",
                "label": {"type": "plain_text", "text": "Reason"},
                "element": {"type": "plain_text_input", "action_id": "text"},
            },
            {
                "type": "input",
                "block_id": "app",
                "optional": True,
                "label": {"type": "plain_text", "text": "App"},
                "element": {"type": "external_select", "action_id": "pick", "min_query_length": 0},
            },
        ],
    }


def home(title):
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title}},
            {
                "type": "actions",
                "block_id": "home",
                "elements": [{"type": "button", "action_id": "refresh", "text": {"type": "plain_text", "text": "Refresh"}}],
            },
        ],
    }


@app.event("app_mention")
def on_mention(event, say):
    seen["mentions"].append(event)
    say(text="drift", blocks=[SECTION, BUTTONS], thread_ts=event.get("thread_ts") or event["ts"])


@app.event("message")
def on_message(event):
    if event.get("bot_id"):
        seen["own"] += 1
    elif event.get("channel_type") == "im" and "subtype" not in event:
        seen["dms"].append(event)


@app.action("sync")
def on_sync(ack, body, client, respond):
    ack()
    seen["actions"].append(body)
    client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="synced", blocks=[SECTION])
    respond(text="only for you", response_type="ephemeral", replace_original=False)


@app.action("form")
def on_form(ack, body, client):
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=modal("Why"))


@app.event("app_home_opened")
def on_home(event, client):
    seen["homes"].append(event)
    client.views_publish(user_id=event["user"], view=home("opened"))


@app.action("refresh")
def on_refresh(ack, body, client):
    ack()
    seen["actions"].append(body)
    client.views_publish(user_id=body["user"]["id"], view=home("refreshed"), hash=body["view"]["hash"])


@app.action("pick_app")
def on_pick(ack, body):
    ack()
    seen["picked"].append(body["actions"][0])


@app.shortcut("act_on_message")
def on_message_shortcut(ack, shortcut, client):
    ack()
    seen["shortcuts"].append(shortcut)
    client.views_open(trigger_id=shortcut["trigger_id"], view=modal("Act"))


@app.shortcut("create_app")
def on_global_shortcut(ack, shortcut):
    ack()
    seen["shortcuts"].append(shortcut)


@app.view("reason")
def on_submit(ack, view):
    text = view["state"]["values"]["why"]["text"]["value"]
    if len(text) < 5:
        ack(response_action="errors", errors={"why": "too short"})
    elif text == "next please":
        ack(response_action="update", view=modal("Again"))
    else:
        ack()


@app.view_closed("reason")
def on_closed(ack, body):
    ack()
    seen["closed"].append(body)


@app.options("pick_app")
@app.options("pick")
def on_options(ack, payload):
    names = [name for name in ("checkout", "catalog", "payments") if payload["value"] in name]
    ack(options=[{"text": {"type": "plain_text", "text": name}, "value": name} for name in names])


@app.command("/warden")
def on_command(ack, command):
    ack(f"you asked: {command['text']}")


handler = SocketModeHandler(app, SLACK["app_token"])


def messages(channel, user="alice"):
    return sandbox(f"messages?channel={channel}&user={user}")["messages"]


def check_web_api(channel):
    check("auth.test names the bot", identity["user_id"].startswith("U") and identity["bot_id"].startswith("B"), identity)
    bad = WebClient("xoxb-wrong", base_url=SLACK["api_url"])
    check("a wrong token is invalid_auth", refused(bad.auth_test, "invalid_auth"))
    check("no such channel", refused(lambda: bot.chat_postMessage(channel="C0NONE", text="x"), "channel_not_found"))
    check("blocks are checked", refused(lambda: bot.chat_postMessage(channel=channel, text="x", blocks=[{"type": "header"}]), "invalid_blocks"))
    posted = bot.chat_postMessage(channel=channel, text="first", metadata={"event_type": "drift", "event_payload": {"key": "k1"}})
    bot.chat_update(channel=channel, ts=posted["ts"], text="second")
    history = bot.conversations_history(channel=channel, oldest=posted["ts"], inclusive=True, include_all_metadata=True)["messages"]
    found = [m for m in history if m["ts"] == posted["ts"]]
    check("history shows the edited text and the metadata", found and found[0]["text"] == "second" and found[0]["metadata"]["event_payload"]["key"] == "k1", found)
    check("somebody else's message can't be edited", refused(lambda: alice.chat_update(channel=channel, ts=posted["ts"], text="x"), "cant_update_message"))
    bot.reactions_add(channel=channel, timestamp=posted["ts"], name="eyes")
    check("a second equal reaction is refused", refused(lambda: bot.reactions_add(channel=channel, timestamp=posted["ts"], name="eyes"), "already_reacted"))
    link = bot.chat_getPermalink(channel=channel, message_ts=posted["ts"])["permalink"]
    check("a permalink", posted["ts"].replace(".", "") in link, link)
    upload = bot.files_upload_v2(channel=channel, thread_ts=posted["ts"], filename="checkout.diff", title="diff", content="-replicas: 3\n+replicas: 5\n")
    body = urllib.request.urlopen(upload["file"]["url_private"], timeout=10).read().decode()
    check("an uploaded file comes back", "+replicas: 5" in body, body)
    check("the bot's channels", any(c["id"] == channel for c in bot.conversations_list()["channels"]))
    mail = bot.users_info(user=USERS["alice"]["id"])["user"]["profile"]["email"]
    check("people by mail", bot.users_lookupByEmail(email=mail)["user"]["name"] == "alice", mail)
    bot.chat_delete(channel=channel, ts=bot.chat_postMessage(channel=channel, text="gone")["ts"])
    sandbox("faults", {"fail_next_calls": 1, "fail_with": "internal_error"})
    check("an injected failure arrives", refused(bot.auth_test, "internal_error"))


def check_conversation(channel):
    asked = alice.chat_postMessage(channel=channel, text=f"<@{identity['user_id']}> status")
    eventually("app_mention arrives", lambda: seen["mentions"])
    replies = eventually("the reply is in the thread", lambda: [m for m in messages(channel) if m.get("thread_ts") == asked["ts"] and m.get("bot_id")])
    card = {"channel": channel, "ts": replies[0]["ts"]}
    pressed = sandbox("act", {"user": "bob", "message": card, "action_id": "sync"})
    check("a button is acknowledged", pressed["ok"], pressed)
    eventually("the message is updated", lambda: [m for m in messages(channel) if m["ts"] == card["ts"] and m["text"] == "synced"])
    check("the action carries user and value", seen["actions"] and seen["actions"][0]["user"]["id"] == USERS["bob"]["id"] and seen["actions"][0]["actions"][0]["value"] == "checkout")
    eventually("response_url speaks to that person only", lambda: [m for m in messages(channel, "bob") if m["text"] == "only for you"])
    check("and to nobody else", not [m for m in messages(channel, "alice") if m["text"] == "only for you"])
    url = seen["actions"][0]["response_url"]
    codes = [WebhookClient(url).send(text="again").status_code for _ in range(5)]
    check("a response_url is good five times", codes == [200, 200, 200, 200, 404], codes)
    check("a button that isn't there", sandbox("act", {"user": "bob", "message": card, "action_id": "sync"})["error"] == "action_not_found")


def open_views(user):
    return sandbox(f"state?user={user}")["views"]


def check_modal(channel):
    card = bot.chat_postMessage(channel=channel, text="form", blocks=[SECTION, BUTTONS])
    sandbox("act", {"user": "carol", "message": {"channel": channel, "ts": card["ts"]}, "action_id": "form"})
    views = eventually("a modal opens", lambda: open_views("carol"))
    view = views[-1]["id"]
    options = sandbox("suggest", {"user": "carol", "view": view, "action_id": "pick", "value": "check"})
    check("typeahead options", [o["value"] for o in options.get("options", [])] == ["checkout"], options)
    empty = sandbox("act", {"user": "carol", "view": view, "values": {}})
    check("a required input", empty["errors"] == {"why": "Please complete this required field."}, empty)
    short = sandbox("act", {"user": "carol", "view": view, "values": {"why": {"text": "no"}}})
    check("the app's validation errors come back", short["errors"] == {"why": "too short"}, short)
    updated = sandbox("act", {"user": "carol", "view": view, "values": {"why": "next please"}})
    check("response_action update", updated["response_action"] == "update" and updated["view"]["title"]["text"] == "Again", updated)
    closed = sandbox("act", {"user": "carol", "view": view, "values": {"text": "because it must be"}})
    check("submitting closes", closed["ok"] and not open_views("carol"), closed)
    sandbox("act", {"user": "carol", "message": {"channel": channel, "ts": card["ts"]}, "action_id": "form"})
    views = eventually("it opens again", lambda: open_views("carol"))
    sandbox("close", {"user": "carol", "view": views[-1]["id"]})
    check("view_closed arrives", len(seen["closed"]) == 1, seen["closed"])


def check_views(channel):
    carol = USERS["carol"]["id"]
    check("a home that isn't one is refused", refused(lambda: bot.views_publish(user_id=carol, view=modal("x")), "invalid_arguments"))
    sandbox("home", {"user": "carol", "tab": "home"})
    eventually("app_home_opened arrives and the home is published", lambda: (sandbox("state?user=carol")["home"] or {}).get("blocks"))
    check("the event names tab and person", seen["homes"] and seen["homes"][0]["tab"] == "home" and seen["homes"][0]["user"] == carol, seen["homes"])
    view = sandbox("state?user=carol")["home"]
    pressed = sandbox("act", {"user": "carol", "view": view["id"], "action_id": "refresh"})
    check("a button in the home is acknowledged", pressed["ok"], pressed)
    eventually("the home is published again", lambda: sandbox("state?user=carol")["home"]["blocks"][0]["text"]["text"] == "refreshed")
    check("its container is the view", seen["actions"][-1]["container"] == {"type": "view", "view_id": view["id"]}, seen["actions"][-1]["container"])
    stale = refused(lambda: bot.views_publish(user_id=carol, view=home("stale"), hash=view["hash"]), "hash_conflict")
    check("an older hash is a conflict (views.publish)", stale)
    sandbox("act", {"user": "carol", "message": form_card(channel), "action_id": "form"})
    opened = eventually("a modal opens for the update", lambda: open_views("carol"))[-1]
    bot.views_update(view_id=opened["id"], view=modal("Newer"), hash=opened["hash"])
    stale = refused(lambda: bot.views_update(view_id=opened["id"], view=modal("Older"), hash=opened["hash"]), "hash_conflict")
    check("an older hash is a conflict (views.update)", stale and open_views("carol")[-1]["title"]["text"] == "Newer", open_views("carol"))
    sandbox("close", {"user": "carol", "view": opened["id"], "all": True})


def form_card(channel):
    return {"channel": channel, "ts": bot.chat_postMessage(channel=channel, text="form", blocks=[SECTION, BUTTONS])["ts"]}


def check_typeahead_in_a_message(channel):
    picker = {
        "type": "actions",
        "elements": [
            {"type": "external_select", "action_id": "pick_app", "min_query_length": 0, "placeholder": {"type": "plain_text", "text": "App"}}
        ],
    }
    card = {"channel": channel, "ts": bot.chat_postMessage(channel=channel, text="pick", blocks=[picker])["ts"]}
    at_once = sandbox("suggest", {"user": "bob", "message": card, "action_id": "pick_app", "value": ""})
    check("suggestions before a letter is typed", len(at_once.get("options", [])) == 3, at_once)
    typed = sandbox("suggest", {"user": "bob", "message": card, "action_id": "pick_app", "value": "pay"})
    check("and fewer after three", [o["value"] for o in typed["options"]] == ["payments"], typed)
    sandbox("act", {"user": "bob", "message": card, "action_id": "pick_app", "selected_option": typed["options"][0]})
    eventually("the choice arrives", lambda: seen["picked"] and seen["picked"][-1]["selected_option"]["value"] == "payments")


def check_broadcast_and_shortcuts(channel):
    root = bot.chat_postMessage(channel=channel, text="incident")
    reply = bot.chat_postMessage(channel=channel, thread_ts=root["ts"], text="closed", reply_broadcast=True)
    shown = [m for m in messages(channel) if m["ts"] == reply["ts"]][0]
    check("a reply for the channel, too", shown.get("subtype") == "thread_broadcast" and shown["thread_ts"] == root["ts"], shown)
    done = sandbox("shortcut", {"user": "bob", "callback_id": "act_on_message", "message": {"channel": channel, "ts": root["ts"]}})
    check("a message shortcut is acknowledged", done["ok"], done)
    eventually("and opens a modal", lambda: open_views("bob"))
    check("it carries the message", seen["shortcuts"][-1]["message"]["ts"] == root["ts"] and seen["shortcuts"][-1]["type"] == "message_action")
    sandbox("close", {"user": "bob", "view": open_views("bob")[-1]["id"], "all": True})
    sandbox("shortcut", {"user": "bob", "callback_id": "create_app"})
    eventually("a global shortcut arrives", lambda: seen["shortcuts"][-1]["type"] == "shortcut")


def check_dm_and_command(channel):
    im = alice.conversations_open(users=identity["user_id"])["channel"]["id"]
    alice.chat_postMessage(channel=im, text="help")
    eventually("a direct message arrives", lambda: [m for m in seen["dms"] if m["channel"] == im])
    sandbox("say", {"user": "alice", "channel": channel, "text": "/warden diff checkout"})
    answers = [m for m in messages(channel) if m["text"] == "you asked: diff checkout"]
    check("a slash command is answered to the asker only", answers and answers[0].get("is_ephemeral"), answers)
    check("bob doesn't see it", not [m for m in messages(channel, "bob") if m["text"] == "you asked: diff checkout"])


def check_bad_days(channel):
    before = len(seen["mentions"])
    sandbox("faults", {"drop_next_envelopes": 1})
    alice.chat_postMessage(channel=channel, text=f"<@{identity['user_id']}> lost")
    eventually("a lost event is sent again", lambda: len(seen["mentions"]) == before + 1)
    before = len(seen["mentions"])
    sandbox("faults", {"delay_next_envelopes": 1, "envelope_delay_ms": 4000})
    alice.chat_postMessage(channel=channel, text=f"<@{identity['user_id']}> late")
    eventually("a late event arrives by its repetition first", lambda: len(seen["mentions"]) > before)
    before = len(seen["mentions"]) - 1
    sandbox("disconnect", {"reason": "warning"})
    time.sleep(2)
    alice.chat_postMessage(channel=channel, text=f"<@{identity['user_id']}> after warning")
    eventually("events go on after a disconnect warning", lambda: len(seen["mentions"]) >= before + 2)


def main():
    channel = next(c["id"] for c in sandbox("state?user=alice")["channels"] if c["has_bot"])
    threading.Thread(target=handler.connect, daemon=True).start()
    eventually("Socket Mode connects", lambda: sandbox("state?user=alice")["bot"]["connected"])
    check_web_api(channel)
    check_conversation(channel)
    check_modal(channel)
    check_views(channel)
    check_typeahead_in_a_message(channel)
    check_broadcast_and_shortcuts(channel)
    check_dm_and_command(channel)
    check_bad_days(channel)
    handler.close()
    print(f"{len(FAILED)} failed", flush=True)
    os._exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
