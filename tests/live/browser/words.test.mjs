// Saying things: mention, slash command, direct message, buttons, forms.
import assert from 'node:assert/strict';
import { PHONE, shoot, story } from './lib/story.mjs';

story('a typo is answered with a button that works', async ({ chat }) => {
  await chat.open('#gitops');
  const answer = await chat.ask('@warden statsu', 'Did you mean');
  await chat.press(answer, 'status');
  await chat.expect(chat.reply('6 Apps'), '6 in sync');
  await shoot(chat, 'status');
});

story('a slash command is answered to who typed it only', async ({ chat, person }) => {
  await chat.open('#gitops');
  const bob = await person('bob');
  await bob.open('#gitops');
  await chat.say('/warden whoami');
  const answer = chat.message('You are alice', 'Only visible to you');
  await answer.waitFor();
  await shoot(chat, 'ephemeral');
  await bob.say('hello');
  await bob.message('hello').waitFor();
  assert.equal(await bob.page.locator('article', { hasText: 'You are alice' }).count(), 0);
  await answer.getByRole('button', { name: 'Dismiss' }).click();
  await answer.waitFor({ state: 'detached' });
});

story('a direct message needs no mention', async ({ chat }) => {
  await chat.open('warden');
  await chat.say('status checkout');
  await chat.expect(chat.message('checkout', 'prod-eu'), 'in sync');
}, { as: 'bob' });

/** The words of the mistake at a field, which must be marked as wrong and keep what was typed. */
async function mistakeAt(form, label, typed) {
  const input = form.getByLabel(label, { exact: true });
  assert.equal(await input.getAttribute('aria-invalid'), 'true', `the mistake is told at ${label}`);
  assert.equal(await input.inputValue(), typed, 'what was typed stays');
  return form.locator(`[id="${await input.getAttribute('aria-describedby')}"]`).innerText();
}

async function createFromTemplate({ chat, pictures }) {
  await chat.open('#gitops');
  const answer = await chat.ask('@warden create app', 'from what?');
  await answer.getByRole('combobox', { name: 'A template' }).selectOption({ index: 1 });
  const form = await chat.modal('New App');
  await form.getByLabel('Name', { exact: true }).fill('Bad Name!');
  await form.getByLabel('Image', { exact: true }).fill('nginx:latest');
  await form.getByLabel('Tier', { exact: true }).selectOption('backend');
  await chat.expectNoSideways();
  await form.getByRole('button', { name: 'Propose' }).click();
  await form.locator('.field-error').first().waitFor();
  assert.match(await mistakeAt(form, 'Name', 'Bad Name!'), /lower-case letters/);
  await mistakeAt(form, 'Image', 'nginx:latest');
  assert.equal(await form.locator('.field-error').count(), 2, 'and nothing else is wrong');
  await shoot(chat, `${pictures}create-app`, { readme: pictures === '' });
  await form.getByLabel('Name', { exact: true }).fill('coupons');
  await form.getByLabel('Image', { exact: true }).fill('registry.acme.example/shop/coupons:1.0.0');
  await form.getByRole('button', { name: 'Propose' }).click();
  await form.waitFor({ state: 'detached' });
  await chat.closeThread();
  const card = await chat.follow(chat.message(/C-\d+/, 'coupons', 'Approve'));
  await chat.expect(card, 'pull request #1', 'tier: backend');
  await shoot(chat, `${pictures}created`);
}

story('a new App by a form from a template, whose mistakes are told where they are', ({ chat }) => createFromTemplate({ chat, pictures: '' }));
story('the form on a phone', ({ chat }) => createFromTemplate({ chat, pictures: 'phone-' }), { device: PHONE });
