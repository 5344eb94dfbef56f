/**
 * Source networks as rules write them: `10.0.0.0/8`, `fd00::/8`, or one address. Compared by bits, never by text. Pure.
 * An IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.1`) is the IPv4 address that it is.
 */
import { BlockList, isIP } from 'node:net';

import { admit, refuse, type Outcome } from '../fault/refusal.ts';

export interface Networks {
  /** False for what is no address. */
  holds(address: string): boolean;
}

const FORM = /^([0-9a-fA-F:.]+)(?:\/(0|[1-9][0-9]{0,2}))?$/;
const MAPPED = '::ffff:';
const FAMILIES = { 4: { name: 'ipv4', most: 32 }, 6: { name: 'ipv6', most: 128 } } as const;

/** The networks that these texts name. Refuses: CONFIG_INVALID, for any text that is neither a network nor an address. */
export function parseNetworks(texts: readonly string[]): Outcome<Networks> {
  const list = new BlockList();
  for (const text of texts) {
    const [, address = '', length] = FORM.exec(text) ?? [];
    const family = familyOf(address);
    const prefix = Number(length ?? family?.most);
    // A mapped network would be compared as IPv6 with addresses that we take for IPv4: it would hold nothing.
    if (family === undefined || prefix > family.most || address.toLowerCase().startsWith(MAPPED))
      return refuse(
        'CONFIG_INVALID',
        `a network is 10.0.0.0/8, fd00::/8 or one address; found ${JSON.stringify(text)}`,
      );
    list.addSubnet(address, prefix, family.name);
  }
  return admit({
    holds(found) {
      const lower = found.toLowerCase();
      const plain = lower.startsWith(MAPPED) && lower.includes('.') ? lower.slice(MAPPED.length) : lower;
      const family = familyOf(plain);
      return family !== undefined && list.check(plain, family.name);
    },
  });
}

function familyOf(address: string): (typeof FAMILIES)[4 | 6] | undefined {
  const version = isIP(address);
  return version === 4 || version === 6 ? FAMILIES[version] : undefined;
}
