/**
 * What a policy file says, after checking: two ordered lists. Pure lookups; first match decides in both.
 */
import type { IdPattern } from '../../core/identity/pattern.ts';
import type { BindingMode } from '../../core/token/bind.ts';
import { matchesPath, type PathPattern } from './path-pattern.ts';

/** What policy may know of a request's head. */
export interface RequestFacts {
  readonly method: string;
  /** The target before `?`, byte for byte as forwarded. */
  readonly path: string;
}

/** How a request must prove itself, matched on the head alone. */
export interface Route {
  /** Absent: every method. */
  readonly methods?: readonly string[] | undefined;
  readonly path: PathPattern;
  readonly binding: BindingMode;
  /** False: exact only, a token bound to a predecessor is refused. True: as the issuer's entry says. */
  readonly lineage: boolean;
  /** True: the app gets the `Authorization` field. */
  readonly forwardToken: boolean;
  /** True: the app gets the verified claims in `Cleat-Claims`. Default: false. */
  readonly claims?: boolean | undefined;
}

/** Who may do what. An absent list matches everything; `scopes` are demanded after the match. */
export interface Rule {
  readonly id: string;
  readonly peers: readonly IdPattern[];
  readonly methods?: readonly string[] | undefined;
  readonly paths?: readonly PathPattern[] | undefined;
  /** Names of issuers as the sidecar's configuration calls them. */
  readonly issuers?: readonly string[] | undefined;
  readonly audiences?: readonly string[] | undefined;
  readonly scopes: readonly string[];
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
