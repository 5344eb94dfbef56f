/**
 * What a policy file says, after checking: two ordered lists. Pure lookups; first match decides in both.
 */
import type { Networks } from '../../core/identity/network.ts';
import type { IdPattern } from '../../core/identity/pattern.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';
import type { BindingMode } from '../../core/token/bind.ts';
import type { ClaimPath } from '../../core/token/claim-path.ts';
import { matchesPath, type PathPattern } from './path-pattern.ts';
import type { Times } from './week.ts';

/** What policy may know of a request. */
export interface RequestFacts {
  readonly method: string;
  /** The target before `?`, byte for byte as forwarded. */
  readonly path: string;
  /** Address of the TCP peer; undefined: not known, and no rule with `from` matches. */
  readonly remote?: string | undefined;
  /** Undefined: not known, and neither a rule with `times` matches nor a demand on the age of a login holds. */
  readonly now?: EpochSeconds | undefined;
}

/** What a claim must be, or hold where it is a list. */
export interface ClaimRule {
  readonly claim: ClaimPath;
  readonly oneOf: readonly (string | number | boolean)[];
}

/** An actor of our trust domain by pattern, or any by its exact name. */
export type ActorPattern = IdPattern | { readonly name: string };

/** How the user must have logged in (RFC 9470). */
export interface LoginDemand {
  /** One of these. */
  readonly acr?: readonly string[] | undefined;
  /** All of these. */
  readonly amr?: readonly string[] | undefined;
  /** Since `auth_time`. */
  readonly maxAge?: Seconds | undefined;
}

export interface RateTerms {
  readonly perMinute: number;
  readonly burst: number;
}

/** How a request must prove itself, matched on the head alone. */
export interface Route {
  /** Absent: every method. */
  readonly methods?: readonly string[] | undefined;
  readonly path: PathPattern;
  readonly binding: BindingMode;
  /** False: exact only, a token bound to a predecessor is refused. True: as the issuer's entry says. */
  readonly lineage: boolean;
  /** What happens to what is under way when its token ends. Absent: upgrades and event streams end, all else goes on. */
  readonly onTokenExpiry?: 'finish' | 'end' | undefined;
  /** True: the app gets the `Authorization` field. */
  readonly forwardToken: boolean;
  /** True: the app gets the verified claims in `Cleat-Claims`. Default: false. */
  readonly claims?: boolean | undefined;
}

/** Who may do what. An absent criterion matches everything; `scopes`, `login` and `rate` are demanded after the match. */
export interface Rule {
  readonly id: string;
  readonly peers: readonly IdPattern[];
  readonly methods?: readonly string[] | undefined;
  readonly paths?: readonly PathPattern[] | undefined;
  /** Names of issuers as the sidecar's configuration calls them. */
  readonly issuers?: readonly string[] | undefined;
  readonly audiences?: readonly string[] | undefined;
  readonly claims?: readonly ClaimRule[] | undefined;
  /** The current actor. */
  readonly actors?: readonly ActorPattern[] | undefined;
  /** Each actor of the chain. */
  readonly chain?: readonly ActorPattern[] | undefined;
  /** Whether somebody acts for the subject. */
  readonly delegated?: boolean | undefined;
  readonly from?: Networks | undefined;
  readonly times?: Times | undefined;
  readonly scopes: readonly string[];
  readonly login?: LoginDemand | undefined;
  readonly rate?:
    | { readonly perCaller?: RateTerms | undefined; readonly perOrigin?: RateTerms | undefined }
    | undefined;
  readonly deny: boolean;
}

export interface Policy {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
}

/** What a request gets that no route names: a bound token is demanded, and it stays here. */
export const DEFAULT_ROUTE: Route = Object.freeze({
  path: { under: '/' },
  binding: 'required',
  lineage: true,
  forwardToken: false,
});

/** The first route that names this request, else `DEFAULT_ROUTE`. Cost: one pass. */
export function routeOf(routes: readonly Route[], facts: RequestFacts): Route {
  for (const route of routes) {
    if (matchesPath(route.path, facts.path) && (route.methods?.includes(facts.method) ?? true)) return route;
  }
  return DEFAULT_ROUTE;
}
