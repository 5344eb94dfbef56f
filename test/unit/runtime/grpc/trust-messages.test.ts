import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import type { RevokedThing, Revocation } from '../../../../core/identity/revocation.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import type { RevocationState, TrustState } from '../../../../runtime/grpc/messages.ts';
import type { Revocation as RevocationMessage } from '../../../../runtime/grpc/gen/cleat/ca/v1/Revocation.ts';
import { createTrustReader, createTrustWriter } from '../../../../runtime/grpc/trust-messages.ts';
import { WIRE } from '../../../../runtime/grpc/wire.ts';
import { verdict } from '../../../kit/verdict.ts';

const { responseSerialize, responseDeserialize } = WIRE.cleat.ca.v1.Mesh.service.Watch;
const NOW = epochSeconds(1_800_000_000);
const ISSUER = 'https://ca.example';
const HEX = { serial: '7f01', lineageId: 'ab'.repeat(16), thumbprint: Buffer.alloc(32, 9).toString('base64url') };

const entry = (generation: number, thing: RevokedThing): Revocation => ({
  ...thing,
  generation,
  reason: 'superseded',
  revokedAt: NOW,
  endsAt: epochSeconds(NOW + 60),
});
const numbered = (from: number, to: number): readonly Revocation[] =>
  Array.from({ length: to - from + 1 }, (_, at) =>
    entry(from + at, { kind: 'jti', issuer: ISSUER, value: `${from + at}` }),
  );
const stateOf = (revocations: RevocationState, bundle = 1): TrustState => ({
  bundle: { generation: bundle, roots: [Buffer.from('root')] },
  revocations,
});
const upTo = (generation: number): RevocationState => ({ generation, entries: numbered(1, generation) });

/** One stream: the messages that lead to a state, and what its reader makes of them. */
function streamOf(writer = createTrustWriter(responseSerialize)) {
  const tell = writer.begin();
  const reader = createTrustReader();
  return (state: TrustState) => {
    const messages: Buffer[] = [];
    for (let next = tell(state); next !== undefined; next = tell(state)) messages.push(next);
    const read = messages.map((message) => demand(reader.read(responseDeserialize(message))));
    return { messages, read, last: read.at(-1) };
  };
}

describe('trust messages', () => {
  it('tell all at first, later what was added alone, and the reader has the whole each time', () => {
    const follow = streamOf();
    const first = follow(stateOf(upTo(3)));
    expect(first.last).to.deep.equal(stateOf(upTo(3)));
    const second = follow(stateOf(upTo(5)));
    const decoded = responseDeserialize(second.messages[0] ?? Buffer.alloc(0));
    expect(decoded.revocations?.whole).to.equal(false);
    expect(decoded.revocations?.entries.map(({ generation }) => generation)).to.deep.equal([4, 5]);
    expect(second.last).to.deep.equal(stateOf(upTo(5)));
    expect(follow(stateOf(upTo(5))).messages, 'nothing new').to.deep.equal([]);
    expect(follow(stateOf(upTo(5), 2)).last?.bundle.generation).to.equal(2);
  });

  it('carry each kind unchanged', () => {
    const things: readonly RevokedThing[] = [
      { kind: 'certificate', ...HEX, sequence: 0 },
      { kind: 'lineage', lineageId: HEX.lineageId },
      { kind: 'frozen-lineage', lineageId: HEX.lineageId },
      { kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/a' },
      { kind: 'frozen-spiffe-id', spiffeId: 'spiffe://mesh.example/a' },
      { kind: 'jti', issuer: ISSUER, value: 'j' },
      { kind: 'sub', issuer: ISSUER, value: 'ſ' },
      { kind: 'kid', issuer: ISSUER, value: 'k' },
      { kind: 'origin', issuer: ISSUER, value: 'client:billing' },
    ];
    const entries = things.map((thing, at) => entry(at + 1, thing));
    expect(streamOf()(stateOf({ generation: 7, entries })).last?.revocations.entries).to.deep.equal(entries);
  });

  it('come in parts of 256, each below 1 MiB with the longest entries, and are one state at the last', () => {
    const long = Array.from({ length: 10_000 }, (_, at) =>
      entry(at + 1, { kind: 'spiffe-id', spiffeId: `spiffe://mesh.example/${String(at).padStart(2026, 'x')}` }),
    );
    const state = stateOf({ generation: 10_000, entries: long });
    const { messages, read, last } = streamOf()(state);
    expect(messages).to.have.length(40);
    expect(Math.max(...messages.map(({ length }) => length))).to.be.below(1024 * 1024);
    expect(read.slice(0, -1).every((part) => part === undefined)).to.equal(true);
    expect(last?.revocations.entries).to.have.length(10_000);
  });

  it('go on to the newest state in the middle of an older one, and lose nothing', () => {
    const writer = createTrustWriter(responseSerialize);
    const tell = writer.begin();
    const reader = createTrustReader();
    const read = (state: TrustState) =>
      demand(reader.read(responseDeserialize(tell(state) ?? expect.fail('told all'))));
    expect(read(stateOf(upTo(600)))).to.equal(undefined);
    const next = stateOf({ generation: 700, entries: numbered(100, 700) });
    expect(read(next)).to.equal(undefined);
    expect(read(next)?.revocations.entries.map(({ generation }) => generation)).to.deep.equal(
      Array.from({ length: 700 }, (_, at) => at + 1),
    );
  });

  it('are encoded once for all streams that have heard the same', () => {
    let encodings = 0;
    const writer = createTrustWriter((message) => {
      encodings += 1;
      return responseSerialize(message);
    });
    const streams = Array.from({ length: 1000 }, () => writer.begin());
    const [one, two] = [stateOf(upTo(300)), stateOf(upTo(301))];
    const bytes = new Set<Buffer | undefined>();
    for (const state of [one, two])
      for (const tell of streams) for (let next = tell(state); next !== undefined; next = tell(state)) bytes.add(next);
    expect(encodings).to.equal(3);
    expect(bytes.size).to.equal(3);
  });
});

describe('createTrustReader()', () => {
  const message = (revocations: object | undefined, entries: RevocationMessage[] = []) =>
    responseDeserialize(
      responseSerialize({
        bundle: { generation: 1, roots: [Buffer.from('root')] },
        ...(revocations === undefined ? {} : { revocations: { generation: 1, whole: true, entries, ...revocations } }),
      }),
    );
  const read = (...messages: readonly ReturnType<typeof message>[]): string => {
    const reader = createTrustReader();
    let said = '';
    for (const one of messages) said = verdict(reader.read(one)).split(':')[0] ?? '';
    return said;
  };
  const dates = { generation: 1, revoked_at: 1, ends_at: 2 };

  it('refuses no revocations, and an addition to nothing', () => {
    expect(read(message(undefined))).to.equal('RENEW_ANSWER');
    expect(read(message({ whole: false }))).to.equal('RENEW_ANSWER');
    expect(read(message({}), message({ whole: false }))).to.equal('ok');
  });

  for (const [name, spoilt] of Object.entries({
    'of no kind': {},
    'a lineage of 15 bytes': { lineage_id: Buffer.alloc(15) },
    'a frozen lineage of 17 bytes': { frozen_lineage_id: Buffer.alloc(17) },
    'an empty lineage': { lineage_id: Buffer.alloc(0) },
    'a SPIFFE ID that is too long': { spiffe_id: 'x'.repeat(2049) },
    'an empty SPIFFE ID': { spiffe_id: '' },
    'a token without issuer': { jti: { value: 'x' } },
    'a token without value': { sub: { issuer: 'x' } },
    'a value that is too long': { kid: { issuer: 'x', value: 'é'.repeat(257) } },
    'a certificate without serial': { certificate: { thumbprint: Buffer.alloc(32), lineage_id: Buffer.alloc(16) } },
    'a certificate with a short thumbprint': {
      certificate: { serial: Buffer.from([1]), thumbprint: Buffer.alloc(31), lineage_id: Buffer.alloc(16) },
    },
    'a time beyond 2^53': { spiffe_id: 'x', ends_at: '9223372036854775807' },
  }))
    it(`refuses an entry that is ${name}`, () => {
      expect(read(message({}, [{ ...dates, ...spoilt }]))).to.equal('RENEW_ANSWER');
    });

  it('refuses more than 256 entries at once, and a state of more than 32,768', () => {
    const many = Array.from({ length: 256 }, () => ({ ...dates, spiffe_id: 'x' }));
    expect(read(message({}, [...many, ...many]))).to.equal('RENEW_ANSWER');
    const parts = Array.from({ length: 129 }, (_, at) => message({ whole: at === 0 }, many));
    expect(read(...parts.slice(0, 128))).to.equal('ok');
    expect(read(...parts)).to.equal('RENEW_ANSWER');
  });

  it('takes a reason that it does not know for unspecified', () => {
    const told = demand(createTrustReader().read(message({}, [{ ...dates, spiffe_id: 'x', reason: 77 }])));
    expect(told?.revocations.entries[0]).to.include({ reason: 'unspecified' });
  });
});
