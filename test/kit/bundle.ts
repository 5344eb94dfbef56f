/** The bundled files, as processes of their own: how a scenario runs what a user runs. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const DIST = join(ROOT, 'dist');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** Resolves at its end, with all that it wrote. */
  readonly ended: Promise<Ended>;
}

/** Starts one bundle with an empty environment. Whoever starts it ends it. */
export function startBundle(file: string, args: readonly string[], folder = DIST): Started {
  const path = join(folder, file);
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`npm run build\``);
  const child = spawn(process.execPath, [path, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], out, err]) => ({ code: typeof code === 'number' ? code : null, out, err }),
  );
  return { child, ended };
}

/** Runs one bundle to its end. */
export function runBundle(file: string, args: readonly string[], folder = DIST): Promise<Ended> {
  return startBundle(file, args, folder).ended;
}

/** The same, with this text on its standard input. */
export async function feedBundle(file: string, args: readonly string[], input: string): Promise<Ended> {
  const child = spawn(process.execPath, [join(DIST, file), ...args], { env: {}, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  child.stdin.end(input);
  const [[code], out, err] = await ended;
  return { code: typeof code === 'number' ? code : null, out, err };
}
