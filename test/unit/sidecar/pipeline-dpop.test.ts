import { createPublicKey } from 'node:crypto';

import { expect } from 'chai';

import { admit, refuse } from '../../../core/fault/refusal.ts';
import { NO_REVOCATIONS } from '../../../core/identity/revocation.ts';
import { epochMilliseconds, epochSeconds, milliseconds, seconds } from '../../../core/time/units.ts';
import { thumbprintOf } from '../../../core/token/thumbprint.ts';
import type { VerifiedToken } from '../../../core/token/verified-token.ts';
import { createReplayStore } from '../../../runtime/token/replay.ts';
import { challengeFields } from '../../../sidecar/challenge.ts';
import type { UpstreamPool } from '../../../sidecar/forward/upstream.ts';
import type { RequestHead } from '../../../sidecar/http/request.ts';
import { createJudges } from '../../../sidecar/pipeline.ts';
import type { Policy, Route, Rule } from '../../../sidecar/policy/policy.ts';
import { resourceMetadata } from '../../../sidecar/resource-metadata.ts';
import type { DpopTerms } from '../../../sidecar/token/dpop.ts';
import { testRevocations } from '../../kit/revocations.ts';
import { createTestAuthority } from '../../kit/x509.ts';
import { proofOf } from '../core/token/proofs.ts';
import { ecKey } from '../core/token/tokens.ts';
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
const ORIGIN = 'https://pay.example.org';
const TARGET = `${ORIGIN}/payments/1`;
const TEXT = 'aaa.bbb.ccc';
const ALL: Rule = { id: 'all', peers: [{ any: true }], scopes: [], deny: false };
const policyOf = (binding: Route['binding'], rules: readonly Rule[] = [ALL]): Policy => ({
  routes: [{ path: { under: '/' }, binding, lineage: true, forwardToken: false }],
  rules,
});

describe('createJudges() with DPoP', () => {
  const own = snapshotOf(createTestAuthority(), { generation: 9, now: NOON, path: '/ns/shop/sa/payments' });
  const key = ecKey('client');
  const jkt = thumbprintOf(createPublicKey({ key: { ...key.jwk }, format: 'jwk' }));
  const bound = tokenOf({ confirmation: { jkt }, actor: 'client-1', clientId: 'client-1' });
  const metadata = resourceMetadata({
    identifier: ORIGIN,
    authorizationServers: ['https://ca.mesh.test'],
    scopes: ['payments.read'],
    isDpopServed: true,
  });

  function setUp(token: VerifiedToken = bound, changes: Partial<DpopTerms> = {}) {
    const replay = createReplayStore({ window: seconds(60), most: 3, share: 3 });
    const world = {
      now: NOON,
      policy: policyOf('required'),
      remembered: undefined as VerifiedToken | undefined,
      revocations: NO_REVOCATIONS,
      verified: 0,
    };
    const connection = {
      peer: peerOf('/ns/shop/sa/agent'),
      generation: 9,
      local: { host: '10.0.0.1', port: 8080 },
      remote: { host: '10.0.0.2', port: 40_000 },
    };
    const judges = createJudges(connection, own, {
      credentials: { current: () => own },
      tokens: {
        recall: () => world.remembered,
        verify() {
          world.verified += 1;
          return Promise.resolve(admit(token));
        },
      },
      policy: { current: () => world.policy },
      revocations: { current: () => world.revocations },
      dpop: dpopOf(changes.origins ?? [ORIGIN], { replay, ...changes }),
      metadata,
      app: APP,
      clock: { now: () => epochMilliseconds(world.now * 1000), monotonic: () => milliseconds(0) },
      requestId: () => 'd'.repeat(32),
    });
    const ask = async (head: RequestHead): Promise<string> => {
      const decided = await judges.decide(head);
      return decided.ok ? (decided.note.caller?.proofs.join(' ') ?? '') : decided.refusal.code;
    };
    return { world, judges, replay, ask };
  }

  const proof = (changes: Readonly<Record<string, unknown>> = {}, by = key): string =>
    proofOf(by, { iat: NOON, htu: TARGET, ...changes });
  const head = (scheme: string, ...proofs: readonly string[]): RequestHead =>
    headOf({
      fields: [
        fieldOf('Host', 'payments.shop'),
        fieldOf('Authorization', `${scheme} ${TEXT}`),
        ...proofs.map((text) => fieldOf('DPoP', text)),
      ],
    });

  it('A-446 refuses the token as Bearer, in any case of the scheme, and without a proof: BINDING_PROOF_ABSENT', async () => {
    const { ask } = setUp();
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'DPoP', 'dpop'])
      expect(await ask(head(scheme)), scheme).to.equal('BINDING_PROOF_ABSENT');
  });

  it('A-425 A-446 refuses a proof beside Bearer, and two proofs: TOKEN_DUPLICATE', async () => {
    const { ask, world } = setUp();
    expect(await ask(head('Bearer', proof()))).to.equal('TOKEN_DUPLICATE');
    expect(await ask(head('DPoP', proof(), proof({ jti: 'proof-2' })))).to.equal('TOKEN_DUPLICATE');
    expect(await ask(head('DPoP', `${proof()}, ${proof()}`))).to.equal('TOKEN_DUPLICATE');
    expect(world.verified).to.equal(0);
  });

  it('A-447 refuses a proof beside a token that is bound to no key: BINDING_PROOF_KEY', async () => {
    expect(await setUp(tokenOf()).ask(head('DPoP', proof()))).to.equal('BINDING_PROOF_KEY');
    expect(await setUp(tokenOf({ confirmation: undefined })).ask(head('DPoP', proof()))).to.equal('BINDING_PROOF_KEY');
  });

  it('A-448 A-451 refuses a proof by another key, and it burns nothing: BINDING_PROOF_KEY', async () => {
    const { ask, replay } = setUp();
    expect(await ask(head('DPoP', proof({}, ecKey('thief'))))).to.equal('BINDING_PROOF_KEY');
    expect(replay.size()).to.equal(0);
    expect(await ask(head('DPoP', proof()))).to.equal('dpop');
  });

  const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['another method', { htm: 'POST' }],
    ['the target as Host names it', { htu: 'https://payments.shop/payments/1' }],
    ['another path', { htu: `${ORIGIN}/payments/2` }],
    ['another token', { ath: 'A'.repeat(43) }],
    ['an old proof', { iat: NOON - 61 }],
    ['a proof of the future', { iat: NOON + 61 }],
  ];
  for (const [what, changes] of wrong)
    it(`A-449 refuses ${what}, and it burns nothing: BINDING_PROOF`, async () => {
      const { ask, replay } = setUp();
      expect(await ask(head('DPoP', proof(changes)))).to.equal('BINDING_PROOF');
      expect(replay.size()).to.equal(0);
    });

  it('A-449 refuses every proof at a port without public origins: BINDING_PROOF', async () => {
    expect(await setUp(bound, { origins: [] }).ask(head('DPoP', proof()))).to.equal('BINDING_PROOF');
  });

  it('A-450 refuses a proof the second time, of a remembered token too: BINDING_REPLAY', async () => {
    const { ask, world } = setUp();
    expect(await ask(head('DPoP', proof()))).to.equal('dpop');
    world.remembered = bound;
    expect(await ask(head('DPoP', proof()))).to.equal('BINDING_REPLAY');
    expect(await ask(head('DPoP', proof({ jti: 'proof-2' })))).to.equal('dpop');
    expect(world.verified).to.equal(1);
  });

  it('A-450 admits one of two that come at the same time', async () => {
    const { ask } = setUp();
    const both = await Promise.all([ask(head('DPoP', proof())), ask(head('DPoP', proof()))]);
    expect(both.toSorted()).to.deep.equal(['BINDING_REPLAY', 'dpop']);
  });

  it('A-451 burns nothing where policy, a revocation or another member refuses', async () => {
    const { ask, replay, world } = setUp();
    world.policy = policyOf('required', []);
    expect(await ask(head('DPoP', proof()))).to.equal('POLICY_NO_RULE');
    world.policy = policyOf('required');
    world.revocations = testRevocations({ kind: 'jti', issuer: bound.iss, value: 'jti-1' });
    expect(await ask(head('DPoP', proof()))).to.equal('TOKEN_REVOKED');
    world.revocations = NO_REVOCATIONS;
    expect(replay.size()).to.equal(0);
    expect(await ask(head('DPoP', proof()))).to.equal('dpop');
    const stolen = setUp(tokenOf({ confirmation: { jkt, 'x5t#S256': 'A'.repeat(43) } }));
    expect(await stolen.ask(head('DPoP', proof()))).to.equal('BINDING_MISMATCH');
    expect(stolen.replay.size()).to.equal(0);
  });

  it('is bounded: LIMIT_REPLAY where no more proofs can be remembered', async () => {
    const { ask, world } = setUp();
    for (const jti of ['1', '2', '3']) expect(await ask(head('DPoP', proof({ jti })))).to.equal('dpop');
    expect(await ask(head('DPoP', proof({ jti: '4' })))).to.equal('LIMIT_REPLAY');
    world.now = epochSeconds(NOON + 121);
    expect(await ask(head('DPoP', proof({ jti: '4', iat: world.now })))).to.equal('dpop');
  });

  it('A-432 judges the proof by the time at which keys had come', async () => {
    const { ask, world, replay } = setUp();
    const waiting = ask(head('DPoP', proof()));
    world.revocations = testRevocations({ kind: 'jti', issuer: bound.iss, value: 'jti-1' });
    expect(await waiting).to.equal('TOKEN_REVOKED');
    expect(replay.size()).to.equal(0);
  });

  it('A-453 enforces it on optional routes too', async () => {
    const { ask, world } = setUp();
    world.policy = policyOf('optional');
    expect(await ask(head('Bearer'))).to.equal('BINDING_PROOF_ABSENT');
    expect(await ask(head('DPoP', proof({ htm: 'POST' })))).to.equal('BINDING_PROOF');
    expect(await ask(head('DPoP', proof()))).to.equal('dpop');
  });

  it('A-454 admits in mode report what required would refuse, and says by which code', async () => {
    const { judges, world, replay } = setUp();
    world.policy = policyOf('report');
    for (const [request, code] of [
      [head('Bearer'), 'BINDING_PROOF_ABSENT'],
      [head('DPoP', proof({ htm: 'POST' })), 'BINDING_PROOF'],
      [head('DPoP', proof()), undefined],
      [head('DPoP', proof()), 'BINDING_REPLAY'],
    ] as const) {
      const decided = await judges.decide(request);
      expect(decided.ok, code).to.equal(true);
      expect(decided.note.reported?.code).to.equal(code);
      expect(decided.note.caller?.binding).to.equal(code === undefined ? 'jkt' : 'none');
    }
    expect(replay.size()).to.equal(1);
  });

  it('tells the app jkt, and never the proof', async () => {
    const decided = await setUp().judges.decide(head('DPoP', proof()));
    const lines = decided.ok ? decided.value.head.toLowerCase() : '';
    expect(lines)
      .to.include('\r\ncleat-binding: jkt\r\n')
      .and.not.match(/\r\ndpop:|authorization|eyj/);
    expect(decided.ok && decided.value.answerFields).to.equal(undefined);
  });

  describe('and nonces', () => {
    const nonces = { current: () => 'n-2', accepts: (nonce: string) => nonce === 'n-1' };

    it('asks for one, hands it out with the challenge, and then with each answer: BINDING_NONCE', async () => {
      const { judges, ask, replay } = setUp(bound, { nonces });
      for (const nonce of [undefined, 'old']) {
        const decided = await judges.decide(head('DPoP', proof({ nonce })));
        if (decided.ok) throw new Error('admitted');
        const fields = challengeFields(decided.refusal, undefined, judges.challengeTerms?.());
        expect(fields.filter(({ name }) => name === 'DPoP-Nonce')).to.deep.equal([
          { name: 'DPoP-Nonce', value: 'n-2' },
        ]);
        expect(fields[0]?.value).to.match(/^DPoP realm="cleat", error="use_dpop_nonce"/);
      }
      expect(replay.size()).to.equal(0);
      const decided = await judges.decide(head('DPoP', proof({ nonce: 'n-1' })));
      expect(decided.ok && decided.value.answerFields?.map(({ name, value }) => `${name}: ${value}`)).to.deep.equal([
        'DPoP-Nonce: n-2',
        'Cache-Control: no-store',
      ]);
      expect(await ask(head('DPoP', proof({ nonce: 'n-1' })))).to.equal('BINDING_REPLAY');
    });

    it('hands none to who came as Bearer', async () => {
      const { judges } = setUp(tokenOf(), { nonces });
      const decided = await judges.decide(head('Bearer'));
      expect(decided.ok && decided.value.answerFields).to.equal(undefined);
    });
  });

  describe('and the metadata of the resource', () => {
    const at = (path: string, method = 'GET'): RequestHead => headOf({ target: path, method });

    it('answers other methods by REQUEST_METHOD, and other paths not at all', () => {
      const { judges } = setUp();
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
        expect(judges.answerHere?.(at(metadata.path, method))).to.have.nested.property(
          'refusal.code',
          'REQUEST_METHOD',
        );
      for (const path of [`${metadata.path}/`, `${metadata.path}/x`, '/.well-known', '/'])
        expect(judges.answerHere?.(at(path)), path).to.equal(undefined);
    });

    it('tells nobody once a certificate of either end is past its time', () => {
      const { judges, world } = setUp();
      world.now = epochSeconds(NOON + 3601);
      expect(judges.answerHere?.(at(metadata.path)))
        .to.have.nested.property('refusal.code')
        .match(/_EXPIRED$/);
    });

    it('gives the document to a peer without a token, with or without a query', () => {
      const { judges, world } = setUp();
      for (const path of [metadata.path, `${metadata.path}?x=1`]) {
        const answer = judges.answerHere?.(at(path));
        expect(answer).to.have.nested.property('value.body', metadata.document);
        expect(answer?.note).to.include({ token: undefined, rule: undefined });
      }
      expect(world.verified).to.equal(0);
    });

    it('is offered with each challenge', () => {
      expect(setUp().judges.challengeTerms?.()).to.deep.equal({
        isDpopServed: true,
        nonce: undefined,
        resourceMetadata: `${ORIGIN}/.well-known/oauth-protected-resource`,
      });
    });
  });
});
