/**
 * A file with one secret in it, as it is now: read at the start and at each change. Never repairs a mode, never takes a
 * secret that others may read where it is one that lasts. Knows what its text looks like, not what it is good for.
 * Secret: it holds the text; neither a refusal nor a log line has any of it.
 */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';

import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import { API_KEY_FORM } from '../../core/identity/api-key-text.ts';
import { TOKEN_MOST } from '../../core/token/jws.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import { readRegularFile } from '../../runtime/regular-file.ts';
import { readSecretFile } from '../../runtime/secret-file.ts';
import { watchFolder } from '../../runtime/watch.ts';

export interface Secret {
  /** Secret. */
  readonly text: string;
  /** Tells one from another: 32 hex digits of its SHA-256. */
  readonly digest: string;
}

/** What a secret looks like. */
export interface SecretForm {
  /** Accepts the whole text, without the line end after it. */
  readonly grammar: RegExp;
  /** The form in words. */
  readonly words: string;
  /** Whether its mode must be 0640 or narrower. A short-lived token that a kubelet writes often is not. */
  readonly isGuarded: boolean;
}

export interface WatchedSecret extends Service {
  /** As last read. Refuses: CONFIG_FILE (missing, unreadable, of another form) | CONFIG_PERMISSION. */
  current(): Outcome<Secret>;
  /** Takes note that we ourselves wrote this text; gives its digest. */
  wrote(text: string): string;
  /** Reads the file now, whatever the watch has seen. Never rejects. */
  reread(): Promise<void>;
}

/** Reads nothing before it is started; a file that is not there yet is looked for until it is. */
export function watchSecret(path: string, form: SecretForm, log: Log): WatchedSecret {
  let current: Outcome<Secret> = refuse('CONFIG_FILE', `${path} was not read yet`);
  let writings = 0;
  const load = async (): Promise<void> => {
    const before = writings;
    const found = await readSecret(path, form);
    // What was read before our own writing is older than it.
    if (before !== writings) return;
    current = found;
    if (!current.ok) log.warn('a secret is not usable', { code: current.refusal.code, detail: current.refusal.detail });
  };
  const watch = watchFolder({ folder: dirname(path), names: [basename(path)], onChange: load, log });
  return {
    name: `secret ${path}`,
    current: () => current,
    wrote(text) {
      const secret = secretOf(text);
      writings += 1;
      current = admit(secret);
      return secret.digest;
    },
    reread: load,
    async start(signal) {
      // First the watch: what changes between the two is read once more.
      await watch.start(signal);
      await load();
    },
    drain: (deadline) => watch.drain(deadline),
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  };
}

/** A key of the CA's clients, as it is written. */
export const API_KEY: SecretForm = { grammar: API_KEY_FORM, words: 'an API key (clt_...)', isGuarded: true };
/** A JWT that somebody else renews. */
export const JWT: SecretForm = {
  grammar: /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}$/,
  words: 'a token of three parts',
  isGuarded: false,
};
export const REFRESH_TOKEN: SecretForm = {
  grammar: /^[\x21-\x7e]{1,16384}$/,
  words: 'one refresh token',
  isGuarded: true,
};
export const CLIENT_SECRET: SecretForm = {
  grammar: /^[\x20-\x7e]{1,1024}$/,
  words: 'one client secret',
  isGuarded: true,
};

async function readSecret(path: string, { grammar, words, isGuarded }: SecretForm): Promise<Outcome<Secret>> {
  const read = isGuarded ? await readSecretFile(path) : await readLine(path);
  if (!read.ok) return read;
  return grammar.test(read.value)
    ? admit(secretOf(read.value))
    : refuse('CONFIG_FILE', `${path} does not hold ${words}`);
}

async function readLine(path: string): Promise<Outcome<string>> {
  const read = await readRegularFile(path, TOKEN_MOST + 1);
  return read.ok ? admit(read.value.toString('latin1').replace(/\r?\n$/, '')) : read;
}

function secretOf(text: string): Secret {
  return { text, digest: createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 32) };
}
