/** The authority as a service: opened at start, published in the bundle, watched by a metric. */
import { Fault } from '../../core/fault/fault.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { TrustBundle } from '../trust/bundle.ts';
import type { Authority } from './authority.ts';
import { openAuthority, type AuthorityDeps } from './first-root.ts';

export interface AuthorityService extends Service {
  /** Throws before `start`. */
  readonly current: () => Authority;
}

export interface AuthorityServiceDeps extends AuthorityDeps {
  readonly bundle: Pick<TrustBundle, 'publish'>;
  readonly metrics: Pick<Metrics, 'gauge'>;
}

/** A service whose `start` throws as `openAuthority` says. Needs the journal started. */
export function createAuthorityService(deps: AuthorityServiceDeps): AuthorityService {
  let authority: Authority | undefined;
  const expiry = deps.metrics.gauge(
    'cleat_ca_authority_expiry_timestamp_seconds',
    'When the root that signs ends, as Unix time.',
  );
  return {
    name: 'authority',
    current() {
      if (authority === undefined) throw new Fault('BUG_UNEXPECTED', 'the authority is asked for before start');
      return authority;
    },
    async start(signal) {
      signal.throwIfAborted();
      authority = await openAuthority(deps);
      expiry.set(authority.certificate.notAfter);
      deps.bundle.publish([authority.certificate.der]);
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}
