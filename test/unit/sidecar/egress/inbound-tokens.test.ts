import { expect } from 'chai';

import { createInboundTokens } from '../../../../sidecar/egress/inbound-tokens.ts';
import { rememberInbound } from '../../../../sidecar/egress/remember-inbound.ts';
import type { ConnectionRooms, Decision } from '../../../../sidecar/forward/forwarding.ts';
import type { RequestNote } from '../../../../sidecar/record.ts';
import { exchangeOf, fieldOf, headOf, noteOf } from '../callers.ts';
import { TestTime } from '../forward/rig.ts';

const id = (count: number): string => count.toString(16).padStart(32, '0');
const setUp = (bounds?: { entries: number; bytes: number }) => {
  const time = new TestTime();
  return { time, tokens: createInboundTokens({ clock: time, ticker: time, ...(bounds && { bounds }) }) };
};

describe('createInboundTokens()', () => {
  it('knows no id that nobody gave it', () => {
    const { tokens } = setUp();
    tokens.keep(id(1), 'one');
    for (const unknown of [id(2), '', '0', id(1).toUpperCase(), '__proto__'])
      expect(tokens.find(unknown === id(1) ? 'x' : unknown), unknown).to.equal(undefined);
  });

  it('finds a token while its request is under way, however long that is', () => {
    const { time, tokens } = setUp();
    tokens.keep(id(1), 'one');
    time.pass(86_400_000);
    expect(tokens.find(id(1))).to.have.property('text', 'one');
  });

  it('drops it five seconds after the end, also where nobody asks, and watches no longer', () => {
    const { time, tokens } = setUp();
    tokens.keep(id(1), 'one');
    tokens.keep(id(2), 'two');
    expect(time.watchers).to.equal(0);
    tokens.end(id(1));
    time.pass(4999);
    expect(tokens.find(id(1))).to.have.property('text', 'one');
    tokens.end(id(1));
    time.pass(1);
    expect(tokens.size()).to.equal(1);
    expect(tokens.find(id(1))).to.equal(undefined);
    expect(tokens.find(id(2))).to.have.property('text', 'two');
    expect(time.watchers).to.equal(0);
  });

  it('is bounded in entries and in bytes: those that have ended make room, those under way never', () => {
    for (const bounds of [
      { entries: 2, bytes: 1000 },
      { entries: 1000, bytes: 6 },
    ]) {
      const { tokens } = setUp(bounds);
      tokens.keep(id(1), 'one');
      tokens.keep(id(2), 'two');
      tokens.keep(id(3), 'six');
      expect([1, 2, 3].map((count) => tokens.find(id(count))?.text)).to.deep.equal(['one', 'two', undefined]);
      tokens.end(id(2));
      tokens.keep(id(4), 'new');
      expect([1, 2, 4].map((count) => tokens.find(id(count))?.text)).to.deep.equal(['one', undefined, 'new']);
      expect(tokens.size()).to.equal(2);
    }
  });

  it('holds nothing after 10,000 requests that have come and gone', () => {
    const { time, tokens } = setUp();
    for (let count = 0; count < 10_000; count += 1) {
      tokens.keep(id(count), 'token');
      tokens.end(id(count));
      time.pass(1);
    }
    expect(tokens.size()).to.be.at.most(5000);
    time.pass(5000);
    expect(tokens.size()).to.equal(0);
  });

  it('tells tokens apart by a digest that shows nothing of them', () => {
    const { tokens } = setUp();
    tokens.keep(id(1), 'one');
    tokens.keep(id(2), 'one');
    tokens.keep(id(3), 'two');
    const digests = [1, 2, 3].map((count) => tokens.find(id(count))?.digest);
    expect(digests[0])
      .to.match(/^[0-9a-f]{32}$/)
      .and.to.equal(digests[1])
      .and.to.not.equal(digests[2]);
  });
});

describe('rememberInbound()', () => {
  const head = headOf({ fields: [fieldOf('Host', 'a'), fieldOf('Authorization', 'Bearer a.b.c')] });

  function setUpRooms(decide: () => Decision<RequestNote> | Promise<Decision<RequestNote>>) {
    const { time, tokens } = setUp();
    const done: unknown[] = [];
    const rooms: ConnectionRooms<RequestNote> = {
      decide,
      onDone: (record) => void done.push(record),
      recheck: () => undefined,
      challenge: () => [],
    };
    return { time, tokens, done, rooms: rememberInbound(rooms, tokens) };
  }
  const note = noteOf();
  const value = { upstream: undefined, head: Buffer.alloc(0) } as never;

  it('keeps nothing of a request that was refused, or that was admitted without a token', async () => {
    for (const decision of [
      { ok: false, refusal: { code: 'POLICY_NO_RULE', detail: '' }, note },
      { ok: true, value, note: { ...note, token: undefined } },
    ] as const) {
      const { tokens, rooms } = setUpRooms(() => decision);
      expect(await rooms.decide(head)).to.equal(decision);
      expect(tokens.size()).to.equal(0);
    }
  });

  it('keeps the token of an admitted one by its id until it is done, and passes all else on', async () => {
    const decision: Decision<RequestNote> = { ok: true, value, note };
    for (const answer of [decision, Promise.resolve(decision)]) {
      const { time, tokens, rooms, done } = setUpRooms(() => answer);
      expect(await rooms.decide(head)).to.equal(decision);
      expect(tokens.find(note.requestId)).to.have.property('text', 'a.b.c');
      const record = exchangeOf({ note });
      rooms.onDone(record);
      expect(done).to.deep.equal([record]);
      time.pass(5000);
      expect(tokens.size()).to.equal(0);
    }
  });

  it('takes a token of the scheme DPoP too, and hears of requests that were never judged', () => {
    const { tokens, rooms } = setUpRooms(() => ({ ok: true, value, note }));
    void rooms.decide(headOf({ fields: [fieldOf('Authorization', 'DPoP a.b.c')] }));
    expect(tokens.find(note.requestId)).to.have.property('text', 'a.b.c');
    rooms.onDone(exchangeOf({ note: undefined }));
  });
});
