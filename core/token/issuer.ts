/** What one issuer's tokens must be like: the settings of an issuer entry, with their defaults. */
import type { TrustDomain } from '../identity/trust-domain.ts';
import { milliseconds, type Milliseconds, type Seconds, toSeconds } from '../time/units.ts';
import type { Algorithm } from './algorithm.ts';
import type { ClaimPath } from './claim-path.ts';
import { mediaType } from './header.ts';

/** A text by which an issuer means an audience of ours, such as the GUID of an application. */
export interface AudienceName {
  /** Where it stands; `client_id` counts in tokens without `aud` alone. */
  readonly claim: 'aud' | 'client_id';
  readonly accept: string;
  /** The audience of ours. */
  readonly for: string;
}

/** What a claim must be: one of these texts. */
export interface ClaimDemand {
  readonly claim: ClaimPath;
  readonly oneOf: readonly string[];
}

export interface IssuerOptions {
  /** Its name in policy, logs and metrics. */
  readonly name: string;
  /** Its `iss`, compared byte by byte. */
  readonly issuer: string;
  readonly algorithms: readonly Algorithm[];
  /** Accepted `typ`; default `at+jwt`. `JWT` admits a token without `typ` too: they mean the same (RFC 7519 section 5.1). */
  readonly types?: readonly string[];
  /** Other names of our audiences; default none. */
  readonly audiences?: readonly AudienceName[];
  /** Where its scopes are; all that are there count together. Default `scope`. */
  readonly scopes?: readonly ClaimPath[];
  /** What marks its access tokens, such as `token_use`; default nothing. */
  readonly claims?: readonly ClaimDemand[];
  /** Whether its ID tokens are meant, which a resource never takes; default its access tokens. */
  readonly tokens?: 'access' | 'id';
  /** How far its clock may be off: default 30 s, at most 60 s. */
  readonly skew?: Milliseconds;
  /** The longest `exp - iat`; default none. */
  readonly maxLifetime?: Milliseconds;
  /** Refuse its tokens without `cnf` on every route; default false. */
  readonly mustBind?: boolean;
  /** The trust domain whose certificates its tokens are bound to; default unknown: then exact only. */
  readonly trustDomain?: TrustDomain;
  /** Whether a token that is bound to a predecessor counts, by lineage; default false. */
  readonly lineage?: boolean;
  /** How a `cnf.jkt` of it is proved: by a DPoP proof, or also by being the key of the peer's certificate; default `dpop`.
   *  RFC 9449 section 7.2 forbids to take such a token as a plain bearer, so `tls` is for issuers of one's own. */
  readonly jkt?: 'dpop' | 'tls';
  /** Members of `cnf` that say nothing; default `kc-jkt-type`, which Keycloak writes beside `jkt`. */
  readonly ignoreCnf?: readonly string[];
}

/** Options with every default in place. Frozen. */
export interface IssuerRules {
  readonly name: string;
  readonly issuer: string;
  readonly algorithms: readonly Algorithm[];
  /** In lower case, without `application/`. */
  readonly types: readonly string[];
  readonly audiences: readonly AudienceName[];
  readonly scopes: readonly ClaimPath[];
  readonly claims: readonly ClaimDemand[];
  readonly tokens: 'access' | 'id';
  readonly skew: Seconds;
  readonly maxLifetime: Seconds | undefined;
  readonly mustBind: boolean;
  readonly trustDomain: TrustDomain | undefined;
  readonly lineage: boolean;
  readonly jkt: 'dpop' | 'tls';
  readonly ignoreCnf: readonly string[];
}

const SKEW_MOST_MS = 60_000;
/** RFC 7800 section 3, RFC 8705, RFC 9449: to ignore one of these would make a bound token a bearer token. */
const CONFIRMATIONS: readonly string[] = ['x5t#S256', 'jkt', 'jwk', 'jwe', 'kid', 'jku'];

/** Gives the rules. A skew outside 0 to 60 s, or an ignore list that names a confirmation, is a programmer's mistake
 *  (`TypeError`): the configuration table refuses both first. */
export function issuerRules(options: IssuerOptions): IssuerRules {
  const skew = options.skew ?? milliseconds(30_000);
  if (!(skew >= 0 && skew <= SKEW_MOST_MS)) throw new TypeError('skew is 0 to 60 s');
  const ignoreCnf = options.ignoreCnf ?? ['kc-jkt-type'];
  if (ignoreCnf.some((member) => CONFIRMATIONS.includes(member))) throw new TypeError('a confirmation is not ignored');
  return Object.freeze({
    name: options.name,
    issuer: options.issuer,
    algorithms: Object.freeze([...options.algorithms]),
    types: Object.freeze((options.types ?? ['at+jwt']).map(mediaType)),
    audiences: Object.freeze([...(options.audiences ?? [])]),
    scopes: Object.freeze([...(options.scopes ?? [['scope']])]),
    claims: Object.freeze([...(options.claims ?? [])]),
    tokens: options.tokens ?? 'access',
    skew: toSeconds(skew),
    maxLifetime: options.maxLifetime === undefined ? undefined : toSeconds(options.maxLifetime),
    mustBind: options.mustBind ?? false,
    trustDomain: options.trustDomain,
    lineage: options.lineage ?? false,
    jkt: options.jkt ?? 'dpop',
    ignoreCnf: Object.freeze([...ignoreCnf]),
  });
}
