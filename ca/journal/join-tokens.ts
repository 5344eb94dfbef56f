/** The journal's table of join tokens: kept by the hash of their secret, spent by the certificate that they bought. */
import type { DatabaseSync } from 'node:sqlite';

import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type { JoinTokenRecord } from './record.ts';

export interface JoinTokens {
  add(token: JoinTokenRecord): void;
  find(hash: string): SpendableToken | undefined;
  /** `serial`: the certificate that was issued for it. */
  spend(hash: string, serial: string): void;
  /** Ends a token that is neither spent nor expired; false where there is none. */
  withdraw(hash: string, now: EpochSeconds): boolean;
}

export interface SpendableToken extends JoinTokenRecord {
  /** Serial of the certificate that the token was spent on. */
  readonly spentOn: string | undefined;
}

/** The statements of this table, prepared once. */
export function prepareJoinTokens(database: DatabaseSync): JoinTokens {
  const add = database.prepare('INSERT INTO join_token (hash, path, dns_names, expires_at) VALUES (?, ?, ?, ?)');
  const find = database.prepare('SELECT hash, path, dns_names, expires_at, spent_on FROM join_token WHERE hash = ?');
  const spend = database.prepare('UPDATE join_token SET spent_on = ? WHERE hash = ? AND spent_on IS NULL');
  const withdraw = database.prepare('DELETE FROM join_token WHERE hash = ? AND spent_on IS NULL AND expires_at >= ?');
  return {
    add({ hash, path, dnsNames, expiresAt }) {
      add.run(hash, path, JSON.stringify(dnsNames), expiresAt);
    },
    find(hash) {
      const row = find.get(hash);
      if (row === undefined) return undefined;
      return {
        hash: String(row['hash']),
        path: String(row['path']),
        dnsNames: JSON.parse(String(row['dns_names'])) as readonly string[],
        expiresAt: epochSeconds(Number(row['expires_at'])),
        spentOn: row['spent_on'] === null ? undefined : String(row['spent_on']),
      };
    },
    spend(hash, serial) {
      if (spend.run(serial, hash).changes !== 1) throw new Error('the join token was spent behind the judgement');
    },
    withdraw: (hash, now) => withdraw.run(hash, now).changes === 1,
  };
}
