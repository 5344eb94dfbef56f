/** What the demo reads from outside: the kernel's sizes, the sidecar's records, the outcome of a step. */
import { createServer } from 'node:net';
import { once } from 'node:events';

import { expect } from 'chai';

import { measureMemory, parseRollup } from '../../../../cli/up/measure.ts';
import { findPorts } from '../../../../cli/up/ports.ts';
import { collectRecords, parseRecord } from '../../../../cli/up/records.ts';
import { play, type Step } from '../../../../cli/up/step.ts';
import type { Stage } from '../../../../cli/up/stage.ts';
import { DemoFailure, until } from '../../../../cli/up/until.ts';

describe('parseRollup()', () => {
  it('refuses a text without either number', () => {
    expect(parseRollup('')).to.equal(undefined);
    expect(parseRollup('Rss: 1 kB\n')).to.equal(undefined);
    expect(parseRollup('Anonymous: 1 kB\n')).to.equal(undefined);
  });

  it('reads both, and not what only begins alike', () => {
    const text = 'ffff [rollup]\nRss:   66000 kB\nPss_Anon: 7 kB\nAnonymous:   19000 kB\nAnonHugePages: 9 kB\n';
    expect(parseRollup(text)).to.deep.equal({ residentKib: 66_000, anonymousKib: 19_000 });
  });

  it('knows nothing of a process that is gone', async () => {
    expect(await measureMemory(0)).to.equal(undefined);
  });
});

describe('parseRecord()', () => {
  it('passes over logs, refused handshakes and half lines', () => {
    for (const line of ['', 'text', '{"kind":"log"}', '{"kind":"handshake"}', '{"kind":"request","a":'])
      expect(parseRecord(line), line).to.equal(undefined);
  });

  it('reads the record of a request', () => {
    expect(parseRecord('{"kind":"request","status":200}')).to.include({ status: 200 });
  });
});

describe('collectRecords()', () => {
  it('collects until it is disposed of', () => {
    let tell = (_line: string): void => undefined;
    const onLine = (listener: (line: string) => void): Disposable => {
      tell = listener;
      return {
        [Symbol.dispose]: () => {
          tell = () => undefined;
        },
      };
    };
    const records = collectRecords({ name: 'x', pid: 1, startedAt: 0, onLine });
    tell('{"kind":"request","status":200}');
    tell('noise');
    records[Symbol.dispose]();
    tell('{"kind":"request","status":401}');
    expect(records.all.map(({ status }) => status)).to.deep.equal([200]);
  });
});

describe('play()', () => {
  // The steps here never look at the stage.
  const stage = {} as Stage;
  const step = (observed: string, holds: boolean): Step => ({
    id: 'a-step',
    tried: 'something',
    expected: '200',
    play: () => Promise.resolve({ observed, holds, reason: '', detail: {} }),
  });

  it('is not ok for another outcome, nor where something else did not hold', async () => {
    expect(await play(step('401', true), stage)).to.include({ ok: false, observed: '401' });
    expect(await play(step('200', false), stage)).to.include({ ok: false, observed: '200' });
  });

  it('takes what breaks as the observation', async () => {
    const broken: Step = { ...step('200', true), play: () => Promise.reject(new Error('no answer')) };
    const played = await play(broken, stage);
    expect(played).to.include({ ok: false, observed: 'broke', reason: 'no answer' });
    expect(played.detail).to.deep.equal({ problem: 'no answer' });
  });

  it('is ok where outcome and everything else are as expected', async () => {
    expect(await play(step('200', true), stage)).to.include({ ok: true, id: 'a-step', expected: '200' });
  });
});

describe('until()', () => {
  const failureOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => expect.fail('a failure was expected'),
      (thrown: unknown) => thrown,
    );

  it('gives up when the demo ends', async () => {
    const ending = new AbortController();
    const waiting = until('nothing', () => Promise.resolve(undefined), ending.signal);
    ending.abort();
    expect(await failureOf(waiting)).to.be.instanceOf(DemoFailure);
  });

  it('passes on what asking throws', async () => {
    expect(await failureOf(until('x', () => Promise.reject(new RangeError('odd'))))).to.be.instanceOf(RangeError);
  });

  it('asks until there is an answer', async () => {
    let asked = 0;
    const answer = await until('the third', () => {
      asked += 1;
      return Promise.resolve(asked === 3 ? 'here' : undefined);
    });
    expect([answer, asked]).to.deep.equal(['here', 3]);
  });
});

describe('findPorts()', () => {
  it('gives different ports that can be bound', async () => {
    const ports = await findPorts(11);
    expect(new Set(ports).size).to.equal(11);
    for (const port of ports) {
      const server = createServer();
      await once(server.listen(port, '127.0.0.1'), 'listening');
      await once(server.close(), 'close');
    }
  });
});
