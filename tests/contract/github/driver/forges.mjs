// What the bot asks of each forge, and where that forge's own description comes from.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import { slice } from './slice.mjs';

const require = createRequire(import.meta.url);
const lines = (name) =>
  fs.readFileSync(new URL(`./operations/${name}.txt`, import.meta.url), 'utf8')
    .split('\n').map((l) => l.replace(/#.*/, '').trim()).filter(Boolean);

const githubHeaders = {
  'user-agent': { required: true, why: 'GitHub refuses requests without a User-Agent' },
  authorization: { required: true, pattern: '^(Bearer|token) \\S+$', why: 'Bearer (or token) credentials are expected' },
  'x-github-api-version': { required: true, pattern: '^(2022-11-28|2026-03-10)$', why: 'pin the API version; without it the oldest one applies' },
  accept: { required: true, pattern: '^application/vnd\\.github(\\.[\\w.]+)?\\+?json$|^application/vnd\\.github\\.(diff|patch)$', why: 'ask for the vendor media type' },
};
const githubJson = ['application/vnd.github+json', 'application/vnd.github.raw+json'];

export function github({ apiVersion = '2022-11-28', strict = true } = {}) {
  const doc = require('@octokit/openapi/generated/api.github.com.json');
  return { ...slice(doc, lines('github'), { apiVersion, strict, aliasJson: githubJson }), basePath: '', headerRules: githubHeaders };
}

export function ghes({ release = '3.19', apiVersion = '2022-11-28', strict = true } = {}) {
  const doc = require(`@octokit/openapi/generated/ghes-${release}.json`);
  return { ...slice(doc, lines('github'), { apiVersion, strict, aliasJson: githubJson }), basePath: '/api/v3', headerRules: githubHeaders };
}
