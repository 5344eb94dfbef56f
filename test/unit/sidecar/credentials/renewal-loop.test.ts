import { expect } from 'chai';

import type { Clock } from '../../../../core/time/clock.ts';
import { epochMilliseconds, epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { admit, refuse, refuseFor, type Outcome } from '../../../../core/fault/refusal.ts';
import { createBell } from '../../../../sidecar/credentials/bell.ts';
import { renewForEver, timeLeft, untilDue } from '../../../../sidecar/credentials/renewal-loop.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { testSnapshot } from '../../../kit/snapshot.ts';
import { createTestAuthority } from '../../../kit/x509.ts';

const noon = epochSeconds(Math.floor(Date.now() / 1000));
const snapshot = testSnapshot(createTestAuthority(), noon, { lifetime: 3600 });
const at = (seconds: number): Clock => ({
  now: () => epochMilliseconds((noon + seconds) * 1000),
  monotonic: () => milliseconds(0),
});

describe('untilDue()', () => {
  it('A-521 is due at once without a certificate, at renewAt, and after any jump past it', () => {
    expect(untilDue(undefined, at(0))).to.equal(0);
    for (const seconds of [1800, 1801, 3600, 30 * 86_400]) expect(untilDue(snapshot, at(seconds))).to.equal(0);
  });

  it('A-522 never waits longer than 5 s for the next look, however far the clock was set back', () => {
    for (const seconds of [0, -3600, -30 * 86_400]) expect(untilDue(snapshot, at(seconds))).to.equal(5000);
    expect(untilDue(snapshot, at(1796))).to.equal(4000);
    expect(untilDue(snapshot, at(1799.5))).to.equal(500);
  });
});

describe('timeLeft()', () => {
  it('A-013 counts the second of notAfter as inside, and nothing after it', () => {
    expect(timeLeft(snapshot, at(3600))).to.equal(1000);
    expect(timeLeft(snapshot, at(3600.999))).to.equal(1);
    expect(timeLeft(snapshot, at(3601))).to.equal(0);
    expect(timeLeft(snapshot, at(99_999))).to.equal(0);
    expect(timeLeft(undefined, at(0))).to.equal(0);
  });
});

describe('renewForEver()', () => {
  /** A loop whose certificate is due, with these outcomes one after the other; the last one ends it. */
  function running(outcomes: readonly Outcome<Snapshot>[], clock = at(1800), isRevoked = () => false) {
    const ending = new AbortController();
    const collected = collectLog();
    const lookNow = createBell();
    const planned: number[] = [];
    let attempts = 0;
    const ended = renewForEver(
      {
        clock,
        jitter: () => 0,
        log: collected.log,
        current: () => snapshot,
        isRevoked,
        planned: (instant) => planned.push(instant),
        lookNow,
        async attempt() {
          attempts += 1;
          if (attempts === outcomes.length && outcomes.length > 1) ending.abort();
          return outcomes[attempts - 1] ?? refuse('BUG_UNEXPECTED');
        },
      },
      ending.signal,
    );
    const end = async (): Promise<void> => {
      ending.abort();
      await ended;
    };
    return { ended, collected, planned, lookNow, end };
  }

  it('A-129 obeys the hint of a CA that is busy: that long, and its own wait on top', async () => {
    const busy = refuseFor(milliseconds(300), 'RENEW_REFUSED', 'ISSUE_BUSY, busy');
    const { ended, collected, planned } = running([busy, admit(snapshot)]);
    await ended;
    expect(collected.lines.map(({ fields }) => fields['retryInMs'])).to.deep.equal([550]);
    expect(planned).to.deep.equal([noon + 1800]);
  });

  it('A-129 does not let a hint keep it from its next try beyond what it would wait at most', async () => {
    const busy = refuseFor(milliseconds(86_400_000), 'RENEW_REFUSED', 'ISSUE_BUSY, busy');
    const { ended, collected, planned, lookNow } = running([busy, admit(snapshot)]);
    const { fields } = await collected.line(({ message }) => message.startsWith('no new certificate'));
    expect(fields['retryInMs']).to.equal(30_250);
    expect(planned).to.deep.equal([noon + 1830]);
    await new Promise(setImmediate);
    lookNow.ring();
    await ended;
  });

  it('A-502 tries at once when the CA is back, however long it meant to wait', async () => {
    const away = refuseFor(milliseconds(30_000), 'RENEW_UNREACHABLE', 'down');
    const { ended, collected, lookNow } = running([away, admit(snapshot)]);
    await collected.line(({ message }) => message.startsWith('no new certificate'));
    await new Promise(setImmediate);
    lookNow.ring();
    await ended;
  });

  it('A-119 is due at once with a revoked certificate, and says as an error that nothing is served', async () => {
    const answers = [refuse('RENEW_REFUSED', 'ATTEST_JOIN_TOKEN, spent'), admit(snapshot)];
    const { ended, collected } = running(answers, at(0), () => true);
    await ended;
    expect(collected.lines).to.have.length(1);
    expect(collected.lines[0]).to.include({
      level: 'error',
      message: 'no new certificate, the revoked one serves nothing',
    });
  });

  it('A-119 does not ask in a circle where what is issued is revoked too', async () => {
    const { ended, collected } = running([admit(snapshot), admit(snapshot), admit(snapshot)], at(0), () => true);
    await ended;
    const told = collected.lines.map(({ fields }) => [fields['code'], fields['retryInMs']]);
    expect(told).to.deep.equal([
      ['RENEW_REVOKED', 250],
      ['RENEW_REVOKED', 500],
    ]);
  });

  it('A-119 wakes for a revocation that comes before its time', async () => {
    let isRevoked = false;
    const { ended, lookNow } = running([refuse('RENEW_REFUSED', ''), admit(snapshot)], at(0), () => isRevoked);
    await new Promise(setImmediate);
    isRevoked = true;
    lookNow.ring();
    await ended;
  });

  it('A-503 says as an error that nothing is left', async () => {
    const { ended, collected } = running([refuse('RENEW_UNREACHABLE', 'down'), admit(snapshot)], at(3601));
    await ended;
    expect(collected.lines).to.have.nested.property('[0].level', 'error');
  });

  it('A-523 stops trying when the clock is right again and nothing is due any more', async () => {
    const time = { seconds: 30 * 86_400 };
    const moving: Clock = { now: () => at(time.seconds).now(), monotonic: () => milliseconds(0) };
    const { collected, planned, lookNow, end } = running([refuse('RENEW_UNREACHABLE', 'down')], moving);
    await collected.line(({ message }) => message.startsWith('no new certificate'));
    time.seconds = 0;
    await new Promise(setImmediate);
    lookNow.ring();
    await new Promise(setImmediate);
    expect(planned.at(-1)).to.equal(snapshot.renewAt);
    await end();
  });
});
