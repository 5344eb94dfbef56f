/**
 * No secret in any log: every file that the scenarios' processes wrote is searched for tokens and keys. A planted canary
 * proves that the search finds one. Runs last in `npm test`; alone it has no logs and says so.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { scenarioLogs } from '../kit/logs.ts';
import { leaveOut } from '../kit/skip.ts';

/** What a leaked secret looks like. A JWS counts from header and claims on, so that one cut short is found too. */
const SECRETS: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  { kind: 'token', pattern: /eyJ[\w-]{10,}\.(eyJ)?[\w-]{10,}/ },
  { kind: 'authorization value', pattern: /\b(Bearer|DPoP|Basic) [\w-]{16,}/i },
  { kind: 'private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----|"d":\s*"[\w-]{40,}"|MIGHAgEAMBMGByqGSM49/ },
  { kind: 'join token', pattern: /cleat-join\.[0-9a-f]{64}\.[\w-]{20,}/ },
  { kind: 'API key', pattern: /\bclt_[a-z0-9]{1,16}_[\w-]{20,}/ },
  { kind: 'client secret', pattern: /\bcls_[\w-]{20,}/ },
];

function secretsIn(folder: string): readonly string[] {
  return globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          SECRETS.filter(({ pattern }) => pattern.test(line)).map(({ kind }) => `${file}:${index + 1}: ${kind}`),
        ),
    );
}

describe('house: A-561 secrets in logs', () => {
  it('are found when they are planted', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cleat-canary-'));
    try {
      const token = [
        JSON.stringify({ alg: 'ES256', typ: 'at+jwt' }),
        JSON.stringify({ sub: 'canary' }),
        'signature-of-the-canary',
      ];
      const text = token.map((part) => Buffer.from(part).toString('base64url')).join('.');
      const key = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ');
      const join1 = ['cleat-join', 'a'.repeat(64), 'b'.repeat(43)].join('.');
      const keys = [`clt_prod_${'c'.repeat(49)}`, `cls_${'d'.repeat(43)}`];
      writeFileSync(
        join(folder, 'sidecar.log'),
        ['ready', `{"msg":"${text}"}`, `{"msg":"Bearer ${'x'.repeat(20)}"}`, key, join1, ...keys, 'done'].join('\n'),
      );
      expect(secretsIn(folder).map((found) => found.slice(found.lastIndexOf('sidecar.log')))).to.deep.equal([
        'sidecar.log:2: token',
        'sidecar.log:3: authorization value',
        'sidecar.log:4: private key',
        'sidecar.log:5: join token',
        'sidecar.log:6: API key',
        'sidecar.log:7: client secret',
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('are in no log of a scenario', function () {
    const folder = scenarioLogs();
    const files = globSync('**/*.log', { cwd: folder });
    if (files.length === 0) leaveOut(this, 'no scenario has written a log');
    expect(secretsIn(folder)).to.deep.equal([]);
  });
});
