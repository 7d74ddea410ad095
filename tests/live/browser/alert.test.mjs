// An alert from the first word to the last, on a desktop and on a phone.
import assert from 'node:assert/strict';
import { PHONE, shoot, story } from './lib/story.mjs';

async function scaleAndSeeTheAlert(chat) {
  await chat.breakSomething('Scale by hand');
  await chat.open('#shop-prod');
  const alert = await chat.follow(chat.message('checkout', 'is OutOfSync'));
  await chat.expect(alert, 'prod-eu', '.spec.replicas', '2', '5', 'kubectl');
  return alert;
}

async function syncWithTwoPeople({ chat, sandbox, pictures }) {
  const alert = await scaleAndSeeTheAlert(chat);
  await chat.foldPanel();
  await shoot(chat, `${pictures}alert`, { readme: true });
  await chat.expectNoSideways();

  await chat.press(alert, 'Diff');
  await chat.openThread(alert);
  await chat.expect(chat.reply('replicas: 5'), 'replicas: 2');
  await shoot(chat, `${pictures}diff`);
  await chat.expectNoSideways();
  await chat.closeThread();

  await chat.press(alert, 'Sync', { sure: true });
  const card = await chat.follow(chat.message(/C-\d+/, 'Approve'));
  await chat.expect(card, 'asked by alice', 'replicas: 2');
  await chat.expectNoSideways();
  await chat.press(card, 'Approve');
  await chat.openThread(card);
  await chat.expect(chat.reply('somebody else must approve it'), 'alice');
  await chat.closeThread();
  assert.equal(await sandbox.replicas('checkout'), 5, 'nothing may be applied before the approval');

  await chat.become('bob');
  await chat.show(card.getByRole('button', { name: 'Approve' }));
  await shoot(chat, `${pictures}approval`, { readme: true });
  await chat.press(card, 'Approve');
  await chat.expect(card, 'in sync and healthy');
  await chat.expectNoSideways();
  await chat.expect(alert, 'is in sync again', /C-\d+ by alice/);
  assert.deepEqual(await chat.buttons(alert), [], 'a green message has no buttons');
  assert.equal(await sandbox.replicas('checkout'), 2);
  const roots = await sandbox.botRoots('#shop-prod');
  assert.equal(roots.length, 2, 'one message for the incident, one card for the Change');
  await shoot(chat, `${pictures}green`);
}

story('alert, diff, sync, own approval refused, bob approves, green', ({ chat, sandbox }) => syncWithTwoPeople({ chat, sandbox, pictures: '' }));
story('the same on a phone', ({ chat, sandbox }) => syncWithTwoPeople({ chat, sandbox, pictures: 'phone-' }), { device: PHONE });

story('a commit that nobody applied: diff, rollback, bob approves, green', async ({ chat, sandbox }) => {
  await chat.breakSomething('Push a commit');
  await chat.open('#shop-prod');
  const alert = await chat.follow(chat.message('checkout', 'Git is ahead'));
  await chat.expect(alert, 'checkout:1.5.0', 'checkout:1.4.2');
  await chat.press(alert, 'Diff');
  await chat.openThread(alert);
  await chat.expect(chat.reply('image:'), '1.5.0');
  await chat.closeThread();
  await chat.press(alert, 'Rollback', { sure: true });
  const card = await chat.follow(chat.message('rollback', /C-\d+/, 'Approve'));
  await chat.expect(card, 'asked by alice');
  await chat.become('bob');
  await chat.press(card, 'Approve');
  await chat.expect(card, 'in sync and healthy');
  await chat.expect(alert, 'is in sync again');
  assert.deepEqual(await chat.buttons(alert), []);
  const live = await sandbox.kube('prod-eu', 'GET', '/apis/apps/v1/namespaces/shop/deployments/checkout');
  assert.match(live.spec.template.spec.containers[0].image, /:1\.4\.2$/);
});

story('ack and snooze are seen on the alert by everybody at once', async ({ chat, person }) => {
  const alert = await scaleAndSeeTheAlert(chat);
  const bob = await person('bob');
  await bob.open('#shop-prod');
  const seenByBob = await bob.follow(bob.message('checkout', 'is OutOfSync'));
  await bob.press(seenByBob, 'Ack');
  await chat.expect(alert, 'bob is on it');
  await chat.press(alert, 'Snooze 2h');
  await bob.expect(seenByBob, /snoozed.* until/);
  await chat.expect(alert, /snoozed.* until/);
  assert.ok(!(await chat.buttons(alert)).some((label) => /Ack|Snooze/.test(label)), 'what is done is not offered again');
  await shoot(chat, 'snoozed');
});

story('who undoes the edit closes the alert, green and with its duration', async ({ chat, sandbox }) => {
  const alert = await scaleAndSeeTheAlert(chat);
  await sandbox.patchDeployment('checkout', { spec: { replicas: 7 } });
  await chat.expect(alert, '7');
  await sandbox.patchDeployment('checkout', { spec: { replicas: 2 } });
  await chat.expect(alert, 'is in sync again', /live is what Git says again/, /\d+ (s|min)/);
  assert.equal((await sandbox.botRoots('#shop-prod')).length, 1, 'one incident is one message');
});
