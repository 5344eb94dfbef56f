/**
 * Every setting of `sidecar.yaml`: type, parser, `docs/config.md` and JSON schema come from this table.
 * No setting stands outside of it, and none weakens mutual TLS.
 */
import { z } from 'zod';

import { address, appAddress, isAbsolutePath, isTaken, listenAddress } from '../runtime/config/address.ts';
import { parsed } from '../runtime/config/field.ts';
import { audience, trustDomain } from '../runtime/config/identity.ts';
import { path, socket } from '../runtime/config/place.ts';
import { choice, ratio } from '../runtime/config/scalar.ts';
import { duration } from '../runtime/config/span.ts';
import { list, optionalSection, section, strict, whenSound } from '../runtime/config/structure.ts';
import { circuit, connectionBounds, messageBounds, timeouts } from './bound-settings.ts';
import { egressSettings } from './egress/settings.ts';
import { dpopSettings, portOffers } from './port-settings.ts';
import { issuerSettings } from './token/settings.ts';

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

const evidence = strict({
  kind: choice(['joinToken', 'x509', 'oidc'], {
    doc: 'What the workload shows to the CA: a join token, the possession of a certificate of another CA, or a workload token (JWT).',
  }),
  file: path({
    doc: 'The file with the join token or the workload token; read at each attempt. Needed with joinToken and oidc.',
  }).optional(),
  certificate: path({
    doc: 'PEM: the certificate of the other CA, leaf first, with its intermediates; read at each attempt. Needed with x509.',
  }).optional(),
  key: path({
    doc: 'Its private key, unencrypted. Refused when the group may write or others may anything (mode bits 0037). Needed with x509.',
  }).optional(),
})
  .transform((found, context): EvidencePlace => {
    const { kind, file, certificate, key } = found;
    if (kind === 'x509' && file === undefined && certificate !== undefined && key !== undefined)
      return { kind, certificate, key };
    if (kind !== 'x509' && file !== undefined && certificate === undefined && key === undefined) return { kind, file };
    context.addIssue({
      code: 'custom',
      message: kind === 'x509' ? 'kind, certificate and key' : `kind and file with ${kind}`,
    });
    return z.NEVER;
  })
  .meta({ description: 'How this workload proves itself where it has no certificate to renew.' });

/** Where the evidence lies. */
export type EvidencePlace =
  | { readonly kind: 'joinToken' | 'oidc'; readonly file: string }
  | { readonly kind: 'x509'; readonly certificate: string; readonly key: string };

const credentials = strict({
  source: choice(['ca', 'files'], {
    doc: 'Where key and certificate come from; ca: from a Cleat CA; files: from files that somebody else renews.',
    fallback: 'ca',
  }),
  ca: optionalSection(
    'The CA that issues the certificate of this sidecar. Needed with source: ca, and only there.',
    strict({
      bootstrap: list(
        { doc: 'Its bootstrap listeners. Each attempt begins with another one.', least: 1, most: 8 },
        address({ doc: 'Host and port.' }),
      ),
      mesh: list(
        { doc: 'Its mesh listeners. Each generation begins with another one.', least: 1, most: 8 },
        address({ doc: 'Host and port.' }),
      ),
      bundle: path({
        doc: 'PEM roots for the first contact. Required but for joinToken, which names the root itself.',
      }).optional(),
      evidence,
    }).refine(({ evidence: { kind }, bundle }) => kind === 'joinToken' || bundle !== undefined, {
      path: ['bundle'],
      error: 'an absolute path; only a join token names the root itself',
      when: whenSound('evidence', 'bundle'),
    }),
  ),
  files: optionalSection(
    'PEM files that somebody else renews. Needed with source: files, and only there. Their folders are watched and their digest is polled; adopted only when all three agree.',
    strict({
      certificate: path({ doc: 'The certificate and its chain, in any order, without the root.', reloadable: true }),
      key: path({
        doc: 'Its private key, unencrypted: PKCS#8, SEC1 or PKCS#1. Refused when the group may write or others may anything (mode bits 0037).',
        reloadable: true,
      }),
      bundle: path({ doc: 'The roots of the trust domain.', reloadable: true }),
    }),
  ),
})
  .refine(({ source, ca }) => (source === 'ca') === (ca !== undefined), {
    path: ['ca'],
    error: 'a section with source: ca, and none with source: files',
    when: whenSound('source', 'ca'),
  })
  .refine(({ source, files }) => (source === 'files') === (files !== undefined), {
    path: ['files'],
    error: 'a section with source: files, and none with source: ca',
    when: whenSound('source', 'files'),
  });

const inbound = strict({
  listen: listenAddress({ doc: 'Where peers connect by mutual TLS. podIP: each address in POD_IPS.', podIp: true }),
  app: appAddress({ doc: 'Where the app listens.' }),
  mode: choice(['strict', 'permissive', 'disabled'], {
    doc: 'strict: nothing but mutual TLS with a certificate of the trust domain. permissive: who comes without TLS is served too, asked neither token nor policy, and never with an identity field. disabled: bytes go to the app as they are. The last two are for a migration, and warn at every start.',
    fallback: 'strict',
  }),
  audience: audience({ doc: 'What `aud` of a token must be.' }),
  ...portOffers,
});

const drain = strict({
  grace: duration({
    doc: 'Time to go on accepting after SIGTERM, while the endpoints learn of it.',
    fallback: '5s',
    least: '0s',
    most: '10m',
  }),
  deadline: duration({
    doc: 'Time after SIGTERM at which open requests are cut; grace included.',
    fallback: '25s',
    least: '0s',
    most: '1h',
  }),
}).refine(({ grace, deadline }) => grace <= deadline, {
  path: ['deadline'],
  error: 'at least drain.grace',
  when: whenSound('grace', 'deadline'),
});

const audit = strict({
  file: parsed<{ readonly kind: 'stdout' } | { readonly kind: 'file'; readonly path: string }>(
    { doc: 'Where it goes.' },
    'stdout or an absolute path',
    (text) => {
      if (text === 'stdout') return { kind: text };
      return isAbsolutePath(text) ? { kind: 'file', path: text } : undefined;
    },
  ),
  onFailure: choice(['stop', 'warn'], {
    doc: 'What happens while it cannot be written; stop: every request is answered 503, and the sidecar is not ready.',
    fallback: 'stop',
  }),
});

export const sidecarConfigTable = strict({
  trustDomain: trustDomain({ doc: 'The trust domain of this mesh.' }),
  credentials: section('The identity of this sidecar.', credentials),
  inbound: list({ doc: 'The ports of the app that peers may reach.', most: 64 }, inbound),
  issuers: list({ doc: 'Whose tokens are accepted.', most: 64 }, issuerSettings)
    .refine((issuers) => unique(issuers.map(({ name }) => name)), { error: 'each name once' })
    .refine((issuers) => unique(issuers.map((one) => one.issuer)), { error: 'each issuer once' })
    .refine((issuers) => issuers.filter((one) => one.introspection !== undefined).length <= 1, {
      error: 'at most one with introspection: an opaque token does not say whose it is',
    }),
  dpop: dpopSettings,
  policy: path({
    doc: 'The policy file. Required with inbound; a change of it is adopted live.',
    reloadable: true,
  }).optional(),
  egress: optionalSection('The proxy for calls of the app. Without this section there is none.', egressSettings),
  admin: listenAddress({ doc: 'Plain HTTP: health, readiness, metrics.', fallback: '0.0.0.0:15021' }),
  control: socket({
    doc: 'UNIX socket of the control verbs, in a folder of mode 0700.',
    fallback: '/run/cleat/sidecar.sock',
  }),
  connections: section('Bounds on inbound connections.', connectionBounds),
  limits: section('Bounds on one message, and on unknown tokens.', messageBounds),
  timeouts: section('How long is waited, inbound and egress.', timeouts),
  circuit: section('When an app or an upstream counts as dead: callers are answered 503 at once.', circuit),
  io: choice(['auto', 'public'], {
    doc: 'How bytes are read and written; auto: on the native handles of Node where that was proved, else as public; public: by the documented API alone, slower and never different.',
    fallback: 'auto',
  }),
  drain: section('What happens after SIGTERM.', drain),
  audit: optionalSection(
    'The hash-chained record of every decision, admitted requests too; `cleat audit verify` checks it. Without this section there is none.',
    audit,
  ),
  log: section(
    'The log and the request records on standard output.',
    strict({
      level: choice(['debug', 'info', 'warn', 'error'], { doc: 'The least level that is written.', fallback: 'info' }),
      admittedSample: ratio({
        doc: 'Share of admitted requests that are recorded; refused ones always are.',
        fallback: 0.01,
        least: 0,
        most: 1,
      }),
    }),
  ),
})
  .refine(
    ({ inbound: ports, issuers }) =>
      issuers.every(({ audiences }) => audiences.every((name) => ports.some((port) => port.audience === name.for))),
    {
      path: ['issuers'],
      error: 'audiences of which each `for` is the audience of a port in inbound',
      when: whenSound('inbound', 'issuers'),
    },
  )
  .refine(
    ({ inbound: ports, egress: proxy, admin }) => {
      const own = [...ports.map(({ listen }) => listen), ...(proxy === undefined ? [] : [proxy.listen]), admin];
      return ports.every(({ app }) => own.every((listen) => !isTaken(app, listen)));
    },
    {
      path: ['inbound'],
      error:
        'ports of which each `app` is another listener than those of this sidecar: a request would come back to it',
      when: whenSound('inbound', 'egress', 'admin'),
    },
  )
  .refine(({ inbound: ports, policy }) => ports.length === 0 || policy !== undefined, {
    path: ['policy'],
    error: 'an absolute path; inbound needs a policy',
    when: whenSound('inbound', 'policy'),
  })
  .refine(
    ({ credentials: { source }, egress: proxy }) =>
      source === 'ca' || (proxy?.upstreams ?? []).every((one) => one.audience === undefined),
    {
      path: ['egress', 'upstreams'],
      error: 'upstreams without audience: with credentials.source: files there is no CA to mint tokens',
      when: whenSound('credentials', 'egress'),
    },
  );

/** `sidecar.yaml` with every default in place, checked. */
export type SidecarConfig = z.output<typeof sidecarConfigTable>;
