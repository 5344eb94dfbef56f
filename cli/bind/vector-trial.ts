/** From a case of the vectors to a trial: settings, keys, bundles and revocations in the product's own types. Judges nothing. */
import { demand } from '../../core/fault/fault.ts';
import { parseTrustDomain, type TrustDomain } from '../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { readCandidates } from '../../core/x509/path.ts';
import { parsePolicy } from '../../sidecar/policy/read.ts';
import type { Policy } from '../../sidecar/policy/policy.ts';
import { writeHead } from './head.ts';
import type { Trial } from './trial.ts';
import { dpopOf } from './vector-dpop.ts';
import type { VectorSettings, VectorTest } from './vector-format.ts';
import { issuersOf, type KnownIssuers, verifierOf } from './vector-issuers.ts';
import { revocationsOf } from './vector-revocations.ts';

/** What is the same for all cases of some settings. */
export interface Grounds extends Pick<Trial, 'bundles' | 'policy'> {
  readonly settings: VectorSettings;
  readonly issuers: KnownIssuers;
}

/** Gives the grounds. Throws `Unsupported`, or a `Fault` for settings that the product refuses. */
export function groundsOf(settings: VectorSettings): Grounds {
  return { settings, issuers: issuersOf(settings), bundles: bundlesOf(settings), policy: policyOf(settings) };
}

/** Gives the trial. Throws a `Fault` for a state that the product refuses. */
export function trialOf(test: VectorTest, { settings, issuers, bundles, policy }: Grounds): Trial {
  const authority = new URL(settings.origins[0] ?? 'https://service.example').host;
  return {
    now: epochSeconds(test.now),
    chain: test.connection?.chain.map((text) => Buffer.from(text, 'base64')),
    from: test.connection?.from ?? '192.0.2.1',
    bundles,
    head: writeHead(test.request, test.request.fields, authority),
    tokens: verifierOf(test, issuers),
    policy,
    revocations: revocationsOf(test.state.revoked, settings),
    dpop: dpopOf(test, settings),
  };
}

function bundlesOf({ bundles }: VectorSettings): ReadonlyMap<TrustDomain, readonly Certificate[]> {
  const entries = Object.entries(bundles).map(([name, ders]) => {
    const roots = readCandidates(ders.map((text) => Buffer.from(text, 'base64')));
    return [demand(parseTrustDomain(name)), roots] as const;
  });
  return new Map(entries);
}

/** The case's own policy, read as a policy file is; without one whoever is bound is admitted. */
function policyOf({ policy, binding, issuers }: VectorSettings): Policy {
  const admitting = { routes: [], rules: [{ id: 'all', peers: [{ any: true }] }] };
  const stated = { ...admitting, ...policy };
  const routes = [...(Array.isArray(stated.routes) ? stated.routes : []), { path: { under: '/' }, binding }];
  const known = {
    issuers: issuers.map((entry) => entry.issuer),
    audiences: issuers.flatMap(({ audiences }) => audiences),
  };
  return demand(parsePolicy('policy', JSON.stringify({ ...stated, routes }), known));
}
