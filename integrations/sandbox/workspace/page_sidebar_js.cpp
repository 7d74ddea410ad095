#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_sidebar_js() {
  static constexpr std::string_view kText = R"~~~(// Who and where one can be: channels, direct messages, people.
import { el } from './text.js';
import { avatar } from './message.js';
import { patch } from './patch.js';
import { conversation, conversations, isBotDm, person, store, titleOf } from './store.js';

const $ = (id) => document.getElementById(id);

function conversationItem(one, go) {
  const unread = one.id !== store.current && one.unread > 0;
  const bot = isBotDm(one);
  const mark = one.name ? el('span.hash', { 'aria-hidden': 'true' }, one.is_private ? '🔒' : '#') : avatar(one.user, '.tiny');
  const name = one.name || person(one.user)?.name || one.user;
  return el('li', { 'data-key': one.id }, el(`button.conversation${unread ? '.unread' : ''}`, { type: 'button', 'data-key': one.id, 'data-conversation': one.id, 'aria-current': one.id === store.current ? 'page' : undefined, onclick: () => go.open(one.id) },
    mark, el('span.name', {}, name), bot ? el('span.badge', {}, 'APP') : null, unread ? el(`span.count${one.called ? '.called' : ''}`, { 'aria-label': `${one.unread} unread` }, String(one.unread)) : null));
}

/** `go` says where a click leads: {open, become}. */
export function drawSidebar(go) {
  $('team-name').textContent = store.team;
  const presence = $('presence');
  presence.textContent = store.bot.connected ? `${store.bot.name} is connected` : `${store.bot.name} is away`;
  presence.classList.toggle('on', store.bot.connected);
  patch($('channels'), store.channels.map((one) => conversationItem(one, go)));
  patch($('ims'), store.ims.map((one) => conversationItem(one, go)));
  const humans = [...store.people.values()].filter((one) => !one.is_bot);
  patch($('people'), humans.map((one, index) => el('button.person', { type: 'button', role: 'radio', 'data-key': one.id, 'aria-checked': String(one.id === store.me), tabIndex: one.id === store.me ? 0 : -1, title: `Be ${one.name} (Alt+${index + 1})`, onclick: () => go.become(one.id) }, avatar(one.id), el('span', {}, one.name))));
  const waiting = conversations().reduce((sum, one) => sum + (one.id === store.current ? 0 : one.unread || 0), 0);
  $('menu-dot').hidden = waiting === 0;
  $('menu').setAttribute('aria-label', waiting > 0 ? `Channels and people, ${waiting} unread` : 'Channels and people');
  document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${conversation(store.current) ? titleOf(conversation(store.current)) : ''} · ${store.team}`;
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
