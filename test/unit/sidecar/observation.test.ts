import { expect } from 'chai';

import { epochMilliseconds, milliseconds } from '../../../core/time/units.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { createMeasures } from '../../../sidecar/measures.ts';
import { createObservation } from '../../../sidecar/observation.ts';
import { createRecorder } from '../../../sidecar/record.ts';
import { createWhy } from '../../../sidecar/why.ts';
import { exchangeOf, NOON, noteOf } from './callers.ts';

describe('createObservation()', () => {
  function setUp() {
    const written: string[] = [];
    const metrics = createMetrics();
    const why = createWhy(4);
    const recorder = createRecorder({ write: (text) => void written.push(text), admittedSample: 0, jitter: () => 0 });
    const clock = { now: () => epochMilliseconds(NOON * 1000), monotonic: () => milliseconds(0) };
    const observation = createObservation({ recorder, why, measures: createMeasures(metrics), clock });
    const decide = () => ({ ok: false, refusal: { code: 'POLICY_NO_RULE', detail: '' }, note: noteOf() }) as const;
    return {
      rooms: observation.roomsOf({ decide, recheck: () => undefined }),
      observation,
      recorder,
      written,
      metrics,
      why,
    };
  }

  it('A-561 tells a refusal once: one record, one reason, one count, all with the same request id', () => {
    const { rooms, recorder, written, metrics, why } = setUp();
    rooms.onDone(exchangeOf({ refusal: { code: 'POLICY_DENIED', detail: 'rule x' }, status: 403 }));
    recorder.flush();
    const { requestId } = noteOf();
    expect(written.join('')).to.include(`"requestId":"${requestId}"`).and.to.include('POLICY_DENIED');
    expect(why.find(requestId)).to.include({ code: 'POLICY_DENIED', detail: 'rule x' });
    expect(metrics.render()).to.include('cleat_requests_total{decision="refused",code="POLICY_DENIED"} 1');
  });

  it('gives the client the request id, and not the detail', () => {
    const { rooms } = setUp();
    const fields = rooms.challenge({ code: 'POLICY_NO_RULE', detail: 'closest rule secret-name' }, noteOf());
    expect(fields).to.deep.equal([{ name: 'Cleat-Request-Id', value: noteOf().requestId }]);
    expect(rooms.challenge({ code: 'REQUEST_HEAD', detail: '' }, undefined)).to.deep.equal([]);
  });

  it('tells a refused connection to record, ring and metric', () => {
    const { observation, recorder, written, metrics, why } = setUp();
    observation.refusedConnection({ code: 'PEER_UNTRUSTED', detail: 'x', remote: { host: '::1', port: 5 } });
    recorder.flush();
    expect(written.join('')).to.include('"kind":"handshake"');
    expect(why.last(1)[0]).to.include({ kind: 'handshake', code: 'PEER_UNTRUSTED' });
    expect(metrics.render()).to.include('cleat_handshakes_total{result="PEER_UNTRUSTED"} 1');
  });
});
