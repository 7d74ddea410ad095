// What people see of the cluster without having a key to it.
import assert from 'node:assert/strict';
import { PHONE, shoot, story } from './lib/story.mjs';

async function lookAround({ chat, pictures }) {
  await chat.open('#gitops');
  const pods = await chat.ask('@warden pods checkout', 'checkout-');
  await chat.expect(pods, 'Running');
  await chat.expectNoSideways();
  await shoot(chat, `${pictures}pods`);
  await chat.closeThread();
  const logs = await chat.ask('@warden logs checkout tail 20', /checkout-/);
  await chat.expectNoSideways();
  await shoot(chat, `${pictures}logs`);
  await chat.expect(logs, 'password=***');
  assert.doesNotMatch(await logs.innerText(), /s3cr3t|changeme/, 'no password is shown');
  await chat.closeThread();
  const why = await chat.ask('@warden why checkout', 'checkout');
  await chat.expect(why, 'in sync');
  await chat.closeThread();
  await chat.ask('@warden events checkout', /checkout/);
  await shoot(chat, `${pictures}events`);
  await chat.closeThread();
  await chat.ask('@warden describe checkout', /Deployment/);
  await shoot(chat, `${pictures}describe`);
  await chat.expectNoSideways();
}

story('pods, logs without secrets, why, events, describe', ({ chat }) => lookAround({ chat, pictures: '' }));
story('the same at 40 columns', ({ chat }) => lookAround({ chat, pictures: 'phone-' }), { device: PHONE });
