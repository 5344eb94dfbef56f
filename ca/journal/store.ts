/**
 * Runs batches of commands against the open journal: one transaction, one commit, one fsync for all of them.
 * Every "was it used already" is decided here, inside the transaction that records the answer.
 * Any error of SQLite is thrown and fails the whole batch: nothing of it may be delivered.
 */
import type { DatabaseSync } from 'node:sqlite';

import { admit, type Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Answer, Batch, Command } from './command.ts';
import { prepareAuditHead } from './audit-head.ts';
import { prepareIssuances } from './issuances.ts';
import { prepareJoinTokens } from './join-tokens.ts';
import { prepareListing } from './listing.ts';
import { prepareRegistrations, type RegistrationTables } from './registrations.ts';
import { prepareRevocations } from './revocations.ts';
import { prepareTrust } from './trust.ts';

export interface Store {
  /** Answers in the order of the commands, durable when this returns. */
  run(batch: Batch): readonly Outcome<Answer>[];
  close(): void;
}

/** Rows stay this long after the end of what they describe, for whoever reads a log a day later. */
const RETENTION_SECONDS = 24 * 3600;
/** Rows that one batch removes at most: pruning must never hold up an issuance. */
const PRUNED_AT_ONCE = 256;

/** A store over an open journal (see open-file.ts), which it closes. */
export function createStore(database: DatabaseSync): Store {
  const tokens = prepareJoinTokens(database);
  const revocations = prepareRevocations(database);
  const issuances = prepareIssuances(database, { tokens, revocations });
  const trust = prepareTrust(database);
  const auditHead = prepareAuditHead(database);
  const listing = prepareListing(database);
  const registrations = prepareRegistrations(database);
  const prune = preparePruning(database);

  function write(command: Writing, now: EpochSeconds): Outcome<Answer> {
    if (command.kind === 'add-issuance') {
      const { claim, issuance } = command;
      const held = issuances.add(claim, issuance, now);
      // Who asked has the issuance: it need not go back to his thread.
      return held.ok ? admit({ kind: 'recorded', earlier: held.value === issuance ? undefined : held.value }) : held;
    }
    if (command.kind === 'add-revocation') {
      const added = revocations.add(command.request, now);
      return added.ok ? admit({ kind: 'revocation', revocation: added.value }) : added;
    }
    if (command.kind === 'add-withdrawal')
      return admit({ kind: 'withdrawal', done: tokens.withdraw(command.hash, now) });
    if (command.kind === 'add-join-token') tokens.add(command.token);
    else if (command.kind === 'add-trust-change') trust.change(command.change, now);
    else register(command, registrations);
    return admit({ kind: 'nothing' });
  }

  function read(command: Reading, now: EpochSeconds): Outcome<Answer> {
    if (command.kind === 'read-trust') return admit({ kind: 'trust', trust: trust.read() });
    if (command.kind === 'list-live') return admit({ kind: 'live', live: trust.live(now) });
    if (command.kind === 'find-join-token') return admit({ kind: 'join-token', token: tokens.find(command.hash) });
    if (command.kind === 'find-issuance') return admit({ kind: 'issuance', issuance: issuances.find(command.serial) });
    if (command.kind === 'list-join-tokens') return admit({ kind: 'join-tokens', tokens: listing.joinTokens(now) });
    if (command.kind === 'list-certificates')
      return admit({ kind: 'certificates', page: listing.certificates(command.filter, now) });
    if (command.kind === 'list-lineages')
      return admit({ kind: 'lineages', page: listing.lineages(command.filter, now) });
    if (command.kind === 'list-revocations') return admit({ kind: 'revocations', listed: revocations.list(now) });
    if (command.kind === 'list-revoked-serials')
      return admit({ kind: 'revoked-serials', serials: revocations.serials(command.authority, now) });
    if (command.kind === 'read-registrations')
      return admit({ kind: 'registrations', registrations: registrations.read() });
    if (command.kind === 'find-audit-head') return admit({ kind: 'audit-head', head: auditHead.find() });
    const standing = issuances.judge(command.claim, command.keyDigest, now);
    return standing.ok ? admit({ kind: 'standing', standing: standing.value }) : standing;
  }

  return {
    run({ commands, now, auditHead: head }) {
      database.exec('BEGIN IMMEDIATE');
      const answers = commands.map((command) => (isWriting(command) ? write(command, now) : read(command, now)));
      if (commands.some(isWriting)) {
        prune(now);
        if (head !== undefined) auditHead.keep(head);
      }
      database.exec('COMMIT');
      return answers;
    },
    close: () => database.close(),
  };
}

function register(command: Registering, registrations: RegistrationTables): void {
  if (command.kind === 'add-client') registrations.keepClient(command.client);
  else if (command.kind === 'add-api-key') registrations.keepApiKey(command.key);
  else if (command.kind === 'add-mandate') registrations.keepMandate(command.mandate);
  else registrations.keepUses(command.uses);
}

type Registering = Extract<
  Command,
  { readonly kind: 'add-client' | 'add-api-key' | 'add-mandate' | 'add-api-key-uses' }
>;
type Writing = Extract<Command, { readonly kind: `add-${string}` }>;
type Reading = Exclude<Command, Writing>;

const isWriting = (command: Command): command is Writing => command.kind.startsWith('add-');

function preparePruning(database: DatabaseSync): (now: EpochSeconds) => void {
  const steps = [
    ['certificate', 'serial', 'not_after'],
    ['join_token', 'hash', 'expires_at'],
    ['lineage', 'id', 'ends_at'],
    ['replacement', 'lineage', 'ends_at'],
    ['revocation', 'generation', 'ends_at'],
    ['api_key', 'id', 'expires_at'],
    ['mandate', 'id', 'ends_at'],
  ].map(([table, key, end]) =>
    database.prepare(
      `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${end} < ? LIMIT ${PRUNED_AT_ONCE})`,
    ),
  );
  let done: EpochSeconds | undefined;
  return (now) => {
    // Once a second is enough, and again where more was over than one turn removes.
    if (done === now) return;
    const removed = steps.map((step) => Number(step.run(now - RETENTION_SECONDS).changes));
    done = removed.includes(PRUNED_AT_ONCE) ? undefined : now;
  };
}
