/** The token key as a service: loaded, or made once, at start. */
import { Fault } from '../../core/fault/fault.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { loadTokenKey, type TokenKey } from './keys.ts';

export interface TokenKeyService extends Service {
  /** Secret. The one that signs. Throws before `start`. */
  readonly current: () => TokenKey;
  /** Those whose tokens are good now. */
  readonly verifying: () => readonly TokenKey[];
  /** Those that verifiers are told, the next one too. */
  readonly published: () => readonly TokenKey[];
}

/** A service whose `start` throws SIGNER_KEY. */
export function createTokenKeyService(dataDir: string): TokenKeyService {
  let key: TokenKey | undefined;
  function current(): TokenKey {
    if (key === undefined) throw new Fault('BUG_UNEXPECTED', 'the token key is asked for before start');
    return key;
  }
  return {
    name: 'token-key',
    current,
    verifying: () => [current()],
    published: () => [current()],
    async start(signal) {
      signal.throwIfAborted();
      key = loadTokenKey(dataDir);
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}
