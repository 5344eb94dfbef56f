/**
 * Under which key an address is counted: an IPv4 address as it is, of an IPv6 address its /64, since whoever has one
 * address of that has all of them, or its /48, which is what one site is given. Pure.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** Groups of 16 bits in a /64, in a /48 and in an address. */
const PREFIX_GROUPS = 4;
const SITE_GROUPS = 3;
const GROUPS = 8;
const MAPPED = '::ffff:';

/** The key of a peer as gRPC names it: address, colon, port, without brackets. */
export function peerKeyOf(peer: string): string {
  return addressKeyOf(peer.slice(0, Math.max(0, peer.lastIndexOf(':'))));
}

/** The key of an address. What is none is one key with all others of its kind. */
export const addressKeyOf = (text: string): string => keyOf(text, PREFIX_GROUPS);

/** The key of the site that an address belongs to; an IPv4 address is one of its own. */
export const siteKeyOf = (text: string): string => keyOf(text, SITE_GROUPS);

function keyOf(text: string, groups: number): string {
  const [address = ''] = text.toLowerCase().split('%');
  const plain = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
  if (isIPv4(plain)) return plain;
  return isIPv6(plain) ? `${prefixOf(plain, groups)}::/${16 * groups}` : 'unknown';
}

function prefixOf(address: string, groups: number): string {
  const [head = '', tail = ''] = address.split('::');
  const left = groupsOf(head);
  const gap = address.includes('::') ? GROUPS - left.length - groupsOf(tail).length : 0;
  const all = [...left, ...Array.from({ length: gap }, () => '0'), ...groupsOf(tail)];
  return all
    .slice(0, groups)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

/** An IPv4 tail counts as two groups; it never reaches into the prefix. */
function groupsOf(part: string): readonly string[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
