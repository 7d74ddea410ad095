// Starts one contract server and prints {"url": ...} on a line of its own.
//
//   node serve.mjs github [--api-version 2026-03-10]
//   node serve.mjs ghes [--release 3.19]
// with [--upstream http://127.0.0.1:PORT] [--port N] [--journal FILE] [--loose]
//
// Ends on SIGTERM, SIGINT or when its standard input closes. Exit status: 0 no violation, 1 some, 2 could not start.
import * as forges from './forges.mjs';
import { startContract } from './contract.mjs';

const [kind, ...rest] = process.argv.slice(2);
const option = {};
for (let i = 0; i < rest.length; i += 1) {
  const name = rest[i].replace(/^--/, '');
  option[name] = name === 'loose' ? true : rest[(i += 1)];
}
const loopback = (url) => {
  if (!/^http:\/\/127\.0\.0\.1:\d+(\/|$)/.test(url)) throw new Error(`loopback only: ${url}`);
  return url;
};
try {
  const strict = !option.loose;
  const made = {
    github: () => forges.github({ apiVersion: option['api-version'], strict }),
    ghes: () => forges.ghes({ release: option.release, apiVersion: option['api-version'], strict }),
  }[kind];
  if (!made) throw new Error('say github or ghes');
  const server = await startContract({
    ...(await made()), upstream: option.upstream && loopback(option.upstream), port: Number(option.port ?? 0), journal: option.journal,
  });
  console.log(JSON.stringify({ url: server.url }));
  const stop = async () => {
    await server.close();
    for (const v of server.violations) console.error(`${v.side}: ${v.method} ${v.path}: ${v.where} ${v.message}`);
    process.exit(server.violations.length > 0 ? 1 : 0);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.stdin.on('end', stop).on('error', stop).resume();
} catch (error) {
  console.error(String(error.message ?? error));
  process.exit(2);
}
