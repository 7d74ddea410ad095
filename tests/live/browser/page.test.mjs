// The page itself: what arrives while somebody presses, types or goes elsewhere takes nothing away from them.
import assert from 'node:assert/strict';
import { story } from './lib/story.mjs';
import { until } from './lib/until.mjs';

const button = (label, words) => [
  { type: 'section', text: { type: 'mrkdwn', text: words } },
  { type: 'actions', elements: [{ type: 'button', action_id: 'nobody_listens', value: '1', text: { type: 'plain_text', text: label } }] },
];

/** Says it as the bot, and how to say something else there afterwards. */
async function botSays(sandbox, channel, text, blocks) {
  const token = sandbox.line.slack.bot_token;
  const sent = await sandbox.api('chat.postMessage', token, { channel, text, blocks });
  return (words, others) => sandbox.api('chat.update', token, { channel: sent.channel, ts: sent.ts, text: words, blocks: others });
}

story('a click counts though its message changes between down and up', async ({ chat, sandbox }) => {
  await chat.open('#gitops');
  const change = await botSays(sandbox, '#gitops', 'first', button('Press me', 'first'));
  const acts = [];
  chat.page.on('request', (request) => request.url().endsWith('/sandbox/act') && acts.push(request.postDataJSON()));
  const place = await chat.message('first').getByRole('button', { name: 'Press me' }).boundingBox();
  await chat.page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
  await chat.page.mouse.down();
  await change('second', button('Press me', 'second'));
  await sandbox.say('bob', '#shop-prod', 'and the sidebar counts it');
  await chat.page.mouse.up();
  await until('the click to be told', () => acts.length > 0);
  assert.equal(acts[0].action_id, 'nobody_listens');
  await chat.message('second').waitFor();
  await chat.page.locator('.conversation.unread', { hasText: 'shop-prod' }).waitFor();
});

story('what is typed into a picker stays when the thread goes on', async ({ chat, sandbox }) => {
  await chat.open('#gitops');
  const answer = await chat.ask('@warden diff', /App/);
  const picker = answer.getByRole('combobox');
  await picker.fill('stagi');
  const root = await chat.page.locator('#thread-messages article').first().getAttribute('data-ts');
  await sandbox.api('chat.postMessage', sandbox.users.bob.token, { channel: '#gitops', thread_ts: root, text: 'I wonder, too' });
  await chat.reply('I wonder, too').waitFor();
  assert.equal(await picker.inputValue(), 'stagi');
  await chat.expectCount(answer.getByRole('option'), 2, 'and what it offers is still there');
});

story('an answer that comes late, for a conversation that was left, stops nothing', async ({ chat, sandbox }) => {
  await chat.open('#gitops');
  let letGo;
  const awaited = new Promise((resolve) => (letGo = resolve));
  await chat.page.route('**/sandbox/messages?*', async (route) => {
    const response = await route.fetch();
    await awaited;
    await route.fulfill({ response }).catch(() => {}); // the page may have given it up
  }, { times: 1 });
  await chat.page.locator('.conversation', { hasText: 'shop-prod' }).click();
  await chat.open('#gitops');
  await sandbox.say('bob', '#gitops', 'life goes on');
  await chat.message('life goes on').waitFor();
  letGo();
  await chat.become('bob');
  await chat.message('life goes on').waitFor();
  assert.equal(await chat.page.locator('#title').innerText(), '#gitops');
});

/** A file, as the bot posts logs. */
async function botUploads(sandbox, channel, title, content) {
  const token = sandbox.line.slack.bot_token;
  const { upload_url: url, file_id: id } = await sandbox.api('files.getUploadURLExternal', token, { filename: 'logs.txt', length: content.length });
  await fetch(url, { method: 'POST', body: content });
  await sandbox.api('files.completeUploadExternal', token, { channel_id: channel, files: [{ id, title }] });
}

const atEnd = (chat, list = 'messages') => until(`the end of ${list} to be in view`, () => chat.page.evaluate((id) => {
  const node = document.getElementById(id);
  return node.scrollHeight - node.scrollTop - node.clientHeight < 2;
}, list));
const toTop = (chat) => chat.page.locator('#messages').evaluate((node) => (node.scrollTop = 0));

story('the end of a conversation stays in view while it grows, and comes back for one\'s own words', async ({ chat, sandbox }) => {
  await chat.open('warden');
  const channel = await chat.page.locator('#messages').getAttribute('data-channel');
  for (let i = 1; i <= 3; ++i) {
    await botUploads(sandbox, channel, `file ${i}`, 'a line\n'.repeat(40));
    await chat.expectCount(chat.page.locator('#messages .file-more'), i, 'each file shows its beginning');
    await atEnd(chat);
  }
  assert.ok(await chat.page.locator('#messages').evaluate((node) => node.scrollHeight > 2 * node.clientHeight), 'there is more than fits');
  await toTop(chat);
  await chat.say('status');
  await chat.message(/in sync/).waitFor();
  await atEnd(chat);
  await chat.page.locator('#composer-text').fill('one\ntwo\nthree\nfour\nfive\nsix\nseven');
  await atEnd(chat);
  await chat.page.getByRole('tab', { name: 'Home' }).click();
  await sandbox.api('chat.postMessage', sandbox.line.slack.bot_token, { channel, text: 'meanwhile\n'.repeat(20) });
  await chat.page.getByRole('tab', { name: 'Messages' }).click();
  await chat.message('meanwhile').waitFor();
  await atEnd(chat);
  await toTop(chat);
  await sandbox.api('chat.postMessage', sandbox.line.slack.bot_token, { channel, text: 'nobody is dragged here' });
  await chat.message('nobody is dragged here').waitFor();
  assert.equal(await chat.page.locator('#messages').evaluate((node) => node.scrollTop), 0, 'who reads further up goes on reading');
}, { device: { viewport: { width: 1280, height: 500 } } });

/** Numbers below `limit`, always the same ones. */
function dice(seed) {
  let state = seed;
  return (limit) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * limit);
  };
}

const CHANNELS = ['#gitops', '#shop-prod', '#driftwarden'];

/** One thing that somebody says, changes, takes back or likes. `said` is what was said so far. */
async function something(sandbox, roll, said, step) {
  const tokens = [sandbox.line.slack.bot_token, ...['bob', 'carol'].map((name) => sandbox.users[name].token)];
  const old = said[roll(said.length)];
  const kind = old ? roll(7) : 0;
  if (kind <= 2) {
    const token = tokens[roll(tokens.length)];
    const reply = kind === 2 ? { channel: old.channel, thread_ts: old.root ?? old.ts } : { channel: CHANNELS[roll(CHANNELS.length)] };
    const sent = await sandbox.api('chat.postMessage', token, { ...reply, text: `number ${step}`, blocks: token === tokens[0] ? button(`Button ${step}`, `number ${step}`) : undefined });
    said.push({ channel: sent.channel, ts: sent.ts, root: reply.thread_ts, token });
  } else if (kind <= 4) {
    await sandbox.api('chat.update', old.token, { channel: old.channel, ts: old.ts, text: `now ${step}`, blocks: old.token === tokens[0] ? button(roll(2) ? 'The same' : `Button ${step}`, `now ${step}`) : undefined });
  } else if (kind === 5) {
    await sandbox.api('reactions.add', tokens[1 + roll(2)], { channel: old.channel, timestamp: old.ts, name: 'eyes' }).catch(() => {});
  } else if (!said.some((one) => one.root === old.ts)) {
    await sandbox.api('chat.delete', old.token, { channel: old.channel, ts: old.ts });
    said.splice(said.indexOf(old), 1);
  }
}

/** What stands there, without what depends on when it was drawn. */
const standing = (page) => page.evaluate(() => ['messages', 'thread-messages', 'channels', 'title'].map((id) => {
  const copy = document.getElementById(id).cloneNode(true);
  copy.querySelectorAll('.when').forEach((node) => node.remove());
  copy.querySelectorAll('.arriving').forEach((node) => node.classList.remove('arriving'));
  return copy.innerHTML;
}));

story('a page that was there all the time shows what a page shows that comes at the end', async ({ chat, sandbox, person }) => {
  const roll = dice(Number(process.env.SEED ?? 7));
  const said = [];
  const { page } = chat;
  const threads = page.locator('#messages .thread-summary');
  for (let step = 0; step < 60; ++step) {
    const doing = something(sandbox, roll, said, step);
    const move = roll(8);
    if (move === 0) await page.locator('#channels .conversation').nth(roll(3)).click();
    if (move === 1) await page.locator('.person').nth(roll(3)).click();
    if (move === 2 && (await threads.count())) await threads.last().click({ timeout: 500 }).catch(() => {});
    await doing;
  }
  for (const [index, channel] of CHANNELS.entries()) {
    await chat.become(['bob', 'carol', 'alice'][index]);
    await chat.open(channel);
  }
  await page.waitForTimeout(1000); // what is read is told after a moment, which nothing shows
  if (await threads.count()) await threads.last().click();
  const fresh = await person('alice');
  await fresh.open(CHANNELS[2]);
  if (await threads.count()) await fresh.page.locator('#messages .thread-summary').last().click();
  await until('both to show the same', async () => JSON.stringify(await standing(page)) === JSON.stringify(await standing(fresh.page)), 5000)
    .catch(async () => assert.deepEqual(await standing(page), await standing(fresh.page)));
});
