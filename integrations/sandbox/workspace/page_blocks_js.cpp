#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_blocks_js() {
  static constexpr std::string_view kText = R"~~~(// Block Kit to DOM. `env` says where the blocks stand: {message | view, channel, values, kept, me, person, ...}.
import { el, markdown, mrkdwn, richText, textObject } from './text.js';
import { collect, confirmDialog, explain, openMenu, toast } from './modal.js';
import { drawn } from './patch.js';
import { post, store } from './store.js';

/** Tells the bot what was chosen; the element shows that it is busy. */
async function act(env, block, element, chosen, node) {
  if (element.confirm && !(await confirmDialog(element.confirm, env))) return false;
  const where = env.view ? { view: env.view.id, state: { values: collect(env.values || {}) } } : { message: { channel: env.channel, ts: env.message.ts } };
  node.classList.add('busy');
  node.setAttribute('aria-busy', 'true');
  const answer = await post('act', { ...where, action_id: element.action_id, block_id: block.block_id, ...chosen });
  node.classList.remove('busy');
  node.removeAttribute('aria-busy');
  if (!answer.ok) toast(explain(answer), 'error');
  return answer.ok;
}

function button(element, block, env) {
  const style = element.style === 'primary' || element.style === 'danger' ? `.${element.style}` : '';
  const node = el(`button.button${style}`, { type: 'button', 'aria-label': element.accessibility_label });
  node.append(textObject(element.text, env));
  node.addEventListener('click', async () => {
    if (node.classList.contains('busy')) return;
    if (element.url && /^https?:/.test(element.url) && !(env.openLink && env.openLink(element.url))) window.open(element.url, '_blank', 'noopener');
    await act(env, block, element, { value: element.value ?? '' }, node);
  });
  return node;
}

function overflow(element, block, env) {
  const node = el('button.button.more', { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': 'More actions' }, '⋯');
  node.addEventListener('click', () => openMenu(node, element.options.map((option) => ({
    label: textObject(option.text, env),
    value: option.value,
    run: () => {
      if (option.url && /^https?:/.test(option.url)) window.open(option.url, '_blank', 'noopener');
      act(env, block, element, { selected_option: option }, node);
    },
  }))));
  return node;
}

/** Keeps a value for the modal's submission, and what was typed before an update of the view. */
function remember(env, block, element, read) {
  if (!env.values) return undefined;
  (env.values[block.block_id] ??= {})[element.action_id] = read;
  return env.kept?.[block.block_id]?.[element.action_id];
}

const inputId = (block, element) => `in-${block.block_id}-${element.action_id}`;
const dispatches = (block) => block.type !== 'input' || block.dispatch_action;

function label(element, block) {
  return block.type === 'input' ? undefined : element.placeholder?.text || 'Choose';
}

function staticSelect(element, block, env) {
  const all = element.options || (element.option_groups || []).flatMap((group) => group.options);
  const option = (one) => el('option', { value: String(all.indexOf(one)) }, one.text.text);
  const node = el('select.select', { id: inputId(block, element), 'aria-label': label(element, block) });
  node.append(el('option', { value: '' }, element.placeholder?.text || 'Choose…'));
  if (element.options) node.append(...element.options.map(option));
  else for (const group of element.option_groups || []) node.append(el('optgroup', { label: group.label.text }, group.options.map(option)));
  const read = () => ({ type: element.type, selected_option: node.value === '' ? null : all[Number(node.value)] });
  const kept = remember(env, block, element, read);
  const initial = (kept ? kept.selected_option : element.initial_option)?.value;
  node.value = String(all.findIndex((one) => one.value === initial));
  if (node.selectedIndex < 0) node.value = '';
  node.addEventListener('change', () => node.value !== '' && dispatches(block) && act(env, block, element, read(), node));
  return node;
}

function peopleSelect(element, block, env) {
  const people = element.type === 'users_select';
  const entries = people ? [...store.people.values()].map((one) => [one.id, `@${one.name}`]) : store.channels.map((one) => [one.id, `#${one.name}`]);
  const key = people ? 'selected_user' : element.type === 'channels_select' ? 'selected_channel' : 'selected_conversation';
  const node = el('select.select', { id: inputId(block, element), 'aria-label': label(element, block) }, el('option', { value: '' }, element.placeholder?.text || 'Choose…'),
    entries.map(([id, name]) => el('option', { value: id }, name)));
  const read = () => ({ type: element.type, [key]: node.value || null });
  const kept = remember(env, block, element, read);
  node.value = (kept ? kept[key] : element.initial_user || element.initial_channel || element.initial_conversation) || '';
  node.addEventListener('change', () => dispatches(block) && act(env, block, element, read(), node));
  return node;
}

/** A typeahead: asks the bot for options while the person types. */
function externalSelect(element, block, env) {
  const id = inputId(block, element);
  const input = el('input.entry', { id, type: 'text', role: 'combobox', autocomplete: 'off', 'aria-expanded': 'false', 'aria-controls': `${id}-list`, placeholder: element.placeholder?.text || 'Type to search…', 'aria-label': label(element, block) });
  const list = el('ul.options', { id: `${id}-list`, role: 'listbox', hidden: true });
  let chosen = element.initial_option || null;
  const kept = remember(env, block, element, () => ({ type: element.type, selected_option: chosen }));
  if (kept) chosen = kept.selected_option;
  if (chosen) input.value = chosen.text.text;
  const show = (open) => {
    list.hidden = !open;
    input.setAttribute('aria-expanded', String(open));
  };
  const pick = (option) => {
    chosen = option;
    input.value = option.text.text;
    show(false);
    if (dispatches(block)) act(env, block, element, { selected_option: option }, input);
  };
  const move = (step) => {
    const all = [...list.querySelectorAll('[role=option]')];
    const at = all.findIndex((one) => one.classList.contains('active'));
    all[at]?.classList.remove('active');
    const next = all[(at + step + all.length) % all.length];
    next?.classList.add('active');
    next?.scrollIntoView({ block: 'nearest' });
  };
  let latest = 0;
  const ask = async () => {
    if (input.value.length < (element.min_query_length ?? 3)) return show(false);
    const turn = (latest += 1);
    const where = env.view ? { view: env.view.id } : { message: { channel: env.channel, ts: env.message.ts } };
    const answer = await post('suggest', { ...where, action_id: element.action_id, block_id: block.block_id, value: input.value });
    if (turn !== latest) return undefined;
    const options = answer.options || (answer.option_groups || []).flatMap((group) => group.options);
    list.replaceChildren(...options.map((option) => el('li', { role: 'option', tabindex: '-1', 'data-value': option.value, 'aria-selected': String(option.value === chosen?.value), onmousedown: (event) => event.preventDefault(), onclick: () => pick(option) }, option.text.text)));
    if (options.length === 0) list.replaceChildren(el('li.none', {}, answer.ok ? 'Nothing found' : explain(answer)));
    return show(true);
  };
  input.addEventListener('focus', ask);
  input.addEventListener('input', () => {
    chosen = null;
    ask();
  });
  input.addEventListener('blur', () => show(false));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      show(false);
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      if (!list.hidden) (list.querySelector('.active') || list.querySelector('[role=option]'))?.click();
    }
  });
  return el('div.typeahead', {}, input, list);
}

function choices(element, block, env) {
  const many = element.type === 'checkboxes';
  const name = inputId(block, element);
  const key = many ? 'selected_options' : 'selected_option';
  const boxes = element.options.map((option) => el('input', { type: many ? 'checkbox' : 'radio', name }));
  const read = () => {
    const picked = element.options.filter((_, index) => boxes[index].checked);
    return { type: element.type, [key]: many ? picked : picked[0] || null };
  };
  const kept = remember(env, block, element, read);
  const initial = kept ? [kept[key]].flat() : [...(element.initial_options || []), element.initial_option];
  element.options.forEach((option, index) => (boxes[index].checked = initial.some((one) => one?.value === option.value)));
  const node = el('div.choices', { role: many ? 'group' : 'radiogroup' }, element.options.map((option, index) => el('label', {}, boxes[index],
    el('span', {}, textObject(option.text, env), option.description ? el('small', {}, textObject(option.description, env)) : null))));
  node.addEventListener('change', () => dispatches(block) && act(env, block, element, read(), node));
  return node;
}

const FIELD_TYPES = { email_text_input: 'email', url_text_input: 'url', number_input: 'number', datepicker: 'date', timepicker: 'time' };

function field(element, block, env) {
  const key = element.type === 'datepicker' ? 'selected_date' : element.type === 'timepicker' ? 'selected_time' : 'value';
  const props = { id: inputId(block, element), placeholder: element.placeholder?.text, maxlength: element.max_length ? String(element.max_length) : undefined, 'aria-label': label(element, block) };
  const node = element.multiline ? el('textarea.entry', { ...props, rows: '4' }) : el('input.entry', { ...props, type: FIELD_TYPES[element.type] || 'text' });
  const read = () => ({ type: element.type, [key]: node.value === '' ? null : node.value });
  const kept = remember(env, block, element, read);
  node.value = (kept ? kept[key] : element.initial_value || element.initial_date || element.initial_time) || '';
  if (dispatches(block)) node.addEventListener('change', () => act(env, block, element, read(), node));
  return node;
}

function image(element, env) {
  const local = element.image_url?.startsWith(store.baseUrl) || element.image_url?.startsWith('data:image/');
  const title = element.title ? el('figcaption', {}, textObject(element.title, env)) : null;
  // Nothing is loaded from elsewhere: the description stands for the picture.
  const picture = local ? el('img', { src: element.image_url, alt: element.alt_text, loading: 'lazy' }) : el('span.picture', { role: 'img', 'aria-label': element.alt_text }, `🖼 ${element.alt_text}`);
  return el('figure.image', {}, title, picture);
}

/** The element, with its ids where tests and scripts find them. */
function interactive(element, block, env) {
  const node = draw(element, block, env);
  const control = node.matches('button, select, input, textarea, .choices') ? node : node.querySelector('input, textarea') || node;
  if (element.action_id) control.dataset.actionId = element.action_id;
  if (element.action_id) control.dataset.blockId = block.block_id;
  return node;
}

function draw(element, block, env) {
  switch (element.type) {
    case 'button': case 'workflow_button': return button(element, block, env);
    case 'overflow': return overflow(element, block, env);
    case 'static_select': return staticSelect(element, block, env);
    case 'external_select': return externalSelect(element, block, env);
    case 'users_select': case 'channels_select': case 'conversations_select': return peopleSelect(element, block, env);
    case 'checkboxes': case 'radio_buttons': return choices(element, block, env);
    case 'image': return image(element, env);
    default: return field(element, block, env);
  }
}

function section(block, env) {
  const body = el('div.section-body');
  if (block.text) body.append(el('div.section-text', {}, textObject(block.text, env)));
  if (block.fields) body.append(el('div.fields', {}, block.fields.map((one) => el('div', {}, textObject(one, env)))));
  return el('div.block.section', {}, body, block.accessory ? el('div.accessory', {}, interactive(block.accessory, block, env)) : null);
}

function input(block, env) {
  const id = inputId(block, block.element);
  return el('div.block.field', { 'data-block': block.block_id },
    el('label', { for: id }, textObject(block.label, env), block.optional ? el('span.optional', {}, ' (optional)') : null),
    interactive(block.element, block, env),
    block.hint ? el('p.field-hint', {}, textObject(block.hint, env)) : null);
}

function tableCell(cell, env) {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'object') return String(cell);
  if (cell.type === 'rich_text') return richText(cell, env);
  if (cell.type === 'mrkdwn') return mrkdwn(cell.text, env);
  return String(cell.text ?? cell.value ?? '');
}

function table(block, env) {
  const settings = block.column_settings || [];
  const row = (cells, tag) => el('tr', {}, cells.map((cell, index) => {
    const node = el(tag, {}, tableCell(cell, env));
    if (settings[index]?.align) node.style.textAlign = settings[index].align;
    else if (cell?.type === 'raw_number') node.style.textAlign = 'right';
    return node;
  }));
  const [head, ...rest] = block.rows;
  const caption = block.caption ? el('caption', {}, block.caption.text || block.caption) : null;
  return el('div.block.table-wrap', {}, el('table', {}, caption, el('thead', {}, row(head, 'th')), el('tbody', {}, rest.map((cells) => row(cells, 'td')))));
}

const TASK_SIGNS = { pending: '○', in_progress: '◐', complete: '●', error: '✕' };
const taskCard = (task) => el(`div.task-card.${task.status || 'pending'}`, {}, el('span.task-sign', { 'aria-label': task.status }, TASK_SIGNS[task.status] || '○'), el('span', {}, task.title));

function block(one, env) {
  switch (one.type) {
    case 'header': return el('h3.block.header', {}, textObject(one.text, env));
    case 'section': return section(one, env);
    case 'divider': return el('hr.block');
    case 'context': return el('div.block.context', {}, one.elements.map((item) => (item.type === 'image' ? image(item, env) : el('span', {}, textObject(item, env)))));
    case 'actions': return el('div.block.actions', {}, one.elements.map((item) => interactive(item, one, env)));
    case 'image': return el('div.block', {}, image(one, env));
    case 'input': return input(one, env);
    case 'rich_text': return el('div.block', {}, richText(one, env));
    case 'markdown': return el('div.block', {}, markdown(one.text, env));
    case 'table': case 'data_table': return table(one, env);
    case 'task_card': return el('div.block', {}, taskCard(one));
    case 'plan': return el('div.block.plan', {}, el('strong', {}, one.title?.text || one.title || ''), (one.tasks || []).map(taskCard));
    case 'alert': return el('div.block.alert', {}, textObject(one.text, env));
    default: return el('div.block.context', {}, `This page does not draw "${one.type}" blocks.`);
  }
}

export const blocks = (all, env) => (all || []).map((one) => drawn(block(one, env), [env.me, one]));
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
