/**
 * Wycheproof JOSE files through our JWS layer: grammar, canonical base64url, key selection, signature. The payloads are
 * no claims, so it stops before those. The group's key is a set of one; its `alg` is the list of what is allowed.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import { type Algorithm, ALGORITHMS, algorithmOf } from '../../core/token/algorithm.ts';
import { parseCompactJws } from '../../core/token/jws.ts';
import { parseKeySet } from '../../core/token/key-set.ts';
import { verifyJws } from '../../runtime/token/verify-jws.ts';
import { type Document, expectedOf, isMembers, listOf, type Members } from './document.ts';
import { JOSE_EXCEPTIONS } from './jose-exceptions.ts';
import type { Case } from './score.ts';

export function knowsJose(document: Document): boolean {
  return isMembers(document) && /^json_web_[a-z]+_schema(?:_v[0-9]+)?\.json$/.test(String(document['schema']));
}

export function joseCases(document: Document): readonly Case[] {
  if (!isMembers(document)) throw new Error('not an object');
  return listOf(document, 'testGroups').flatMap((group) => {
    // A secret key is only there for what is never accepted: HMAC and JWE.
    const open = keysOf(group['public'] ?? group['private']);
    const secret = keysOf(group['private'] ?? group['public']);
    return listOf(group, 'tests').map((test) => {
      const text = textOfToken(test['jws'] ?? test['jwe']);
      return {
        id: `tcId ${String(test['tcId'])}`,
        expected: expectedOf(test),
        content: JSON.stringify([open, text]),
        exception: JOSE_EXCEPTIONS.find(({ covers }) => covers(text, { open, secret })),
        judge: () => judge(text, open),
      };
    });
  });
}

function keysOf(key: unknown): readonly Members[] {
  if (!isMembers(key)) throw new Error('a group without a key');
  return 'keys' in key ? listOf(key, 'keys') : [key];
}

/** A JSON serialization is an object in the file: it reaches us as its text. */
function textOfToken(token: unknown): string {
  return typeof token === 'string' ? token : JSON.stringify(token);
}

async function judge(text: string, keys: readonly Members[]): Promise<Outcome<unknown>> {
  const jws = parseCompactJws(text);
  if (!jws.ok) return jws;
  const set = parseKeySet(Buffer.from(JSON.stringify({ keys })));
  if (!set.ok) return set;
  return verifyJws({ text, jws: jws.value }, set.value, allowedBy(keys));
}

function allowedBy(keys: readonly Members[]): readonly Algorithm[] {
  const names = keys.some(({ alg }) => alg === undefined) ? Object.keys(ALGORITHMS) : keys.map(({ alg }) => alg);
  return names.flatMap((name) => algorithmOf(name) ?? []);
}
