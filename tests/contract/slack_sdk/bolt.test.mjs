// The official Node client (@slack/bolt), unchanged, against the sandbox's workspace.
// WORKSPACE_JSON holds the line that `driftwarden sandbox --no-bot --json` prints, or the name of a file with it.
import { readFileSync } from 'node:fs';
import bolt from '@slack/bolt';

const given = process.env.WORKSPACE_JSON ?? '';
if (!given) {
  console.error('WORKSPACE_JSON is not set: give it the line of `driftwarden sandbox --no-bot --json`');
  process.exit(2);
}
const workspace = JSON.parse(given.trimStart().startsWith('{') ? given : readFileSync(given, 'utf8'));
const { slack } = workspace;
const root = workspace.chat_url.replace(/\/$/, '');
const userNamed = (name) => slack.users.find((user) => user.name === name);
const PATIENCE_MS = 60_000;
let failed = 0;

function check(name, fine, detail) {
  console.log(`${fine ? 'ok    ' : 'FAIL  '}${name}${fine ? '' : `   ${JSON.stringify(detail)}`}`);
  if (!fine) failed += 1;
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function eventually(name, condition) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const value = await condition();
    if (value) {
      check(name, true);
      return value;
    }
    await pause(50);
  }
  check(name, false, 'did not happen in time');
  return null;
}
async function sandbox(path, body) {
  const options = body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  return (await fetch(`${root}/sandbox/${path}`, options || {})).json();
}
async function speak(user, channel, text) {
  const response = await fetch(`${slack.api_url}chat.postMessage`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${userNamed(user).token}`, 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ channel, text }),
  });
  return response.json();
}
const messages = async (channel, user = 'alice') => (await sandbox(`messages?channel=${channel}&user=${user}`)).messages;
const openViews = async (user) => (await sandbox(`state?user=${user}`)).views;
const plain = (text) => ({ type: 'plain_text', text });

const app = new bolt.App({
  socketMode: true,
  token: slack.bot_token,
  appToken: slack.app_token,
  clientOptions: { slackApiUrl: slack.api_url },
  logLevel: bolt.LogLevel.ERROR,
});
const seen = { mentions: [], actions: [], shortcuts: [] };
const card = [
  { type: 'section', text: { type: 'mrkdwn', text: '*checkout* drifted' } },
  {
    type: 'actions',
    elements: [
      { type: 'button', action_id: 'sync', text: plain('Sync'), value: 'checkout' },
      { type: 'button', action_id: 'form', text: plain('Form') },
    ],
  },
];
const modal = {
  type: 'modal',
  callback_id: 'reason',
  title: plain('Why'),
  submit: plain('Send'),
  blocks: [{ type: 'input', block_id: 'why', label: plain('Reason'), element: { type: 'plain_text_input', action_id: 'text' } }],
};

app.event('app_mention', async ({ event, say }) => {
  seen.mentions.push(event);
  await say({ text: 'drift', blocks: card, thread_ts: event.thread_ts ?? event.ts });
});
app.action('sync', async ({ ack, body, client }) => {
  await ack();
  seen.actions.push(body);
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: 'synced', blocks: [card[0]] });
});
app.action('form', async ({ ack, body, client }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: modal });
});
const home = (title) => ({ type: 'home', blocks: [{ type: 'header', text: plain(title) }, { type: 'actions', elements: [{ type: 'button', action_id: 'refresh', text: plain('Refresh') }] }] });
app.event('app_home_opened', async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: home('opened') });
});
app.action('refresh', async ({ ack, body, client }) => {
  await ack();
  seen.actions.push(body);
  await client.views.publish({ user_id: body.user.id, view: home('refreshed'), hash: body.view.hash });
});
app.options('pick_app', async ({ ack, payload }) => {
  const names = ['checkout', 'catalog', 'payments'].filter((name) => name.includes(payload.value));
  await ack({ options: names.map((name) => ({ text: plain(name), value: name })) });
});
app.shortcut('act_on_message', async ({ ack, shortcut, client }) => {
  await ack();
  seen.shortcuts.push(shortcut);
  await client.views.open({ trigger_id: shortcut.trigger_id, view: modal });
});
app.view('reason', async ({ ack, view }) => {
  const text = view.state.values.why.text.value;
  if (text.length < 5) await ack({ response_action: 'errors', errors: { why: 'too short' } });
  else await ack();
});
app.command('/warden', async ({ ack, command }) => ack(`you asked: ${command.text}`));

async function checkConversation(channel, bot) {
  const asked = await speak('alice', channel, `<@${bot}> status`);
  const replies = await eventually('mention -> reply in the thread', async () => {
    const found = (await messages(channel)).filter((m) => m.thread_ts === asked.ts && m.bot_id);
    return found.length > 0 && found;
  });
  const message = { channel, ts: replies[0].ts };
  const pressed = await sandbox('act', { user: 'bob', message, action_id: 'sync' });
  check('a button is acknowledged', pressed.ok, pressed);
  await eventually('the message is updated', async () => (await messages(channel)).find((m) => m.ts === message.ts && m.text === 'synced'));
  check('the action names bob', seen.actions[0]?.user.id === userNamed('bob').id, seen.actions[0]?.user);
}

async function checkModal(channel) {
  const posted = await app.client.chat.postMessage({ channel, text: 'form', blocks: card });
  await sandbox('act', { user: 'carol', message: { channel, ts: posted.ts }, action_id: 'form' });
  const views = await eventually('a modal opens', async () => {
    const open = await openViews('carol');
    return open.length > 0 && open;
  });
  const view = views.at(-1).id;
  const short = await sandbox('act', { user: 'carol', view, values: { why: { text: 'no' } } });
  check('validation errors come back', short.errors?.why === 'too short', short);
  const closed = await sandbox('act', { user: 'carol', view, values: { why: { text: 'because it must be' } } });
  check('submitting closes', closed.ok && (await openViews('carol')).length === 0, closed);
}

async function checkViews(channel) {
  await sandbox('home', { user: 'bob', tab: 'home' });
  const view = await eventually('app_home_opened -> views.publish', async () => (await sandbox('state?user=bob')).home);
  const pressed = await sandbox('act', { user: 'bob', view: view.id, action_id: 'refresh' });
  check('a button in the home is acknowledged', pressed.ok, pressed);
  await eventually('the home is published again', async () => (await sandbox('state?user=bob')).home.blocks[0].text.text === 'refreshed');
  check('its container is the view', seen.actions.at(-1).container?.view_id === view.id, seen.actions.at(-1).container);
  const stale = await app.client.views.publish({ user_id: userNamed('bob').id, view: home('stale'), hash: view.hash }).catch((error) => error.data?.error);
  check('an older hash is a conflict', stale === 'hash_conflict', stale);
  const picker = [{ type: 'actions', elements: [{ type: 'external_select', action_id: 'pick_app', min_query_length: 0, placeholder: plain('App') }] }];
  const posted = await app.client.chat.postMessage({ channel, text: 'pick', blocks: picker });
  const options = await sandbox('suggest', { user: 'bob', message: { channel, ts: posted.ts }, action_id: 'pick_app', value: 'c' });
  check('block_suggestion is answered', options.options?.map((one) => one.value).join() === 'checkout,catalog', options);
  const reply = await app.client.chat.postMessage({ channel, thread_ts: posted.ts, text: 'closed', reply_broadcast: true });
  const shown = (await messages(channel)).find((one) => one.ts === reply.ts);
  check('a reply for the channel, too', shown?.subtype === 'thread_broadcast', shown);
  const done = await sandbox('shortcut', { user: 'bob', callback_id: 'act_on_message', message: { channel, ts: posted.ts } });
  check('a message shortcut is acknowledged', done.ok && seen.shortcuts[0]?.message.ts === posted.ts, done);
  const open = await eventually('and opens a modal', async () => {
    const views = await openViews('bob');
    return views.length > 0 && views;
  });
  const refusedSubmission = await sandbox('act', { user: 'bob', view: open.at(-1).id, values: { why: { text: 'no' } } });
  check('its validation errors come back', refusedSubmission.errors?.why === 'too short', refusedSubmission);
  await sandbox('close', { user: 'bob', view: open.at(-1).id, all: true });
}

async function checkRest(channel, bot) {
  await sandbox('say', { user: 'alice', channel, text: '/warden diff checkout' });
  const answer = (await messages(channel)).find((m) => m.text === 'you asked: diff checkout');
  check('a slash command is answered to the asker only', answer?.is_ephemeral === true, answer);
  const posted = await app.client.chat.postMessage({ channel, text: 'with a file' });
  const content = '-replicas: 3\n+replicas: 5\n';
  const upload = await app.client.filesUploadV2({ channel_id: channel, thread_ts: posted.ts, filename: 'checkout.diff', title: 'diff', content });
  const file = upload.files[0].files[0];
  const body = await (await fetch(file.url_private)).text();
  check('an uploaded file comes back', body === content, body);
  const wrong = await app.client.chat.postMessage({ channel: 'C0NONE', text: 'x' }).catch((error) => error.data?.error);
  check('no such channel', wrong === 'channel_not_found', wrong);
  const before = seen.mentions.length;
  await sandbox('disconnect', { reason: 'refresh_requested' });
  await speak('alice', channel, `<@${bot}> while away`);
  await eventually('an event during a reconnect is not lost', () => seen.mentions.length > before);
}

await app.start();
const state = await sandbox('state?user=alice');
check('Socket Mode connects', state.bot.connected, state.bot);
const channel = state.channels.find((one) => one.has_bot).id;
await checkConversation(channel, state.bot.id);
await checkModal(channel);
await checkViews(channel);
await checkRest(channel, state.bot.id);
console.log(`${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
