/** A process that refreshes once and is killed when the rotated refresh token is on the disk, before it could use what came
 *  with it: `killed-after-writing.ts URL FILE ROOTS`. Prints the access token if it ever gets that far. */
import { readFileSync } from 'node:fs';

import { admit } from '../../../../core/fault/refusal.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { replaceFile } from '../../../../runtime/replace-file.ts';
import { createRefresher } from '../../../../sidecar/egress/refresher.ts';

const [url = '', file = '', roots = ''] = process.argv.slice(2);
const text = readFileSync(file, 'utf8').trim();

const refresher = createRefresher({
  issuer: { url, clientId: 'agent', scopes: [], trust: { kind: 'file', path: roots } },
  type: 'access_token',
  refreshToken: {
    current: () => admit({ text, digest: text }),
    wrote: (next) => next,
    reread: () => Promise.resolve(),
  },
  clientSecret: undefined,
  async persist(next) {
    await replaceFile(file, `${next}\n`);
    process.kill(process.pid, 'SIGKILL');
  },
  clock: systemClock(),
  jitter: Math.random,
});
const token = await refresher.token();
process.stdout.write(token.ok ? token.value : token.refusal.code);
