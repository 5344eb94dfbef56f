/** Peers, tokens, heads and notes as the rooms before would hand them over. */
import type { Peer } from '../../../core/identity/peer.ts';
import { parseSpiffeId } from '../../../core/identity/spiffe-id.ts';
import { demand } from '../../../core/fault/fault.ts';
import { epochMilliseconds, epochSeconds, milliseconds, seconds } from '../../../core/time/units.ts';
import { issuerRules } from '../../../core/token/issuer.ts';
import type { Caller } from '../../../core/token/bind.ts';
import type { VerifiedToken } from '../../../core/token/verified-token.ts';
import { createReplayStore } from '../../../runtime/token/replay.ts';
import type { ExchangeRecord } from '../../../sidecar/forward/forwarding.ts';
import type { Field, RequestHead } from '../../../sidecar/http/request.ts';
import type { RequestNote } from '../../../sidecar/record.ts';
import { createDpop, type Dpop, type DpopTerms } from '../../../sidecar/token/dpop.ts';

export const NOON = epochSeconds(1_780_000_000);

export function peerOf(path: string, changes: Partial<Peer> = {}): Peer {
  const thumbprint = Buffer.alloc(32, 7);
  return {
    id: demand(parseSpiffeId(`spiffe://mesh.test${path}`)),
    thumbprint,
    thumbprintText: thumbprint.toString('base64url'),
    serial: '0a1b',
    keyThumbprint: () => undefined,
    notBefore: epochSeconds(NOON - 60),
    notAfter: epochSeconds(NOON + 3600),
    lineage: undefined,
    isLineageMalformed: false,
    der: Buffer.from('a leaf'),
    ...changes,
  };
}

export function tokenOf(changes: Partial<VerifiedToken> = {}): VerifiedToken {
  return {
    issuer: 'cleat',
    rules: issuerRules({ name: 'cleat', issuer: 'https://ca.mesh.test', algorithms: ['ES256'] }),
    keyId: 'key-1',
    iss: 'https://ca.mesh.test',
    subject: 'spiffe://mesh.test/ns/shop/sa/agent',
    clientId: 'spiffe://mesh.test/ns/shop/sa/agent',
    actor: 'spiffe://mesh.test/ns/shop/sa/agent',
    actors: [],
    audience: 'payments',
    jti: 'jti-1',
    label: 'jti-1',
    scopes: ['payments.read'],
    origins: [],
    issuedAt: NOON,
    expiresAt: epochSeconds(NOON + 300),
    confirmation: { 'x5t#S256': Buffer.alloc(32, 7).toString('base64url') },
    claims: {},
    ...changes,
  };
}

export function callerOf(path: string, token: VerifiedToken | undefined = tokenOf()): Caller {
  const binding = token === undefined ? 'none' : 'x5t#S256';
  return { peer: peerOf(path), token, binding, proofs: binding === 'none' ? [] : [binding] };
}

export function fieldOf(name: string, value: string): Field {
  return { name, lower: name.toLowerCase(), value };
}

export function headOf(changes: Partial<RequestHead> = {}): RequestHead {
  const target = changes.target ?? '/payments/1?x=1';
  const [path = '', query] = target.split('?');
  return {
    method: 'GET',
    target,
    path,
    query,
    host: 'payments.shop',
    fields: [fieldOf('Host', 'payments.shop')],
    framing: { kind: 'none' },
    upgrade: undefined,
    keepAlive: true,
    expectsContinue: false,
    ...changes,
  };
}

export function noteOf(changes: Partial<RequestNote> = {}): RequestNote {
  const caller = callerOf('/ns/shop/sa/agent');
  return {
    direction: 'inbound',
    requestId: '0123456789abcdef0123456789abcdef',
    traceparent: undefined,
    generation: 3,
    peer: caller.peer,
    token: caller.token,
    caller,
    rule: 'agent-pays',
    upstream: undefined,
    reported: undefined,
    ...changes,
  };
}

export function exchangeOf(changes: Partial<ExchangeRecord<RequestNote>> = {}): ExchangeRecord<RequestNote> {
  return {
    method: 'GET',
    path: '/payments/1',
    status: 200,
    refusal: undefined,
    complete: true,
    retried: false,
    bytesIn: 0,
    bytesOut: 12,
    startedAt: epochMilliseconds(NOON * 1000),
    decided: milliseconds(0.2),
    firstByte: milliseconds(1.5),
    duration: milliseconds(2),
    upstreamPeer: undefined,
    note: noteOf(),
    ...changes,
  };
}

/** Of a port with these public origins; none: DPoP is not served. */
export function dpopOf(origins: readonly string[] = [], changes: Partial<DpopTerms> = {}): Dpop {
  const window = seconds(60);
  return createDpop({
    origins,
    window,
    nonces: undefined,
    replay: createReplayStore({ window, most: 100, share: 100 }),
    ...changes,
  });
}
