/** The `openssl` command as an oracle, with a folder of its own. Tests only: the product never runs it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Openssl {
  /** Path of a file in the folder. */
  file(name: string): string;
  write(name: string, text: string): void;
  read(name: string): Buffer;
  run(...args: readonly string[]): { readonly status: number | null; readonly text: string };
  [Symbol.dispose](): void;
}

/** Gives the command, or `undefined` where it is not installed. Throws there if `CLEAT_REQUIRE_ALL=1` (DESIGN section 11). */
export function findOpenssl(): Openssl | undefined {
  if (spawnSync('openssl', ['version']).status !== 0) {
    if (process.env['CLEAT_REQUIRE_ALL'] === '1') throw new Error('the openssl command is required and not there');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'cleat-openssl-'));
  const file = (name: string): string => join(folder, name);
  return {
    file,
    write: (name, text) => writeFileSync(file(name), text),
    read: (name) => readFileSync(file(name)),
    run(...args) {
      const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
      return { status, text: `${stdout}${stderr}` };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
