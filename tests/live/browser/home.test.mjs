// The App Home, pickers and menus: what a person finds without typing a command.
import assert from 'node:assert/strict';
import { PHONE, shoot, story } from './lib/story.mjs';

async function openHome(chat) {
  await chat.open('warden');
  await chat.page.getByRole('tab', { name: 'Home' }).click();
  const home = chat.page.locator('[data-view=home]');
  await chat.expect(home, 'Your Apps');
  return home;
}

async function homeStory({ chat, sandbox, pictures }) {
  const home = await openHome(chat);
  await chat.expect(home, '6 in sync', 'all is well');
  await sandbox.breakSomething('scale');
  await chat.expect(home, 'checkout on prod-eu', 'edited live');
  await chat.expectNoSideways();
  await chat.foldPanel();
  await shoot(chat, `${pictures}home`, { readme: pictures === '' });
}

story('App Home: my Apps, and an incident appears while one looks', ({ chat, sandbox }) => homeStory({ chat, sandbox, pictures: '' }));
story('App Home on a phone', ({ chat, sandbox }) => homeStory({ chat, sandbox, pictures: 'phone-' }), { device: PHONE });

story('App Home: what waits for my approval, and the way there', async ({ chat, person }) => {
  await chat.open('#gitops');
  await chat.say('@warden scale checkout 3 because a sale begins');
  const bob = await person('bob');
  const home = await openHome(bob);
  await bob.expect(home, 'Waits for your approval', 'C-1', 'asked by alice');
  await shoot(bob, 'home-approval');
  const mine = await openHome(chat);
  await chat.expect(mine, 'You asked for', 'C-1');
  assert.ok(!(await mine.innerText()).includes('Waits for your approval'), 'nobody approves their own');
  await home.getByRole('button', { name: /^Approve/ }).click();
  const card = bob.message('C-1', 'Approve');
  await bob.press(card, 'Approve');
  await bob.expect(bob.message('C-1'), 'in sync and healthy');
});

story('a command without its App offers a picker with type-ahead', async ({ chat }) => {
  await chat.open('#gitops');
  const answer = await chat.ask('@warden diff', /App/);
  const picker = answer.getByRole('combobox');
  await picker.fill('stagi');
  const options = answer.getByRole('option');
  await options.filter({ hasText: 'checkout-staging' }).waitFor();
  await chat.expectCount(options, 2, 'both staging Apps, and no other');
  await shoot(chat, 'picker');
  await options.filter({ hasText: 'checkout-staging' }).click();
  await chat.expect(chat.reply('checkout-staging', /in sync|nothing/i), 'checkout-staging');
});

story('set-image without a tag lists tags to choose from', async ({ chat }) => {
  await chat.open('#gitops');
  const answer = await chat.ask('@warden set-image checkout', /1\.6\.0|tag/i);
  await shoot(chat, 'tags');
  await chat.expect(answer, '1.4.1');
  const menu = answer.locator('select');
  const labels = await menu.locator('option').allInnerTexts();
  const tag = labels.find((label) => label.startsWith('1.6.0'));
  assert.ok(tag, `1.6.0 of the registry is offered: ${labels}`);
  await menu.selectOption({ label: tag });
  await chat.closeThread();
  await chat.expect(chat.page.locator('main'), /C-\d+/, '1.6.0');
});

story('a message shortcut acts on the alert under it', async ({ chat, sandbox }) => {
  await sandbox.breakSomething('scale');
  await chat.open('#shop-prod');
  const alert = await chat.follow(chat.message('checkout', 'is OutOfSync'));
  await chat.shortcut(alert, 'Act on this');
  await chat.expect(chat.page.locator('body'), 'Only visible to you');
  await shoot(chat, 'shortcut');
});
