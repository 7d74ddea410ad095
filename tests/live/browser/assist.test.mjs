// What is asked for in sentences, what it costs, and what a gate says of it.
import assert from 'node:assert/strict';
import { PHONE, shoot, story } from './lib/story.mjs';
import { until } from './lib/until.mjs';

async function proposed({ chat, person, pictures }) {
  await chat.open('#shop-prod');
  await chat.say('@warden propose "give checkout 1 GiB and a PodDisruptionBudget"');
  const card = await chat.follow(chat.message(/C-\d+/, 'drafted by', 'Approve'));
  await chat.expect(card, '1Gi', 'PodDisruptionBudget', 'EUR', 'pull request #1');
  await chat.expectNoSideways();
  await chat.show(card);
  await shoot(chat, `${pictures}proposed`);
  const bob = await person('bob');
  await bob.open('#shop-prod');
  await bob.press(bob.byTs(await card.getAttribute('data-ts')), 'Approve');
  await chat.expect(card, 'in sync and healthy');
}

story('a sentence becomes a pull request that somebody else approves', ({ chat, person }) => proposed({ chat, person, pictures: '' }));
story('the same on a phone', ({ chat, person }) => proposed({ chat, person, pictures: 'phone-' }), { device: PHONE });

story('the draft on the forge carries its label and its price', async ({ chat }) => {
  await chat.open('#shop-prod');
  await chat.say('@warden propose "give checkout 1 GiB and a PodDisruptionBudget"');
  const card = chat.message(/C-\d+/, 'drafted by', 'Approve');
  await card.waitFor();
  const [forge] = await Promise.all([chat.page.waitForEvent('popup'), card.getByRole('link', { name: 'pull request #1' }).click()]);
  await until('its label and its price', async () => {
    const text = await forge.locator('body').innerText();
    if (text.includes('driftwarden/model-draft') && text.includes('EUR')) return true;
    await forge.reload(); // a page of the forge stays as it was when it was asked for
    return false;
  });
  await forge.screenshot({ path: `${process.env.SCREENSHOTS ?? '/tmp'}/proposed-forge.png`, fullPage: true });
});

story('a plain sentence is offered as one command, which its author runs', async ({ chat, person }) => {
  await chat.open('#shop-prod');
  const answer = await chat.ask('@warden could you please scale checkout up to 4 replicas', 'scale checkout to 4');
  await shoot(chat, 'sentence');
  const bob = await person('bob');
  await bob.open('#shop-prod');
  assert.equal(await bob.message('scale it to 4 replicas').count(), 0, 'nothing before it is confirmed');
  await chat.press(answer, 'Run it');
  await chat.closeThread();
  await chat.message(/C-\d+/, 'scale it to 4 replicas', 'Approve').waitFor();
});

story('a question is answered with what it rests on', async ({ chat }) => {
  await chat.open('#shop-prod');
  await chat.breakSomething('Scale by hand');
  await chat.message('checkout', 'Sync').waitFor();
  await chat.foldPanel();
  await chat.open('#gitops');
  await chat.ask('@warden ask "why is checkout out of sync?"', 'replicas');
  await chat.reply('says of these facts').waitFor();
  await chat.expectNoSideways();
  await shoot(chat, 'asked', { readme: true });
});

story('what an App costs, and what drift adds to it', async ({ chat }) => {
  await chat.open('#shop-prod');
  await chat.breakSomething('Scale by hand');
  await chat.message('checkout', 'Sync', 'EUR').waitFor();
  await chat.foldPanel();
  await chat.ask('@warden cost', 'EUR');
  await chat.expectNoSideways();
  await shoot(chat, 'cost');
});

story('a gate keeps a floating tag out until its owner lets it pass', async ({ chat, person }) => {
  await chat.open('#shop-prod');
  await chat.say('@warden set-image checkout checkout:latest because I want to see');
  const card = await chat.follow(chat.message(/C-\d+/, 'floating-tag', 'Approve'));
  await chat.foldPanel();
  await shoot(chat, 'gate', { readme: true });
  const bob = await person('bob');
  await bob.open('#shop-prod');
  await bob.press(bob.byTs(await card.getAttribute('data-ts')), 'Approve');
  await chat.expect(card, 'floating-tag', 'waive');
  const name = (await card.innerText()).match(/C-\d+/)[0];
  const carol = await person('carol');
  await carol.open('#shop-prod');
  await carol.say(`@warden waive ${name} floating-tag for 1d because the demo needs it`);
  await chat.expect(card, 'in sync and healthy');
  await shoot(chat, 'waived');
});
