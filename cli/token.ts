/** `cleat token`: one bound token, for whoever holds a credential folder. */
import { demand } from '../core/fault/fault.ts';
import { parseClientIdentity } from './client-identity.ts';
import { readCredentials } from './credential-folder.ts';
import { EXIT } from './io.ts';
import { mintToken } from './mint.ts';
import { writeSecret } from './secret-file.ts';
import { addressesOf, secondsOf } from './option-values.ts';
import { needed, type Verb } from './verb.ts';

export const token: Verb = {
  name: 'token',
  summary: 'get a token bound to the certificate of a credential folder',
  about: [
    'The token works only over a connection that shows this very certificate, and ends with it.',
    'With --header it is a whole header line: curl -H @FILE sends it without showing it to other users.',
  ].join('\n'),
  options: {
    dir: { value: 'DIR', doc: 'Folder that `cleat credential` writes.', required: true },
    mesh: { value: 'HOST:PORT', doc: 'Mesh listener of the CA.', required: true },
    audience: { value: 'NAME', doc: 'The service that the token is for.', required: true },
    scope: { value: 'SCOPE', doc: 'Wanted scope. Default: all that the CA grants.', multiple: true },
    ttl: { value: 'DURATION', doc: "Lifetime. Default: the CA's tokens.ttl, which is the most." },
    header: { doc: 'Write `Authorization: Bearer TOKEN` instead of the token alone.' },
    out: { value: 'FILE', doc: 'Write to this file, mode 0600. Default: standard output.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat token --dir client --mesh localhost:8444 --audience payments --header --out authorization',
  async run(invocation, io) {
    const [mesh = ''] = addressesOf(invocation, 'mesh');
    const identity = parseClientIdentity(await readCredentials(needed(invocation, 'dir')));
    const minted = demand(
      await mintToken(identity, mesh, {
        audience: needed(invocation, 'audience'),
        scopes: invocation.list('scope'),
        ttl: secondsOf(invocation, 'ttl'),
      }),
    );
    const text = invocation.has('header') ? `Authorization: Bearer ${minted.token}` : minted.token;
    const out = invocation.text('out');
    if (out !== undefined) await writeSecret(out, `${text}\n`);
    const { expiresAt, scopes } = minted;
    if (invocation.has('json'))
      io.out(
        `${JSON.stringify({ ...(out === undefined ? { token: minted.token } : { file: out }), expiresAt, scopes })}\n`,
      );
    else if (out === undefined) io.out(`${text}\n`);
    return EXIT.ok;
  },
};
