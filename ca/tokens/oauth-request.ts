/** One request to the token service, read and bounded, with the client's authentication still to be done. Types only. */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { EpochMilliseconds } from '../../core/time/units.ts';
import type { Form } from './form.ts';
import type { TokenRequester } from './requester.ts';

export interface OAuthRequest {
  readonly form: Form;
  /** Values of `DPoP`, as they came. */
  readonly proof: readonly string[];
  readonly now: EpochMilliseconds;
  /** Once a request: what it shows may be used up. */
  readonly authenticate: () => Promise<Outcome<Omit<TokenRequester, 'jkt'>>>;
}
