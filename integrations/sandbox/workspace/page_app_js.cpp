#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_app_js() {
  static constexpr std::string_view kText = R"~~~(// The page around the messages: conversations, people, composer, thread, panel, live updates.
import { el, emojiOf, extend } from './text.js';
import { blocks } from './blocks.js';
import { explain, showViews, toast } from './modal.js';
import { fillComposer, grow } from './composer.js';
import { faultsPanel } from './faults.js';
import { drawPanel } from './panel.js';
import { keepAtEnd, patch, renew } from './patch.js';
import { drawSidebar } from './sidebar.js';
import { avatar, dayLabel, dayOf, messageNode } from './message.js';
import { callsMe, conversation, hold, holdWhilePressed, isBotDm, isReply, listen, loadMessages, loadState, markRead, markReadNow, person, post, store, tellTab, threadMessages, titleOf, topLevel } from './store.js';

const $ = (id) => document.getElementById(id);
let stopListening = () => {};
let flash = '';

const env = {
  get me() { return store.me; },
  get channel() { return store.current; },
  person,
  conversation,
  usergroup: (id) => store.usergroups.find((one) => one.id === id),
  openChannel: (id) => open(id),
  openThread: (ts) => openThread(ts),
  openLink,
  dismiss: (ts) => post('dismiss', { channel: store.current, ts }),
};
const go = { open: (id) => open(id), become: (id) => become(id), propose: (text) => propose(text) };
const homeEnv = Object.create(env, { view: { get: () => store.home } });
const threadEnv = extend(env, { inThread: true });

// Conversation

function drawBar() {
  const one = conversation(store.current);
  if (!one) return;
  $('title').textContent = titleOf(one);
  $('subtitle').textContent = isBotDm(one) ? `Talk to ${store.bot.name} without an audience: no mention needed` : one.has_bot ? `${store.bot.name} listens here: mention it with @${store.bot.name}` : `${store.bot.name} isn't here; type /invite @${store.bot.name}`;
  patch($('bookmarks'), (one.bookmarks || []).map((mark) => el('a.chip-button', { href: mark.link, target: '_blank', rel: 'noopener' }, `${emojiOf((mark.emoji || '').replaceAll(':', '')) || '🔖'} ${mark.title}`)));
  const tabs = $('tabs');
  tabs.hidden = !isBotDm(one);
  patch(tabs, ['messages', 'home'].map((name) => el('button.tab', { type: 'button', role: 'tab', 'data-key': name, 'data-tab': name, 'aria-selected': String(store.tab === name), onclick: () => selectTab(name) }, name === 'home' ? 'Home' : 'Messages')));
  const banner = $('banner');
  banner.hidden = store.bot.connected;
  banner.textContent = `${store.bot.name} isn't connected at the moment. What you write is kept and delivered when it comes back.`;
}

function welcome() {
  const one = conversation(store.current);
  const picks = store.tips.slice(0, 4).map((tip) => el('button.suggestion', { type: 'button', onclick: () => propose(tip.say) }, el('code', {}, tip.say), el('span', {}, tip.explanation)));
  return el('div.welcome', {}, el('span.welcome-mark', {}, one && !one.name ? avatar(one.user) : '#'), el('h2', {}, one?.name ? `This is the start of #${one.name}` : `Your conversation with ${person(one?.user)?.name || ''}`),
    el('p', {}, 'Say something, or break something and wait for the alert. Some words to begin with:'), el('div.suggestions', {}, picks));
}

function drawHome(home) {
  home.dataset.viewId = store.home?.id || '';
  if (!home.firstChild) home.append(el('div.content'));
  patch(home.firstChild, store.home ? blocks(store.home.blocks, homeEnv) : [el('p', {}, `${store.bot.name} has published nothing here yet.`)]);
}

function showTab() {
  $('home').hidden = store.tab !== 'home';
  $('messages').hidden = store.tab === 'home';
}

function drawMessages() {
  const list = $('messages');
  showTab();
  if (store.tab === 'home') return drawHome($('home'));
  const all = topLevel();
  const nodes = [];
  let before = null;
  for (const message of all) {
    if (!before || dayOf(before.ts) !== dayOf(message.ts)) {
      nodes.push(el('div.day', { role: 'separator', 'data-key': dayOf(message.ts) }, el('span', {}, dayLabel(message.ts))));
      before = null;
    }
    nodes.push(messageNode(message, before, env));
    before = message;
  }
  patch(list, all.length === 0 ? [welcome()] : nodes);
}

function drawThread() {
  const pane = $('thread');
  pane.hidden = !store.thread;
  $('app').classList.toggle('with-thread', Boolean(store.thread));
  if (!store.thread) return;
  const all = threadMessages(store.thread);
  $('thread-where').textContent = conversation(store.current) ? titleOf(conversation(store.current)) : '';
  const nodes = all.map((message, index) => messageNode(message, index > 1 ? all[index - 1] : null, threadEnv));
  if (nodes.length > 1) nodes.splice(1, 0, el('div.day', { role: 'separator', 'data-key': 'replies' }, el('span', {}, nodes.length === 2 ? '1 reply' : `${nodes.length - 1} replies`)));
  nodes.forEach((node) => (node.id = `t-${node.dataset.ts || ''}`));
  patch($('thread-messages'), nodes);
}

async function open(id, { thread = '', tab = 'messages' } = {}) {
  const list = $('messages');
  markReadNow();
  Object.assign(store, { current: id, thread, tab });
  sessionStorage.setItem('channel', id);
  drawers(false);
  drawSidebar(go);
  drawBar();
  drawComposers();
  showTab();
  tellTab();
  if (list.dataset.channel !== id) for (const one of [list, $('thread-messages')]) one.replaceChildren();
  if (!thread) drawThread();
  list.setAttribute('aria-busy', 'true');
  const release = hold();
  try {
    const answer = await loadMessages();
    if (answer) shown(answer);
  } finally {
    release();
  }
}

/** The conversation is there: what was read of it is drawn. */
function shown(answer) {
  const list = $('messages');
  if (!answer.ok) toast(explain(answer), 'error');
  drawMessages();
  drawThread();
  list.scrollTop = list.scrollHeight;
  $('thread-messages').scrollTop = $('thread-messages').scrollHeight;
  Object.assign(list.dataset, { channel: store.current, me: store.me });
  list.removeAttribute('aria-busy');
  markRead();
  if (flash) highlight(flash);
  flash = '';
}

function openThread(ts) {
  store.thread = ts;
  keepAtEnd($('messages'), () => {
    if (innerWidth < 1500) showLab(false); // three columns beside each other leave no room for the words
    drawThread();
  });
  drawComposers();
  $('thread-messages').scrollTop = $('thread-messages').scrollHeight;
  $('thread-composer').querySelector('textarea')?.focus();
}

function closeThread() {
  store.thread = '';
  drawThread();
  $('composer-text')?.focus();
}

function selectTab(name) {
  store.tab = name;
  tellTab();
  drawBar();
  showTab();
  $('composer').hidden = name === 'home';
  keepAtEnd($('messages'), drawMessages);
}

function highlight(ts) {
  const node = $(`m-${ts}`) || $(`t-${ts}`);
  node?.scrollIntoView({ block: 'center' });
  node?.classList.add('flash');
}

/** Follows a permalink of this workspace; false for any other link. */
function openLink(url) {
  const target = new URL(url, location.href);
  const match = target.pathname.match(/^\/archives\/([A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?$/);
  if ((target.origin !== location.origin && !url.startsWith(store.baseUrl)) || !match || !conversation(match[1])) return false;
  flash = match[2] ? `${match[2]}.${match[3]}` : '';
  open(match[1], { thread: target.searchParams.get('thread_ts') || '' });
  return true;
}

// Composers

function drawComposers() {
  $('composer').hidden = store.tab === 'home';
  fillComposer($('composer'), '');
  if (store.thread) fillComposer($('thread-composer'), store.thread);
}

function propose(text) {
  const box = $('composer-text');
  if (store.tab === 'home') selectTab('messages');
  box.value = isBotDm(conversation(store.current)) ? text.replace(`@${store.bot.name} `, '') : text;
  grow(box);
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
  if (innerWidth < 1100) drawers(false);
}

// What slides in from the sides

function drawers(sidebar) {
  $('sidebar').classList.toggle('open', sidebar);
  $('menu').setAttribute('aria-expanded', String(sidebar));
  if (innerWidth < 1100) showLab(false);
  $('shade').classList.toggle('on', sidebar);
}

function showLab(on) {
  $('app').classList.toggle('no-lab', !on);
  $('lab-toggle').setAttribute('aria-expanded', String(on));
  $('shade').classList.toggle('on', on && innerWidth < 1100);
}

// Live updates

function onMessage({ channel, message, seq }) {
  const one = conversation(channel);
  if (!one) return void reload();
  const fresh = seq > store.seq && message.ts > (one.latest || '0');
  if (fresh) one.latest = message.ts;
  if (channel === store.current) {
    if (seq <= store.messagesSeq) return;
    store.messages.set(message.ts, message);
    const mine = fresh && message.user === store.me;
    keepAtEnd($('messages'), () => (isReply(message) ? null : place(message)), mine && !isReply(message));
    if (store.thread && (message.ts === store.thread || message.thread_ts === store.thread)) keepAtEnd($('thread-messages'), drawThread, mine && message.thread_ts === store.thread);
    if (fresh) markRead();
    return;
  }
  if (fresh && message.user !== store.me) {
    one.unread = (one.unread || 0) + 1;
    one.called = one.called || callsMe(message.text) || !one.name;
    drawSidebar(go);
  }
}

function drawState() {
  drawPanel(go);
  drawSidebar(go);
  drawBar();
  showViews(store.views, env);
  if (store.tab === 'home') drawMessages();
}

/** Puts one message in its place without drawing the others again. */
function place(message) {
  if (store.tab === 'home') return;
  const old = $(`m-${message.ts}`);
  const all = topLevel();
  const index = all.findIndex((one) => one.ts === message.ts);
  const before = index > 0 && dayOf(all[index - 1].ts) === dayOf(message.ts) ? all[index - 1] : null;
  if (!old && (index !== all.length - 1 || !before)) return drawMessages();
  const focused = old?.contains(document.activeElement) ? document.activeElement.textContent : '';
  const node = messageNode(message, before, env);
  if (!old) {
    node.classList.add('arriving');
    $('messages').append(node);
    return;
  }
  renew(old, node);
  if (focused && !old.contains(document.activeElement)) [...old.querySelectorAll('button')].find((button) => button.textContent === focused)?.focus();
}

const handlers = {
  message: onMessage,
  message_deleted: ({ channel, ts, seq }) => {
    if (channel !== store.current || seq <= store.messagesSeq) return;
    store.messages.delete(ts);
    if (store.thread === ts) store.thread = '';
    drawMessages();
    drawThread();
  },
  read: ({ channel }) => {
    const one = conversation(channel);
    if (one) Object.assign(one, { unread: 0, called: false });
    drawSidebar(go);
  },
  bot: ({ connected }) => {
    store.bot.connected = connected;
    drawSidebar(go);
    drawBar();
  },
  views: ({ user, stack }) => user === store.me && showViews(stack, env),
  home: ({ view }) => {
    store.home = view;
    drawBar();
    if (store.tab === 'home') drawMessages();
  },
  bookmarks: ({ channel, bookmarks }) => {
    const one = conversation(channel);
    if (one) one.bookmarks = bookmarks;
    drawBar();
  },
  panel: async () => {
    const release = hold();
    try {
      if (await loadState()) drawState();
    } finally {
      release();
    }
  },
  reset: () => reload(),
};

/** Messages know by themselves what they have seen; of the rest, what was read last may be newer than an update. */
function onUpdate(update) {
  if (!update.type.startsWith('message') && update.seq <= store.seq) return;
  handlers[update.type]?.(update);
}

let lost = false;
function onConnection(on, forGood) {
  if (!on && !lost) toast('The sandbox is gone; trying to reach it again…', 'error');
  if (on && lost) reload();
  if (forGood) setTimeout(reload, 1500);
  lost = !on;
}

let reloads = 0;
async function reload() {
  const turn = (reloads += 1);
  stopListening();
  const read = await loadState();
  if (turn !== reloads) return;
  if (!read) {
    setTimeout(() => turn === reloads && reload(), 1500);
    return;
  }
  drawPanel(go);
  await open(store.current, { thread: store.thread, tab: isBotDm(conversation(store.current)) ? store.tab : 'messages' });
  if (turn !== reloads) return;
  showViews(store.views, env);
  stopListening = listen(onUpdate, onConnection);
}

async function become(id) {
  if (id === store.me) return;
  markReadNow();
  store.me = id;
  store.thread = '';
  sessionStorage.setItem('me', id);
  const url = new URL(location.href);
  url.searchParams.delete('as');
  history.replaceState(null, '', url);
  const was = conversation(store.current);
  if (was && !was.name) store.current = '';
  showViews([], env);
  await reload();
  if (store.me === id) toast(`You are ${person(id).name} now`);
}

/** Arrow keys move among the people, as in any group of radio buttons. */
function onPeopleKey(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const humans = [...store.people.values()].filter((one) => !one.is_bot);
  if (!step || humans.length === 0) return;
  event.preventDefault();
  const at = humans.findIndex((one) => one.id === store.me);
  become(humans[(at + step + humans.length) % humans.length].id).then(() => $('people').querySelector('[aria-checked=true]')?.focus());
}

function onKey(event) {
  if (event.altKey && /^[1-9]$/.test(event.key)) {
    const human = [...store.people.values()].filter((one) => !one.is_bot)[Number(event.key) - 1];
    if (human) become(human.id);
    event.preventDefault();
  }
  if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
  if ($('sidebar').classList.contains('open')) drawers(false);
  else if (innerWidth < 1100 && !$('app').classList.contains('no-lab')) showLab(false);
  else if (store.thread) closeThread();
}

async function start() {
  $('team-logo').append(avatar(''));
  $('faults').append(faultsPanel());
  $('menu').addEventListener('click', () => drawers(!$('sidebar').classList.contains('open')));
  $('shade').addEventListener('click', () => drawers(false));
  $('lab-toggle').addEventListener('click', () => showLab($('app').classList.contains('no-lab')));
  $('lab-close').addEventListener('click', () => showLab(false));
  $('thread-close').addEventListener('click', closeThread);
  $('people').addEventListener('keydown', onPeopleKey);
  document.addEventListener('keydown', onKey);
  holdWhilePressed();
  document.addEventListener('visibilitychange', () => (document.hidden ? null : markRead()));
  showLab(innerWidth >= 1100);
  await reload();
  if (location.pathname.startsWith('/archives/')) openLink(location.href);
  else if (innerWidth >= 1100) $('composer-text')?.focus();
}

start();
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
