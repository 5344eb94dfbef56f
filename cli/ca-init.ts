/** `cleat ca init`: an offline root, and an issuer signed by it, in the files that a CA with `issuer.source: files` reads. */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';

import { ISSUER_FILES, openOfflineRoot, writeIssuer } from '../ca/signer/offline-root.ts';
import { demand, Fault } from '../core/fault/fault.ts';
import { parseTrustDomain } from '../core/identity/trust-domain.ts';
import { seconds, wholeSeconds } from '../core/time/units.ts';
import { toSafeJson } from '../runtime/escape.ts';
import { EXIT } from './io.ts';
import { secondsOf } from './option-values.ts';
import { needed, UsageMistake, type Verb } from './verb.ts';

const DAY = 86_400;

export const caInit: Verb = {
  name: 'ca init',
  summary: 'make an offline root and the issuer of a CA, or renew that issuer',
  about: [
    'Run it where the root is to be kept, not where the CA runs. The first run makes the root (root.key, mode 0600, and',
    'root.pem) in --offline-root; later runs use it. Each run makes a new issuer key and certificate in --issuer:',
    'issuer.pem, issuer.key, roots.pem, swapped all at once. A CA whose `issuer.files` name them adopts them at once.',
    'A CA with `issuer.source: own` needs none of this: it makes its root at its first start.',
  ].join('\n'),
  options: {
    'trust-domain': { value: 'NAME', doc: 'Trust domain of the mesh.', required: true },
    'offline-root': { value: 'DIR', doc: 'Folder of the root and its key.', required: true },
    issuer: { value: 'DIR', doc: "Folder of the issuer's files.", required: true },
    ttl: { value: 'DURATION', doc: 'Life of the issuer, never past the root. Default: 90d.' },
    'root-ttl': { value: 'DURATION', doc: 'Life of a root that is made. Default: 3650d.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat ca init --trust-domain mesh.internal --offline-root ./offline --issuer ./issuer',
  async run(invocation, io) {
    const folders = {
      root: resolve(needed(invocation, 'offline-root')),
      issuer: resolve(needed(invocation, 'issuer')),
    };
    if (folders.root === folders.issuer)
      throw new UsageMistake('--issuer and --offline-root: two folders, since the key of the root stays behind');
    const terms = {
      trustDomain: demand(parseTrustDomain(needed(invocation, 'trust-domain'))),
      rootTtl: secondsOf(invocation, 'root-ttl') ?? seconds(3650 * DAY),
      now: wholeSeconds(io.clock.now()),
      random: randomBytes,
    };
    const ttl = secondsOf(invocation, 'ttl') ?? seconds(90 * DAY);
    const made = inFiles(() => {
      const { root, isNew } = openOfflineRoot(folders.root, terms);
      const endsAt = writeIssuer(folders.issuer, {
        ...terms,
        root,
        ttl,
      });
      return { root: root.certificate.thumbprint.toString('hex'), isNew, endsAt };
    });
    const files = Object.entries(ISSUER_FILES).map(([name, file]) => [name, join(folders.issuer, file)] as const);
    if (invocation.has('json')) {
      io.out(`${toSafeJson({ ...made, rootFolder: folders.root, files: Object.fromEntries(files) })}\n`);
      return EXIT.ok;
    }
    io.out(`root ${made.isNew ? 'made' : 'used'}: ${folders.root} (SHA-256 ${made.root})\n`);
    io.out(`issuer made: ${folders.issuer}, ends ${new Date(made.endsAt * 1000).toISOString()}\n`);
    io.out(
      `for ca.yaml:\nissuer:\n  source: files\n  files:\n${files.map(([name, file]) => `    ${name}: ${file}\n`).join('')}`,
    );
    return EXIT.ok;
  },
};

/** What the disk throws, as an answer of ours. */
function inFiles<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Fault || !(cause instanceof Error && 'code' in cause)) throw cause;
    throw new Fault('CONFIG_FILE', cause.message, { cause });
  }
}
