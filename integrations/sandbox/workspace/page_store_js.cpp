#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_store_js() {
  static constexpr std::string_view kText = R"~~~(// What the page knows, and the calls to the server.

export const store = {
  me: new URLSearchParams(location.search).get('as') || sessionStorage.getItem('me') || '',
  team: '', bot: { id: '', name: 'warden', connected: false }, baseUrl: '',
  people: new Map(), channels: [], ims: [], usergroups: [], commands: [], tips: [], shortcuts: [], panel: [], home: null,
  current: sessionStorage.getItem('channel') || '', thread: '', tab: 'messages', seq: 0,
  messages: new Map(), // of the current conversation, by ts
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

export const get = (path) => reach(path);
export const post = (path, body) => reach(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ user: store.me, ...body }) });

export async function loadState() {
  const state = await get(`state?user=${encodeURIComponent(store.me)}`);
  if (!state.ok) return false;
  store.me = state.me;
  sessionStorage.setItem('me', state.me);
  Object.assign(store, { team: state.team, bot: state.bot, baseUrl: state.base_url, channels: state.channels, ims: state.ims, usergroups: state.usergroups, commands: state.commands, tips: state.tips, shortcuts: state.shortcuts, panel: state.panel, home: state.home, seq: state.seq, views: state.views });
  store.people = new Map(state.people.map((one) => [one.id, one]));
  if (!conversation(store.current)) store.current = (store.channels[0] || store.ims[0])?.id || '';
  return true;
}

let loading = 0;
let held = []; // updates that came while a conversation was being read: the answer may be older than they are
let pass = () => {};

export async function loadMessages() {
  const channel = store.current;
  loading += 1;
  const answer = await get(`messages?channel=${channel}&user=${store.me}`);
  loading -= 1;
  if (channel !== store.current) return false;
  store.messages = new Map((answer.messages || []).map((one) => [one.ts, one]));
  const late = held.filter((update) => update.channel !== channel || !(update.seq <= answer.seq));
  held = [];
  late.forEach((update) => pass(update));
  return true;
}

export const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts && message.subtype !== 'thread_broadcast';
export const topLevel = () => [...store.messages.values()].filter((one) => !isReply(one)).sort((a, b) => (a.ts < b.ts ? -1 : 1));
export const threadMessages = (root) => [...store.messages.values()].filter((one) => one.ts === root || one.thread_ts === root).sort((a, b) => (a.ts < b.ts ? -1 : 1));

/** Calls `onUpdate` for everything that changes for this person, until closed. */
export function listen(onUpdate, onConnection) {
  const source = new EventSource(`/sandbox/events?user=${store.me}&since=${store.seq}`);
  pass = onUpdate;
  source.onmessage = (event) => {
    const update = { ...JSON.parse(event.data), seq: Number(event.lastEventId) };
    if (loading > 0) held.push(update);
    else onUpdate(update);
  };
  source.onopen = () => onConnection(true);
  source.onerror = () => onConnection(false);
  return () => source.close();
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
