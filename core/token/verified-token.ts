/** What a token says, once its signature and its claims were checked. Only `checkClaims` makes one. */
import type { EpochSeconds } from '../time/units.ts';
import type { IssuerRules } from './issuer.ts';
import type { JsonObject, JsonValue } from './json.ts';

export interface VerifiedToken {
  /** Name of the issuer entry in the configuration: what policy and logs use. */
  readonly issuer: string;
  /** Of the issuer's entry: what the binding goes by. */
  readonly rules: Pick<IssuerRules, 'trustDomain' | 'lineage' | 'jkt' | 'skew'>;
  /** `kid` of the key that verified it; undefined where the key set names none. */
  readonly keyId: string | undefined;
  /** The claim `iss`, equal to the configured one byte by byte. */
  readonly iss: string;
  readonly subject: string | undefined;
  readonly clientId: string | undefined;
  /** Who acts now: `act.sub`, else `client_id`, `azp`, `sub` (RFC 8693 section 4.1). */
  readonly actor: string | undefined;
  /** The `sub` of each level of `act`, outermost (the current one) first. All but the first are history. */
  readonly actors: readonly string[];
  /** The configured audience that `aud` names. */
  readonly audience: string;
  readonly jti: string | undefined;
  /** How logs name this token: its `jti`, else the first 12 hex digits of its SHA-256. */
  readonly label: string;
  readonly scopes: readonly string[];
  /** The claim `origin` of our own tokens, such as `client:billing`: what a revocation by origin names. Empty without. */
  readonly origins: readonly string[];
  readonly issuedAt: EpochSeconds | undefined;
  /** The claim `exp`, without skew. */
  readonly expiresAt: EpochSeconds;
  /** The claim `cnf` without the members that the issuer entry ignores; undefined only where the token has none. */
  readonly confirmation: JsonValue | undefined;
  /** All claims, as received. Objects have no prototype. */
  readonly claims: JsonObject;
}
