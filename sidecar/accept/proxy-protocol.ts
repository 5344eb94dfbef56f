/**
 * The header by which a load balancer says whose connection it hands on: version 2 alone, and only TCP over IPv4 and IPv6.
 * What it says is where a connection comes from, never who is on it. Pure; it never looks behind its own length.
 * Spec: PROXY protocol, section 2.2.
 */
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Endpoint } from './connection.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const FIXED = 16;
/** Addresses, and room for what a balancer tells besides (TLVs): those are skipped. */
const LENGTH_MOST = 520;

export interface ProxyHeader {
  /** Bytes that it takes. */
  readonly length: number;
  /** Undefined: the balancer speaks for itself (LOCAL), or of something other than TCP. */
  readonly source: Endpoint | undefined;
}

/** Gives the header at the beginning of these bytes; undefined where it is not whole yet. Refuses: PEER_PROTOCOL. */
export function readProxyHeader(bytes: Buffer): Outcome<ProxyHeader | undefined> {
  const begun = bytes.subarray(0, SIGNATURE.length);
  if (!begun.equals(SIGNATURE.subarray(0, begun.length))) return no('no PROXY protocol version 2');
  if (bytes.length < FIXED) return admit(undefined);
  const command = bytes.readUInt8(12);
  if (command !== 0x20 && command !== 0x21) return no(`version and command 0x${command.toString(16)}`);
  const length = bytes.readUInt16BE(14);
  if (length > LENGTH_MOST) return no(`a PROXY header of ${length} bytes`);
  if (bytes.length < FIXED + length) return admit(undefined);
  const body = bytes.subarray(FIXED, FIXED + length);
  if (command === 0x20) return admit({ length: FIXED + length, source: undefined });
  const source = readSource(bytes.readUInt8(13), body);
  return source.ok ? admit({ length: FIXED + length, source: source.value }) : source;
}

function readSource(family: number, body: Buffer): Outcome<Endpoint | undefined> {
  if (family === 0x11) {
    if (body.length < 12) return no('too short for IPv4');
    return admit({ host: body.subarray(0, 4).join('.'), port: body.readUInt16BE(8) });
  }
  if (family === 0x21) {
    if (body.length < 36) return no('too short for IPv6');
    const groups = Array.from({ length: 8 }, (_, at) => body.readUInt16BE(at * 2).toString(16));
    return admit({ host: groups.join(':'), port: body.readUInt16BE(32) });
  }
  if (family === 0x00) return admit(undefined);
  return no(`address family 0x${family.toString(16)}`);
}

const no = (detail: string): Outcome<never> => refuse('PEER_PROTOCOL', detail);
