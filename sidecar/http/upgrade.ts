/**
 * What a request that asks for another protocol must be like, and what the answer that grants it must say. A tunnel is
 * opened only where both sides mean the same one, or bytes of the one protocol would be read as the other.
 * Spec: RFC 9110 section 7.8, RFC 6455 sections 4.1 and 4.2.2. Pure.
 */
import { createHash } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { isAll, TCHAR } from './bytes.ts';
import type { Field, Framing, RequestHead } from './request.ts';

/** What of a request is looked at. */
export interface UpgradeFacts {
  /** The value of `Upgrade`; undefined where there is none. */
  readonly asked: string | undefined;
  /** Whether `Connection` names it. */
  readonly isNamed: boolean;
  readonly method: string;
  readonly framing: Framing;
  readonly fields: readonly Field[];
}

/** What a status 101 must answer. */
export interface AskedUpgrade {
  /** In lower case. */
  readonly protocol: string;
  /** The one value of `Sec-WebSocket-Accept` that fits the key; undefined where it is no WebSocket. */
  readonly accept: string | undefined;
}

export const WEBSOCKET = 'websocket';

/** Gives the protocol in lower case, undefined where none is asked for. HTTP/2 is none: it would go on unjudged.
 *  Refuses: REQUEST_FIELD. */
export function checkUpgrade({ asked, isNamed, method, framing, fields }: UpgradeFacts): Outcome<string | undefined> {
  if (asked === undefined) {
    return isNamed ? refuse('REQUEST_FIELD', 'Connection names an Upgrade that is not there') : admit(undefined);
  }
  if (!isNamed) return refuse('REQUEST_FIELD', 'Upgrade that Connection does not name');
  const protocol = asked.toLowerCase();
  if (!protocol.split('/', 3).every((part, place) => place < 2 && isAll(part, TCHAR) && part !== '')) {
    return refuse('REQUEST_FIELD', 'Upgrade is not one protocol');
  }
  if (protocol === 'h2c' || protocol.startsWith('http/')) return refuse('REQUEST_FIELD', `Upgrade to ${protocol}`);
  if (framing.kind !== 'none') return refuse('REQUEST_FIELD', 'Upgrade of a request with a body');
  if (protocol !== WEBSOCKET) return admit(protocol);
  if (method !== 'GET') return refuse('REQUEST_FIELD', `Upgrade to ${WEBSOCKET} by ${method}`);
  const keys = fields.filter(({ lower }) => lower === KEY);
  return keys.length === 1 && KEY_TEXT.test(keys[0]?.value ?? '')
    ? admit(protocol)
    : refuse('REQUEST_FIELD', 'not exactly one Sec-WebSocket-Key of 16 bytes');
}

/** What the answer to a checked request must say; undefined where it asked for nothing. */
export function askedUpgrade({
  upgrade: protocol,
  fields,
}: Pick<RequestHead, 'upgrade' | 'fields'>): AskedUpgrade | undefined {
  if (protocol === undefined) return undefined;
  if (protocol !== WEBSOCKET) return { protocol, accept: undefined };
  const key = fields.find(({ lower }) => lower === KEY)?.value ?? '';
  return { protocol, accept: createHash('sha1').update(`${key}${GUID}`).digest('base64') };
}

/** What is wrong with the fields of a status 101; undefined: it grants what was asked. `asked` is undefined also where its
 *  `Connection` does not say so. */
export function lieOfSwitch(fields: readonly Field[], asked: AskedUpgrade | undefined): string | undefined {
  if (asked === undefined) return 'status 101 that nobody asked for';
  const only = (name: string): string | undefined => {
    const [first, second] = fields.filter(({ lower }) => lower === name);
    return second === undefined ? first?.value : undefined;
  };
  if (only('upgrade')?.toLowerCase() !== asked.protocol) return 'status 101 for another protocol';
  if (asked.accept !== undefined && only('sec-websocket-accept') !== asked.accept)
    return 'status 101 that does not prove to know the key';
  return undefined;
}

const KEY = 'sec-websocket-key';
/** Base64 of 16 bytes. */
const KEY_TEXT = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
