/** The insides of the Node that runs the tests, and the backend that a run is about: `CLEAT_TEST_IO=raw`, else the public one. */
import { findNative, type Native, type NodePlatform } from '../../../../sidecar/io/native.ts';
import type { MakeStream } from '../../../../sidecar/io/port.ts';
import { publicStream } from '../../../../sidecar/io/public.ts';
import { createRawStreams } from '../../../../sidecar/io/raw.ts';

export const PLATFORM: NodePlatform = {
  version: process.versions.node,
  binding: Reflect.get(process, 'binding') as NodePlatform['binding'],
};

/** The raw backend is tested wherever it would be used: where it is not found the test fails. */
export function requireNative(): Native {
  const found = findNative(PLATFORM);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** What this run makes of a socket. */
export const streamOfRun: MakeStream =
  process.env['CLEAT_TEST_IO'] === 'raw' ? createRawStreams(requireNative()) : publicStream;
