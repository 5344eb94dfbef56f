/**
 * The cases of `cleat policy test`: a caller, a request, what its token says, and what shall come of it. Made into the very values
 * that the sidecar's policy decides on. The token is taken for verified and bound: `cleat bind` judges that.
 */
import { z } from 'zod';

import { type Code, CATALOG } from '../../core/fault/catalog.ts';
import { demand } from '../../core/fault/fault.ts';
import type { Peer } from '../../core/identity/peer.ts';
import { spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { epochSeconds, seconds } from '../../core/time/units.ts';
import type { Caller } from '../../core/token/bind.ts';
import { parseStrictObject } from '../../core/token/json.ts';
import { readPeople } from '../../core/token/people.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { facts, parsed } from '../../runtime/config/field.ts';
import { audience, scope } from '../../runtime/config/identity.ts';
import { choice, text } from '../../runtime/config/scalar.ts';
import { list, strict } from '../../runtime/config/structure.ts';
import type { RequestFacts } from '../../sidecar/policy/policy.ts';

const words = (doc: string) => text({ doc, grammar: /^[^\u0000-\u001f\u007f-\u009f]{1,512}$/, allowed: 'a text' });
const path = (doc: string) =>
  text({ doc, grammar: /^\/[^\s?#]{0,1023}$/, allowed: 'a path such as /ns/shop/sa/agent' });

const token = strict({
  issuer: words('Name of its issuer in the configuration.'),
  audience: audience({ doc: 'Its audience.' }),
  scopes: list({ doc: 'Its scopes.', most: 64 }, scope({ doc: 'One scope.' })),
  subject: words('Its subject.').optional(),
  actors: list({ doc: 'Who acts, the current one first.', most: 4 }, words('An actor.')),
  origins: list({ doc: 'What it came from: `key:ID`, `client:ID`.', most: 8 }, words('An origin.')),
  claims: z
    .record(z.string(), z.unknown())
    .prefault({})
    .meta(facts({ doc: 'Its other claims.' }, 'a mapping')),
});

const CODES = Object.keys(CATALOG) as [Code, ...Code[]];

const one = strict({
  name: words('What it shows.'),
  caller: path('Path of the SPIFFE ID of the peer.'),
  request: strict({
    method: text({ doc: 'Its method.', grammar: /^[A-Z]{1,16}$/, allowed: 'a method such as GET' }),
    path: path('Its path, as it is forwarded.'),
    from: text({
      doc: 'Address that it comes from.',
      grammar: /^[0-9a-fA-F:.]{2,45}$/,
      allowed: 'an address',
    }).optional(),
    at: parsed<number>({ doc: 'Time of the request; absent: now.' }, 'a time such as 2026-01-01T00:00:00Z', (found) => {
      const instant = Date.parse(found) / 1000;
      return Number.isSafeInteger(instant) && found.endsWith('Z') ? instant : undefined;
    }).optional(),
  }),
  token: token.optional(),
  expect: strict({
    verdict: choice(['admit', 'refuse'], { doc: 'What shall come of it.' }),
    rule: words('The rule that shall decide.').optional(),
    code: choice(CODES, { doc: 'The code of the refusal.' }).optional(),
  }).optional(),
});

/** The file of `--cases`. */
export const policyCasesTable = strict({ cases: list({ doc: 'The cases.', least: 1, most: 10_000 }, one) });

export type PolicyCase = z.output<typeof policyCasesTable>['cases'][number];

/** Who asks and what, as the sidecar would know it. Throws PEER_NOT_SVID for a path that is none of a SPIFFE ID. */
export function sceneOf(
  found: PolicyCase,
  trustDomain: TrustDomain,
  now: number,
): { readonly caller: Caller; readonly request: RequestFacts } {
  const { method, path: target, from, at } = found.request;
  const peer = peerOf(found.caller, trustDomain);
  const shown = found.token === undefined ? undefined : tokenOf(found.token, peer);
  return {
    caller: { peer, token: shown, binding: shown === undefined ? 'none' : 'x5t#S256', proofs: [] },
    request: { method, path: target, remote: from, now: epochSeconds(at ?? now) },
  };
}

const NEVER = epochSeconds(253_402_300_799);

function peerOf(where: string, trustDomain: TrustDomain): Peer {
  return {
    id: demand(spiffeIdOf(trustDomain, where)),
    thumbprint: Buffer.alloc(32),
    thumbprintText: '',
    serial: '',
    keyThumbprint: () => undefined,
    notBefore: epochSeconds(0),
    notAfter: NEVER,
    lineage: undefined,
    isLineageMalformed: false,
    der: Buffer.alloc(0),
  };
}

function tokenOf({ claims, subject, ...shown }: NonNullable<PolicyCase['token']>, peer: Peer): VerifiedToken {
  const written = JSON.stringify({ sub: subject ?? peer.id.uri, ...claims });
  const whole = demand(parseStrictObject(Buffer.from(written)));
  const { authorizedParty, ...names } = demand(readPeople(whole));
  return {
    ...shown,
    ...names,
    actor: shown.actors[0] ?? names.clientId ?? authorizedParty ?? names.subject,
    rules: { trustDomain: peer.id.trustDomain, lineage: false, jkt: 'dpop', skew: seconds(0) },
    keyId: undefined,
    iss: shown.issuer,
    jti: undefined,
    label: 'case',
    issuedAt: undefined,
    expiresAt: NEVER,
    confirmation: undefined,
    claims: whole,
  };
}
