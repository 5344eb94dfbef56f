/**
 * What verifiers are told, as one value: the bundle and the revocations of now. One object a state, so that whoever
 * writes it to a thousand streams can see that it is the same.
 */
import type { TrustState } from '../../runtime/grpc/messages.ts';
import type { TrustBundle } from './bundle.ts';
import type { RevocationSource } from './revocations.ts';

export interface TrustStateSource {
  current(): TrustState;
  /** Calls `tell` with each state that comes after now. */
  subscribe(tell: (state: TrustState) => void): Disposable;
}

export interface TrustStateParts {
  readonly bundle: Pick<TrustBundle, 'current' | 'subscribe'>;
  readonly revocations: Pick<RevocationSource, 'current' | 'subscribe'>;
}

/** Asks its parts at each call; before the bundle has a root it throws as the bundle does. */
export function createTrustState({ bundle, revocations }: TrustStateParts): TrustStateSource {
  let last: TrustState | undefined;

  function current(): TrustState {
    const now = { bundle: bundle.current(), revocations: revocations.current() };
    if (last?.bundle !== now.bundle || last.revocations !== now.revocations) last = Object.freeze(now);
    return last;
  }

  return {
    current,
    subscribe(tell) {
      const tellCurrent = (): void => tell(current());
      const parts = [bundle.subscribe(tellCurrent), revocations.subscribe(tellCurrent)];
      return {
        [Symbol.dispose]() {
          for (const part of parts) part[Symbol.dispose]();
        },
      };
    },
  };
}
