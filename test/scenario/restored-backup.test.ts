/**
 * The disk of a CA is lost, and yesterday's copy of its journal is put in its place by what an operator types. Sidecars
 * go on serving; each gets a new lineage at its next renewal, by itself.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import type { Pod } from '../../cli/up/layout.ts';
import { until } from '../../cli/up/until.ts';
import { demand } from '../../core/fault/fault.ts';
import { callControl } from '../../runtime/control-call.ts';
import type { CredentialFacts } from '../../sidecar/control.ts';
import { runBundle } from '../kit/bundle.ts';
import { type FakeClock, findFakeClock } from '../kit/faketime.ts';
import { type MovingMesh, startMovingMesh } from '../kit/moving-mesh.ts';
import { skipUnless } from '../kit/skip.ts';

const PODS = ['payments', 'agent'] as const satisfies readonly Pod[];

describe('a CA whose journal came back from a backup', function () {
  this.timeout(60_000);
  let clock: FakeClock | undefined;
  let moving: MovingMesh;

  before(async function () {
    clock = findFakeClock();
    skipUnless(this, clock !== undefined, 'faketime is not installed');
    if (clock !== undefined) moving = await startMovingMesh('restored-backup', clock);
  });
  after(async () => {
    await moving?.[Symbol.asyncDispose]();
    clock?.[Symbol.dispose]();
  });

  /** Forces one rotation; gives where the new certificate stands in its lineage. */
  async function renew(pod: Pod): Promise<{ readonly lineage: string; readonly sequence: number }> {
    const path = moving.layout.sidecarControl(pod);
    // The connection to a CA that has just come back takes a moment.
    const renewed = await until(`${pod} reaches the CA`, async () => {
      const outcome = await callControl({ path, verb: 'renew' });
      return !outcome.ok && outcome.refusal.code === 'RENEW_UNREACHABLE' ? undefined : outcome;
    });
    const { lineage, sequence } = demand(renewed) as CredentialFacts;
    return { lineage: lineage ?? '', sequence: sequence ?? -1 };
  }
  const cleat = (...words: readonly string[]) => runBundle('cleat.cjs', words);

  it('A-127 gives every sidecar a new lineage, loses no call, and the journal and the audit stream are sound', async () => {
    const { layout } = moving;
    const backup = join(layout.folder, 'backup.sqlite');
    const config = ['--config', layout.caConfig] as const;
    const made = await cleat('ca', 'backup', '--out', backup, '--control', layout.caControl);
    expect(made, made.err).to.include({ code: 0 });
    const before = { payments: await renew('payments'), agent: await renew('agent') };
    expect(before.agent.sequence).to.equal(1);

    await moving.beginLoad();
    expect((await cleat('ca', 'restore', backup, ...config)).err).to.include('JOURNAL_LOCKED');
    // Something more is written to the stream by the CA itself, whose it still is.
    await moving.writeJoinToken('agent');
    await moving.killCa();
    expect((await cleat('ca', 'restore', backup, ...config)).err).to.include('JOURNAL_KEPT');
    const restored = await cleat('ca', 'restore', backup, '--force', ...config);
    expect(restored, restored.err).to.include({ code: 0 });
    expect(restored.out).to.include('0 revocations and 0 frozen lineages');
    await moving.startCa();

    for (const pod of PODS) {
      const anew = await renew(pod);
      expect(anew.sequence, pod).to.equal(0);
      expect(anew.lineage, pod).not.to.equal(before[pod].lineage);
      expect(await renew(pod), pod).to.deep.equal({ lineage: anew.lineage, sequence: 1 });
    }
    const { sent, answered, failed, problems } = await moving.stopLoad();
    expect(problems).to.deep.equal([]);
    expect(failed).to.equal(0);
    expect(answered).to.equal(sent).and.to.be.greaterThan(10);

    await moving.killCa();
    const audit = join(layout.caData, 'audit.jsonl');
    const journal = join(layout.caData, 'journal.sqlite');
    expect(await cleat('ca', 'verify', journal)).to.include({ code: 0 });
    expect(await cleat('audit', 'verify', audit, '--journal', journal)).to.include({ code: 0 });
    expect(readFileSync(audit, 'utf8')).to.include('"kind":"journal-restored"');
  });
});
