/** Whom a token names: subject, client, and the chain of actors (RFC 8693 section 4.1). Decides nothing about them. */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { readText } from './text.ts';

export interface People {
  readonly subject: string | undefined;
  readonly clientId: string | undefined;
  /** `azp`, where other issuers name the client. */
  readonly authorizedParty: string | undefined;
}

/** Gives the names. Refuses: TOKEN_CLAIMS. */
export function readPeople(claims: JsonObject): Outcome<People> {
  const subject = readText(claims, 'sub');
  if (!subject.ok) return subject;
  const clientId = readText(claims, 'client_id');
  if (!clientId.ok) return clientId;
  const authorizedParty = readText(claims, 'azp');
  if (!authorizedParty.ok) return authorizedParty;
  return admit({ subject: subject.value, clientId: clientId.value, authorizedParty: authorizedParty.value });
}

const ACT_DEPTH_MOST = 4;

/** Gives the `sub` of each level, outermost first; empty without `act`.
 *  Refuses: TOKEN_CLAIMS for a level that is no object with a `sub`, and below four levels. */
export function readActors(act: JsonValue | undefined): Outcome<readonly string[]> {
  const actors: string[] = [];
  for (let level = act; level !== undefined; level = level['act']) {
    if (!isJsonObject(level)) return refuse('TOKEN_CLAIMS', 'act is not an object');
    const subject = readText(level, 'sub');
    if (!subject.ok || subject.value === undefined) return refuse('TOKEN_CLAIMS', 'act has no sub that is a text');
    if (actors.push(subject.value) > ACT_DEPTH_MOST) {
      return refuse('TOKEN_CLAIMS', `act is nested deeper than ${ACT_DEPTH_MOST}`);
    }
  }
  return admit(Object.freeze(actors));
}

/** Whether the name is meant as a SPIFFE ID, well-formed or not, in any case: whoever it names is a workload. */
export function isSpiffeName(name: string | undefined): boolean {
  return name?.toLowerCase().startsWith('spiffe:') === true;
}
