#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_composer_js() {
  static constexpr std::string_view kText = R"~~~(// The box to write in: completion of names and commands, Enter to send.
import { el } from './text.js';
import { explain, openMenu, toast } from './modal.js';
import { avatar } from './message.js';
import { keepAtEnd } from './patch.js';
import { conversation, post, store, titleOf } from './store.js';

function completions(before) {
  const match = before.match(/(^|\s)([@#/])([\w.-]*)$/);
  if (!match || (match[2] === '/' && match.index + match[1].length > 0)) return null;
  const word = match[3].toLowerCase();
  const all = match[2] === '@' ? [...store.people.values()].map((one) => ({ text: `@${one.name}`, note: one.is_bot ? 'app' : one.real_name })).sort((a, b) => (b.note === 'app') - (a.note === 'app')).concat(store.usergroups.map((one) => ({ text: `@${one.handle}`, note: 'group' })))
    : match[2] === '#' ? store.channels.map((one) => ({ text: `#${one.name}`, note: 'channel' })) : [...store.commands.map((one) => ({ text: one, note: 'ask the bot' })), { text: '/invite', note: 'add somebody to the channel' }];
  const found = all.filter((one) => one.text.slice(1).toLowerCase().startsWith(word) && one.text.slice(1).toLowerCase() !== word);
  return found.length > 0 ? { start: before.length - match[3].length - 1, found } : null;
}

/** The popup over a text box that completes names and commands. */
function completer(box, list) {
  let current = null;
  let at = 0;
  const draw = () => {
    list.hidden = !current;
    list.replaceChildren(...(current?.found || []).map((one, index) => el('li', { role: 'option', 'aria-selected': String(index === at), onmousedown: (event) => event.preventDefault(), onclick: () => choose(index) }, el('strong', {}, one.text), el('span', {}, one.note))));
  };
  const choose = (index) => {
    const { start, found } = current;
    box.setRangeText(`${found[index].text} `, start, box.selectionStart, 'end');
    current = null;
    draw();
    box.focus();
  };
  box.addEventListener('input', () => {
    current = completions(box.value.slice(0, box.selectionStart));
    at = 0;
    draw();
  });
  box.addEventListener('blur', () => {
    current = null;
    draw();
  });
  return (event) => {
    if (!current) return false;
    if (event.key === 'ArrowDown') at = (at + 1) % current.found.length;
    else if (event.key === 'ArrowUp') at = (at + current.found.length - 1) % current.found.length;
    else if (event.key === 'Escape') current = null;
    else if (event.key === 'Enter' || event.key === 'Tab') {
      choose(at);
      return true;
    } else return false;
    draw();
    return true;
  };
}

async function send(box, thread, broadcast) {
  const text = box.value.trim();
  if (!text) return;
  box.value = '';
  grow(box);
  const also = Boolean(thread && broadcast?.checked);
  if (broadcast) broadcast.checked = false;
  const answer = await post('say', { channel: store.current, text, thread_ts: thread || undefined, reply_broadcast: also || undefined });
  if (answer.ok || ['not_in_threads', 'unknown_command', 'operation_timeout', 'dispatch_failed'].includes(answer.error)) return;
  toast(explain(answer), 'error');
  box.value ||= text;
}

/** The workspace's own shortcuts, under the bolt of the message box. */
function shortcutsButton() {
  const node = el('button.bolt', { type: 'button', 'aria-label': 'Shortcuts', 'aria-haspopup': 'menu', 'aria-expanded': 'false' }, '⚡');
  node.addEventListener('click', () => openMenu(node, store.shortcuts.filter((one) => !one.on_message).map((one) => ({
    label: one.name,
    value: one.callback_id,
    run: async () => {
      const answer = await post('shortcut', { callback_id: one.callback_id });
      if (!answer.ok) toast(explain(answer), 'error');
    },
  }))));
  return node;
}

/** "Also send to #channel", for replies. */
function broadcastBox(form) {
  const box = el('input', { type: 'checkbox', id: `${form.id}-broadcast` });
  return { box, label: el('label.broadcast', { for: box.id }, box, el('span', {}, 'Also send to the channel')) };
}

export function grow(box) {
  keepAtEnd(document.getElementById(box.id === 'thread-text' ? 'thread-messages' : 'messages'), () => {
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
  });
}

export function fillComposer(form, thread) {
  const one = conversation(store.current);
  const prompt = thread ? 'Reply…' : `Message ${one ? titleOf(one) : ''}`;
  const known = form.querySelector('textarea');
  if (known) {
    known.placeholder = prompt;
    known.setAttribute('aria-label', prompt);
    form.querySelector('.as').replaceChildren(avatar(store.me, '.tiny'));
    const also = form.querySelector('.broadcast span');
    if (also) also.textContent = `Also send to ${one ? titleOf(one) : 'the channel'}`;
    const bolt = form.querySelector('.bolt');
    if (bolt) bolt.hidden = !store.shortcuts.some((shortcut) => !shortcut.on_message);
    return;
  }
  const box = el('textarea', { id: thread ? 'thread-text' : 'composer-text', rows: '1', placeholder: prompt, 'aria-label': prompt, autocomplete: 'off', spellcheck: 'true' });
  const list = el('ul.completions', { role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
  const handled = completer(box, list);
  const broadcast = form.id === 'thread-composer' ? broadcastBox(form) : null;
  const current = () => (form.id === 'thread-composer' ? store.thread : '');
  box.addEventListener('input', () => grow(box));
  box.addEventListener('keydown', (event) => {
    if (handled(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send(box, current(), broadcast?.box);
    }
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(box, current(), broadcast?.box);
    box.focus();
  });
  const bolt = form.id === 'composer' ? shortcutsButton() : null;
  form.append(list, el('div.composer-box', {}, el('span.as', {}, avatar(store.me, '.tiny')), box, bolt, el('button.send', { type: 'submit', 'aria-label': 'Send' }, '➤')));
  if (broadcast) form.append(broadcast.label);
  fillComposer(form, thread);
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
