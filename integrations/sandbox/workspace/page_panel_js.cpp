#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_panel_js() {
  static constexpr std::string_view kText = R"~~~(// The panel beside the conversation: what one may break, and words to try.
import { el } from './text.js';
import { explain } from './modal.js';
import { drawn, patch } from './patch.js';
import { post, store } from './store.js';

const $ = (id) => document.getElementById(id);

/** "#shop-prod" in a plain text becomes a way there. */
function withChannels(text, go) {
  return text.split(/(#[\w-]+)/).map((piece) => {
    const one = store.channels.find((channel) => `#${channel.name}` === piece);
    return one ? el('button.link', { type: 'button', onclick: () => go.open(one.id) }, piece) : piece;
  });
}

async function runAction(action, node, go) {
  const button = node.querySelector('button');
  const result = node.querySelector('.result');
  button.disabled = true;
  button.classList.add('busy');
  const answer = await post('panel', { id: action.id });
  button.disabled = false;
  button.classList.remove('busy');
  result.className = `result ${answer.ok ? 'fine' : 'bad'}`;
  result.replaceChildren(...(answer.ok ? withChannels(answer.text, go) : [explain(answer)]));
}

function actionNode(action, go) {
  const node = el('div.break', {}, el('button.break-button', { type: 'button', 'aria-describedby': `why-${action.id}` }, el('strong', {}, action.title), el('span', { id: `why-${action.id}` }, action.description)), el('p.result', { role: 'status' }));
  node.querySelector('button').addEventListener('click', () => runAction(action, node, go));
  return drawn(node, action);
}

/** `go` says where a click leads: {open, propose}. */
export function drawPanel(go) {
  patch($('panel-actions'), store.panel.length > 0 ? store.panel.map((action) => actionNode(action, go)) : [el('p.hint', {}, 'There is nothing to break in this sandbox.')]);
  patch($('tips'), store.tips.map((tip) => drawn(el('li', {}, el('button.tip', { type: 'button', onclick: () => go.propose(tip.say) }, el('code', {}, tip.say), el('span', {}, tip.explanation))), tip)));
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
