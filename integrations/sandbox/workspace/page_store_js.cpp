#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_store_js() {
  static constexpr std::string_view kText = R"~~~(// What the page knows, and the calls to the server.

const ANSWERS_WITHIN_MS = 20_000;
const DONE_WITHIN_MS = 60_000;
const PRESSED_AT_MOST_MS = 2000;
const CLICK_WITHIN_MS = 50; // after the finger is up: a drag or a scroll has none

export const store = {
  me: new URLSearchParams(location.search).get('as') || sessionStorage.getItem('me') || '',
  team: '', bot: { id: '', name: 'warden', connected: false }, baseUrl: '',
  people: new Map(), channels: [], ims: [], usergroups: [], commands: [], tips: [], shortcuts: [], panel: [], home: null,
  current: sessionStorage.getItem('channel') || '', thread: '', tab: 'messages', seq: 0, // the last update that the rest knows
  messages: new Map(), messagesSeq: 0, // of the current conversation, by ts, and the last update that they know
};

export const person = (id) => store.people.get(id);
export const conversations = () => [...store.channels, ...store.ims];
export const conversation = (id) => conversations().find((one) => one.id === id);
export const isBotDm = (one) => one && one.user === store.bot.id;
export const botDm = () => store.ims.find(isBotDm);
/** Whether a text calls for this person: by name, by a group, or everybody. */
export const callsMe = (text) => typeof text === 'string' && (text.includes(`<@${store.me}>`) || /<!(here|channel|everyone)[>|]/.test(text)
  || store.usergroups.some((group) => group.users?.includes(store.me) && text.includes(`<!subteam^${group.id}`)));
export const titleOf = (one) => (one.name ? `#${one.name}` : person(one.user)?.name || one.user);

async function read(response) {
  try {
    return await response.json();
  } catch {
    return { ok: false, error: `http_${response.status}`, detail: 'the sandbox did not answer as expected' };
  }
}

async function reach(path, options) {
  try {
    return await read(await fetch(`/sandbox/${path}`, options));
  } catch {
    return { ok: false, error: 'unreachable', detail: 'the sandbox is not running any more' };
  }
}

export const get = (path, ...signals) => reach(path, { signal: AbortSignal.any([AbortSignal.timeout(ANSWERS_WITHIN_MS), ...signals]) });
export const post = (path, body) => reach(path, { method: 'POST', signal: AbortSignal.timeout(DONE_WITHIN_MS), headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ user: store.me, ...body }) });

// Updates wait while something is being read, because the answer may be older than they are, and while something is being pressed, so that it stays where it is.

let holds = 0;
let held = [];
let take = () => {};

function passOn() {
  while (holds === 0 && held.length > 0) take(held.shift());
}

/** From now until the returned function is called no update is taken. */
export function hold() {
  let on = true;
  holds += 1;
  return () => {
    if (on) holds -= 1;
    on = false;
    passOn();
  };
}

let lift = () => {};
let lifted = Promise.resolve();

function press() {
  lift();
  const release = hold();
  lifted = new Promise((resolve) => {
    lift = () => {
      resolve();
      release();
    };
  });
  setTimeout(lift, PRESSED_AT_MOST_MS);
}

/** What is under the finger is not drawn anew before its click has come. */
export function holdWhilePressed() {
  addEventListener('pointerdown', press, true);
  addEventListener('click', () => setTimeout(lift), true);
  for (const name of ['pointerup', 'pointercancel']) addEventListener(name, () => setTimeout(lift, CLICK_WITHIN_MS), true);
}

let stateTurn = 0;
let reading = new AbortController();

/** Reads everything but the messages; false where that failed or was asked again meanwhile. */
export async function loadState() {
  const turn = (stateTurn += 1);
  const state = await get(`state?user=${encodeURIComponent(store.me)}`);
  await lifted;
  if (!state.ok || turn !== stateTurn) return false;
  store.me = state.me;
  sessionStorage.setItem('me', state.me);
  Object.assign(store, { team: state.team, bot: state.bot, baseUrl: state.base_url, channels: state.channels, ims: state.ims, usergroups: state.usergroups, commands: state.commands, tips: state.tips, shortcuts: state.shortcuts, panel: state.panel, home: state.home, seq: state.seq, views: state.views });
  store.people = new Map(state.people.map((one) => [one.id, one]));
  if (!conversation(store.current)) store.current = (store.channels[0] || store.ims[0])?.id || '';
  return true;
}

/** Reads the current conversation; nothing, and at once, where it is to be read again or another one. */
export async function loadMessages() {
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  const { current, me } = store;
  const answer = await get(`messages?channel=${current}&user=${me}`, signal);
  await lifted;
  if (signal.aborted || me !== store.me) return undefined;
  store.messages = new Map((answer.messages || []).map((one) => [one.ts, one]));
  store.messagesSeq = answer.seq || 0;
  return answer;
}

let telling = Promise.resolve();
/** The bot hears which tab of its conversation is open, in the order in which they were. */
export function tellTab() {
  const told = { user: store.me, tab: store.tab };
  if (isBotDm(conversation(store.current))) telling = telling.then(() => post('home', told));
}

let unmarked = null; // {id, timer}: what is on the screen and not yet said to be read

/** Leaving a conversation counts as having read it. */
export function markReadNow() {
  if (!unmarked || document.hidden) return;
  clearTimeout(unmarked.timer);
  const one = conversation(unmarked.id);
  unmarked = null;
  if (!one) return;
  Object.assign(one, { unread: 0, called: false });
  post('read', { channel: one.id });
}

export function markRead() {
  clearTimeout(unmarked?.timer);
  unmarked = { id: store.current, timer: setTimeout(markReadNow, 250) };
}

export const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts && message.subtype !== 'thread_broadcast';
export const topLevel = () => [...store.messages.values()].filter((one) => !isReply(one)).sort((a, b) => (a.ts < b.ts ? -1 : 1));
export const threadMessages = (root) => [...store.messages.values()].filter((one) => one.ts === root || one.thread_ts === root).sort((a, b) => (a.ts < b.ts ? -1 : 1));

/** Calls `onUpdate` for everything that changes for this person, until closed. */
export function listen(onUpdate, onConnection) {
  const source = new EventSource(`/sandbox/events?user=${store.me}&since=${store.seq}`);
  held = [];
  take = onUpdate;
  source.onmessage = (event) => {
    held.push({ ...JSON.parse(event.data), seq: Number(event.lastEventId) });
    passOn();
  };
  source.onopen = () => onConnection(true);
  source.onerror = () => onConnection(false, source.readyState === EventSource.CLOSED);
  return () => {
    source.close();
    held = [];
  };
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
