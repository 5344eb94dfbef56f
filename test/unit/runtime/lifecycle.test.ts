import { EventEmitter } from 'node:events';

import { expect } from 'chai';

import { Fault } from '../../../core/fault/fault.ts';
import { epochMilliseconds, milliseconds } from '../../../core/time/units.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { runServices, type Service } from '../../../runtime/lifecycle.ts';
import { createLog } from '../../../runtime/log.ts';
import { createReadiness } from '../../../runtime/readiness.ts';

/** Everything that happened, in order, and the handles to make things happen. */
function stage(names: readonly string[], parts: Readonly<Record<string, Partial<Service>>> = {}) {
  const events: string[] = [];
  const lines: string[] = [];
  const emitter = new EventEmitter();
  const readiness = createReadiness([]);
  const services = names.map((name): Service => {
    const part = parts[name] ?? {};
    const does = (verb: string, act: () => Promise<void> | undefined) => async () => {
      events.push(`${verb} ${name}`);
      await act();
    };
    return {
      name,
      start: (signal) => does('start', () => part.start?.(signal))(),
      drain: (deadline) => does('drain', () => part.drain?.(deadline))(),
      [Symbol.asyncDispose]: does('dispose', () => part[Symbol.asyncDispose]?.()),
    };
  });
  const run = (drain = { grace: 0, deadline: 1000 }): Promise<number> =>
    runServices({
      services,
      readiness: { drain: () => void events.push('unready') },
      process: Object.assign(emitter, { exit: (code: number) => void events.push(`exit ${code}`) }),
      drain: { grace: milliseconds(drain.grace), deadline: milliseconds(drain.deadline) },
      clock: systemClock(),
      log: createLog({ write: (line) => lines.push(line), level: 'warn', clock: { now: () => epochMilliseconds(0) } }),
      onStarted: () => void emitter.emit('started'),
    });
  const started = new Promise<void>((resolve) => emitter.once('started', resolve));
  return { events, lines, emitter, readiness, run, started };
}

describe('runServices()', () => {
  it('A-536 starts in order, drains in reverse after readiness is off, disposes in reverse', async () => {
    const { events, emitter, run, started } = stage(['a', 'b']);
    const ended = run();
    await started;
    emitter.emit('SIGTERM', 'SIGTERM');
    expect(await ended).to.equal(0);
    expect(events.join(', ')).to.equal('start a, start b, unready, drain b, drain a, dispose b, dispose a');
  });

  it('disposes what was started, the failed one included, and gives 1 when a service cannot start', async () => {
    const start = () => Promise.reject(new Fault('LIFE_PORT', 'cannot listen on 0.0.0.0:80: in use'));
    const { events, lines, run } = stage(['a', 'b', 'c'], { b: { start } });
    expect(await run()).to.equal(1);
    expect(events.join(', ')).to.equal('start a, start b, dispose b, dispose a');
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? '')).to.include({ level: 'error', service: 'b', code: 'LIFE_PORT' });
  });

  it('gives 2 when a service refuses its configuration', async () => {
    const start = () => Promise.reject(new Fault('CONFIG_PERMISSION', 'wider than 0600'));
    expect(await stage(['a'], { a: { start } }).run()).to.equal(2);
  });

  it('A-538 stops a start in progress: the signal aborts it, nothing more starts, exit code 0', async () => {
    const { events, emitter, run } = stage(['a', 'b'], {
      a: {
        start: (signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Fault('LIFE_DRAINING', 'told to stop')));
            setImmediate(() => emitter.emit('SIGINT', 'SIGINT'));
          }),
      },
    });
    expect(await run()).to.equal(0);
    expect(events.join(', ')).to.equal('start a, dispose a');
  });

  it('A-538 starts nothing more where a service came up in spite of the signal', async () => {
    const { events, emitter, run } = stage(['a', 'b'], {
      a: {
        start: async () => {
          emitter.emit('SIGTERM', 'SIGTERM');
        },
      },
    });
    expect(await run()).to.equal(0);
    expect(events.join(', ')).to.equal('start a, dispose a');
  });

  it('A-537 exits at once on a second signal', async () => {
    const { events, emitter, run, started } = stage(['a'], {
      a: {
        drain: async () => {
          emitter.emit('SIGTERM', 'SIGTERM');
        },
      },
    });
    const ended = run();
    await started;
    emitter.emit('SIGTERM', 'SIGTERM');
    await ended;
    expect(events.join(', ')).to.equal('start a, unready, drain a, exit 1, dispose a');
  });

  it('A-544 logs what nobody caught, and exits with 1', async () => {
    for (const event of ['uncaughtException', 'unhandledRejection']) {
      const { events, lines, emitter, run, started } = stage(['a']);
      const ended = run();
      await started;
      emitter.emit(event, new TypeError('defect'));
      emitter.emit('SIGTERM', 'SIGTERM');
      await ended;
      expect(events).to.include('exit 1');
      expect(JSON.parse(lines[0] ?? '')).to.include({ level: 'error', code: 'BUG_UNEXPECTED', detail: 'defect' });
    }
  });

  it('goes on when a service drains or disposes badly', async () => {
    const broken = () => Promise.reject(new Error('broken'));
    const { events, lines, emitter, run, started } = stage(['a', 'b'], {
      b: { drain: broken, [Symbol.asyncDispose]: broken },
    });
    const ended = run();
    await started;
    emitter.emit('SIGTERM', 'SIGTERM');
    expect(await ended).to.equal(0);
    expect(events.slice(2).join(', ')).to.equal('unready, drain b, drain a, dispose b, dispose a');
    expect(lines).to.have.length(2);
  });

  it('leaves a service that does not keep the deadline', async () => {
    const { events, lines, emitter, run, started } = stage(['a', 'b'], {
      b: { drain: () => new Promise(() => undefined) },
    });
    const ended = run({ grace: 0, deadline: 0 });
    await started;
    emitter.emit('SIGTERM', 'SIGTERM');
    expect(await ended).to.equal(0);
    expect(events).to.include('drain a');
    expect(JSON.parse(lines[0] ?? '')).to.include({ msg: 'drain took too long', service: 'b' });
  });

  it('gives each service what is left of the deadline', async () => {
    const left: number[] = [];
    const note = async (deadline: number) => void left.push(deadline);
    const { emitter, run, started } = stage(['a', 'b'], { a: { drain: note }, b: { drain: note } });
    const ended = run({ grace: 20, deadline: 60_000 });
    await started;
    emitter.emit('SIGTERM', 'SIGTERM');
    await ended;
    expect(left).to.have.length(2);
    for (const span of left) expect(span).to.be.within(1, 59_985);
  });

  it('A-711 takes SIGUSR1, which would open the debugger, and leaves no listener behind', async () => {
    const { emitter, run, started } = stage([]);
    const ended = run();
    await started;
    expect(emitter.listenerCount('SIGUSR1')).to.equal(1);
    emitter.emit('SIGTERM', 'SIGTERM');
    await ended;
    expect(emitter.eventNames().filter((name) => name !== 'started')).to.deep.equal([]);
  });
});
