/**
 * The keys that sign tokens, on the disk: each in a file of its own (0600), and one file that says what each is for. The key is
 * durable before that file names it, and that file is replaced in one step: a crash leaves a key too many, never one too few.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Fault } from '../../core/fault/fault.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import { isJsonObject, parseStrictObject, type JsonValue } from '../../core/token/json.ts';
import { createIfAbsent, syncFolder, writeNewFile } from '../disk/durable-file.ts';
import { formatKey, makeKey, readKeyFile } from '../signer/key-file.ts';
import type { KeyLife } from './key-plan.ts';
import { type TokenKey, toTokenKey } from './keys.ts';

export interface HeldKey {
  readonly life: KeyLife;
  readonly key: TokenKey;
}

export interface KeyFolder {
  /** In the order in which they were published; empty where there is none yet. Throws SIGNER_KEY. */
  read(): readonly HeldKey[];
  /** A new key, durable and not named yet. Throws SIGNER_KEY. */
  make(): TokenKey;
  /** From now on these are all. Files of others are removed. Throws SIGNER_KEY. */
  write(held: readonly HeldKey[]): void;
}

const INDEX = 'keys.json';
/** The one key of a folder from before there was an index. */
const FIRST = 'signing.key';

/** The folder `tokens` of the data folder; made where there is none. `now`: when a key of before was published. */
export function openKeyFolder(dataDir: string, now: () => EpochSeconds): KeyFolder {
  const folder = join(dataDir, 'tokens');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const place = (id: string): string => join(folder, `${id}.key`);
  const index = join(folder, INDEX);

  return {
    read() {
      if (existsSync(index)) return readIndex(index).map((life) => ({ life, key: demandKey(place(life.id), life.id) }));
      if (!existsSync(join(folder, FIRST))) return [];
      const key = toTokenKey(readKeyFile(join(folder, FIRST)));
      createIfAbsent(place(key.id), formatKey(key.privateKey), 0o600);
      return [{ key, life: { id: key.id, publishedAt: now(), signsFrom: now(), retiredAt: undefined } }];
    },
    make() {
      const key = toTokenKey(makeKey());
      writeNewFile(place(key.id), formatKey(key.privateKey), 0o600);
      syncFolder(folder);
      return key;
    },
    write(held) {
      const draft = `${index}.new`;
      rmSync(draft, { force: true });
      writeNewFile(draft, `${JSON.stringify({ keys: held.map(({ life }) => life) }, null, 2)}\n`, 0o600);
      renameSync(draft, index);
      syncFolder(folder);
      const named = held.map(({ life }) => `${life.id}.key`);
      for (const file of readdirSync(folder))
        if (file.endsWith('.key') && !named.includes(file)) rmSync(join(folder, file));
    },
  };
}

function demandKey(file: string, id: string): TokenKey {
  const key = toTokenKey(readKeyFile(file));
  if (key.id !== id) throw new Fault('SIGNER_KEY', `${file} holds another key than its name says`);
  return key;
}

function readIndex(file: string): readonly KeyLife[] {
  const read = parseStrictObject(readFileSync(file));
  const entries: JsonValue | undefined = read.ok ? read.value['keys'] : undefined;
  const lives = Array.isArray(entries) ? (entries as readonly JsonValue[]).map(readLife) : [];
  const sound = lives.filter((life) => life !== undefined);
  if (sound.length === 0 || sound.length < lives.length) throw new Fault('SIGNER_KEY', `${file} is damaged`);
  return sound;
}

/** base64url of a SHA-256. */
const ID = /^[A-Za-z0-9_-]{43}$/;

function readLife(entry: JsonValue): KeyLife | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { id, publishedAt, signsFrom, retiredAt } = entry;
  const isTime = (value: JsonValue | undefined): boolean => value === undefined || Number.isSafeInteger(value);
  if (typeof id !== 'string' || !ID.test(id) || typeof publishedAt !== 'number') return undefined;
  if (![publishedAt, signsFrom, retiredAt].every(isTime)) return undefined;
  const time = (value: JsonValue | undefined): EpochSeconds | undefined =>
    value === undefined ? undefined : epochSeconds(Number(value));
  return { id, publishedAt: epochSeconds(publishedAt), signsFrom: time(signsFrom), retiredAt: time(retiredAt) };
}
