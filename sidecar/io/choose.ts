/** Which backend of the I/O port a sidecar runs on: chosen once, at its start. */
import { findNative, type NodePlatform } from './native.ts';
import type { MakeStream } from './port.ts';
import { publicStream } from './public.ts';
import { createRawStreams } from './raw.ts';

export interface ChosenStreams {
  readonly backend: 'raw' | 'public';
  /** Why it is this one. */
  readonly reason: string;
  readonly streamOf: MakeStream;
}

/** `auto`: the raw one wherever it was proved, else the public one; `public`: that one. */
export function chooseStreams(setting: 'auto' | 'public', platform: NodePlatform): ChosenStreams {
  const native = setting === 'auto' ? findNative(platform) : 'io: public';
  if (typeof native === 'string') return { backend: 'public', reason: native, streamOf: publicStream };
  return { backend: 'raw', reason: `proved on Node ${platform.version}`, streamOf: createRawStreams(native) };
}
