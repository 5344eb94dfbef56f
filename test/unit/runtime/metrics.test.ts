import { expect } from 'chai';

import { createMetrics } from '../../../runtime/metrics.ts';

describe('createMetrics()', () => {
  it('refuses what Prometheus would refuse, when it is declared', () => {
    const metrics = createMetrics();
    for (const name of ['', '1a', 'a-b', 'a b', 'a{']) expect(() => metrics.gauge(name, 'x')).to.throw(TypeError);
    expect(() => metrics.counter('a_total', 'x', ['b-c'])).to.throw(TypeError);
    expect(metrics.render()).to.equal('');
  });

  it('refuses one name twice, and another number of labels', () => {
    const metrics = createMetrics();
    const counter = metrics.counter('a_total', 'x', ['code']);
    expect(() => metrics.gauge('a_total', 'x')).to.throw(TypeError);
    expect(() => counter.add([])).to.throw(TypeError);
    expect(() => counter.add(['a', 'b'])).to.throw(TypeError);
  });

  it('A-561 escapes label values and help', () => {
    const metrics = createMetrics();
    metrics.counter('a_total', 'one\ntwo \\', ['code']).add(['x"\n\\\ud800']);
    expect(metrics.render()).to.equal(
      String.raw`# HELP a_total one\ntwo \\` +
        '\n# TYPE a_total counter\n' +
        String.raw`a_total{code="x\"\n\\` +
        '\ufffd"} 1\n',
    );
  });

  it('A-562 bounds the series of one metric', () => {
    const metrics = createMetrics();
    const counter = metrics.counter('a_total', 'x', ['who']);
    for (let at = 0; at < 10_000; at += 1) counter.add([`w${at}`]);
    counter.add(['w1']);
    const lines = metrics.render().split('\n');
    expect(lines.length).to.be.lessThan(1010);
    expect(lines).to.include('a_total{who="w1"} 2').and.include('a_total{who="other"} 9000');
  });

  it('renders the same numbers as the same text, whatever came first', () => {
    const render = (order: readonly string[]): string => {
      const metrics = createMetrics();
      for (const name of order) metrics.gauge(name, name).set(1);
      const counter = metrics.counter('z_total', 'z', ['a']);
      for (const name of order) counter.add([name]);
      return metrics.render();
    };
    expect(render(['b', 'a', 'c'])).to.equal(render(['c', 'b', 'a']));
  });

  it('has a metric without labels from the start', () => {
    const metrics = createMetrics();
    const counter = metrics.counter('a_total', 'A.');
    expect(metrics.render()).to.equal('# HELP a_total A.\n# TYPE a_total counter\na_total 0\n');
    counter.add();
    counter.add([], 2);
    counter.add([], -5);
    expect(metrics.render()).to.include('\na_total 3\n');
  });

  it('counts into buckets, each with all below it', () => {
    const metrics = createMetrics();
    const histogram = metrics.histogram('a_seconds', 'A.', [1, 0.1]);
    for (const value of [0.1, 0.5, 1, 7]) histogram.observe(value);
    expect(metrics.render().split('\n').slice(1, -1)).to.deep.equal([
      '# TYPE a_seconds histogram',
      'a_seconds_bucket{le="0.1"} 1',
      'a_seconds_bucket{le="1"} 3',
      'a_seconds_bucket{le="+Inf"} 4',
      'a_seconds_sum 8.6',
      'a_seconds_count 4',
    ]);
  });

  it('writes numbers that are none in the words of the format', () => {
    const metrics = createMetrics();
    const gauge = metrics.gauge('a', 'A.', ['b']);
    gauge.set(Number.NaN, ['1']);
    gauge.set(Number.NEGATIVE_INFINITY, ['2']);
    expect(metrics.render()).to.include('a{b="1"} NaN\na{b="2"} -Inf\n');
  });
});
