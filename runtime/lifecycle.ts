/**
 * What lives long is a `Service`. The composition root starts services from a visible list and drains them in reverse.
 * This file knows the order and the signals, and nothing of what a service does.
 */
import { Fault } from '../core/fault/fault.ts';
import type { Clock } from '../core/time/clock.ts';
import { milliseconds, type Milliseconds } from '../core/time/units.ts';
import { faultFields, type Log } from './log.ts';
import type { Readiness } from './readiness.ts';

export interface Service {
  readonly name: string;
  /** Resolves when it serves. Throws a `Fault` when it cannot, or when the signal aborts first. */
  start(signal: AbortSignal): Promise<void>;
  /** Takes nothing new, ends what it has; resolves when done or when the deadline has passed. */
  drain(deadline: Milliseconds): Promise<void>;
  /** Last resort: releases everything at once. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The part of `process` that matters here. */
export interface ProcessPort {
  on(event: string, listener: (...found: readonly unknown[]) => void): unknown;
  off(event: string, listener: (...found: readonly unknown[]) => void): unknown;
  /** Ends the process at once. */
  exit(code: number): void;
}

export interface RunDeps {
  /** In the order in which they start. */
  readonly services: readonly Service[];
  readonly process: ProcessPort;
  readonly readiness: Pick<Readiness, 'drain'>;
  /** `grace`: time to go on as before while others learn that we leave; `deadline`: all of it, grace included. */
  readonly drain: { readonly grace: Milliseconds; readonly deadline: Milliseconds };
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
  /** Called once when all have started. */
  readonly onStarted?: () => void;
}

/** Runs the services until SIGTERM or SIGINT and gives the exit code: 0 after a drain, 2 where a service refused its
 *  configuration, 1 where one could not start. A second signal and whatever nobody caught end the process at once. */
export async function runServices(deps: RunDeps): Promise<number> {
  const { services, log, onStarted } = deps;
  const stop = new AbortController();
  using _signals = listenToProcess(deps, stop);
  const started: Service[] = [];
  try {
    for (const service of services) {
      started.push(service);
      await service.start(stop.signal);
      if (stop.signal.aborted) return 0;
      log.debug('started', { service: service.name });
    }
    onStarted?.();
    await untilAborted(stop.signal);
    await drainServices(deps);
    return 0;
  } catch (thrown) {
    // A service that was told to stop while it started may say so by a fault: that is what was asked for.
    if (stop.signal.aborted) return 0;
    log.error('cannot start', { service: started.at(-1)?.name, ...faultFields(thrown) });
    return Fault.from(thrown).code.startsWith('CONFIG_') ? 2 : 1;
  } finally {
    await disposeServices(started, log);
  }
}

async function drainServices({ services, readiness, drain, clock, log }: RunDeps): Promise<void> {
  const end = clock.monotonic() + drain.deadline;
  readiness.drain();
  log.info('draining', { graceMs: drain.grace, deadlineMs: drain.deadline });
  await pause(Math.min(drain.grace, drain.deadline));
  for (const service of services.toReversed()) {
    await inTime(service, Math.max(0, end - clock.monotonic()), log);
  }
}

/** A service is trusted to keep its deadline, but not with ours. */
async function inTime(service: Service, left: number, log: Log): Promise<void> {
  const timer = new AbortController();
  const late = pause(left + DRAIN_SLACK_MS, timer.signal).then(() => 'late' as const);
  try {
    const end = await Promise.race([service.drain(milliseconds(left)).then(() => 'done' as const), late]);
    if (end === 'late') log.warn('drain took too long', { service: service.name });
  } catch (thrown) {
    log.error('drain failed', { service: service.name, ...faultFields(thrown) });
  } finally {
    timer.abort();
  }
}

const DRAIN_SLACK_MS = 500;

async function disposeServices(started: readonly Service[], log: Log): Promise<void> {
  for (const service of started.toReversed()) {
    try {
      await service[Symbol.asyncDispose]();
    } catch (thrown) {
      log.error('dispose failed', { service: service.name, ...faultFields(thrown) });
    }
  }
}

function listenToProcess({ process, log }: RunDeps, stop: AbortController): Disposable {
  const onSignal = (signal: unknown): void => {
    if (stop.signal.aborted) {
      log.warn('second signal, exit', { signal: String(signal) });
      process.exit(1);
    }
    stop.abort(new Fault('LIFE_DRAINING', `told by ${String(signal)}`));
  };
  const onDefect = (thrown: unknown): void => {
    log.error('nobody caught this, exit', faultFields(thrown));
    process.exit(1);
  };
  const listeners: readonly (readonly [string, (found: unknown) => void])[] = [
    ['SIGTERM', onSignal],
    ['SIGINT', onSignal],
    ['uncaughtException', onDefect],
    ['unhandledRejection', onDefect],
    // By default Node opens its debugger at this signal, to anyone on this host.
    ['SIGUSR1', () => undefined],
  ];
  for (const [event, listener] of listeners) process.on(event, listener);
  return {
    [Symbol.dispose]() {
      for (const [event, listener] of listeners) process.off(event, listener);
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // Nothing but this keeps a process alive whose services hold no handle of their own.
    const alive = setInterval(() => undefined, 60_000);
    const done = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}

function pause(span: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, span);
    signal?.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
