import { expect } from 'chai';

import { layOut, namePorts, PORTS_NEEDED } from '../../../../cli/up/layout.ts';
import { measuredLine, stepLine, storyJson, tryText } from '../../../../cli/up/report.ts';
import type { Played } from '../../../../cli/up/step.ts';

const played = (changes: Partial<Played> = {}): Played => ({
  id: 'stolen-token-refused',
  tried: 'reports shows the token of agent',
  expected: '401 BINDING_MISMATCH',
  observed: '401 BINDING_MISMATCH',
  ok: true,
  reason: 'bound to another certificate',
  detail: { twin: '200' },
  ...changes,
});

describe('storyJson()', () => {
  it('is not ok without a step, or with one that is not', () => {
    expect(JSON.parse(storyJson([]))).to.deep.equal({ ok: false, steps: [] });
    expect(JSON.parse(storyJson([played(), played({ ok: false })]))).to.have.property('ok', false);
  });

  it('is one line with exactly the five members of a step', () => {
    const text = storyJson([played()]);
    expect(text.match(/\n/g)).to.have.length(1);
    const { ok, steps } = JSON.parse(text) as { ok: boolean; steps: object[] };
    expect(ok).to.equal(true);
    expect(steps.map((step) => Object.keys(step))).to.deep.equal([['id', 'expected', 'observed', 'ok', 'detail']]);
  });
});

describe('stepLine()', () => {
  it('says in one line what was tried, expected and got, and why', () => {
    expect(stepLine(played(), false)).to.equal(
      'ok   stolen-token-refused: reports shows the token of agent; ' +
        'expected 401 BINDING_MISMATCH, got 401 BINDING_MISMATCH - bound to another certificate\n',
    );
  });

  it('marks a step that failed, and has colour only where it is wanted', () => {
    const line = stepLine(played({ ok: false, observed: '200', reason: '' }), false);
    expect(line)
      .to.match(/^FAIL .*, got 200\n$/)
      .and.not.include('\u001b');
    expect(stepLine(played(), true)).to.include('\u001b[');
  });
});

describe('measuredLine()', () => {
  it('has both sizes in MiB and the time in whole milliseconds', () => {
    const memory = { residentKib: 65_536, anonymousKib: 20_480 };
    expect(measuredLine({ pod: 'agent', memory, firstServedMs: 280.6 })).to.equal(
      'sidecar of agent: 64.0 MiB resident, 20.0 MiB of it anonymous, at rest; first request served 281 ms after its start\n',
    );
  });

  it('says where the kernel does not tell', () => {
    expect(measuredLine({ pod: 'agent', memory: undefined, firstServedMs: 1 })).to.include('memory unknown here');
  });
});

describe('tryText()', () => {
  const ports = namePorts(Array.from({ length: PORTS_NEEDED }, (_, at) => 20_000 + at));
  const text = tryText(layOut('/tmp/demo', '/var/log/demo', ports));

  it('has three curl commands, none of which turns verification off or shows a token', () => {
    const commands = text.split('\n').filter((line) => line.startsWith('  curl '));
    expect(commands).to.have.length(3);
    for (const command of commands) {
      expect(command).to.include('--cacert /tmp/demo/').and.include(` https://localhost:${ports.payments}/payments`);
      expect(command.split(' ')).to.not.include.members(['-k']);
      expect(command).to.not.match(/insecure|Bearer|eyJ/);
    }
    expect(commands[1]).to.include('reports/credentials/key.pem').and.include('agent-client/credentials/authorization');
  });

  it('names the folder of the logs', () => {
    expect(text).to.include('/var/log/demo\n');
  });
});

describe('namePorts()', () => {
  it('refuses another number of ports than is needed', () => {
    expect(() => namePorts([1, 2, 3])).to.throw(TypeError, `${PORTS_NEEDED} ports`);
  });
});
