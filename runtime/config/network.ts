/** Lists of networks. */
import { z } from 'zod';

import { type Networks, parseNetworks } from '../../core/identity/network.ts';
import { parsed } from './field.ts';
import { list } from './structure.ts';

/** 1 to 256 networks or addresses, as one thing to ask. */
export function networks(doc: string): z.ZodType<Networks, string[]> {
  return list(
    { doc, least: 1, most: 256 },
    parsed({ doc: 'A network or an address.' }, 'a network such as 10.0.0.0/8 or fd00::/8', (found) =>
      parseNetworks([found]).ok ? found : undefined,
    ),
  ).transform((texts, context): Networks => {
    const read = parseNetworks(texts);
    if (read.ok) return read.value;
    context.addIssue({ code: 'custom', message: read.refusal.detail });
    return z.NEVER;
  });
}
