/**
 * The methods of `cleat.ca.v1.Admin` and the control verbs that they are: one table, read by both sides. A message and
 * the JSON value of its verb have the same members, once `snake_case` is `camelCase`. Beside them, the detail of a refusal,
 * in a trailer of its own. Translates and decides nothing.
 */
import type { Metadata } from '@grpc/grpc-js';

/** Control verb -> method of the service. */
export const ADMIN_METHODS = {
  certificates: 'ListCertificates',
  lineages: 'ListLineages',
  sidecars: 'ListSidecars',
  revocations: 'ListRevocations',
  revoke: 'Revoke',
  'join-token': 'MakeJoinToken',
  'join-tokens': 'ListJoinTokens',
  'withdraw-join-token': 'WithdrawJoinToken',
  rotate: 'Rotate',
  'client-create': 'CreateClient',
  clients: 'ListClients',
  'client-rotate': 'RotateClient',
  'client-disable': 'DisableClient',
  'key-create': 'CreateApiKey',
  keys: 'ListApiKeys',
  'key-rotate': 'RotateApiKey',
  'key-revoke': 'RevokeApiKey',
  'mandate-create': 'CreateMandate',
  mandates: 'ListMandates',
  'mandate-end': 'EndMandate',
} as const;

export type AdminVerb = keyof typeof ADMIN_METHODS;

export const ADMIN_VERBS = Object.keys(ADMIN_METHODS) as readonly AdminVerb[];

/** The JSON value of a message. A member that is `optional` and absent stays absent. */
export function valueOf(message: unknown): unknown {
  return renamed(message, (name) => name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()));
}

/** The message of a JSON value. */
export function messageOf(value: unknown): unknown {
  return renamed(value, (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

const DETAIL = 'cleat-detail-bin';
/** Names five instances of a rotation with room to spare, and is far below what HTTP/2 takes of trailers. */
const DETAIL_MOST = 8 * 1024;

/** Adds the detail of a refusal, at most 8 KiB of it. */
export function addDetail(trailers: Metadata, detail: string): void {
  trailers.set(DETAIL, Buffer.from(detail, 'utf8').subarray(0, DETAIL_MOST));
}

/** The detail of a refusal, as the CA said it: whoever shows it escapes it. Undefined where there is none. */
export function detailIn(trailers: Metadata): string | undefined {
  const [said] = trailers.get(DETAIL);
  return Buffer.isBuffer(said) && said.length > 0 ? said.toString('utf8', 0, DETAIL_MOST) : undefined;
}

/** Depth is that of our own messages: nobody outside chooses it. Names that begin with `_` are proto-loader's own, for
 *  the oneof that an `optional` member is on the wire. */
function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, member]) => !name.startsWith('_') && member !== undefined && member !== null)
      .map(([name, member]) => [rename(name), renamed(member, rename)]),
  );
}
