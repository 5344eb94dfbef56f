/**
 * The CA as a process: looks at the environment, reads the configuration, runs the services until it is told to stop.
 * The only file of the CA that knows `process`.
 */
import { randomBytes } from 'node:crypto';

import { Fault } from '../core/fault/fault.ts';
import { milliseconds } from '../core/time/units.ts';
import { systemClock } from '../runtime/clock.ts';
import { formatMistake } from '../runtime/config/mistake.ts';
import { readConfig } from '../runtime/config/read.ts';
import { checkEnvironment } from '../runtime/environment.ts';
import { runServices } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createReadiness } from '../runtime/readiness.ts';
import { caConfigTable, type CaConfig } from './config.ts';
import { CA_READINESS, createCaServices } from './services.ts';

/** Callers need no notice: a sidecar that finds the CA gone tries again. */
const DRAIN = { grace: milliseconds(200), deadline: milliseconds(10_000) } as const;

/** Runs a CA with this configuration file and gives the exit code: 0 after a drain, 2 for a wrong environment or
 *  configuration (each mistake is one line on standard error), 1 where it could not start. */
export async function runCa(configFile: string): Promise<number> {
  const sound = checkEnvironment({ env: process.env, nodeVersion: process.version, execArgv: process.execArgv });
  if (!sound.ok) return complain([`${sound.refusal.code}: ${sound.refusal.detail}`]);
  try {
    const loaded = await readConfig({ file: configFile, table: caConfigTable, environment: process.env });
    return loaded.ok ? await serve(loaded.value) : complain(loaded.mistakes.map(formatMistake));
  } catch (thrown) {
    const { code, detail } = Fault.from(thrown);
    const exitCode = complain([`${code}: ${detail}`]);
    return code.startsWith('CONFIG_') ? exitCode : 1;
  }
}

function complain(lines: readonly string[]): number {
  process.stderr.write(lines.map((line) => `cleat ca: ${line}\n`).join(''));
  return 2;
}

function serve(config: CaConfig): Promise<number> {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const clock = systemClock();
  const log = createLog({ write, level: config.log.level, clock });
  const readiness = createReadiness(CA_READINESS);
  const services = createCaServices({
    config,
    log,
    metrics: createMetrics(),
    readiness,
    clock,
    random: randomBytes,
    jitter: Math.random,
    write,
  });
  return runServices({
    services,
    process: { on: process.on.bind(process), off: process.off.bind(process), exit: process.exit.bind(process) },
    readiness,
    drain: DRAIN,
    clock,
    log,
    onStarted: () => log.info('the CA serves', { trustDomain: config.trustDomain }),
  });
}
