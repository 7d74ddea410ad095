// One test: a sandbox of its own, a page, and what is left behind when it fails.
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Chat } from './chat.mjs';
import { Sandbox } from './sandbox.mjs';
import { PATIENCE_MS } from './until.mjs';

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const TEST_WITHIN_MS = 240_000;
const LAUNCHED_WITHIN_MS = 90_000;
const README_BYTES = 200_000;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];
const shots = process.env.SCREENSHOTS ?? join(tmpdir(), 'driftwarden-screenshots');
const images = fileURLToPath(new URL('../../../../deploy/images', import.meta.url));

let browser;
async function launch() {
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, timeout: LAUNCHED_WITHIN_MS });
  return browser;
}
after(() => browser?.close());
mkdirSync(shots, { recursive: true });

/** A picture for whoever looks; with `readme` and UPDATE_SCREENSHOTS=1 also the README's. */
export async function shoot(chat, name, { readme = false } = {}) {
  await chat.expectNoRawMarkup();
  const file = join(shots, `${name}.png`);
  if (readme) await chat.page.evaluate(() => document.getElementById('toasts').replaceChildren());
  await chat.page.screenshot({ path: file, animations: 'disabled' });
  if (!readme || process.env.UPDATE_SCREENSHOTS !== '1') return;
  const bytes = statSync(file).size;
  if (bytes > README_BYTES) throw new Error(`${file} has ${bytes} bytes: too many for the README`);
  copyFileSync(file, join(images, `${name}.png`));
}

/** `body({chat, sandbox, person})`: `chat` is alice's page, `person(name)` opens another one beside it. */
export function story(name, body, { device = DESKTOP, as = 'alice', skip = false } = {}) {
  test(name, { timeout: TEST_WITHIN_MS, skip }, async () => {
    const sandbox = await Sandbox.start();
    const contexts = [];
    const troubles = [];
    const person = async (who) => {
      const context = await (await launch()).newContext({ ...device, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' });
      contexts.push(context);
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      page.on('pageerror', (failure) => troubles.push(`${who}'s page: ${failure.stack}`));
      page.on('console', (line) => line.type() === 'error' && troubles.push(`${who}'s console: ${line.text()}`));
      const chat = new Chat(page, sandbox);
      await chat.goto(who);
      return chat;
    };
    try {
      const chat = await person(as);
      await body({ chat, sandbox, person });
      await chat.expectNoRawMarkup();
      if (troubles.length > 0) throw new Error(`the page had trouble:\n${troubles.join('\n')}`);
    } catch (failure) {
      const pages = contexts.flatMap((context) => context.pages());
      await Promise.all(pages.map((page, index) => page.screenshot({ path: join(shots, `failed-${name.replace(/\W+/g, '-')}-${index}.png`) }).catch(() => {})));
      throw new Error(`${failure.message}\nscreenshots: ${shots}/failed-*\n${troubles.join('\n')}\n${sandbox.logTail()}`, { cause: failure });
    } finally {
      await Promise.all(contexts.map((context) => context.close()));
      await sandbox.stop();
    }
  });
}
