/**
 * Every setting of `ca.yaml`: type, parser, `docs/config.md` and JSON schema come from this table.
 * No setting stands outside of it, and none weakens mutual TLS.
 */
import type { z } from 'zod';

import { isAbsolutePath, isDnsName, listenAddress } from '../runtime/config/address.ts';
import { parsed } from '../runtime/config/field.ts';
import { spiffePattern, trustDomain } from '../runtime/config/identity.ts';
import { path, socket } from '../runtime/config/place.ts';
import { choice, count } from '../runtime/config/scalar.ts';
import { duration } from '../runtime/config/span.ts';
import { list, optionalSection, section, strict, whenSound } from '../runtime/config/structure.ts';
import { attestorSettings } from './attest/settings.ts';
import { tokenSettings } from './tokens/settings.ts';

const listen = strict({
  bootstrap: listenAddress({ doc: 'gRPC with server-authenticated TLS: `Issue` only.', fallback: '0.0.0.0:8443' }),
  mesh: listenAddress({ doc: 'gRPC with mutual TLS: `Renew`, `Watch`, `MintToken`.', fallback: '0.0.0.0:8444' }),
  https: listenAddress({
    doc: 'HTTPS, public: the trust bundle `/bundle.json` (SPIFFE) and `/bundle.pem`, `/jwks.json`, `/crl.der`; and the token service, which asks for a certificate.',
    fallback: '0.0.0.0:8445',
  }),
  admin: listenAddress({ doc: 'Plain HTTP: health, readiness, metrics.', fallback: '0.0.0.0:15021' }),
  control: socket({
    doc: 'UNIX socket of the control verbs, in a folder of mode 0700.',
    fallback: '/run/cleat/ca.sock',
  }),
}).refine(
  ({ bootstrap, mesh, https, admin }) => {
    const fixed = [bootstrap, mesh, https, admin].filter(({ port }) => port !== 0);
    return new Set(fixed.map(({ host, port }) => `${host} ${port}`)).size === fixed.length;
  },
  { error: 'four different addresses', when: whenSound('bootstrap', 'mesh', 'https', 'admin') },
);

const certificates = strict({
  ttl: duration({
    doc: 'Lifetime of a certificate for which no other was asked.',
    fallback: '1h',
    least: '1m',
    most: '24h',
  }),
  ttlMin: duration({ doc: 'The shortest lifetime that may be asked for.', fallback: '1m', least: '1m', most: '24h' }),
  ttlMax: duration({ doc: 'The longest lifetime that may be asked for.', fallback: '24h', least: '1m', most: '24h' }),
  keyTypes: list(
    { doc: 'The key types that a certificate request may have.', least: 1, most: 4, fallback: ['p256'] },
    choice(['p256', 'p384', 'ed25519', 'rsa'], { doc: 'A key type; rsa from 2048 bits.' }),
  ),
})
  .refine(({ ttlMin, ttl }) => ttlMin <= ttl, {
    path: ['ttl'],
    error: 'at least certificates.ttlMin',
    when: whenSound('ttlMin', 'ttl'),
  })
  .refine(({ ttl, ttlMax }) => ttl <= ttlMax, {
    path: ['ttl'],
    error: 'at most certificates.ttlMax',
    when: whenSound('ttl', 'ttlMax'),
  });

const issuer = strict({
  source: choice(['own', 'files'], {
    doc: 'Where the issuer comes from; own: roots that the CA makes, files: signed elsewhere and renewed in its files.',
    fallback: 'own',
  }),
  ttl: duration({ doc: 'Lifetime of a root when it is made.', fallback: '365d', least: '1h', most: '3650d' }),
  rotateAfter: parsed<number | 'never'>(
    {
      doc: "Share of a root's life after which its successor is prepared; the rotation goes on by itself. never: by hand.",
      fallback: '50%',
    },
    'a percentage from 10% to 90%, or never',
    (text) => {
      const share = /^([1-8][0-9]|90)%$/.exec(text)?.[1];
      if (share !== undefined) return Number(share);
      return text === 'never' ? text : undefined;
    },
  ),
  files: optionalSection(
    'The files of an issuer that was signed elsewhere; they are read again when they change.',
    strict({
      certificate: path({ doc: 'PEM: the issuer, then what signed it, up to below the root.', reloadable: true }),
      key: path({ doc: "PEM: the issuer's P-256 key, unencrypted, mode 0600 or narrower.", reloadable: true }),
      roots: path({ doc: 'PEM: the trusted roots.', reloadable: true }),
    }),
  ),
}).refine(({ source, files }) => (source === 'files') === (files !== undefined), {
  path: ['files'],
  error: 'the three files with `source: files`, and only then',
  when: whenSound('source', 'files'),
});

/** Outside of what a workload can be named, whatever its evidence says. */
const ADMINS = /^\/cleat\/admin\//;
const administrator = spiffePattern({ doc: 'SPIFFE IDs that may administer the CA over the mesh listener.' }).refine(
  (pattern) => ADMINS.test('exact' in pattern ? pattern.exact : 'under' in pattern ? `${pattern.under}/` : ''),
  { error: 'a path below /cleat/admin, such as /cleat/admin/operator' },
);

const audit = strict({
  file: parsed<AuditPlace>(
    { doc: 'Where it goes. `dataDir`: to `audit.jsonl` in that folder.', fallback: 'dataDir' },
    'dataDir, stdout or an absolute path',
    (text) => {
      if (text === 'dataDir' || text === 'stdout') return { kind: text };
      return isAbsolutePath(text) ? { kind: 'file', path: text } : undefined;
    },
  ),
  onFailure: choice(['stop', 'warn'], {
    doc: 'What happens while it cannot be written; stop: nothing is issued, the CA is not ready.',
    fallback: 'stop',
  }),
});

/** Where the audit stream goes. */
export type AuditPlace = { readonly kind: 'dataDir' | 'stdout' } | { readonly kind: 'file'; readonly path: string };

export const caConfigTable = strict({
  trustDomain: trustDomain({ doc: 'The trust domain whose certificates this CA signs.' }),
  dataDir: path({ doc: 'Folder of the root key (0600), the root and the journal.', fallback: '/var/lib/cleat' }),
  listen: section('Where the CA listens.', listen),
  serverNames: list(
    { doc: "DNS names in the CA's own serving certificate, beside its SPIFFE ID.", most: 16, fallback: ['localhost'] },
    parsed({ doc: 'A DNS name.' }, 'a DNS name', (text) => (isDnsName(text) ? text.toLowerCase() : undefined)),
  ),
  issuer: section('Who signs the leaves.', issuer),
  certificates: section('What the CA issues to workloads.', certificates),
  attestors: section(
    'How a workload proves itself at its first certificate.',
    strict({
      joinToken: section(
        'One-time tokens, made by `cleat join-token`.',
        strict({
          ttl: duration({
            doc: 'Time within which a join token must be used.',
            fallback: '10m',
            least: '10s',
            most: '24h',
          }),
        }),
      ),
      ...attestorSettings,
    }),
  ),
  limits: section(
    'How fast certificates are issued. What comes faster is refused with the time to come back.',
    strict({
      issuesPerSecond: count({
        doc: 'Certificates that are begun in a second, all together; what comes faster waits, and those who wait take turns.',
        least: 1,
        most: 100_000,
        fallback: 1000,
      }),
      perIdentityPerMinute: count({
        doc: 'Requests a minute for one SPIFFE ID, all replicas of a service account together, with a burst as large.',
        least: 1,
        most: 1_000_000,
        fallback: 1200,
      }),
      perAddressPerMinute: count({
        doc: 'Requests a minute from one address (of IPv6: its /64) on `listen.bootstrap`, and, apart from these, at the token service without a certificate, with a burst as large; one that is refused for what it holds counts as ten. At the token service an instance with a certificate has as many of its own.',
        least: 1,
        most: 1_000_000,
        fallback: 6000,
      }),
      callsPerInstancePerMinute: count({
        doc: 'Calls a minute on `listen.mesh` for tokens, acknowledgements, streams and administration by one instance, all certificates of its lineage together, with a burst as large.',
        least: 1,
        most: 1_000_000,
        fallback: 300,
      }),
      callsPerIdentityPerMinute: count({
        doc: 'The same for one SPIFFE ID, all of its instances together, and for one client of the token service.',
        least: 1,
        most: 100_000_000,
        fallback: 60_000,
      }),
    }),
  ),
  tokens: optionalSection('Bound tokens. Without this section the CA mints none.', tokenSettings),
  admins: list(
    { doc: 'Who may administer the CA with a certificate of it; the control socket needs none.', most: 64 },
    administrator,
  ),
  audit: section('The hash-chained record of what the CA decided; `cleat audit verify` checks it.', audit),
  log: section(
    'The log on standard output.',
    strict({
      level: choice(['debug', 'info', 'warn', 'error'], { doc: 'The least level that is written.', fallback: 'info' }),
    }),
  ),
}).refine(
  ({ trustDomain, tokens }) => tokens?.subjects.every(({ issuer }) => issuer !== `spiffe://${trustDomain}`) !== false,
  {
    path: ['tokens'],
    error: 'tokens.subjects without our own trust domain: its workloads ask by their certificates',
    when: whenSound('trustDomain', 'tokens'),
  },
);

/** `ca.yaml` with every default in place, checked. */
export type CaConfig = z.output<typeof caConfigTable>;
