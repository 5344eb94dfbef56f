import { expect } from 'chai';

import { admit, type Outcome, refuse } from '../../../core/fault/refusal.ts';
import { demand } from '../../../core/fault/fault.ts';
import type { Peer } from '../../../core/identity/peer.ts';
import { indexRevocations, NO_REVOCATIONS } from '../../../core/identity/revocation.ts';
import { spiffeIdOf } from '../../../core/identity/spiffe-id.ts';
import { epochMilliseconds, epochSeconds, milliseconds, seconds } from '../../../core/time/units.ts';
import type { VerifiedToken } from '../../../core/token/verified-token.ts';
import type { InboundConnection } from '../../../sidecar/accept/connection.ts';
import type { Decision } from '../../../sidecar/forward/forwarding.ts';
import type { UpstreamPool } from '../../../sidecar/forward/upstream.ts';
import { createJudges } from '../../../sidecar/pipeline.ts';
import { DEFAULT_ROUTE, type Policy, type Route } from '../../../sidecar/policy/policy.ts';
import type { RequestNote } from '../../../sidecar/record.ts';
import { testRevocations } from '../../kit/revocations.ts';
import { createTestAuthority } from '../../kit/x509.ts';
import { dpopOf, fieldOf, headOf, NOON, peerOf, tokenOf } from './callers.ts';
import { snapshotOf } from './egress/snapshots.ts';

const APP: UpstreamPool = {
  closeDelimited: true,
  takeIdle: () => undefined,
  open: () => Promise.resolve(refuse('UPSTREAM_UNREACHABLE', 'not here')),
  dropIdle: () => undefined,
  noteDesync: () => undefined,
  close: () => undefined,
  size: 0,
};
const TEXT = 'aaa.bbb.ccc';
const REQUEST_ID = 'd'.repeat(32);
const withToken = headOf({ fields: [fieldOf('Host', 'payments.shop'), fieldOf('Authorization', `Bearer ${TEXT}`)] });
const route = (binding: Route['binding'], forwardToken = false): Policy => ({
  routes: [{ path: { under: '/' }, binding, lineage: true, forwardToken }],
  rules: [{ id: 'all', peers: [{ any: true }], scopes: [], deny: false }],
});

describe('createJudges()', () => {
  const authority = createTestAuthority();
  const own = snapshotOf(authority, { generation: 9, now: NOON, path: '/ns/shop/sa/payments' });

  function setUp(
    token: Outcome<VerifiedToken> = admit(tokenOf()),
    policy = route('required'),
    changes: Partial<Peer> = {},
  ) {
    const world = {
      now: NOON,
      own: own as typeof own | undefined,
      policy,
      remembered: undefined as VerifiedToken | undefined,
      verified: [] as string[],
      revocations: NO_REVOCATIONS,
      audited: admit(undefined) as Outcome<void>,
    };
    const connection: InboundConnection = {
      peer: peerOf('/ns/shop/sa/agent', { notAfter: epochSeconds(NOON + 60), ...changes }),
      generation: 9,
      local: { host: '10.0.0.1', port: 8080 },
      remote: { host: '10.0.0.2', port: 40_000 },
    };
    const { decide, recheck } = createJudges(connection, own, {
      credentials: { current: () => world.own },
      tokens: {
        recall: () => world.remembered,
        verify(text) {
          world.verified.push(text);
          return Promise.resolve(token);
        },
      },
      policy: { current: () => world.policy },
      revocations: { current: () => world.revocations },
      dpop: dpopOf(),
      audit: { check: () => world.audited },
      metadata: undefined,
      app: APP,
      clock: { now: () => epochMilliseconds(world.now * 1000), monotonic: () => milliseconds(0) },
      requestId: () => REQUEST_ID,
    });
    return { world, decide, recheck };
  }

  const refusalOf = async (decision: Decision<RequestNote> | Promise<Decision<RequestNote>>): Promise<string> => {
    const decided = await decision;
    return decided.ok ? 'admitted' : decided.refusal.code;
  };

  it('refuses by RENEW_EXPIRED without a certificate of our own, or past its end, before it looks at the token', async () => {
    const { world, decide } = setUp();
    world.own = undefined;
    expect(await refusalOf(decide(withToken))).to.equal('RENEW_EXPIRED');
    world.own = snapshotOf(authority, { generation: 9, now: epochSeconds(NOON - 7200), lifetime: 7199 });
    expect(await refusalOf(decide(withToken))).to.equal('RENEW_EXPIRED');
    world.own = snapshotOf(authority, { generation: 9, now: epochSeconds(NOON + 3600) });
    expect(await refusalOf(decide(withToken)), 'A-522 before its beginning').to.equal('RENEW_EXPIRED');
    expect(world.verified).to.deep.equal([]);
  });

  it('refuses by PEER_EXPIRED on a connection that outlived the certificate: to the second', async () => {
    const { world, decide } = setUp();
    world.now = epochSeconds(NOON + 60);
    expect(await refusalOf(decide(withToken))).to.equal('admitted');
    world.now = epochSeconds(NOON + 61);
    expect(await refusalOf(decide(withToken))).to.equal('PEER_EXPIRED');
    world.own = snapshotOf(authority, { generation: 9, now: epochSeconds(NOON - 60) });
    world.now = epochSeconds(NOON - 61);
    expect(await refusalOf(decide(withToken))).to.equal('PEER_EXPIRED');
  });

  it('refuses all by LIFE_AUDIT while no decision can be told to the audit stream, before it looks at the token', async () => {
    const { world, decide } = setUp();
    world.audited = refuse('ISSUE_AUDIT', 'disk full');
    expect(await refusalOf(decide(withToken))).to.equal('LIFE_AUDIT');
    expect(world.verified).to.deep.equal([]);
    world.audited = admit(undefined);
    expect(await refusalOf(decide(withToken))).to.equal('admitted');
  });

  it('refuses by TOKEN_EXPIRED a token that ended while its keys or its issuer were waited for', async () => {
    for (const [wait, code] of [
      [299 + 30, 'admitted'],
      [300 + 30, 'TOKEN_EXPIRED'],
    ] as const) {
      const token = tokenOf({ expiresAt: epochSeconds(NOON + 300) });
      const { world, decide } = setUp(admit(token), route('report'), { notAfter: epochSeconds(NOON + 3600) });
      const decided = decide(withToken);
      world.now = epochSeconds(NOON + wait);
      expect(await refusalOf(decided), String(wait)).to.equal(code);
    }
  });

  it('A-432 binds anew what it bound before, once the route wants another proof', async () => {
    const { world, decide } = setUp(admit(tokenOf({ actor: 'client-1', clientId: 'client-1' })));
    world.remembered = tokenOf({ actor: 'client-1', clientId: 'client-1' });
    expect([await refusalOf(decide(withToken)), await refusalOf(decide(withToken))]).to.deep.equal([
      'admitted',
      'admitted',
    ]);
    world.policy = route('identity');
    expect(await refusalOf(decide(withToken))).to.equal('BINDING_ACTOR');
    world.policy = route('required');
    world.remembered = tokenOf({ confirmation: { 'x5t#S256': 'A'.repeat(43) } });
    expect(await refusalOf(decide(withToken))).to.equal('BINDING_MISMATCH');
  });

  it('A-255 A-256 refuses two credentials by TOKEN_DUPLICATE, before it verifies one', async () => {
    const { world, decide } = setUp();
    const head = headOf({ fields: [...withToken.fields, fieldOf('AUTHORIZATION', 'Bearer x.y.z')] });
    expect(await refusalOf(decide(head))).to.equal('TOKEN_DUPLICATE');
    expect(world.verified).to.deep.equal([]);
  });

  describe('after a revocation', () => {
    const agent = peerOf('/ns/shop/sa/agent');
    const ofPeer = testRevocations({ kind: 'spiffe-id', spiffeId: agent.id.uri });
    const came = tokenOf({ origins: ['client:billing', 'key:0123456789abcdef'] });
    const tokens = (['jti', 'sub', 'kid', 'origin'] as const).map((kind) => {
      const value = { jti: came.jti, sub: came.subject, kid: came.keyId, origin: came.origins[1] }[kind] ?? '';
      return testRevocations({ kind, issuer: came.iss, value });
    });

    it('A-072 refuses the peer by PEER_REVOKED at the next request of its connection, before it looks at the token', async () => {
      const { world, decide } = setUp();
      expect(await refusalOf(decide(withToken))).to.equal('admitted');
      world.revocations = ofPeer;
      expect(await refusalOf(decide(withToken))).to.equal('PEER_REVOKED');
      expect(world.verified).to.deep.equal([TEXT]);
    });

    it('A-072 judges the peer again after it has waited for keys', async () => {
      const { world, decide } = setUp();
      const waiting = decide(withToken);
      world.revocations = ofPeer;
      expect(await refusalOf(waiting)).to.equal('PEER_REVOKED');
    });

    it('refuses a token by jti, sub, kid or origin: TOKEN_REVOKED, remembered or not, in every mode', async () => {
      for (const binding of ['required', 'identity', 'optional', 'report'] as const)
        for (const revocations of tokens) {
          const { world, decide } = setUp(admit(came), route(binding));
          world.revocations = revocations;
          expect(await refusalOf(decide(withToken)), binding).to.equal('TOKEN_REVOKED');
          world.remembered = came;
          expect(await refusalOf(decide(withToken)), binding).to.equal('TOKEN_REVOKED');
        }
    });

    it('serves nothing once its own identity is revoked: RENEW_REVOKED', async () => {
      const { world, decide, recheck } = setUp();
      world.revocations = testRevocations({ kind: 'spiffe-id', spiffeId: own.id.uri });
      expect(await refusalOf(decide(withToken))).to.equal('RENEW_REVOKED');
      expect(recheck({ head: undefined, note: undefined, upstreamPeer: undefined })).to.have.property(
        'code',
        'RENEW_REVOKED',
      );
    });

    it('A-072 lets go on what is not revoked, and neither the peer nor what its token began', async () => {
      const { world, decide, recheck } = setUp(admit(came));
      const { note } = await decide(withToken);
      const underWay = { head: undefined, note, upstreamPeer: undefined };
      expect(recheck(underWay)).to.equal(undefined);
      for (const revocations of tokens) {
        world.revocations = revocations;
        expect(recheck(underWay)).to.have.property('code', 'TOKEN_REVOKED');
        expect(recheck({ ...underWay, note: undefined }), 'between two requests').to.equal(undefined);
      }
      world.revocations = ofPeer;
      expect(recheck({ ...underWay, note: undefined })).to.have.property('code', 'PEER_REVOKED');
    });
  });

  it('refuses by TOKEN_ABSENT where a token is required, without a promise', () => {
    const { decide } = setUp();
    expect(decide(headOf())).to.have.nested.property('refusal.code', 'TOKEN_ABSENT');
  });

  it('passes on what the verifier refuses', async () => {
    for (const code of ['TOKEN_SIGNATURE', 'TOKEN_EXPIRED', 'TOKEN_AUDIENCE', 'TOKEN_KEYS_UNAVAILABLE'] as const) {
      expect(await refusalOf(setUp(refuse(code, 'x')).decide(withToken))).to.equal(code);
    }
  });

  const thumbprint = (fill: number): string => Buffer.alloc(32, fill).toString('base64url');
  const bindings: readonly [string, VerifiedToken, string][] = [
    [
      'A-423 A-424 bound to another certificate',
      tokenOf({ confirmation: { 'x5t#S256': thumbprint(8) } }),
      'BINDING_MISMATCH',
    ],
    ['A-453 bound to nothing', tokenOf({ confirmation: undefined }), 'BINDING_ABSENT'],
    [
      'A-421 with an unknown member',
      tokenOf({ confirmation: { 'x5t#S256': thumbprint(7), kid: 'x' } }),
      'BINDING_UNKNOWN',
    ],
    ['A-422 with a thumbprint in hex', tokenOf({ confirmation: { 'x5t#S256': '07'.repeat(32) } }), 'BINDING_MALFORMED'],
  ];
  for (const [what, token, code] of bindings) {
    it(`${what}: refuses by ${code}, and the note keeps the token for the record`, async () => {
      const decided = await setUp(admit(token)).decide(withToken);
      expect(decided).to.have.nested.property('refusal.code', code);
      expect(decided.note).to.include({
        token,
        caller: undefined,
        rule: undefined,
        requestId: REQUEST_ID,
        generation: 9,
      });
    });
  }

  describe('with a token of the predecessor', () => {
    const acceptUntil = epochSeconds(NOON + 30);
    const predecessors = [{ thumbprint: Buffer.alloc(32, 8), acceptUntil }];
    const lineage = { id: Buffer.alloc(16, 1), sequence: 1, issuedAt: NOON, predecessors };
    const trustDomain = own.id.trustDomain;
    const rules = { trustDomain, lineage: true, jkt: 'dpop', skew: seconds(30) } as const;
    const id = demand(spiffeIdOf(trustDomain, '/ns/shop/sa/agent'));
    const old = tokenOf({ rules, actor: id.uri, confirmation: { 'x5t#S256': thumbprint(8) } });

    const begin = (policy = route('required')) => setUp(admit(old), policy, { id, lineage });

    it('A-441 A-432 forgets that it was admitted at acceptUntil, though the token lives on and is remembered', async () => {
      const { world, decide } = begin();
      const admitted = await decide(withToken);
      expect(admitted.note.caller?.binding).to.equal('lineage');
      expect(admitted.ok && admitted.value.head).to.include('\r\nCleat-Binding: lineage\r\n');
      world.remembered = old;
      world.now = epochSeconds(acceptUntil - 1);
      expect(await refusalOf(decide(withToken))).to.equal('admitted');
      world.now = acceptUntil;
      expect(await refusalOf(decide(withToken))).to.equal('BINDING_MISMATCH');
    });

    it('A-432 judges by the revocations of the moment, a remembered token too', async () => {
      const { world, decide } = begin();
      world.remembered = old;
      expect(await refusalOf(decide(withToken))).to.equal('admitted');
      const frozen = { kind: 'frozen-lineage', lineageId: '01'.repeat(16), generation: 1 } as const;
      const times = { reason: 'unspecified', revokedAt: NOON, endsAt: epochSeconds(NOON + 60) } as const;
      world.revocations = indexRevocations(1, [{ ...frozen, ...times }]);
      expect(await refusalOf(decide(withToken))).to.equal('BINDING_MISMATCH');
    });

    it('judges acceptUntil by the time at which the keys had come', async () => {
      const { world, decide } = begin();
      const waiting = decide(withToken);
      world.now = acceptUntil;
      expect(await refusalOf(waiting)).to.equal('BINDING_MISMATCH');
    });

    it('refuses it on a route that is exact only', async () => {
      const exact = { ...route('required'), routes: [{ ...DEFAULT_ROUTE, lineage: false }] };
      const decided = await begin(exact).decide(withToken);
      expect(decided).to.have.nested.property('refusal.code', 'BINDING_MISMATCH');
      expect(!decided.ok && decided.refusal.detail).to.match(/lineage: the route is exact only$/);
    });

    it('A-445 refuses by BINDING_NEWER what was minted after the certificate of the connection', async () => {
      const newer = { ...old, issuedAt: epochSeconds(NOON + 31), confirmation: { 'x5t#S256': thumbprint(9) } };
      const { decide } = setUp(admit(newer), route('required'), { id, lineage });
      expect(await refusalOf(decide(withToken))).to.equal('BINDING_NEWER');
    });
  });

  it('A-452 refuses by BINDING_ACTOR in mode identity', async () => {
    const token = tokenOf({ confirmation: undefined, actor: 'spiffe://mesh.test/ns/shop/sa/other' });
    expect(await refusalOf(setUp(admit(token), route('identity')).decide(withToken))).to.equal('BINDING_ACTOR');
  });

  it('A-453 refuses a bad cnf in mode optional too, and admits no token there', async () => {
    const stolen = tokenOf({ confirmation: { 'x5t#S256': thumbprint(8) } });
    const { decide } = setUp(admit(stolen), route('optional'));
    expect(await refusalOf(decide(withToken))).to.equal('BINDING_MISMATCH');
    const open = await decide(headOf());
    expect(open.ok && open.value.head).to.include('\r\nCleat-Binding: none\r\n');
  });

  it('A-454 admits in mode report, and notes what required would have refused', async () => {
    const stolen = tokenOf({ confirmation: { 'x5t#S256': thumbprint(8) } });
    const decided = await setUp(admit(stolen), route('report')).decide(withToken);
    expect(decided.ok && decided.value.head).to.include('\r\nCleat-Binding: none\r\n');
    expect(decided.note.reported).to.have.property('code', 'BINDING_MISMATCH');
    const sound = await setUp(admit(tokenOf()), route('report')).decide(withToken);
    expect(sound.note).to.include({ reported: undefined, rule: 'all' });
    expect(await refusalOf(setUp(refuse('TOKEN_SIGNATURE', ''), route('report')).decide(withToken))).to.equal(
      'TOKEN_SIGNATURE',
    );
  });

  it('refuses by POLICY_NO_RULE, POLICY_DENIED and POLICY_SCOPE with the caller in the note', async () => {
    const rule = { id: 'r', peers: [{ any: true as const }], scopes: [], deny: false };
    for (const [rules, code] of [
      [[], 'POLICY_NO_RULE'],
      [[{ ...rule, deny: true }], 'POLICY_DENIED'],
      [[{ ...rule, scopes: ['x'] }], 'POLICY_SCOPE'],
    ] as const) {
      const decided = await setUp(undefined, { routes: [], rules }).decide(withToken);
      expect(decided).to.have.nested.property('refusal.code', code);
      expect(decided.note.caller?.binding).to.equal('x5t#S256');
    }
  });

  it('A-457 judges by the policy of the moment: one that was tightened counts at the next request', async () => {
    const { world, decide } = setUp();
    expect(await refusalOf(decide(withToken))).to.equal('admitted');
    world.policy = { routes: [], rules: [] };
    expect(await refusalOf(decide(withToken))).to.equal('POLICY_NO_RULE');
  });

  it('A-457 judges by the route of the moment at which the keys had come', async () => {
    const { world, decide } = setUp(admit(tokenOf({ confirmation: undefined })), route('optional'));
    const waiting = decide(withToken);
    world.policy = route('required');
    expect(await refusalOf(waiting)).to.equal('BINDING_ABSENT');
  });

  it('A-287 A-289 judges each request of a connection by its own token', async () => {
    const { decide } = setUp();
    expect(await refusalOf(decide(withToken))).to.equal('admitted');
    expect(await refusalOf(decide(headOf()))).to.equal('TOKEN_ABSENT');
  });

  it('admits a remembered token without a promise, and forwards our head to the app', () => {
    const { world, decide } = setUp();
    world.remembered = tokenOf();
    const decided = decide(withToken);
    expect(decided).to.not.be.instanceOf(Promise);
    expect(world.verified).to.deep.equal([]);
    if (decided instanceof Promise || !decided.ok) throw new Error('not admitted');
    expect(decided.value.upstream).to.equal(APP);
    const lines = decided.value.head.split('\r\n');
    expect(lines[0]).to.equal('GET /payments/1?x=1 HTTP/1.1');
    expect(lines).to.include.members([
      'Cleat-Caller: spiffe://mesh.test/ns/shop/sa/agent',
      'Cleat-Binding: x5t#S256',
      `Cleat-Request-Id: ${REQUEST_ID}`,
    ]);
    expect(lines.join('\n')).to.not.include(TEXT);
    expect(decided.note).to.include({ direction: 'inbound', rule: 'all', requestId: REQUEST_ID, generation: 9 });
  });

  it('forwards the token only where the route says so', async () => {
    const decided = await setUp(undefined, route('required', true)).decide(withToken);
    expect(decided.ok && decided.value.head).to.include(`\r\nAuthorization: Bearer ${TEXT}\r\n`);
  });

  it('notes the trace context as it came', async () => {
    const head = headOf({ fields: [...withToken.fields, fieldOf('traceparent', '00-ab-cd-01')] });
    const decided = await setUp().decide(head);
    expect(decided.note.traceparent).to.equal('00-ab-cd-01');
    expect(decided.ok && decided.value.head).to.include('\r\ntraceparent: 00-ab-cd-01\r\n');
  });
});
