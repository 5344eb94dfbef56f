/**
 * Asks a running CA what an administrator may ask: by its control socket, or from anywhere with the certificate of an
 * administrator. Both take and give the same JSON values.
 */
import { Fault, demand } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { openAdmin } from '../runtime/grpc/admin-client.ts';
import type { AdminVerb } from '../runtime/grpc/admin-wire.ts';
import { parseClientIdentity } from './client-identity.ts';
import { readCredentials } from './credential-folder.ts';
import { addressesOf } from './option-values.ts';
import { UsageMistake, type Invocation, type Option } from './verb.ts';

/** The options that say where the CA is; every verb that asks it has them. */
export const CA_OPTIONS = {
  control: { value: 'SOCKET', doc: 'Control socket of the CA. Default: /run/cleat/ca.sock.' },
  mesh: { value: 'HOST:PORT', doc: 'Instead: mesh listener of a CA elsewhere, with --dir.', multiple: true },
  dir: { value: 'DIR', doc: 'Folder that `cleat credential` writes, with the certificate of an administrator.' },
} as const satisfies Readonly<Record<string, Option>>;

/** What the CA answers. Throws the CA's code, LIFE_SOCKET where nobody answers at the socket, RENEW_UNREACHABLE or
 *  RENEW_UNTRUSTED where nobody, or somebody else, answers over the network. */
export async function askCa(invocation: Invocation, verb: AdminVerb, body: object = {}): Promise<unknown> {
  const [dir, control] = [invocation.text('dir'), invocation.text('control')];
  const addresses = addressesOf(invocation, 'mesh');
  if ((dir === undefined) !== (addresses.length === 0)) throw new UsageMistake('--mesh and --dir go together');
  if (dir === undefined) return demand(await callControl({ path: control ?? '/run/cleat/ca.sock', verb, body }));
  if (control !== undefined) throw new UsageMistake('either --control, or --mesh and --dir');
  const identity = parseClientIdentity(await readCredentials(dir));
  const client = openAdmin({ addresses, caId: identity.caId, identity });
  try {
    return demand(await client.ask(verb, body));
  } finally {
    client.close();
  }
}

/** Lists, and the member of their pages that has the rows. */
const MEMBERS = {
  certificates: 'certificates',
  lineages: 'lineages',
  sidecars: 'sidecars',
  'join-tokens': 'joinTokens',
  clients: 'clients',
  keys: 'apiKeys',
  mandates: 'mandates',
} as const satisfies Partial<Readonly<Record<AdminVerb, string>>>;

/** All pages of a list, one after the other. Throws as `askCa`, and LIFE_SOCKET for an answer that is no such list. */
export async function listAll(
  invocation: Invocation,
  verb: keyof typeof MEMBERS,
  filter: object = {},
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const member = MEMBERS[verb];
  const rows: Readonly<Record<string, unknown>>[] = [];
  for (let after: unknown; ; ) {
    const page = await askCa(invocation, verb, after === undefined ? filter : { ...filter, after });
    const found = isObject(page) ? page[member] : undefined;
    if (!isObject(page) || !Array.isArray(found)) throw new Fault('LIFE_SOCKET', `the CA answered with no ${member}`);
    rows.push(...found.filter(isObject));
    after = page['next'];
    if (typeof after !== 'string') return rows;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
