/**
 * What the raw backend needs of Node's insides: it is found by looking, on versions that it was proved on, and never
 * assumed. Whatever is missing or unlike what was proved, the answer is "none", and the documented API is used.
 */
import type { Socket } from 'node:net';

/** The part of `StreamBase` that is used: of a TCP, pipe or TLS handle. */
export interface NativeHandle {
  onread: () => void;
  useUserBuffer(buffer: Buffer): void;
  readStart(): number;
  readStop(): number;
  /** 0 or a negative error; `state[asyncAt]` says whether `oncomplete` follows. */
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
}

/** One write under way. `oncomplete` is called with itself as `this`. */
export interface WriteRequest {
  oncomplete: ((status: number) => void) | undefined;
}

export interface Native {
  readonly WriteRequest: new () => WriteRequest;
  /** Results of the last call. */
  readonly state: Readonly<Record<number, number>>;
  /** Place of what a read gave: its size, 0, or a negative error. */
  readonly readAt: number;
  /** Place of whether the last write goes on. */
  readonly asyncAt: number;
  /** Undefined: this socket has none of the kind that was proved. */
  handleOf(socket: Socket): NativeHandle | undefined;
}

/** What the composition root knows of the process. */
export interface NodePlatform {
  /** `process.versions.node`. */
  readonly version: string;
  /** `process.binding` (DEP0111); undefined where it is gone, and it throws where the permission model bars it. */
  readonly binding: ((name: string) => unknown) | undefined;
}

/** Major versions on which the conformance tests of the port have run over the raw backend. */
const PROVED: ReadonlySet<string> = new Set(['24', '26']);
const METHODS = ['useUserBuffer', 'readStart', 'readStop', 'writeBuffer'] as const;

/** The insides, or as text why they are not used. */
export function findNative({ version, binding }: NodePlatform): Native | string {
  const [major = ''] = version.split('.', 1);
  if (!PROVED.has(major)) return `not proved on Node ${version}`;
  const found = bindingOf(binding);
  if (typeof found === 'string') return found;
  const {
    WriteWrap: WriteRequest,
    streamBaseState: state,
    kReadBytesOrError: readAt,
    kLastWriteWasAsync: asyncAt,
  } = found;
  if (typeof WriteRequest !== 'function' || typeof state !== 'object' || state === null) return 'no stream_wrap';
  if (typeof readAt !== 'number' || typeof asyncAt !== 'number') return 'stream_wrap has other members';
  return {
    WriteRequest: WriteRequest as Native['WriteRequest'],
    state: state as Native['state'],
    readAt,
    asyncAt,
    handleOf(socket) {
      const handle: unknown = Reflect.get(socket, '_handle');
      if (typeof handle !== 'object' || handle === null) return undefined;
      return METHODS.every((name) => typeof Reflect.get(handle, name) === 'function') && 'onread' in handle
        ? (handle as NativeHandle)
        : undefined;
    },
  };
}

function bindingOf(binding: NodePlatform['binding']): Readonly<Record<string, unknown>> | string {
  if (typeof binding !== 'function') return 'process.binding is gone';
  try {
    const found = binding('stream_wrap');
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : 'no stream_wrap';
  } catch {
    return 'process.binding is barred';
  }
}
