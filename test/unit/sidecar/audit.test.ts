import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { systemClock } from '../../../runtime/clock.ts';
import { auditFacts, createSidecarAudit } from '../../../sidecar/audit.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { tempFolder } from '../ca/small-ca.ts';
import { exchangeOf, noteOf, tokenOf } from './callers.ts';

const GO = new AbortController().signal;
const deps = { clock: systemClock(), log: collectLog().log, write: () => undefined, onHealth: () => undefined };

describe('the audit stream of a sidecar', () => {
  it('is none where none is configured', () => {
    expect(createSidecarAudit({ ...deps, config: { audit: undefined } })).to.equal(undefined);
  });

  it('refuses to start where it cannot be written: ISSUE_AUDIT', async () => {
    const audit = createSidecarAudit({
      ...deps,
      config: { audit: { file: { kind: 'file', path: '/nonexistent/audit.jsonl' }, onFailure: 'stop' } },
    });
    const failed = await audit?.start(GO).then(
      () => 'started',
      (thrown: unknown) => String(thrown),
    );
    expect(failed).to.include('nonexistent');
  });

  it('holds each decision, admitted ones too, as flat facts without a token', () => {
    const facts = auditFacts(exchangeOf({ note: noteOf({ token: tokenOf({ actors: ['a', 'b'] }) }) }));
    expect(facts).to.include({ decision: 'admitted', actors: 'a b', proofs: 'x5t#S256', rule: 'agent-pays' });
  });

  it('begins with its opening and has one line a decision', async () => {
    using folder = tempFolder();
    const path = `${folder.path}/audit.jsonl`;
    const audit = createSidecarAudit({
      ...deps,
      config: { audit: { file: { kind: 'file', path }, onFailure: 'stop' } },
    });
    if (audit === undefined) throw new Error('no stream');
    await audit.start(GO);
    for (let times = 0; times < 3; times += 1) audit.record('request', auditFacts(exchangeOf()));
    await audit[Symbol.asyncDispose]();
    expect(readFileSync(path, 'utf8').trim().split('\n')).to.have.length(4);
  });
});
