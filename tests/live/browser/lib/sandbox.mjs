// `driftwarden sandbox` as a child process, and what its endpoints let a test do.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.mjs';

const BINARY = process.env.DRIFTWARDEN ?? '';
const STARTS_WITHIN_MS = 90_000;
const STOPS_WITHIN_MS = 60_000;
const LOG_SHOWN = 4000;
const running = new Set();

process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Sandbox {
  static async start(extra = []) {
    if (!BINARY) throw new Error('DRIFTWARDEN is not set: give it the path of the driftwarden binary');
    const directory = mkdtempSync(join(tmpdir(), 'driftwarden-browser-'));
    const log = join(directory, 'log');
    const child = spawn(BINARY, ['sandbox', '--port', '0', '--json', '--data', join(directory, 'data'), ...extra], { stdio: ['ignore', 'pipe', openSync(log, 'a')] });
    running.add(child);
    let out = '';
    child.stdout.on('data', (piece) => (out += piece));
    const sandbox = new Sandbox(child, directory, log);
    try {
      const line = await until('the sandbox to be up', () => {
        if (child.exitCode !== null || child.signalCode) throw new Error(`the sandbox ended with ${child.exitCode ?? child.signalCode}`);
        return out.includes('\n') && JSON.parse(out.slice(0, out.indexOf('\n')));
      }, STARTS_WITHIN_MS);
      return sandbox.describe(line);
    } catch (failure) {
      failure.message += `\n${sandbox.logTail()}`;
      await sandbox.stop();
      throw failure;
    }
  }

  constructor(child, directory, log) {
    Object.assign(this, { child, directory, log });
  }

  describe(line) {
    this.line = line;
    this.url = line.chat_url;
    this.users = Object.fromEntries(line.slack.users.map((user) => [user.name, user]));
    return this;
  }

  idOf(person) {
    return this.users[person].id;
  }

  async post(what, body = {}) {
    const answer = await fetch(`${this.url}sandbox/${what}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    return answer.json();
  }

  /** One of the "break something" buttons, pressed by nobody in particular. */
  async breakSomething(id, person = 'carol') {
    const answer = await this.post('panel', { user: this.idOf(person), id });
    if (!answer.ok) throw new Error(`${id}: ${JSON.stringify(answer)}`);
  }

  faults(knobs) {
    return this.post('faults', knobs);
  }

  disconnect(reason) {
    return this.post('disconnect', { reason });
  }

  async api(method, token, body) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json; charset=utf-8' };
    const answer = await (await fetch(`${this.line.slack.api_url}${method}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Says it as that person, by the Web API; `@warden` is a mention. */
  async say(person, channel, text) {
    this.bot ??= (await this.api('auth.test', this.line.slack.bot_token, {})).user_id;
    return (await this.api('chat.postMessage', this.users[person].token, { channel, text: text.replace('@warden', `<@${this.bot}>`) })).ts;
  }

  /** What `person` sees in a channel: bodies as Slack has them. */
  async messages(channel, person = 'alice') {
    const answer = await (await fetch(`${this.url}sandbox/messages?channel=${channel.replace('#', '')}&user=${this.idOf(person)}`)).json();
    if (!answer.ok) throw new Error(`messages of ${channel}: ${JSON.stringify(answer)}`);
    return answer.messages;
  }

  /** Those of the bot in the channel itself, not in threads. */
  async botRoots(channel) {
    return (await this.messages(channel)).filter((one) => one.bot_id && (one.thread_ts ?? one.ts) === one.ts);
  }

  /** A write to a cluster, as kubectl would do it. */
  async kube(name, method, path, body, manager = 'kubectl', type = 'application/merge-patch+json') {
    const cluster = this.line.clusters.find((one) => one.name === name);
    const token = /token: "?([^"\s]+)/.exec(readFileSync(cluster.kubeconfig, 'utf8'))[1];
    const answer = await fetch(`${cluster.url}${path}?fieldManager=${manager}`, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': type }, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  patchDeployment(name, patch, { cluster = 'prod-eu', manager = 'kubectl' } = {}) {
    return this.kube(cluster, 'PATCH', `/apis/apps/v1/namespaces/shop/deployments/${name}`, patch, manager);
  }

  async replicas(name) {
    return (await this.kube('prod-eu', 'GET', `/apis/apps/v1/namespaces/shop/deployments/${name}`)).spec.replicas;
  }

  /** Whether the bot's log says so by now. */
  logged(words) {
    return readFileSync(this.log, 'utf8').includes(words);
  }

  logTail() {
    return `--- the end of the sandbox's log\n${readFileSync(this.log, 'utf8').slice(-LOG_SHOWN)}`;
  }

  async stop() {
    this.child.kill('SIGTERM');
    try {
      await until('the sandbox to end', () => this.child.exitCode !== null || this.child.signalCode !== null, STOPS_WITHIN_MS);
    } finally {
      this.child.kill('SIGKILL');
      running.delete(this.child);
      rmSync(this.directory, { recursive: true, force: true });
    }
  }
}
