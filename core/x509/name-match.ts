/**
 * Whether one name lies in one subtree of name constraints, by kind (RFC 5280 section 4.2.1.10). Both are read once, into text of which
 * equal names have the same, and then compared many times. What is malformed throws a `DerError`: it cannot be held to a constraint.
 */
import { asciiOf, DerError, oidOf } from './der-value.ts';
import { openDer, TAG, type DerReader } from './der.ts';

/** A name, or the root of a subtree, in the form to compare. */
export interface ReadName {
  /** First byte of the GeneralName. */
  readonly tag: number;
  readonly text: string;
}

/** The kinds that can be compared (RFC 5280 section 4.2.1.6). */
export const NAME = { email: 0x81, dns: 0x82, directory: 0xa4, uri: 0x86, ip: 0x87 } as const;

/** Gives the name. Throws a `DerError` if it is malformed, or of a kind that we cannot hold to a constraint. */
export function readName(tag: number, content: Buffer): ReadName {
  const kind = KINDS.get(tag);
  if (kind === undefined) throw new DerError('constraint on a kind of name without rules of ours (RFC 5280 4.2.1.10)');
  return { tag, text: kind.name(content) };
}

/** Gives the subtree; of a kind without rules any is good, for `readName` throws when there is a name to compare.
 *  Throws a `DerError` if it is malformed. */
export function readSubtree(tag: number, content: Buffer): ReadName {
  return { tag, text: KINDS.get(tag)?.subtree(content) ?? '' };
}

/** True if the name, of the same kind as the subtree, lies in it. */
export function isNameWithin(name: ReadName, subtree: ReadName): boolean {
  return KINDS.get(name.tag)?.isWithin(name.text, subtree.text) === true;
}

/** As `isNameWithin`; a wildcard lies in it also if anything that it stands for may (CVE-2025-61727). */
export function mayNameBeWithin(name: ReadName, subtree: ReadName): boolean {
  if (isNameWithin(name, subtree)) return true;
  const { tag, text } = name;
  return tag === NAME.dns && text.startsWith(WILDCARD) && isInDomain(subtree.text, text.slice(WILDCARD.length));
}

interface Kind {
  readonly name: (content: Buffer) => string;
  readonly subtree: (content: Buffer) => string;
  readonly isWithin: (name: string, subtree: string) => boolean;
}

const KINDS: ReadonlyMap<number, Kind> = new Map([
  [NAME.dns, { name: dnsOf, subtree: domainOf, isWithin: isInDomain }],
  [NAME.email, { name: mailboxOf, subtree: mailTreeOf, isWithin: isInMailTree }],
  [NAME.uri, { name: uriHostOf, subtree: domainOf, isWithin: isAtHost }],
  [NAME.ip, { name: addressOf, subtree: networkOf, isWithin: isInNetwork }],
  [NAME.directory, { name: partsOf, subtree: partsOf, isWithin: (name, tree) => name.startsWith(tree) }],
]);

/** Labels of RFC 1034, and `_`, which host names lack but DNS names may have. */
const HOST = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const WILDCARD = '*.';
const IPV4 = /^[0-9.]+$/;

function dnsOf(content: Buffer): string {
  const text = asciiOf(content).toLowerCase();
  hostOf(text.startsWith(WILDCARD) ? text.slice(WILDCARD.length) : text);
  return text;
}

/** A host, a host after a dot, or nothing, which stands for everything. */
function domainOf(content: Buffer): string {
  const text = asciiOf(content).toLowerCase();
  if (text !== '') hostOf(text.replace(/^\./, ''));
  return text;
}

function hostOf(text: string): string {
  if (!HOST.test(text)) throw new DerError('name that is no host');
  return text;
}

/** `example.com` is it and all below it, `.example.com` only what is below it. */
function isInDomain(host: string, tree: string): boolean {
  return tree === '' || host === tree || host.endsWith(tree.startsWith('.') ? tree : `.${tree}`);
}

/** In e-mail and URI, `example.com` is one host, `.example.com` what is below it. */
function isAtHost(host: string, tree: string): boolean {
  return tree === '' || (tree.startsWith('.') ? host.endsWith(tree) : host === tree);
}

/** The part before the `@` keeps its case: only the host knows what it means. An asterisk is an asterisk. */
function mailboxOf(content: Buffer): string {
  const [local = '', host = '', ...more] = asciiOf(content).split('@');
  if (local === '' || more.length > 0) throw new DerError('e-mail address without exactly one mailbox');
  return `${local}@${hostOf(host.toLowerCase())}`;
}

function mailTreeOf(content: Buffer): string {
  return content.includes('@') ? mailboxOf(content) : domainOf(content);
}

function isInMailTree(mailbox: string, tree: string): boolean {
  return tree.includes('@') ? mailbox === tree : isAtHost(mailbox.slice(mailbox.indexOf('@') + 1), tree);
}

/** The host must have a name: an address has no place in a tree of names. */
function uriHostOf(content: Buffer): string {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/.exec(asciiOf(content).toLowerCase())?.[1];
  const host = /^(?:[^@]*@)?([^@:]+)(?::[0-9]*)?$/.exec(authority ?? '')?.[1];
  if (host === undefined || IPV4.test(host)) throw new DerError('URI without a host name (RFC 5280 4.2.1.10)');
  return hostOf(host);
}

function addressOf(content: Buffer): string {
  if (content.length !== 4 && content.length !== 16) throw new DerError('IP address of neither 4 nor 16 bytes');
  return content.toString('latin1');
}

/** An address and a mask of the same size. */
function networkOf(content: Buffer): string {
  if (content.length !== 8 && content.length !== 32) throw new DerError('IP constraint of neither 8 nor 32 bytes');
  return content.toString('latin1');
}

function isInNetwork(address: string, network: string): boolean {
  const size = address.length;
  if (network.length !== 2 * size) return false;
  for (let at = 0; at < size; at += 1)
    if (((address.charCodeAt(at) ^ network.charCodeAt(at)) & network.charCodeAt(size + at)) !== 0) return false;
  return true;
}

/** The RDNs as lines, so that a subtree is a beginning: no case, no padding, no kind of string (RFC 5280 section 7.1). */
function partsOf(content: Buffer): string {
  const reader = openDer(content).enter(TAG.sequence);
  let text = '';
  while (reader.hasMore()) text += `${partOf(reader.enter(TAG.set))}\n`;
  return text;
}

function partOf(reader: DerReader): string {
  const attributes: string[] = [];
  do {
    const attribute = reader.enter(TAG.sequence);
    const type = oidOf(attribute.next(TAG.oid).content);
    const { tag, content } = attribute.next();
    attribute.end();
    const text = content.toString(tag === TAG.utf8String ? 'utf8' : 'latin1');
    attributes.push(JSON.stringify([type, text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')]));
  } while (reader.hasMore());
  return attributes.sort().join();
}
