// The chat page as one person uses it.
import assert from 'node:assert/strict';
import { until } from './until.mjs';

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export class Chat {
  constructor(page, sandbox) {
    Object.assign(this, { page, sandbox });
  }

  async goto(person) {
    await this.page.goto(`${this.sandbox.url}?as=${this.sandbox.idOf(person)}`);
    await this.page.locator('#presence.on').waitFor({ state: 'attached' });
    await this.settled({ me: this.sandbox.idOf(person) });
  }

  /** Waits until the page shows what it was told to open: `channel`, as `me`. */
  async settled({ channel, me }) {
    const shows = (channel ? `[data-channel="${channel}"]` : '') + (me ? `[data-me="${me}"]` : '');
    await this.page.locator(`#messages:not([aria-busy])${shows}`).waitFor({ state: 'attached' });
  }

  get small() {
    return this.page.viewportSize().width < 1100;
  }

  async withSidebar(act) {
    if (this.small) await this.page.getByRole('button', { name: 'Channels and people' }).click();
    await act(this.page.locator('#sidebar'));
    if (this.small && (await this.page.locator('#sidebar.open').count())) await this.page.keyboard.press('Escape');
  }

  /** "#shop-prod", or "warden" for the direct conversation. */
  async open(name) {
    const pattern = new RegExp(`^\\W*${escaped(name.replace('#', ''))}(APP)?\\d*$`);
    let channel = '';
    await this.withSidebar(async (sidebar) => {
      const button = sidebar.locator('button.conversation', { has: this.page.locator('.name', { hasText: pattern }) });
      channel = await button.getAttribute('data-conversation');
      await button.click();
    });
    await this.page.locator('#title', { hasText: name }).waitFor();
    await this.settled({ channel });
  }

  async become(person) {
    await this.withSidebar((sidebar) => sidebar.getByRole('radio', { name: person }).click());
    await this.page.locator(`.person[aria-checked=true]`, { hasText: person }).waitFor({ state: 'attached' });
    await this.settled({ me: this.sandbox.idOf(person) });
  }

  /** Presses one of the "break something" buttons. */
  async breakSomething(title) {
    const panel = this.page.locator('#lab');
    if (!(await panel.isVisible())) await this.page.locator('#lab-toggle').click();
    await panel.getByRole('button', { name: title }).click();
    await panel.locator('.break', { hasText: title }).locator('.result.fine').waitFor();
    if (this.small) await this.foldPanel();
  }

  /** Folds the "break something" panel, so that the conversation has the room. */
  async foldPanel() {
    const close = this.page.getByRole('button', { name: 'Close this panel' });
    if (await close.isVisible()) await close.click();
  }

  /** The newest message of the channel itself that shows all of `texts` (strings or patterns). */
  message(...texts) {
    return this.find('#messages', texts);
  }

  /** The newest reply of the open thread; what it hangs on is none. */
  reply(...texts) {
    return this.find('#thread-messages article.message ~', texts);
  }

  find(where, texts) {
    return texts.reduce((found, text) => found.filter({ hasText: text }), this.page.locator(`${where} article.message`)).last();
  }

  /** Follows a message whatever it says later. */
  async follow(message) {
    await message.waitFor();
    return this.byTs(await message.getAttribute('data-ts'));
  }

  byTs(ts) {
    return this.page.locator(`#messages article.message[data-ts="${ts}"]`);
  }

  /** Presses a button; `sure` answers its confirm dialog. */
  async press(message, label, { sure = false } = {}) {
    await message.getByRole('button', { name: label, exact: true }).click();
    if (!sure) return;
    const dialog = this.page.locator('dialog[open]');
    await dialog.waitFor();
    await dialog.locator('footer button').last().click();
    await dialog.waitFor({ state: 'detached' });
  }

  /** Scrolls there, however often the page draws the message anew meanwhile. */
  async show(what) {
    await until('what is to be shown to stay', () => what.evaluate((node) => {
      node.scrollIntoView({ block: 'center' });
      return node.isConnected;
    }));
  }

  async buttons(message) {
    return message.locator('.actions .button').allInnerTexts();
  }

  /** The count of what `what` finds, once it is `count`. */
  async expectCount(what, count, why) {
    let seen = 0;
    await until(why, async () => (seen = await what.count()) === count).catch(() => assert.equal(seen, count, why));
  }

  /** Types into the conversation's box and sends it. */
  async say(text) {
    await this.type(this.page.locator('#composer-text'), text);
  }

  async answer(text) {
    await this.type(this.page.locator('#thread-composer textarea'), text);
  }

  async type(box, text) {
    await box.fill(text);
    if (await this.page.locator('.completions:not([hidden])').count()) await box.press('Escape');
    await box.press('Enter');
  }

  /** Opens the thread under a message, by its summary or its toolbar. */
  async openThread(message) {
    const summary = message.locator('.thread-summary');
    await summary.waitFor();
    await summary.click();
    await this.page.locator('#thread').waitFor();
  }

  async closeThread() {
    await this.page.getByRole('button', { name: 'Close the thread' }).click();
    await this.page.locator('#thread').waitFor({ state: 'hidden' });
  }

  /** Asks in the channel, and the first answer of the bot in the question's thread that shows all of `texts`. */
  async ask(text, ...texts) {
    const said = this.page.waitForResponse((response) => response.url().endsWith('/sandbox/say'));
    await this.say(text);
    const { ts } = await (await said).json();
    await this.openThread(this.byTs(ts));
    const answer = this.reply(...texts);
    await answer.waitFor();
    return answer;
  }

  /** The modal on top. */
  async modal(title) {
    const dialog = this.page.locator('dialog[open]');
    await dialog.getByRole('heading', { name: title }).waitFor();
    return dialog;
  }

  /** Runs a shortcut from a message's menu. */
  async shortcut(message, name) {
    const more = message.getByRole('button', { name: 'More', exact: true });
    await until('the menu of the message', async () => {
      await message.hover();
      return more.click({ timeout: 2000 }).then(() => true, () => false); // what arrives meanwhile moves it away from under the pointer
    });
    await this.page.getByRole('menuitem', { name }).click();
  }

  /** Nothing may stick out sideways, in no window. */
  async expectNoSideways() {
    const wide = await this.page.evaluate(() => {
      const out = [];
      const roots = [document.documentElement, ...document.querySelectorAll('.messages, .modal-body, .home')];
      for (const node of roots.filter((one) => one.clientWidth > 0)) if (node.scrollWidth > node.clientWidth + 1) out.push(`${node.tagName}#${node.id}.${node.className}: ${node.scrollWidth} > ${node.clientWidth}`);
      return out;
    });
    assert.deepEqual(wide, [], 'something sticks out sideways');
  }

  /** No emoji by its name, no Slack markup that stayed as it was sent. */
  async expectNoRawMarkup() {
    const raw = await this.page.evaluate(() => [...document.querySelectorAll('.message .content, [data-view=home]')].map((node) => {
      const copy = node.cloneNode(true);
      copy.querySelectorAll('pre, code').forEach((code) => code.remove());
      return copy.textContent;
    }).flatMap((text) => text.match(/:[a-z][a-z_]{2,}:|<[!@#][^>]*>|&(lt|gt|amp);/g) ?? []));
    assert.deepEqual(raw, [], 'markup shines through');
  }

  /** What the message shows, once it shows it. */
  async expect(message, ...texts) {
    for (const text of texts) {
      let seen = '';
      await until(`${text} in a message`, async () => {
        seen = (await message.count()) ? await message.innerText() : '(no such message)';
        return text instanceof RegExp ? text.test(seen) : seen.includes(text);
      }).catch((failure) => {
        throw new Error(`${failure.message}, which says:\n${seen}`);
      });
    }
  }
}
