#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_text_js() {
  static constexpr std::string_view kText = R"~~~(// Text to DOM: mrkdwn, Markdown and rich text. Nodes are built one by one; no text is ever parsed as HTML.
import { emojiOf } from './emoji.js';

export { emojiOf };

/** el('p.note', {id: 'x', onclick: f}, 'text', node) */
export function el(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const node = document.createElement(name);
  if (classes.length > 0) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key in node && key !== 'list' && typeof value !== 'string') node[key] = value;
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** `env` with more in it; getters stay getters. */
export const extend = (env, more) => Object.assign(Object.create(env), more);

export const unescapeText = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

function emoji(name) {
  const sign = emojiOf(name);
  return sign ? el('span.emoji', { role: 'img', 'aria-label': name.replaceAll('_', ' '), title: `:${name}:` }, sign) : document.createTextNode(`:${name}:`);
}

function link(url, label, env) {
  const safe = /^(https?:|mailto:)/i.test(url);
  if (!safe) return document.createTextNode(label || url);
  const node = el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, label || url.replace(/^mailto:/, ''));
  if (env.openLink) node.addEventListener('click', (event) => env.openLink(url) && event.preventDefault());
  return node;
}

function mention(id, env) {
  const person = env.person(id);
  return el(`span.mention${id === env.me ? '.me' : ''}`, {}, `@${person ? person.name : id}`);
}

function groupMention(id, label, env) {
  const group = env.usergroup(id);
  const names = (group?.users || []).map((user) => env.person(user)?.name || user).join(', ');
  return el(`span.mention${group?.users?.includes(env.me) ? '.me' : ''}`, { title: names || undefined }, `@${group?.handle || label || 'group'}`);
}

function channelMention(id, name, env) {
  const channel = env.conversation(id);
  return el('button.mention', { type: 'button', onclick: () => env.openChannel && env.openChannel(id) }, `#${channel ? channel.name : name || id}`);
}

const pad = (number) => String(number).padStart(2, '0');

function slackDate(ts, format) {
  const date = new Date(Number(ts) * 1000);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const long = date.toLocaleDateString('en-GB', { year: 'numeric', month: 'long', day: 'numeric' });
  const short = date.toLocaleDateString('en-GB', { year: 'numeric', month: 'short', day: 'numeric' });
  return format.replace('{date_num}', day).replace('{time_secs}', `${time}:${pad(date.getSeconds())}`).replace('{time}', time)
    .replace(/\{date(_long|_pretty|_long_pretty)?\}/, long).replace(/\{date_short(_pretty)?\}/, short).replace('{ago}', ago(ts));
}

export function ago(ts) {
  const seconds = Math.max(0, Date.now() / 1000 - Number(ts));
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

/** What stands between < and > in mrkdwn. */
function token(inside, env) {
  const bar = inside.indexOf('|');
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? '' : unescapeText(inside.slice(bar + 1));
  if (target.startsWith('@')) return mention(target.slice(1), env);
  if (target.startsWith('#')) return channelMention(target.slice(1), label, env);
  if (target.startsWith('!subteam^')) return groupMention(target.slice(9), label.replace(/^@/, ''), env);
  if (target.startsWith('!date^')) {
    const [, ts, format, url] = target.split('^');
    const text = /^\d+$/.test(ts) ? slackDate(ts, unescapeText(format || '{date_num} {time}')) : label;
    return url ? link(unescapeText(url), text, env) : el('time', { title: label }, text);
  }
  if (target.startsWith('!')) return el('span.mention.me', {}, `@${target.slice(1)}`);
  return link(unescapeText(target), label, env);
}

const INLINE = /(`[^`\n]+`)|<([^<>\n]+)>|(https?:\/\/[^\s<>|`]*[^\s<>|`.,;:!?)\]'"*_~])|(?<![\w*])\*(?![\s*])([^\n*]*?[^\s*])\*(?![\w*])|(?<![\w_])_(?![\s_])([^\n_]*?[^\s_])_(?![\w_])|(?<![\w~])~(?![\s~])([^\n~]*?[^\s~])~(?![\w~])|:([a-z0-9_+'-]+(?:::[a-z0-9-]+)?):/g;

function inline(text, parent, env) {
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, angle, url, bold, italic, strike, name] = match;
    parent.append(unescapeText(text.slice(at, match.index)));
    at = match.index + whole.length;
    if (code) parent.append(el('code', {}, unescapeText(code.slice(1, -1))));
    else if (angle) parent.append(token(angle, env));
    else if (url) parent.append(link(unescapeText(url), '', env));
    else if (bold) parent.append(wrapped('strong', bold, env));
    else if (italic) parent.append(wrapped('em', italic, env));
    else if (strike) parent.append(wrapped('s', strike, env));
    else parent.append(emoji(name));
  }
  parent.append(unescapeText(text.slice(at)));
}

function wrapped(tag, text, env) {
  const node = el(tag);
  inline(text, node, env);
  return node;
}

function looksLikeDiff(lines) {
  const marked = lines.filter((line) => /^[+-]/.test(line)).length;
  return marked > 0 && lines.every((line) => line === '' || /^([ +\-@~]|diff |index |\.\.\.|…)/.test(line));
}

/** Preformatted text; a diff gets its colours. */
export function preformatted(text, language = '') {
  const lines = text.replace(/\n$/, '').split('\n');
  if (language !== 'diff' && !looksLikeDiff(lines)) return el('pre', {}, lines.join('\n'));
  const kind = (line) => (/^(\+\+\+|---|diff |index )/.test(line) ? 'file' : line[0] === '+' ? 'added' : line[0] === '-' ? 'removed' : line.startsWith('@@') ? 'hunk' : line[0] === '~' ? 'changed' : 'same');
  return el('pre.diff', {}, lines.map((line) => el(`span.line.${kind(line)}`, {}, `${line}\n`)));
}

function lines(text, parent, env) {
  text.split('\n').forEach((line, index) => {
    if (index > 0) parent.append(el('br'));
    inline(line, parent, env);
  });
}

/** Slack's own markup. */
export function mrkdwn(text, env) {
  const parent = document.createDocumentFragment();
  text.split(/```([\s\S]+?)```/g).forEach((piece, index) => {
    if (index % 2 === 1) {
      const plain = piece.replace(/^\n/, '').replace(/<([^<>|]+)\|([^<>]+)>/g, '$2').replace(/<([^<>@#!][^<>]*)>/g, '$1');
      parent.append(preformatted(unescapeText(plain)));
      return;
    }
    const rest = index > 0 ? piece.replace(/^\n/, '') : piece;
    for (const part of rest.match(/(?:^(?:&gt;|>).*(?:\n|$))+|(?:^(?!&gt;|>).*(?:\n|$))+/gm) || []) {
      if (part === '') continue;
      const body = part.replace(/\n$/, '');
      if (body === '' && index > 0) continue;
      if (/^(&gt;|>)/.test(body)) {
        const quote = el('blockquote');
        lines(body.replace(/^(&gt;|>)+ ?/gm, ''), quote, env);
        parent.append(quote);
      } else {
        const paragraph = el('span.para');
        lines(body, paragraph, env);
        parent.append(paragraph);
      }
    }
  });
  return parent;
}

export function textObject(text, env) {
  if (!text) return document.createTextNode('');
  if (text.type === 'mrkdwn') return mrkdwn(text.text, env);
  const parent = document.createDocumentFragment();
  text.text.split(/:([a-z0-9_+'-]+):/g).forEach((piece, index) => parent.append(index % 2 === 1 ? emoji(piece) : piece));
  return parent;
}

// Rich text

function styled(node, style = {}) {
  let result = node;
  for (const [key, tag] of [['code', 'code'], ['bold', 'strong'], ['italic', 'em'], ['strike', 's']]) if (style[key]) result = el(tag, {}, result);
  return result;
}

function leaf(item, env) {
  switch (item.type) {
    case 'text': return styled(document.createTextNode(item.text), item.style);
    case 'link': return styled(link(item.url, item.text, env), item.style);
    case 'user': return mention(item.user_id, env);
    case 'channel': return channelMention(item.channel_id, '', env);
    case 'usergroup': return groupMention(item.usergroup_id, '', env);
    case 'broadcast': return el('span.mention.me', {}, `@${item.range}`);
    case 'emoji': return emoji(item.name);
    case 'date': return el('time', {}, slackDate(item.timestamp, item.format || '{date_num} {time}'));
    case 'color': return el('code', {}, item.value);
    default: return document.createTextNode(item.text || '');
  }
}

const plainText = (items) => items.map((item) => item.text ?? item.url ?? (item.name ? `:${item.name}:` : '')).join('');

export function richText(block, env) {
  return (block.elements || []).map((part) => {
    if (part.type === 'rich_text_preformatted') return preformatted(plainText(part.elements), part.language);
    if (part.type === 'rich_text_quote') return el('blockquote', {}, part.elements.map((item) => leaf(item, env)));
    if (part.type === 'rich_text_list') {
      const items = part.elements.map((item) => el('li', {}, (item.elements || []).map((one) => leaf(one, env))));
      const list = el(part.style === 'ordered' ? 'ol' : 'ul', {}, items);
      list.style.marginLeft = `${(part.indent || 0) * 1.4}em`;
      return list;
    }
    return el('div.rich', {}, (part.elements || []).map((item) => leaf(item, env)));
  });
}

// Markdown: the common part of CommonMark, with tables and task lists.

const SPAN = /(`+)([\s\S]*?[^`])\1(?!`)|!?\[([^\]]*)\]\(([^)\s]+)[^)]*\)|<(https?:[^>]+)>|(https?:\/\/[^\s<>)]*[\w/])|\*\*([\s\S]+?)\*\*|__([\s\S]+?)__|~~([\s\S]+?)~~|(?<![\w*])\*([^\s*][^*]*?)\*(?!\w)|(?<!\w)_([^\s_][^_]*?)_(?!\w)|:([a-z0-9_+'-]+):|\\([\\`*_{}[\]()#+\-.!|>~])/g;

function span(text, parent, env) {
  let at = 0;
  for (const match of text.matchAll(SPAN)) {
    const [whole, , code, label, url, auto, bare, bold, bold2, strike, italic, italic2, name, escaped] = match;
    parent.append(text.slice(at, match.index));
    at = match.index + whole.length;
    const nested = (tag, inner) => {
      const node = el(tag);
      span(inner, node, env);
      return node;
    };
    if (code !== undefined) parent.append(el('code', {}, code));
    else if (url) parent.append(link(url, label, env));
    else if (auto || bare) parent.append(link(auto || bare, '', env));
    else if (bold || bold2) parent.append(nested('strong', bold || bold2));
    else if (strike) parent.append(nested('s', strike));
    else if (italic || italic2) parent.append(nested('em', italic || italic2));
    else if (name) parent.append(emoji(name));
    else parent.append(escaped);
  }
  parent.append(text.slice(at));
}

function spanNode(tag, text, env) {
  const node = el(tag);
  span(text, node, env);
  return node;
}

function cells(line) {
  return line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function markdownTable(rows, env) {
  const row = (line, tag) => el('tr', {}, cells(line).map((cell) => spanNode(tag, cell, env)));
  return el('div.table-wrap', {}, el('table', {}, el('thead', {}, row(rows[0], 'th')), el('tbody', {}, rows.slice(2).map((line) => row(line, 'td')))));
}

function listItem(text, env) {
  const task = text.match(/^\[([ xX])\]\s+(.*)$/s);
  if (!task) return spanNode('li', text, env);
  const item = spanNode('li', task[2], env);
  item.classList.add('task');
  item.prepend(el('input', { type: 'checkbox', disabled: true, checked: task[1] !== ' ' }));
  return item;
}

/** Takes lines from `rest` while `test` holds. */
function take(rest, test) {
  const taken = [];
  while (rest.length > 0 && test(rest[0], taken.length)) taken.push(rest.shift());
  return taken;
}

export function markdown(text, env) {
  const parent = el('div.markdown');
  const rest = text.replaceAll('\r', '').split('\n');
  const special = /^(#{1,6} |```|> ?|\s*[-*+] |\s*\d+[.)] |\s*(-{3,}|\*{3,})\s*$)/;
  while (rest.length > 0) {
    const line = rest[0];
    const heading = line.match(/^(#{1,6}) +(.*?)#*$/);
    const fence = line.match(/^```\s*(\S*)/);
    if (line.trim() === '') rest.shift();
    else if (heading) parent.append(spanNode(`h${Math.min(6, heading[1].length + 2)}`, rest.shift().replace(/^#+ +/, ''), env));
    else if (fence) {
      rest.shift();
      const body = take(rest, (one) => !one.startsWith('```'));
      rest.shift();
      parent.append(preformatted(body.join('\n'), fence[1]));
    } else if (/^\s*(-{3,}|\*{3,})\s*$/.test(line)) {
      rest.shift();
      parent.append(el('hr'));
    } else if (line.startsWith('>')) parent.append(el('blockquote', {}, markdown(take(rest, (one) => one.startsWith('>')).map((one) => one.replace(/^> ?/, '')).join('\n'), env)));
    else if (line.includes('|') && /^\s*\|?[\s:|-]+\|?\s*$/.test(rest[1] || '') && (rest[1] || '').includes('-')) parent.append(markdownTable(take(rest, (one) => one.includes('|')), env));
    else if (/^\s*([-*+]|\d+[.)]) /.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const items = take(rest, (one, index) => /^\s*([-*+]|\d+[.)]) /.test(one) || (index > 0 && /^\s{2,}\S/.test(one)));
      const joined = [];
      for (const one of items) {
        if (/^\s*([-*+]|\d+[.)]) /.test(one)) joined.push(one.replace(/^\s*([-*+]|\d+[.)]) /, ''));
        else joined[joined.length - 1] += ` ${one.trim()}`;
      }
      parent.append(el(ordered ? 'ol' : 'ul', {}, joined.map((item) => listItem(item, env))));
    } else parent.append(spanNode('p', take(rest, (one, index) => one.trim() !== '' && (index === 0 || !special.test(one))).join('\n'), env));
  }
  return parent;
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
