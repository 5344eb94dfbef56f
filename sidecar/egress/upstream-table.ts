/**
 * Which services the app may call: a table from host name to upstream. What is not in it does not exist. Pure.
 */
import type { IdPattern } from '../../core/identity/pattern.ts';
import type { Address } from '../../runtime/config/address.ts';
import type { TokenPlan } from './token-plan.ts';

export interface Upstream {
  /** The host name by which the app calls it, in lower case. */
  readonly name: string;
  readonly address: Address;
  /** Where else it is. */
  readonly addresses?: readonly Address[] | undefined;
  /** Whom it must prove to be before it gets a byte. */
  readonly spiffe: IdPattern;
  /** The audience of the token that is attached; undefined: none is. */
  readonly audience?: string | undefined;
  readonly scopes: readonly string[];
  /** How that token is had. */
  readonly token: TokenPlan;
}

export type UpstreamTable = ReadonlyMap<string, Upstream>;

/** The table of these upstreams; their names are unique. */
export function createUpstreamTable(upstreams: readonly Upstream[]): UpstreamTable {
  return new Map(upstreams.map((upstream) => [upstream.name, upstream]));
}

/** The upstream that a checked `Host` value names, `name[:port]` in any case; the port is the app's own idea and is not
 *  compared. Undefined: the app may not call it. */
export function findUpstream(table: UpstreamTable, host: string): Upstream | undefined {
  const colon = host.indexOf(':');
  const name = colon === -1 ? host : host.slice(0, colon);
  return table.get(name.toLowerCase());
}
