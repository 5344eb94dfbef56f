/**
 * The wall clock of other processes, to be set while they run: libfaketime reads its offset from a file at each look at
 * the clock. Monotonic clocks stay true, so timers run as ever, as they do when a host's clock jumps.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync, existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeClock extends Disposable {
  /** What a process needs to live by this clock. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds that it is ahead of ours, from now on; negative for behind. */
  set(offset: number): void;
  offset(): number;
}

const LIBRARY = 'libfaketimeMT.so.1';

/** A clock that tells our time, or `undefined` where the package faketime is not installed. Throws there if
 *  `CLEAT_REQUIRE_ALL=1` (DESIGN section 11). */
export function findFakeClock(): FakeClock | undefined {
  const library = findLibrary();
  if (library === undefined) {
    if (process.env['CLEAT_REQUIRE_ALL'] === '1') throw new Error('the package faketime is required and not there');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'cleat-clock-'));
  const file = join(folder, 'offset');
  let current = 0;
  const set = (offset: number): void => {
    current = offset;
    // Renamed into place: a process may look at any moment, and half a number is another time.
    writeFileSync(`${file}.new`, `${offset < 0 ? '' : '+'}${offset}\n`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
    offset: () => current,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Debian has it in a folder of the machine's own triplet. */
function findLibrary(): string | undefined {
  const folders = [
    '/usr/lib',
    ...(existsSync('/usr/lib') ? readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`) : []),
  ];
  return folders.map((folder) => join(folder, 'faketime', LIBRARY)).find((path) => existsSync(path));
}
