#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_modal_js() {
  static constexpr std::string_view kText = R"~~~(// Dialogs, menus and notices.
import { el, extend, textObject } from './text.js';
import { blocks } from './blocks.js';
import { post } from './store.js';

export function toast(text, kind = 'info') {
  const node = el(`div.toast.${kind}`, {}, text);
  document.getElementById('toasts').append(node);
  setTimeout(() => node.classList.add('leaving'), 4600);
  setTimeout(() => node.remove(), 5000);
}

const EXPLAIN = {
  dispatch_failed: 'warden is not connected, so nobody could answer.',
  operation_timeout: 'warden did not answer within three seconds.',
  unreachable: 'The sandbox is not running any more.',
  message_not_found: 'That message is gone.',
};
export const explain = (answer) => EXPLAIN[answer.error] || answer.detail || `That did not work: ${answer.error}`;

/** The confirm dialog of a button; true when the person agrees. */
export function confirmDialog(confirm, env) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const style = confirm.style === 'danger' ? 'danger' : 'primary';
    const yes = el(`button.button.${style}`, { type: 'button', onclick: () => finish(true) }, textObject(confirm.confirm, env));
    const dialog = el('dialog.modal.small', { role: 'dialog', 'data-view': 'confirm', 'aria-label': confirm.title?.text || 'Are you sure?' },
      el('header', {}, el('h2', {}, textObject(confirm.title, env))),
      el('div.modal-body', {}, textObject(confirm.text, env)),
      el('footer', {}, el('button.button', { type: 'button', onclick: () => finish(false) }, textObject(confirm.deny, env)), yes));
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      finish(false);
    });
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
  });
}

/** A small menu under `button`. Items: {label, run, danger}. */
export function openMenu(button, items) {
  document.querySelector('.menu')?.remove();
  const close = () => {
    menu.remove();
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside, true);
  };
  const outside = (event) => !menu.contains(event.target) && close();
  const choose = (item) => {
    close();
    button.focus();
    item.run();
  };
  const menu = el('div.menu', { role: 'menu' }, items.map((item) => el('button', { type: 'button', role: 'menuitem', 'data-value': item.value, onclick: () => choose(item) }, item.label)));
  menu.addEventListener('keydown', (event) => {
    const all = [...menu.children];
    const at = all.indexOf(document.activeElement);
    if (event.key === 'ArrowDown') all[(at + 1) % all.length].focus();
    else if (event.key === 'ArrowUp') all[(at + all.length - 1) % all.length].focus();
    else if (event.key === 'Escape') {
      close();
      button.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  (button.closest('dialog') || document.body).append(menu);
  const place = button.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(place.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${place.bottom + menu.offsetHeight + 8 > innerHeight ? Math.max(8, place.top - menu.offsetHeight - 4) : place.bottom + 4}px`;
  button.setAttribute('aria-expanded', 'true');
  document.addEventListener('pointerdown', outside, true);
  menu.firstElementChild?.focus();
}

// Views: only the top of the stack is shown.

let shown = null; // {id, dialog, values}

function fieldErrors(dialog, errors) {
  dialog.querySelectorAll('.field-error').forEach((node) => node.remove());
  dialog.querySelectorAll('[aria-invalid]').forEach((node) => ['aria-invalid', 'aria-describedby'].forEach((name) => node.removeAttribute(name)));
  for (const [block, text] of Object.entries(errors)) {
    const field = [...dialog.querySelectorAll('[data-block]')].find((node) => node.dataset.block === block) || dialog.querySelector('.modal-body');
    const input = field.querySelector('input, textarea, select');
    field.append(el('p.field-error', { id: `error-${block}`, role: 'alert' }, text));
    input?.setAttribute('aria-invalid', 'true');
    input?.setAttribute('aria-describedby', `error-${block}`);
  }
  dialog.querySelector('[aria-invalid=true]')?.focus();
}

async function submit(view, dialog, values, button) {
  button.disabled = true;
  button.classList.add('busy');
  const answer = await post('act', { view: view.id, values: collect(values) });
  button.disabled = false;
  button.classList.remove('busy');
  if (answer.ok) return;
  if (answer.errors) fieldErrors(dialog, answer.errors);
  else toast(explain(answer), 'error');
}

export function collect(values) {
  const result = {};
  for (const [block, actions] of Object.entries(values)) {
    result[block] = {};
    for (const [action, value] of Object.entries(actions)) result[block][action] = value();
  }
  return result;
}

function closeShown() {
  if (!shown) return;
  shown.dialog.close();
  shown.dialog.remove();
  shown = null;
}

export function showViews(stack, env) {
  const view = stack?.[stack.length - 1];
  if (!view) return closeShown();
  if (shown && shown.id === view.id && shown.hash === view.hash) return;
  const kept = shown && shown.id === view.id ? collect(shown.values) : {};
  const focused = shown?.dialog.contains(document.activeElement) ? document.activeElement.id : '';
  closeShown();
  const values = {};
  const close = (all) => post('close', { view: view.id, all });
  const send = view.submit ? el('button.button.primary', { type: 'submit' }, textObject(view.submit, env)) : null;
  const body = el('div.modal-body', {}, blocks(view.blocks, extend(env, { view, values, kept })));
  const form = el('form', { method: 'dialog' },
    el('header', {}, el('h2', { id: 'modal-title' }, textObject(view.title, env)), el('button.icon-button', { type: 'button', 'aria-label': 'Close', onclick: () => close(true) }, '✕')),
    body,
    send || view.close ? el('footer', {}, el('button.button', { type: 'button', onclick: () => close(false) }, view.close ? textObject(view.close, env) : 'Cancel'), send) : null);
  const dialog = el('dialog.modal', { role: 'dialog', 'aria-labelledby': 'modal-title', 'data-view': 'modal', 'data-view-id': view.id }, form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (send) submit(view, dialog, values, send);
  });
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    close(false);
  });
  document.body.append(dialog);
  dialog.showModal();
  (focused && dialog.querySelector(`#${CSS.escape(focused)}`) || body.querySelector('input, textarea, select') || send || dialog.querySelector('button')).focus();
  shown = { id: view.id, hash: view.hash, dialog, values };
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
