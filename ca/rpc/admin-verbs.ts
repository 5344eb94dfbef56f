/**
 * What an operator asks at the control socket and an administrator over mutual TLS: one table of verbs, the same for
 * both. Bodies and answers are JSON values; instants are Unix time in seconds. Who may ask is decided before.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { parseSpiffeId } from '../../core/identity/spiffe-id.ts';
import type { ControlVerb } from '../../runtime/control.ts';
import type { AdminVerb } from '../../runtime/grpc/admin-wire.ts';
import type { Journal } from '../journal/journal.ts';
import type { JoinTokenRecord, ListedLineage } from '../journal/record.ts';
import type { Acknowledgements } from '../trust/acknowledgements.ts';
import type { RotationDesk } from '../trust/rotation-desk.ts';
import { orderJoinToken, type JoinTokenDesk } from './join-token-desk.ts';
import type { RegistrationVerb } from './registration-verbs.ts';
import { listRevocations, orderRevocation, type RevocationDesk } from './revocation-desk.ts';
import { createRotateVerb } from './rotation.ts';

export interface AdminVerbDeps extends JoinTokenDesk, RevocationDesk {
  readonly rotation: RotationDesk;
  readonly journal: Pick<
    Journal,
    'addJoinToken' | 'addRevocation' | 'listCertificates' | 'listJoinTokens' | 'listLineages' | 'withdrawJoinToken'
  >;
  readonly acknowledgements: Pick<Acknowledgements, 'heard'>;
  /** See registration-verbs.ts. */
  readonly registrations: Readonly<Record<RegistrationVerb, ControlVerb>>;
}

/**
 * - `certificates {spiffeId?, serial?, after?}` -> `{certificates, next?}`; `lineages {spiffeId?, after?}` -> `{lineages, next?}`;
 *   `sidecars {after?}` -> `{sidecars, next?}`: pages of at most 1000, the next one with `after: next`;
 * - `revoke` (see `checkRevocationOrder`) -> the entry; `revocations` -> `{generation, entries}`;
 * - `join-token {path, dnsNames?, ttl?}` -> `{token, spiffeId, dnsNames, expiresAt}`; `join-tokens` -> `{joinTokens}`;
 *   `withdraw-join-token {id}` -> `{}`, refuses GRANT_UNKNOWN;
 * - `rotate {step, force?}` -> where the rotation stands after it (see rotation.ts);
 * - clients, API keys and mandates: see registration-verbs.ts.
 */
export function createAdminVerbs(deps: AdminVerbDeps): Readonly<Record<AdminVerb, ControlVerb>> {
  const { journal } = deps;
  return {
    ...deps.registrations,
    async certificates(body) {
      const filter = readFilter(body, ['spiffeId', 'serial', 'after']);
      const page = filter.ok ? await journal.listCertificates(filter.value) : filter;
      return page.ok ? admit({ certificates: page.value.rows, next: page.value.next }) : page;
    },
    async lineages(body) {
      const filter = readFilter(body, ['spiffeId', 'after']);
      const page = filter.ok ? await journal.listLineages(filter.value) : filter;
      return page.ok ? admit({ lineages: page.value.rows, next: page.value.next }) : page;
    },
    async sidecars(body) {
      const filter = readTexts(body, ['after']);
      const page = filter.ok ? await journal.listLineages(filter.value) : filter;
      if (!page.ok) return page;
      const { rows, next } = page.value;
      return admit({ sidecars: rows.map((row) => describeSidecar(row, deps)), next });
    },
    revocations: () => admit(listRevocations(deps)),
    revoke: (body) => orderRevocation(body, deps),
    'join-token': (body) => orderJoinToken(body, deps),
    async 'join-tokens'() {
      const listed = await journal.listJoinTokens();
      return listed.ok ? admit({ joinTokens: listed.value.map(describeJoinToken) }) : listed;
    },
    'withdraw-join-token': (body) => withdrawJoinToken(body, deps),
    rotate: createRotateVerb(deps.rotation),
  };
}

function describeSidecar(
  { spiffeId, lineageId, serial, notAfter }: ListedLineage,
  { acknowledgements }: AdminVerbDeps,
): object {
  return { spiffeId, lineageId, serial, notAfter, runsOn: acknowledgements.heard(lineageId)?.generation };
}

function describeJoinToken({ hash, path, dnsNames, expiresAt }: JoinTokenRecord): object {
  return { id: hash, path, dnsNames, expiresAt };
}

async function withdrawJoinToken(body: unknown, { journal, audit, log }: AdminVerbDeps): Promise<Outcome<object>> {
  const order = readTexts(body, ['id']);
  if (!order.ok) return order;
  const { id = '' } = order.value;
  if (!/^[0-9a-f]{64}$/.test(id)) return refuse('CONFIG_INVALID', 'id: 64 digits of lower-case hex');
  const done = await journal.withdrawJoinToken(id);
  if (!done.ok) return done;
  if (!done.value) return refuse('GRANT_UNKNOWN', `no join token ${id} that is neither spent nor expired`);
  const facts = { token: id.slice(0, 12) };
  log.info('join token withdrawn', facts);
  const told = audit.record('join-token-withdrawn', facts);
  return told.ok ? admit({}) : told;
}

/** Texts as `readTexts`, of which an identity and a serial have the form of one. */
function readFilter<Name extends 'spiffeId' | 'serial' | 'after'>(
  body: unknown,
  names: readonly Name[],
): Outcome<Partial<Readonly<Record<Name, string>>>> {
  const texts = readTexts(body, names);
  if (!texts.ok) return texts;
  const { spiffeId, serial }: Readonly<Record<string, string | undefined>> = texts.value;
  if (serial !== undefined && !SERIAL.test(serial)) return refuse('CONFIG_INVALID', `serial: ${SERIAL_FORM}`);
  const id = spiffeId === undefined ? undefined : parseSpiffeId(spiffeId);
  if (id?.ok === false) return refuse('CONFIG_INVALID', `spiffeId: spiffe://TRUST-DOMAIN/PATH; ${id.refusal.detail}`);
  return texts;
}

/** As the journal has them. */
const SERIAL = /^(?:[0-9a-f]{2}){1,20}$/;
const SERIAL_FORM = 'an even number of lower-case hex digits, 2 to 40';

const MOST_TEXT = 2048;

/** An object with these members alone, each a text or absent; `null` is an object without any. */
function readTexts<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Outcome<Partial<Readonly<Record<Name, string>>>> {
  if (typeof body !== 'object' || Array.isArray(body)) return refuse('CONFIG_INVALID', 'not an object');
  const entries = Object.entries(body ?? {});
  const wrong = entries.find(
    ([name, value]) => !names.some((known) => known === name) || typeof value !== 'string' || value.length > MOST_TEXT,
  );
  if (wrong === undefined) return admit(Object.fromEntries(entries) as Partial<Record<Name, string>>);
  return refuse('CONFIG_INVALID', `${JSON.stringify(wrong[0])}: allowed are ${names.join(', ')}, each a text`);
}
