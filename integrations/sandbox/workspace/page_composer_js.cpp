#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_composer_js() {
  static constexpr std::string_view kText = R"~~~(// The box to write in: completion of names and commands, Enter to send.
import { el } from './text.js';
import { explain, toast } from './modal.js';
import { avatar } from './message.js';
import { conversation, post, store, titleOf } from './store.js';

function completions(before) {
  const match = before.match(/(^|\s)([@#/])([\w.-]*)$/);
  if (!match || (match[2] === '/' && match.index + match[1].length > 0)) return null;
  const word = match[3].toLowerCase();
  const all = match[2] === '@' ? [...store.people.values()].map((one) => ({ text: `@${one.name}`, note: one.is_bot ? 'app' : one.real_name })).sort((a, b) => (b.note === 'app') - (a.note === 'app'))
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

async function send(box, thread) {
  const text = box.value.trim();
  if (!text) return;
  box.value = '';
  grow(box);
  const answer = await post('say', { channel: store.current, text, thread_ts: thread || undefined });
  if (answer.ok || ['not_in_threads', 'unknown_command', 'operation_timeout', 'dispatch_failed'].includes(answer.error)) return;
  toast(explain(answer), 'error');
  box.value ||= text;
}

export function grow(box) {
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
}

export function fillComposer(form, thread) {
  const one = conversation(store.current);
  const prompt = thread ? 'Reply…' : `Message ${one ? titleOf(one) : ''}`;
  const known = form.querySelector('textarea');
  if (known) {
    known.placeholder = prompt;
    known.setAttribute('aria-label', prompt);
    form.querySelector('.as').replaceChildren(avatar(store.me, '.tiny'));
    return;
  }
  const box = el('textarea', { id: thread ? 'thread-text' : 'composer-text', rows: '1', placeholder: prompt, 'aria-label': prompt, autocomplete: 'off', spellcheck: 'true' });
  const list = el('ul.completions', { role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
  const handled = completer(box, list);
  const current = () => (form.id === 'thread-composer' ? store.thread : '');
  box.addEventListener('input', () => grow(box));
  box.addEventListener('keydown', (event) => {
    if (handled(event)) event.preventDefault();
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send(box, current());
    }
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(box, current());
    box.focus();
  });
  form.append(list, el('div.composer-box', {}, el('span.as', {}, avatar(store.me, '.tiny')), box, el('button.send', { type: 'submit', 'aria-label': 'Send' }, '➤')));
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
