// Slack on a bad day, seen from the chat: nothing lost, nothing twice, in order.
import assert from 'node:assert/strict';
import { story } from './lib/story.mjs';
import { until } from './lib/until.mjs';

/** Waits until every question has an answer, then that none gets a second one while another question is asked and answered. */
async function answeredOnce(sandbox, questions, words) {
  const answers = async () => {
    const all = await sandbox.messages('#gitops');
    return questions.map((ts) => all.filter((one) => one.thread_ts === ts && one.ts !== ts && one.bot_id && one.text.includes(words)).length);
  };
  await until('an answer to each question', async () => (await answers()).every((count) => count > 0));
  const last = await sandbox.say('bob', '#gitops', '@warden whoami');
  await until('the answer to the last question', async () => (await sandbox.messages('#gitops')).some((one) => one.thread_ts === last && one.ts !== last));
  assert.deepEqual(await answers(), questions.map(() => 1), 'each is answered once');
}

story('forced refreshes, cuts and duplicates: each question is answered once', async ({ chat, sandbox }) => {
  await chat.open('#gitops');
  await sandbox.faults({ duplicate_next_events: 6 });
  const questions = [];
  for (let i = 0; i < 9; ++i) {
    questions.push(await sandbox.say('alice', '#gitops', '@warden whoami'));
    await sandbox.disconnect(['refresh_requested', 'warning', 'drop'][i % 3]);
    await until('the bot to be back', async () => chat.page.locator('#presence.on').count());
  }
  await answeredOnce(sandbox, questions, 'alice');
  await chat.expectCount(chat.page.locator('#messages article', { hasText: '1 reply' }), questions.length + 1, 'and the page shows it so');
});

story('late and reordered deliveries are answered once', async ({ sandbox }) => {
  const taken = await sandbox.faults({ delay_next_envelopes: 2, envelope_delay_ms: 700, reorder_next_events: 3 });
  assert.equal(taken.delay_next_envelopes, 2, 'the sandbox knows this fault');
  const questions = [];
  for (let i = 0; i < 6; ++i) questions.push(await sandbox.say('alice', '#gitops', '@warden whoami'));
  await answeredOnce(sandbox, questions, 'alice');
});

story('Slack is down for a while: alerts come once, true and in order', async ({ chat, sandbox }) => {
  await sandbox.faults({ fail_next_calls: 1_000_000, fail_with: 'http_503' });
  await sandbox.breakSomething('scale');
  await until('the bot to give up its first attempt', () => sandbox.logged('(attempt 1): Slack'));
  await sandbox.patchDeployment('checkout', { spec: { replicas: 6 } });
  await sandbox.breakSomething('delete');
  await until('the bot to give up another one', () => sandbox.logged('(attempt 2): Slack'));
  await chat.open('#shop-prod');
  assert.equal(await chat.page.locator('#messages article').count(), 0);
  await sandbox.faults({ fail_next_calls: 0 });
  await chat.expect(chat.message('cart', 'is OutOfSync'), 'Service shop/cart');
  await chat.expect(chat.message('checkout', 'is OutOfSync'), '6');
  const alerts = chat.page.locator('#messages article');
  assert.equal(await alerts.count(), 2);
  assert.match(await alerts.first().innerText(), /checkout/, 'what happened first is told first');
});

story('a message that arrives while its conversation is being opened is there', async ({ chat, sandbox }) => {
  const words = 'in the nick of time';
  await chat.open('#gitops');
  const network = await chat.page.context().newCDPSession(chat.page);
  await network.send('Network.enable');
  const arrived = new Promise((resolve) => network.on('Network.eventSourceMessageReceived', ({ data }) => data.includes(words) && resolve()));
  await chat.page.route('**/sandbox/messages?*', async (route) => {
    const before = await route.fetch();
    await sandbox.say('bob', '#shop-prod', words);
    await arrived;
    await chat.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));  // until the page has taken it, which nothing shows
    await route.fulfill({ response: before });
  }, { times: 1 });
  await chat.open('#shop-prod');
  await chat.message(words).waitFor();
});
