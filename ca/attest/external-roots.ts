/**
 * The roots of one external CA, from a PEM file that may change while the CA runs. A new file is read whole and checked
 * whole; where it is bad the last good roots stay, and the log says why. Decides nothing about leaves.
 */
import { basename, dirname } from 'node:path';

import { demand } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { decodePem } from '../../core/x509/pem.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import { readStable } from '../../runtime/read-stable.ts';
import { watchFolder } from '../../runtime/watch.ts';

export interface ExternalRoots extends Service {
  /** The last good ones; none before the start. */
  current(): readonly Certificate[];
}

export interface ExternalRootsDeps {
  /** Name of the attestor entry. */
  readonly name: string;
  readonly file: string;
  readonly log: Log;
}

const MOST_ROOTS = 64;

/** `start` throws CONFIG_FILE where the file is missing or wrong. */
export function createExternalRoots({ name, file, log }: ExternalRootsDeps): ExternalRoots {
  let current: readonly Certificate[] = [];

  async function load(): Promise<void> {
    const found = await readRoots(file);
    if (!found.ok) {
      log.warn('roots of an external CA not adopted, the last good ones stay', { attestor: name, ...found.refusal });
      return;
    }
    current = found.value;
    log.info('roots of an external CA adopted', { attestor: name, roots: current.length });
  }

  const watch = watchFolder({ folder: dirname(file), names: [basename(file)], onChange: load, log });
  return {
    name: `roots of attestor ${name}`,
    current: () => current,
    async start(signal) {
      // The watch first: what changes while the file is read is seen.
      await watch.start(signal);
      current = demand(await readRoots(file));
    },
    drain: (deadline) => watch.drain(deadline),
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  };
}

/** Refuses: CONFIG_FILE, the detail without content. */
async function readRoots(file: string): Promise<Outcome<readonly Certificate[]>> {
  const read = await readStable(dirname(file), [basename(file)]);
  if (!read.ok) return read;
  const blocks = decodePem(read.value.get(basename(file))?.toString('latin1') ?? '');
  if (!blocks.ok) return refuse('CONFIG_FILE', `${file}: ${blocks.refusal.detail}`);
  if (blocks.value.length > MOST_ROOTS)
    return refuse('CONFIG_FILE', `${file} has more than ${MOST_ROOTS} certificates`);
  const roots: Certificate[] = [];
  for (const [place, { label, der }] of blocks.value.entries()) {
    const root = parseCertificate(der);
    if (label !== 'CERTIFICATE' || !root.ok)
      return refuse('CONFIG_FILE', `${file}: block ${place} is no certificate that can be read`);
    if (!root.value.isCa) return refuse('CONFIG_FILE', `${file}: certificate ${root.value.serial} is no CA`);
    roots.push(root.value);
  }
  return admit(roots);
}
