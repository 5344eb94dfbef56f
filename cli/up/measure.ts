/** What a process costs at rest, as the kernel counts it. */
import { readFile } from 'node:fs/promises';

export interface Memory {
  /** Resident KiB, pages shared with other processes (the Node binary itself) included. */
  readonly residentKib: number;
  /** KiB that are this process's own. */
  readonly anonymousKib: number;
}

/** Undefined where there is no /proc, or the process is gone. */
export async function measureMemory(pid: number): Promise<Memory | undefined> {
  try {
    return parseRollup(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Reads the text of `smaps_rollup`: Linux Documentation/filesystems/proc.rst. */
export function parseRollup(text: string): Memory | undefined {
  const residentKib = field(text, 'Rss');
  const anonymousKib = field(text, 'Anonymous');
  if (residentKib === undefined || anonymousKib === undefined) return undefined;
  return { residentKib, anonymousKib };
}

function field(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
