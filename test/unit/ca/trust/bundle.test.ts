import { expect } from 'chai';

import { createAcknowledgements } from '../../../../ca/trust/acknowledgements.ts';
import { createTrustBundle } from '../../../../ca/trust/bundle.ts';
import { renderBundleDocument } from '../../../../ca/trust/document.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { codeOf, thrownBy } from '../small-ca.ts';

const ROOT = createTestAuthority().der;
const OTHER = createTestAuthority().der;
const NOW = epochSeconds(1_800_000_000);

describe('createTrustBundle()', () => {
  it('is never empty: neither read before the first root nor published without one', async () => {
    const bundle = createTrustBundle();
    expect(await thrownBy(() => bundle.current())).to.equal('BUG_UNEXPECTED');
    expect(() => bundle.publish([])).to.throw(RangeError);
  });

  it('keeps the last state at a wrong publication', () => {
    const bundle = createTrustBundle();
    bundle.publish([ROOT]);
    expect(() => bundle.publish([])).to.throw(RangeError);
    expect(bundle.current()).to.deep.equal({ generation: 1, roots: [ROOT] });
  });

  it('tells each change to all who watch, until they let go', () => {
    const bundle = createTrustBundle();
    bundle.publish([ROOT]);
    const seen: number[] = [];
    const watch = bundle.subscribe(({ generation }) => seen.push(generation));
    bundle.publish([ROOT, OTHER]);
    watch[Symbol.dispose]();
    bundle.publish([OTHER]);
    expect(seen).to.deep.equal([2]);
    expect(bundle.current().generation).to.equal(3);
  });
});

describe('createAcknowledgements()', () => {
  const instance = (name: string, left = 60, sequence = 0) => ({
    lineageId: name,
    notAfter: epochSeconds(NOW + left),
    sequence,
  });

  it('refuses a generation that never was with ATTEST_EVIDENCE', () => {
    const table = createAcknowledgements(createMetrics());
    for (const generation of [0, -1, 3, 1.5, Number.NaN, 2 ** 60])
      expect(
        codeOf(table.take(instance('a'), { bundle: generation, revocations: 0 }, { first: 1, current: 2, now: NOW })),
        String(generation),
      ).to.equal('ATTEST_EVIDENCE');
    expect(table.count(NOW).size).to.equal(0);
  });

  it('A-129 refuses a generation before the first one told since the start: ATTEST_EVIDENCE', () => {
    const metrics = createMetrics();
    const table = createAcknowledgements(metrics);
    const bounds = { first: 1_000_002, current: 1_000_003, now: NOW };
    for (const generation of [1, 1_000_001])
      expect(codeOf(table.take(instance('a'), { bundle: generation, revocations: 0 }, bounds))).to.equal(
        'ATTEST_EVIDENCE',
      );
    for (const generation of [1_000_002, 1_000_003])
      expect(codeOf(table.take(instance('a'), { bundle: generation, revocations: 0 }, bounds))).to.equal('ok');
    expect([...table.count(NOW)]).to.deep.equal([[1_000_003, 1]]);
    expect(metrics.render()).to.not.include('bundle_generation="1"');
  });

  it('counts each instance once, at the generation that it said last', () => {
    const metrics = createMetrics();
    const table = createAcknowledgements(metrics);
    for (const generation of [1, 1, 2])
      table.take(instance('a'), { bundle: generation, revocations: 0 }, { first: 1, current: 2, now: NOW });
    table.take(instance('b'), { bundle: 1, revocations: 0 }, { first: 1, current: 2, now: NOW });
    expect([...table.count(NOW)]).to.deep.equal([
      [1, 1],
      [2, 1],
    ]);
    expect(metrics.render()).to.include('cleat_ca_sidecars{bundle_generation="2"} 1');
  });

  it('forgets an instance when its certificate has ended, and not a second before', () => {
    const metrics = createMetrics();
    const table = createAcknowledgements(metrics);
    table.take(instance('a', 60), { bundle: 1, revocations: 0 }, { first: 1, current: 1, now: NOW });
    expect(table.count(epochSeconds(NOW + 60)).get(1)).to.equal(1);
    expect(table.count(epochSeconds(NOW + 61)).get(1)).to.equal(undefined);
    expect(metrics.render()).to.include('cleat_ca_sidecars{bundle_generation="1"} 0');
  });

  it('keeps what was acknowledged over a renewal', () => {
    const table = createAcknowledgements(createMetrics());
    table.take(instance('a', 60), { bundle: 1, revocations: 0 }, { first: 1, current: 1, now: NOW });
    table.renewed(instance('a', 3600));
    table.renewed(instance('never seen'));
    expect(table.count(epochSeconds(NOW + 61)).get(1)).to.equal(1);
  });
});

describe('renderBundleDocument()', () => {
  it('holds each root as SPIFFE asks: use, key, one x5c in standard base64, no kid', () => {
    const document = JSON.parse(JSON.stringify(renderBundleDocument({ generation: 7, roots: [ROOT, OTHER] })));
    expect(document).to.include({ spiffe_sequence: 7, spiffe_refresh_hint: 300 });
    expect(document.keys).to.have.length(2);
    expect(document.keys[0]).to.have.all.keys('use', 'kty', 'crv', 'x', 'y', 'x5c');
    expect(document.keys[0]).to.deep.include({
      use: 'x509-svid',
      kty: 'EC',
      crv: 'P-256',
      x5c: [ROOT.toString('base64')],
    });
  });
});
