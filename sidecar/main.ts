/**
 * The sidecar as a process: looks at the environment, reads configuration and policy, runs the services until it is told
 * to stop. The only file of the sidecar that knows `process`.
 */
import { randomBytes } from 'node:crypto';

import { Fault } from '../core/fault/fault.ts';
import { admit, type Outcome } from '../core/fault/refusal.ts';
import { milliseconds } from '../core/time/units.ts';
import { systemClock } from '../runtime/clock.ts';
import { formatMistake } from '../runtime/config/mistake.ts';
import { readConfig } from '../runtime/config/read.ts';
import { checkEnvironment } from '../runtime/environment.ts';
import { runServices } from '../runtime/lifecycle.ts';
import { createLog } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createReadiness } from '../runtime/readiness.ts';
import { type SidecarConfig, sidecarConfigTable } from './config.ts';
import type { NodePlatform } from './io/native.ts';
import type { Policy } from './policy/policy.ts';
import { readPolicy } from './policy/read.ts';
import { createSidecarServices, knownNames, SIDECAR_READINESS } from './services.ts';

/** Runs a sidecar with this configuration file and gives the exit code: 0 after a drain, 2 for a wrong environment,
 *  configuration or policy (each mistake is one line on standard error), 1 where it could not start. */
export async function runSidecar(configFile: string): Promise<number> {
  const sound = checkEnvironment({ env: process.env, nodeVersion: process.version, execArgv: process.execArgv });
  if (!sound.ok) return complain([`${sound.refusal.code}: ${sound.refusal.detail}`]);
  try {
    const loaded = await readConfig({ file: configFile, table: sidecarConfigTable, environment: process.env });
    if (!loaded.ok) return complain(loaded.mistakes.map(formatMistake));
    const policy = await policyOf(loaded.value);
    return policy.ok ? await serve(loaded.value, policy.value) : complain(policy.refusal.detail.split('\n'));
  } catch (thrown) {
    const { code, detail } = Fault.from(thrown);
    const exitCode = complain([`${code}: ${detail}`]);
    return code.startsWith('CONFIG_') ? exitCode : 1;
  }
}

function policyOf(config: SidecarConfig): Promise<Outcome<Policy | undefined>> {
  if (config.policy === undefined) return Promise.resolve(admit(undefined));
  return readPolicy(config.policy, knownNames(config));
}

function complain(lines: readonly string[]): number {
  process.stderr.write(lines.map((line) => `cleat sidecar: ${line}\n`).join(''));
  return 2;
}

function serve(config: SidecarConfig, policy: Policy | undefined): Promise<number> {
  const clock = systemClock();
  const write = (text: string): void => void process.stdout.write(text);
  const log = createLog({ write: (line) => write(`${line}\n`), level: config.log.level, clock });
  const readiness = createReadiness(SIDECAR_READINESS);
  const services = createSidecarServices({
    config,
    policy,
    podIps: process.env['POD_IPS'],
    log,
    metrics: createMetrics(),
    readiness,
    clock,
    random: randomBytes,
    platform: { version: process.versions.node, binding: Reflect.get(process, 'binding') as NodePlatform['binding'] },
    jitter: Math.random,
    write,
  });
  return runServices({
    services,
    process: { on: process.on.bind(process), off: process.off.bind(process), exit: process.exit.bind(process) },
    readiness,
    // The listeners know the grace time themselves: they go on accepting, and announce the end in each answer.
    drain: { grace: milliseconds(0), deadline: config.drain.deadline },
    clock,
    log,
    onStarted: () => log.info('the sidecar serves', { trustDomain: config.trustDomain }),
  });
}
