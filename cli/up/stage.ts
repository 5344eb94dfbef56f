/**
 * What the steps of the story can do: ask as one of the clients, ask the app what it saw, ask a sidecar why, force a
 * rotation, ask the CA's journal. Holds one thing over time: a short-lived token that was minted when the story began.
 */
import { demand } from '../../core/fault/fault.ts';
import type { Clock } from '../../core/time/clock.ts';
import { seconds, type EpochSeconds } from '../../core/time/units.ts';
import { callControl } from '../../runtime/control-call.ts';
import { parseClientIdentity, type ClientIdentity } from '../client-identity.ts';
import { readCredentials } from '../credential-folder.ts';
import { mintToken } from '../mint.ts';
import type { Reply } from './client.ts';
import type { Client, Layout, Pod } from './layout.ts';
import { ask } from './loopback.ts';
import type { Mesh } from './mesh.ts';
import { collectRecords, type Records } from './records.ts';
import { visitPayments, type Visit } from './visit.ts';

/** The members of a refusal, as `cleat why --json` prints it, that the story looks at. */
export interface Reason {
  readonly time: string;
  readonly kind: string;
  readonly code: string;
  readonly detail: string;
  readonly requestId?: string;
  readonly remote?: string;
}

/** What the app of payments says of itself. */
export interface Seen {
  readonly count: number;
  readonly last: { readonly rawHeaders: readonly string[] } | undefined;
}

export interface TokenWish {
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly ttl?: number;
}

export interface PartnerWish {
  readonly audience: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** `cnf.x5t#S256`; absent: the token is bound to nothing. */
  readonly thumbprint?: string;
}

export interface ShortLived {
  readonly holder: ClientIdentity;
  /** Secret. */
  readonly token: string;
  readonly expiresAt: EpochSeconds;
  /** What a call with it came to while it lived. */
  readonly reply: Reply;
}

export interface Stage {
  readonly layout: Layout;
  readonly clock: Clock;
  /** Aborts when the demo ends: nothing is waited for any more. */
  readonly ending: AbortSignal;
  readonly shortLived: ShortLived;
  /** The credentials of a client as they are now. */
  client(name: Client): Promise<ClientIdentity>;
  /** A token of the CA, bound to this certificate. */
  token(holder: ClientIdentity, wish: TokenWish): Promise<string>;
  /** A token of the second issuer. */
  partnerToken(wish: PartnerWish): Promise<string>;
  visit(visit: Visit): Promise<Reply>;
  appSeen(): Promise<Seen>;
  /** The last refusals of the sidecar of payments, newest first; or the one of this request. */
  why(requestId?: string): Promise<readonly Reason[]>;
  renew(pod: Pod): Promise<unknown>;
  issuance(serial: string): Promise<unknown>;
  records(pod: Pod): Records;
}

const SHORT_LIFE_SECONDS = 4;
const REASONS = 50;

/** Takes its place when both pods serve: mints the short-lived token and uses it once. */
export async function takeStage(mesh: Mesh, clock: Clock): Promise<Stage> {
  const { layout, ending } = mesh;
  const client = async (name: Client) => parseClientIdentity(await readCredentials(layout.credentials(name)));
  const mint = async (holder: ClientIdentity, { audience, scopes, ttl }: TokenWish) => {
    const request = { audience, scopes, ttl: ttl === undefined ? undefined : seconds(ttl) };
    return demand(await mintToken(holder, `localhost:${layout.ports.mesh}`, request));
  };
  const control = async (pod: Pod, verb: string, body: unknown) =>
    demand(await callControl({ path: layout.sidecarControl(pod), verb, body }));

  const holder = await client('agent-client');
  const short = await mint(holder, { audience: 'payments', scopes: ['payments.read'], ttl: SHORT_LIFE_SECONDS });
  const reply = await visitPayments(layout, { identity: holder, token: short.token });
  return {
    layout,
    clock,
    ending,
    shortLived: { holder, token: short.token, expiresAt: short.expiresAt, reply },
    client,
    token: async (one, wish) => (await mint(one, wish)).token,
    partnerToken: async (wish) => (await ask({ socketPath: `${layout.issuer}/mint.sock` }, 'POST /', wish)).body,
    visit: (visit) => visitPayments(layout, visit),
    appSeen: async () => JSON.parse((await ask({ port: layout.ports.paymentsApp }, 'GET /seen')).body) as Seen,
    why: async (requestId) =>
      (await control(
        'payments',
        'why',
        requestId === undefined ? { last: REASONS } : { requestId },
      )) as readonly Reason[],
    renew: (pod) => control(pod, 'renew', null),
    issuance: async (serial) =>
      demand(await callControl({ path: layout.caControl, verb: 'issuance', body: { serial } })),
    records: (pod) => collectRecords(mesh.sidecars[pod]),
  };
}
