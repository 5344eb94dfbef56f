import { setImmediate as turn } from 'node:timers/promises';

import { expect } from 'chai';

import { epochMilliseconds, milliseconds } from '../../../core/time/units.ts';
import { createRecorder, expectedThumbprint, renderRefusedConnection, renderRequest } from '../../../sidecar/record.ts';
import { callerOf, exchangeOf, NOON, noteOf, peerOf, tokenOf } from './callers.ts';

const parse = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
const refusal = { code: 'BINDING_MISMATCH', detail: 'token of another' } as const;

describe('renderRequest()', () => {
  it('says who, what, by which rule, and how it ended', () => {
    const lineage = { id: Buffer.alloc(16, 1), sequence: 4, issuedAt: NOON, predecessors: [] };
    const note = noteOf({ peer: peerOf('/ns/shop/sa/agent', { lineage }), traceparent: '00-ab-cd-01' });
    expect(parse(renderRequest(exchangeOf({ note })))).to.deep.equal({
      kind: 'request',
      time: new Date(NOON * 1000).toISOString(),
      direction: 'inbound',
      decision: 'admitted',
      status: 200,
      requestId: note.requestId,
      traceparent: '00-ab-cd-01',
      method: 'GET',
      path: '/payments/1',
      peer: 'spiffe://mesh.test/ns/shop/sa/agent',
      serial: '0a1b',
      thumbprint: peerOf('/ns/shop/sa/agent').thumbprintText,
      lineage: '01'.repeat(16),
      sequence: 4,
      generation: 3,
      issuer: 'cleat',
      token: 'jti-1',
      subject: 'spiffe://mesh.test/ns/shop/sa/agent',
      actors: [],
      origins: [],
      binding: 'x5t#S256',
      proofs: ['x5t#S256'],
      rule: 'agent-pays',
      complete: true,
      retried: false,
      bytesIn: 0,
      bytesOut: 12,
      decidedMs: 0.2,
      firstByteMs: 1.5,
      durationMs: 2,
    });
  });

  it('says code and detail of a refusal, also where nothing was judged', () => {
    const line = parse(
      renderRequest(exchangeOf({ refusal, status: 401, note: undefined, method: undefined, path: undefined })),
    );
    expect(line).to.include({ decision: 'refused', code: 'BINDING_MISMATCH', detail: 'token of another', status: 401 });
    expect(line).to.not.have.any.keys('method', 'path', 'peer', 'requestId', 'binding');
  });

  it('A-561 escapes whatever a caller may have chosen: one line, no control character', () => {
    const evil = 'a\r\n{"kind":"log"}\u001b[31m\u009b2J\u202e\u2028\u0000';
    const note = noteOf({ token: tokenOf({ subject: evil, label: evil, actors: [evil] }), traceparent: evil });
    const line = renderRequest(exchangeOf({ note, path: `/${evil}`, refusal: { code: 'TOKEN_ISSUER', detail: evil } }));
    expect(line.indexOf('\n')).to.equal(line.length - 1);
    // oxlint-disable-next-line no-control-regex
    expect(line.slice(0, -1)).to.match(/^[\x20-\x7e]*$/);
    expect(parse(line)).to.include({ subject: evil, token: evil, path: `/${evil}` });
  });

  it('A-561 cuts long text, and hides a token that a client put into the path', () => {
    const token = `ey${'J'.repeat(20)}.${'a'.repeat(20)}.${'b'.repeat(20)}`;
    const line = parse(
      renderRequest(exchangeOf({ path: `/x/${token}`, refusal: { code: 'REQUEST_HEAD', detail: 'x'.repeat(5000) } })),
    );
    expect(line['path']).to.equal('/x/<hidden>');
    expect(String(line['detail'])).to.have.length(515);
  });
});

describe('renderRefusedConnection()', () => {
  it('is one line with code, reason and address', () => {
    const refused = {
      code: 'PEER_UNTRUSTED',
      detail: 'SELF_SIGNED\n',
      remote: { host: '10.0.0.9', port: 4711 },
    } as const;
    const line = renderRefusedConnection(refused, epochMilliseconds(NOON * 1000));
    expect(line.trimEnd()).to.not.include('\n');
    expect(parse(line)).to.include({
      kind: 'handshake',
      decision: 'refused',
      code: 'PEER_UNTRUSTED',
      remote: '10.0.0.9:4711',
    });
  });
});

describe('expectedThumbprint()', () => {
  it('is the x5t#S256 of the token, and nothing where there is none', () => {
    for (const confirmation of [undefined, null, 'text', [], {}, { 'x5t#S256': 7 }]) {
      expect(expectedThumbprint(tokenOf({ confirmation }))).to.equal(undefined);
    }
    expect(expectedThumbprint(undefined)).to.equal(undefined);
    expect(expectedThumbprint(tokenOf({ confirmation: { 'x5t#S256': 'abc' } }))).to.equal('abc');
  });
});

describe('createRecorder()', () => {
  function record(admittedSample: number, jitter = 0.5) {
    const written: string[] = [];
    const recorder = createRecorder({ write: (text) => void written.push(text), admittedSample, jitter: () => jitter });
    return { recorder, written };
  }

  it('writes refusals and reports at any sampling', () => {
    const { recorder, written } = record(0);
    recorder.request(exchangeOf({ refusal, status: 401 }));
    recorder.request(exchangeOf({ note: noteOf({ reported: refusal }) }));
    recorder.request(exchangeOf());
    recorder.flush();
    expect(written.join('').trimEnd().split('\n')).to.have.length(2);
    expect(written.join('')).to.include('"reported":"BINDING_MISMATCH"');
  });

  it('writes the sampled share of admitted requests, all at 1 and none at 0', () => {
    const counts = [
      [0, 0.0],
      [0.01, 0.005],
      [0.01, 0.02],
      [1, 0.999],
    ].map(([sample = 0, jitter = 0]) => {
      const { recorder, written } = record(sample, jitter);
      recorder.request(exchangeOf({ duration: milliseconds(1) }));
      recorder.flush();
      return written.length;
    });
    expect(counts).to.deep.equal([0, 1, 0, 1]);
  });

  it('writes once a turn of the loop, and the rest at flush', async () => {
    const { recorder, written } = record(1);
    recorder.request(exchangeOf());
    recorder.refusedConnection({ ...refusal, remote: { host: '::1', port: 1 } }, epochMilliseconds(NOON * 1000));
    expect(written).to.deep.equal([]);
    await turn();
    await turn();
    expect(written).to.have.length(1);
    expect(written.join('').split('\n')).to.have.length(3);
    recorder.flush();
    expect(written).to.have.length(1);
  });

  it('A-561 writes at most 50 refused connections a second', () => {
    const { recorder, written } = record(0);
    const refused = { ...refusal, remote: { host: '::1', port: 1 } };
    for (let count = 0; count < 1000; count += 1) recorder.refusedConnection(refused, epochMilliseconds(NOON * 1000));
    recorder.refusedConnection(refused, epochMilliseconds((NOON + 1) * 1000));
    recorder.flush();
    expect(written.join('').trimEnd().split('\n')).to.have.length(51);
  });

  it('names no token, whatever the note holds', () => {
    const token = tokenOf({ claims: { secret: 'claim-value' } });
    const line = renderRequest(exchangeOf({ note: noteOf({ token, caller: { ...callerOf('/ns/a/sa/b'), token } }) }));
    expect(line).to.not.include('claim-value');
  });
});
