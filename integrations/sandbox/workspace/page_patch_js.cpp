#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_patch_js() {
  static constexpr std::string_view kText = R"~~~(// Draws anew without taking away what a person is pressing, typing into or reading.

const sources = new WeakMap(); // what a node was drawn from, where its markup alone doesn't say what it does

/** `node`, which stays for as long as it is drawn from the same, with all that became of it meanwhile. */
export function drawn(node, from) {
  sources.set(node, JSON.stringify(from));
  return node;
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || '' : '');

function fits(old, fresh) {
  if (old.nodeName !== fresh.nodeName || keyOf(old) !== keyOf(fresh)) return false;
  if (sources.has(old) || sources.has(fresh)) return sources.get(old) === sources.get(fresh);
  return keyOf(old) !== '' || old.isEqualNode(fresh);
}

/** Gives `parent` these children. One that is there already stays: the same source, the same key, or the same in all. */
export function patch(parent, children) {
  let next = parent.firstChild;
  const dropUntil = (node) => {
    while (next !== node) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
  };
  for (const fresh of children) {
    let old = next;
    while (old && !fits(old, fresh)) old = old.nextSibling;
    if (!old) {
      parent.insertBefore(fresh, next);
      continue;
    }
    dropUntil(old);
    next = old.nextSibling;
    if (keyOf(old) && !sources.has(old)) renew(old, fresh);
  }
  dropUntil(null);
}

/** Makes `old` look like `fresh`. What listens on it stays, so it may rest on nothing but the node's key. */
export function renew(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  patch(old, [...fresh.childNodes]);
}

const NEARLY_PX = 80;
/** Draws in a list, or makes it grow or shrink: one that was at its end is there again, and one that is to be. */
export function keepAtEnd(list, draw, always = false) {
  const atEnd = always || (list && list.scrollHeight - list.scrollTop - list.clientHeight < NEARLY_PX);
  draw();
  if (atEnd) list.scrollTop = list.scrollHeight;
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
