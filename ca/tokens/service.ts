/** The token key as a service: loaded, or made once, at start. */
import { Fault } from '../../core/fault/fault.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { loadTokenKey, type TokenKey } from './keys.ts';

export interface TokenKeyService extends Service {
  /** Secret. Throws before `start`. */
  readonly current: () => TokenKey;
}

/** A service whose `start` throws SIGNER_KEY. */
export function createTokenKeyService(dataDir: string): TokenKeyService {
  let key: TokenKey | undefined;
  return {
    name: 'token-key',
    current() {
      if (key === undefined) throw new Fault('BUG_UNEXPECTED', 'the token key is asked for before start');
      return key;
    },
    async start(signal) {
      signal.throwIfAborted();
      key = loadTokenKey(dataDir);
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}
