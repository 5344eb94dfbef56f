import { expect } from 'chai';

import { createMetrics } from '../../../runtime/metrics.ts';
import { createMeasures } from '../../../sidecar/measures.ts';
import { exchangeOf, noteOf, tokenOf } from './callers.ts';

const refusal = { code: 'BINDING_MISMATCH', detail: '' } as const;

function linesAfter(act: (measures: ReturnType<typeof createMeasures>) => void): readonly string[] {
  const metrics = createMetrics();
  act(createMeasures(metrics));
  return metrics.render().split('\n');
}

describe('createMeasures()', () => {
  it('counts requests by decision and code, bindings by method and result', () => {
    const unbound = noteOf({ caller: undefined, token: tokenOf({ confirmation: undefined }) });
    const lines = linesAfter(({ request }) => {
      request(exchangeOf());
      request(exchangeOf({ refusal, note: noteOf({ caller: undefined }) }));
      request(exchangeOf({ refusal: { code: 'BINDING_ABSENT', detail: '' }, note: unbound }));
      request(exchangeOf({ refusal: { code: 'REQUEST_HEAD', detail: '' }, note: undefined }));
      request(exchangeOf({ note: noteOf({ reported: refusal }) }));
    });
    expect(lines).to.include.members([
      'cleat_requests_total{decision="admitted",code=""} 2',
      'cleat_requests_total{decision="refused",code="BINDING_MISMATCH"} 1',
      'cleat_requests_total{decision="refused",code="REQUEST_HEAD"} 1',
      'cleat_binding_total{method="x5t#S256",result="admitted"} 1',
      'cleat_binding_total{method="x5t#S256",result="BINDING_MISMATCH"} 1',
      'cleat_binding_total{method="none",result="BINDING_ABSENT"} 1',
      'cleat_binding_total{method="x5t#S256",result="reported BINDING_MISMATCH"} 1',
      'cleat_request_seconds_count 5',
    ]);
  });

  it('counts calls of the app apart from what comes in', () => {
    const lines = linesAfter(({ request }) =>
      request(exchangeOf({ note: noteOf({ direction: 'egress', caller: undefined }) })),
    );
    expect(lines).to.include('cleat_egress_requests_total{decision="admitted",code=""} 1');
    expect(lines).to.include('cleat_request_seconds_count 0');
  });

  it('A-562 has no label that a peer chooses', () => {
    const lines = linesAfter(({ handshake, connections, token, switched, desync, lineageMalformed }) => {
      handshake('PEER_UNTRUSTED');
      handshake('admitted');
      connections(7);
      token('identity', 'minted');
      switched(3);
      desync();
      lineageMalformed();
    });
    expect(lines).to.include.members([
      'cleat_handshakes_total{result="PEER_UNTRUSTED"} 1',
      'cleat_handshakes_total{result="admitted"} 1',
      'cleat_connections 7',
      'cleat_egress_tokens_total{source="identity",result="minted"} 1',
      'cleat_egress_generation 3',
      'cleat_upstream_desync_total 1',
      'cleat_lineage_malformed_total 1',
    ]);
  });
});
