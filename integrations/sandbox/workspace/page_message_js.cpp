#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_message_js() {
  static constexpr std::string_view kText = R"~~~(// One message, as it stands in a channel or a thread.
import { ago, el, emojiOf, extend, mrkdwn, preformatted } from './text.js';
import { blocks } from './blocks.js';
import { explain, openMenu, toast } from './modal.js';
import { drawn, keepAtEnd } from './patch.js';
import { callsMe, conversation, person, post, store, titleOf } from './store.js';

const COLOURS = ['#e4572e', '#2e86ab', '#8e5ea2', '#3d9970', '#c27c0e', '#c2407a', '#4062bb', '#5b7065'];
const QUICK = ['eyes', 'white_check_mark', '+1'];
const PREVIEW_LINES = 14;

const SVG = 'http://www.w3.org/2000/svg';
function shield() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  const body = document.createElementNS(SVG, 'path');
  body.setAttribute('d', 'M12 2.5l7.5 2.9v6c0 4.9-3.3 8.4-7.5 10.1-4.2-1.7-7.5-5.2-7.5-10.1v-6z');
  body.setAttribute('fill', '#5eead4');
  const tick = document.createElementNS(SVG, 'path');
  tick.setAttribute('d', 'M8.3 12.2l2.6 2.6 4.8-5.1');
  for (const [key, value] of [['fill', 'none'], ['stroke', '#12263f'], ['stroke-width', '2.1'], ['stroke-linecap', 'round'], ['stroke-linejoin', 'round']]) tick.setAttribute(key, value);
  svg.append(body, tick);
  return svg;
}

export function avatar(id, extra = '') {
  const who = person(id);
  const node = el(`span.avatar${extra}`, { 'aria-hidden': 'true' });
  if (id === store.bot.id || !who) {
    node.classList.add('bot');
    node.append(who || !id ? shield() : 'S');
    return node;
  }
  const humans = [...store.people.keys()].filter((one) => one !== store.bot.id);
  node.style.background = COLOURS[humans.indexOf(id) % COLOURS.length];
  node.append(who.name[0].toUpperCase());
  return node;
}

export const timeOf = (ts) => new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
export const dayOf = (ts) => new Date(Number(ts) * 1000).toDateString();

export function dayLabel(ts) {
  const day = dayOf(ts);
  if (day === new Date().toDateString()) return 'Today';
  if (day === new Date(Date.now() - 86400000).toDateString()) return 'Yesterday';
  return new Date(Number(ts) * 1000).toLocaleDateString([], { weekday: 'long', month: 'long', day: 'numeric' });
}

export function authorOf(message) {
  if (message.username) return message.username;
  if (message.bot_profile) return message.bot_profile.name;
  if (message.user === 'USLACKBOT') return 'Slackbot';
  return person(message.user)?.name || message.user || 'app';
}

const authorId = (message) => message.user || (message.bot_id ? store.bot.id : '');

/** True where `message` needs no name of its own, because the one before is by the same author and recent. */
export function continues(message, before) {
  return Boolean(before) && authorId(before) === authorId(message) && Number(message.ts) - Number(before.ts) < 300 && dayOf(message.ts) === dayOf(before.ts) && !before.subtype?.startsWith('channel_') && !message.subtype?.startsWith('channel_') && !!message.is_ephemeral === !!before.is_ephemeral;
}

async function react(env, message, name, remove) {
  const answer = await post('react', { channel: env.channel, timestamp: message.ts, name, remove });
  if (!answer.ok && answer.error !== 'already_reacted') toast(explain(answer), 'error');
}

function reactions(message, env) {
  if (!message.reactions) return null;
  return el('div.reactions', { 'data-key': 'reactions' }, message.reactions.map((one) => {
    const mine = one.users.includes(store.me);
    const names = one.users.map((id) => person(id)?.name || id).join(', ');
    return el(`button.reaction${mine ? '.mine' : ''}`, { type: 'button', 'data-key': one.name, title: `${names} with :${one.name}:`, 'aria-label': `${one.name.replaceAll('_', ' ')}, ${one.count}, by ${names}`, 'aria-pressed': String(mine), onclick: (event) => react(env, message, one.name, event.currentTarget.getAttribute('aria-pressed') === 'true') },
      el('span.emoji', {}, emojiOf(one.name) || `:${one.name}:`), ` ${one.count}`);
  }));
}

function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function fileCard(file) {
  const path = new URL(file.url_private, location.href).pathname;
  const body = el('div.file-body', {}, el('pre', {}, 'loading…'));
  const card = el('div.file', { 'data-file': file.id }, el('div.file-head', {}, el('span.file-icon', { 'aria-hidden': 'true' }, '📄'), el('span.file-name', {}, el('strong', {}, file.title), el('small', {}, `${file.pretty_type} · ${size(file.size)}`)),
    el('a.chip-button', { href: path, download: file.name, 'aria-label': `Download ${file.name}` }, '⬇ Download')), body);
  fetch(path).then((response) => response.text()).then((content) => {
    const lines = content.split('\n');
    const language = file.filetype === 'diff' ? 'diff' : '';
    const show = (whole) => body.replaceChildren(preformatted(whole ? content : lines.slice(0, PREVIEW_LINES).join('\n'), language));
    const short = lines.length <= PREVIEW_LINES + 2;
    keepAtEnd(card.closest('.messages'), () => {
      show(short);
      if (!short) body.append(el('button.file-more', { type: 'button', onclick: () => show(true) }, `Show all ${lines.length} lines`));
    });
  }).catch(() => body.replaceChildren(el('p', {}, 'This file is gone.')));
  return drawn(card, file);
}

function attachment(one, env) {
  const node = el('div.attachment', {}, one.pretext ? el('div', {}, mrkdwn(one.pretext, env)) : null, one.title ? el('strong', {}, one.title) : null, one.text ? el('div', {}, mrkdwn(one.text, env)) : null,
    one.fields ? el('div.fields', {}, one.fields.map((field) => el('div', {}, el('strong', {}, field.title), el('br'), mrkdwn(field.value, env)))) : null, blocks(one.blocks, env),
    one.footer ? el('div.context', {}, one.footer) : null);
  const named = { good: '#2f9e6e', warning: '#d99a1b', danger: '#d64545' }[one.color] || one.color;
  if (named) node.style.borderLeftColor = /^#?[0-9a-f]{3,8}$/i.test(named) ? (named[0] === '#' ? named : `#${named}`) : '';
  return drawn(node, [env.me, one]);
}

function content(message, env) {
  const typed = Boolean(message.client_msg_id);
  const inBlocks = message.blocks && message.blocks.length > 0 && !typed;
  const edited = message.edited ? el('span.edited', { title: `edited ${timeOf(message.edited.ts)}` }, ' (edited)') : null;
  return el('div.content', { 'data-key': 'content' }, inBlocks ? blocks(message.blocks, extend(env, { message })) : message.text ? el('div.text', {}, mrkdwn(message.text, env), edited) : null,
    inBlocks ? edited : null, (message.attachments || []).map((one) => attachment(one, extend(env, { message }))), (message.files || []).map(fileCard));
}

function toolbar(message, env) {
  if (message.is_ephemeral || message.subtype === 'tombstone') return null;
  const more = store.shortcuts.filter((one) => one.on_message).map((one) => ({
    label: one.name,
    run: async () => {
      const answer = await post('shortcut', { callback_id: one.callback_id, message: { channel: env.channel, ts: message.ts } });
      if (!answer.ok) toast(explain(answer), 'error');
    },
  }));
  const copy = {
    label: 'Copy link',
    run: () => navigator.clipboard?.writeText(`${store.baseUrl}archives/${env.channel}/p${message.ts.replace('.', '')}`).then(() => toast('Link copied')),
  };
  const menu = el('button.keep', { type: 'button', 'aria-label': 'More', 'aria-haspopup': 'menu', onclick: (event) => openMenu(event.currentTarget, [...more, copy]) }, '⋯');
  return drawn(el('div.toolbar', { role: 'toolbar', 'aria-label': 'Message actions' }, QUICK.map((name) => el('button', { type: 'button', 'aria-label': `React with ${name.replaceAll('_', ' ')}`, onclick: () => react(env, message, name, false) }, emojiOf(name))),
    env.inThread ? null : el('button.keep', { type: 'button', 'aria-label': 'Reply in thread', title: 'Reply in thread', onclick: () => env.openThread(message.ts) }, '💬'), menu), more.map((one) => one.label));
}

function threadSummary(message, env) {
  if (env.inThread || !message.reply_count) return null;
  return el('button.thread-summary', { type: 'button', 'data-key': 'thread-summary', onclick: () => env.openThread(message.thread_ts) }, (message.reply_users || []).slice(0, 4).map((id) => avatar(id, '.tiny')),
    el('strong', {}, message.reply_count === 1 ? '1 reply' : `${message.reply_count} replies`), el('span.when', {}, `Last reply ${ago(message.latest_reply)}`));
}

function notice(message, env, dismiss) {
  if (message.is_ephemeral) return el('div.notice', {}, '👁 Only visible to you · ', el('button.link', { type: 'button', onclick: () => dismiss(message.ts) }, 'Dismiss'));
  if (message.pinned_to) return el('div.notice', {}, '📌 Pinned');
  if (message.subtype === 'thread_broadcast' && env.inThread) return el('div.notice', {}, `also sent to ${conversation(env.channel) ? titleOf(conversation(env.channel)) : 'the channel'}`);
  if (message.subtype === 'thread_broadcast') return el('div.notice', {}, el('button.link', { type: 'button', onclick: () => env.openThread(message.thread_ts) }, 'replied to a thread'));
  return null;
}

export function messageNode(message, before, env) {
  const id = authorId(message);
  const compact = continues(message, before);
  if (message.subtype === 'channel_join') return el('article.message.system', { id: `m-${message.ts}`, 'data-ts': message.ts, 'data-channel': env.channel }, el('div.gutter', {}, '→'), el('div.body', {}, el('div.text', {}, mrkdwn(message.text, env))));
  const link = `/archives/${env.channel}/p${message.ts.replace('.', '')}`;
  const time = el('a.time', { href: link, title: new Date(Number(message.ts) * 1000).toLocaleString(), onclick: (event) => env.openLink(link) && event.preventDefault() }, compact ? timeOf(message.ts).replace(/ ?[AP]M$/i, '') : timeOf(message.ts));
  const badge = message.bot_id ? el('span.badge', {}, 'APP') : null;
  const mentionsMe = callsMe(message.text);
  const flags = `${compact ? '.compact' : ''}${message.is_ephemeral ? '.ephemeral' : ''}${mentionsMe ? '.mentions-me' : ''}${message.subtype === 'tombstone' ? '.tombstone' : ''}`;
  return el(`article.message${flags}`, { id: `m-${message.ts}`, 'data-ts': message.ts, 'data-channel': env.channel, 'data-thread': message.thread_ts, 'data-ephemeral': message.is_ephemeral ? 'true' : undefined, 'aria-label': `${authorOf(message)}, ${timeOf(message.ts)}` },
    el('div.gutter', {}, compact ? time : avatar(id)),
    el('div.body', { 'data-key': 'body' }, notice(message, env, env.dismiss), compact ? null : el('header', {}, el('strong.author', {}, authorOf(message)), badge, time), content(message, env), reactions(message, env), threadSummary(message, env)),
    toolbar(message, env));
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
