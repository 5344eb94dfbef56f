/** The targets by name, and what every suite of the data plane has in common. */
import { caddy, envoy } from './foreign.ts';
import type { LoadOrder, Scene } from './scene.ts';
import { cleat, haproxy, nginx, type StartTarget, type Target } from './targets.ts';

export interface DataRow {
  readonly case: string;
  readonly target: string;
  readonly value: number;
  readonly unit: string;
  readonly ratioTo: Readonly<Record<string, number>>;
  /** The most that the ratio to this target, or the value itself, may be. */
  readonly bars: readonly { readonly to: string | undefined; readonly most: number; readonly found: number }[];
}

/** In the order in which they are measured. */
export const TARGETS: Readonly<Record<string, StartTarget>> = {
  'cleat-raw': cleat('cleat-raw', 'auto'),
  'cleat-public': cleat('cleat-public', 'public'),
  nginx,
  haproxy: haproxy('haproxy', false),
  'haproxy-jwt': haproxy('haproxy-jwt', true),
  envoy: envoy('envoy', false),
  'envoy-jwt': envoy('envoy-jwt', true),
  caddy,
};

/** A closed loop of so many connections. */
export const keep = (
  connections: number,
  path = '/s1k',
): Omit<LoadOrder, 'port' | 'requests'> & { readonly path: string } => ({
  connections,
  mode: 'keep',
  seconds: 3,
  path,
});

/** Starts them one by one, and ends them however it goes; who cannot be had is named and left out. */
export async function withTargets(
  scene: Scene,
  names: readonly string[],
  say: (line: string) => void,
  use: (targets: readonly Target[]) => Promise<void>,
): Promise<void> {
  const targets: Target[] = [];
  try {
    for (const name of names) {
      try {
        const target = await TARGETS[name]?.(scene);
        if (target !== undefined) targets.push(target);
      } catch (cause) {
        say(`${name} is left out: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    }
    await use(targets);
  } finally {
    for (const target of targets) await target[Symbol.asyncDispose]();
  }
}

export interface Measuring {
  readonly names: readonly string[];
  readonly rounds: number;
  readonly say: (line: string) => void;
}
