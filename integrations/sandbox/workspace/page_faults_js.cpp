#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_faults_js() {
  static constexpr std::string_view kText = R"~~~(// Slack on a bad day: what goes wrong next, at the press of a button.
import { el } from './text.js';
import { explain } from './modal.js';
import { get, post } from './store.js';

const NEXT = [
  { id: 'fail', title: 'Next 3 calls fail', why: 'as an internal_error of Slack', faults: { fail_next_calls: 3, fail_with: 'internal_error', fail_after_effect: false } },
  { id: 'limit', title: 'Next 3 calls meet a 429', why: 'with Retry-After', faults: { fail_next_calls: 3, fail_with: 'ratelimited', fail_after_effect: false } },
  { id: 'twice', title: 'Next 5 events come twice', why: '', faults: { duplicate_next_events: 5 } },
  { id: 'late', title: 'Next 5 events come 5 s late', why: 'after Slack has sent them again', faults: { delay_next_envelopes: 5, envelope_delay_ms: 5000 } },
  { id: 'reorder', title: 'Next 5 events out of order', why: '', faults: { reorder_next_events: 5 } },
  { id: 'lose', title: 'Lose the next event', why: 'Slack repeats it after three seconds', faults: { drop_next_envelopes: 1 } },
];
const CONNECTION = [
  { id: 'warning', title: 'Announce a refresh', why: 'this connection ends in ten seconds' },
  { id: 'refresh_requested', title: 'Refresh the connection', why: '' },
  { id: 'drop', title: 'Cut the connection', why: 'without a word' },
  { id: 'half_open', title: 'Let the connection go silent', why: 'open, but nobody reads or answers' },
];

const count = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`;

function summary(done) {
  const ack = done.ack_us;
  const parts = [count(done.events, 'event'), count(done.envelopes, 'delivery').replace('deliverys', 'deliveries'), `${done.acknowledged} acknowledged`];
  if (done.acknowledged > 0) parts.push(`half within ${(ack.p50 / 1000).toFixed(1)} ms, 99 % within ${(ack.p99 / 1000).toFixed(1)} ms`);
  return `${parts.join(', ')}.`;
}

export function faultsPanel() {
  const status = el('p.hint', { role: 'status' });
  const limits = el('input', { type: 'checkbox', id: 'enforce-limits' });
  const refresh = async (said) => {
    const [faults, done] = await Promise.all([get('faults'), get('deliveries')]);
    if (faults.ok) limits.checked = faults.enforce_rate_limits;
    status.textContent = `${said ? `${said} ` : ''}${done.ok ? summary(done) : ''}`;
  };
  const press = async (path, body, title) => {
    const answer = await post(path, body);
    await refresh(answer.ok ? `“${title}” it is.` : explain(answer));
  };
  const button = (one, path, body) => el('button.fault', { type: 'button', 'data-fault': one.id, title: one.why || undefined, onclick: () => press(path, body, one.title) }, one.title);
  limits.addEventListener('change', () => press('faults', { enforce_rate_limits: limits.checked }, limits.checked ? 'Limits enforced' : 'No limits'));
  const node = el('details.faults', {}, el('summary', {}, 'When Slack misbehaves'),
    el('label.check', { for: 'enforce-limits' }, limits, el('span', {}, 'Enforce Slack’s rate limits')),
    el('div.fault-list', { role: 'group', 'aria-label': 'Calls and events' }, NEXT.map((one) => button(one, 'faults', one.faults))),
    el('div.fault-list', { role: 'group', 'aria-label': 'The connection' }, CONNECTION.map((one) => button(one, 'disconnect', { reason: one.id }))),
    status);
  node.addEventListener('toggle', () => node.open && refresh(''));
  return node;
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
