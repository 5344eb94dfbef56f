/**
 * Name constraints of a whole path (RFC 5280 sections 4.2.1.10 and 6.1.4 b to d): what a CA says about names binds every certificate
 * below it, but for self-issued ones that are not the leaf. A constraint that cannot be held against a name refuses the path.
 * The path is complete, and every signature of it was checked.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import type { Certificate } from './certificate.ts';
import { DerError, oidOf } from './der-value.ts';
import { openDer, readDer, TAG, type DerReader } from './der.ts';
import { isNameWithin, mayNameBeWithin, NAME, readName, readSubtree, type ReadName } from './name-match.ts';
import { ATTRIBUTE, EXTENSION } from './oid.ts';
import { isSelfIssued } from './path-rules.ts';

/** Names times constraints: 8 KiB hold some thousand of each, and the sender chooses them. */
const MOST_COMPARISONS = 16_384;
const LIMITS = { code: 'PEER_UNTRUSTED', most: 8192 } as const;
/** permittedSubtrees, excludedSubtrees: IMPLICIT SEQUENCE. */
const TAG_PERMITTED = 0xa0;
const TAG_EXCLUDED = 0xa1;

/** Admits a path (leaf first, root last) whose names stay within what its CAs allow. Refuses: PEER_UNTRUSTED.
 *  Cost: at most 16,384 comparisons of two names. */
export function checkNameConstraints(path: readonly Certificate[]): Outcome<void> {
  const work = { comparisons: MOST_COMPARISONS };
  for (const [place, authority] of path.entries()) {
    const bound = path.slice(0, place).filter((certificate, below) => below === 0 || !isSelfIssued(certificate));
    const held = hold(bound, authority, work);
    if (!held.ok) return refuse('PEER_UNTRUSTED', `CA certificate ${authority.serial}: ${held.refusal.detail}`);
  }
  return admit(undefined);
}

interface Work {
  comparisons: number;
}

/** Holds the certificates to what one authority says. */
function hold(bound: readonly Certificate[], authority: Certificate, work: Work): Outcome<void> {
  const extension = authority.extensions.find(({ oid }) => oid === EXTENSION.nameConstraints);
  if (extension === undefined) return admit(undefined);
  if (!extension.critical)
    return refuse('PEER_UNTRUSTED', 'name constraints that are not critical (RFC 5280 4.2.1.10)');
  return readDer(extension.value, LIMITS, (top) => {
    const constraints = readConstraints(top.enter(TAG.sequence));
    for (const certificate of bound)
      for (const name of namesOf(certificate)) {
        const broken = judge(name, constraints, work);
        if (broken !== undefined) return refuse('PEER_UNTRUSTED', `certificate ${certificate.serial} has ${broken}`);
      }
    return admit(undefined);
  });
}

interface Constraints {
  readonly permitted: readonly ReadName[];
  readonly excluded: readonly ReadName[];
}

/** NameConstraints ::= SEQUENCE { [0] GeneralSubtrees OPTIONAL, [1] GeneralSubtrees OPTIONAL }, not both absent. */
function readConstraints(reader: DerReader): Constraints {
  const permitted = reader.has(TAG_PERMITTED) ? readSubtrees(reader.enter(TAG_PERMITTED)) : [];
  const excluded = reader.has(TAG_EXCLUDED) ? readSubtrees(reader.enter(TAG_EXCLUDED)) : [];
  reader.end();
  if (permitted.length + excluded.length === 0) throw new DerError('empty name constraints (RFC 5280 4.2.1.10)');
  return { permitted, excluded };
}

/** SEQUENCE SIZE (1..MAX) OF GeneralSubtree. Its minimum is 0, which DER leaves out, and its maximum absent: so `end`. */
function readSubtrees(list: DerReader): readonly ReadName[] {
  const subtrees: ReadName[] = [];
  do {
    const reader = list.enter(TAG.sequence);
    const { tag, content } = reader.next();
    reader.end();
    subtrees.push(readSubtree(tag, content));
  } while (list.hasMore());
  return subtrees;
}

interface RawName {
  readonly tag: number;
  readonly content: Buffer;
}

/** Against every constraint of its kind: in none that is excluded, in one that is permitted. */
function judge({ tag, content }: RawName, { permitted, excluded }: Constraints, work: Work): string | undefined {
  const isSame = (subtree: ReadName): boolean => subtree.tag === tag;
  const [allowed, denied] = [permitted.filter(isSame), excluded.filter(isSame)];
  if (allowed.length + denied.length === 0) return undefined;
  work.comparisons -= allowed.length + denied.length;
  if (work.comparisons < 0) throw new DerError(`more than ${MOST_COMPARISONS} comparisons of names`);
  const name = readName(tag, content);
  if (denied.some((subtree) => mayNameBeWithin(name, subtree))) return 'an excluded name (RFC 5280 6.1.3 c)';
  if (allowed.length === 0 || allowed.some((subtree) => isNameWithin(name, subtree))) return undefined;
  return 'a name that is not permitted (RFC 5280 6.1.3 b)';
}

/** The alternative names, the subject as a directory name, and the e-mail addresses in it, where old certificates keep them. */
function namesOf({ extensions, subject, subjectIsEmpty }: Certificate): readonly RawName[] {
  const names: RawName[] = subjectIsEmpty ? [] : [{ tag: NAME.directory, content: subject }, ...emailsOf(subject)];
  const value = extensions.find(({ oid }) => oid === EXTENSION.subjectAltName)?.value;
  if (value === undefined) return names;
  const list = openDer(value).enter(TAG.sequence);
  while (list.hasMore()) {
    const { tag, content } = list.next();
    names.push({ tag, content });
  }
  return names;
}

function emailsOf(subject: Buffer): readonly RawName[] {
  const emails: RawName[] = [];
  const parts = openDer(subject).enter(TAG.sequence);
  while (parts.hasMore()) {
    const part = parts.enter(TAG.set);
    while (part.hasMore()) {
      const attribute = part.enter(TAG.sequence);
      if (oidOf(attribute.next(TAG.oid).content) !== ATTRIBUTE.emailAddress) continue;
      emails.push({ tag: NAME.email, content: attribute.next().content });
    }
  }
  return emails;
}
