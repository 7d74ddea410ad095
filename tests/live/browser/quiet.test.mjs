// What keeps the channel unmuted: groups, silences, the digest.
import assert from 'node:assert/strict';
import { shoot, story } from './lib/story.mjs';
import { until } from './lib/until.mjs';

async function scaleAllByHand(sandbox) {
  for (const app of ['checkout', 'cart', 'payments']) await sandbox.patchDeployment(app, { spec: { replicas: 5 } });
}

story('the same drift in several Apps is one message with one button', async ({ chat, sandbox }) => {
  await scaleAllByHand(sandbox);
  await chat.open('#shop-prod');
  const group = await chat.follow(chat.message('checkout', 'cart', 'payments'));
  await chat.foldPanel();
  await shoot(chat, 'group', { readme: true });
  await chat.press(group, 'Ack all');
  await chat.expect(group, 'alice');
  await until('nothing to be left to ack', async () => !(await chat.buttons(group)).includes('Ack all'));
  const alerts = (await sandbox.botRoots('#shop-prod')).length;
  assert.equal(alerts, 1, `one message for three Apps, not ${alerts}`);
  for (const [app, replicas] of [['checkout', 2], ['cart', 2], ['payments', 2]]) await sandbox.patchDeployment(app, { spec: { replicas } });
  await chat.expect(group, /in sync again|all .* in sync/);
  await shoot(chat, 'group-green');
});

story('a silence keeps the channel quiet, is listed, and what is still there is told when it is lifted', async ({ chat, sandbox }) => {
  await chat.open('#gitops');
  const answer = await chat.ask('@warden silence checkout for 2h because migration', 'Silence 1');
  await chat.expect(answer, 'migration', '1 App matches');
  await chat.closeThread();
  await sandbox.breakSomething('scale');
  await sandbox.breakSomething('delete');
  await chat.open('#shop-prod');
  await chat.message('cart', 'is OutOfSync').waitFor();
  assert.equal(await chat.page.locator('#messages article', { hasText: 'checkout is OutOfSync' }).count(), 0, 'silenced');
  await chat.open('#gitops');
  const list = await chat.ask('@warden silences', '1 silence is in force');
  await chat.expect(list, 'alice', 'migration');
  await shoot(chat, 'silences');
  await chat.press(list, 'Lift 1');
  await chat.expect(chat.reply('lifted silence 1'), 'alice');
  await chat.closeThread();
  await chat.open('#shop-prod');
  await chat.message('checkout', 'is OutOfSync').waitFor();
});

story('the digest on request: what is open, and what is silenced', async ({ chat, sandbox }) => {
  await sandbox.breakSomething('scale');
  await chat.open('#shop-prod');
  await chat.message('checkout', 'is OutOfSync').waitFor();
  await chat.open('#gitops');
  const answer = await chat.ask('@warden digest', 'Digest');
  await chat.expect(answer, '1 of 6 Apps', 'checkout');
  await shoot(chat, 'digest');
});

story('route says where alerts go, and why', async ({ chat }) => {
  await chat.open('#gitops');
  const answer = await chat.ask('@warden route checkout', '#shop-prod');
  await shoot(chat, 'route');
  await chat.expect(answer, 'checkout');
});
