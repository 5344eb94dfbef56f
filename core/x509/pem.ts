/**
 * PEM, strictly (RFC 7468 section 3). For files only; on our wires everything is DER.
 * Never quotes what it read: a block may be a private key.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';

export interface PemBlock {
  /** `CERTIFICATE`, `CERTIFICATE REQUEST`, `PRIVATE KEY`, ... */
  readonly label: string;
  readonly der: Buffer;
}

const MOST_CHARACTERS = 1024 * 1024;
const BEGIN = /^-----BEGIN ([A-Z0-9]+(?: [A-Z0-9]+)*)-----$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Gives one block with a newline at its end, 64 characters a line. */
export function encodePem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** Gives all blocks in the order of the text, at least one. LF or CRLF; text outside of blocks is passed over.
 *  Refuses: CONFIG_FILE for no block, an open block, a header inside a block (encrypted keys), base64 that is not
 *  canonical, more than 1 MiB. */
export function decodePem(text: string): Outcome<readonly PemBlock[]> {
  if (text.length > MOST_CHARACTERS) return refuse('CONFIG_FILE', 'PEM of more than 1 MiB');
  const lines = text.split('\n').map((line) => line.trimEnd());
  const blocks: PemBlock[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const label = BEGIN.exec(lines[at] ?? '')?.[1];
    if (label === undefined && !lines[at]?.startsWith('-----')) continue;
    if (label === undefined) return refuse('CONFIG_FILE', `PEM line ${at + 1}: a border that begins no block`);
    const end = lines.indexOf(`-----END ${label}-----`, at);
    if (end === -1) return refuse('CONFIG_FILE', `PEM line ${at + 1}: block without its END line`);
    const der = decodeBase64(lines.slice(at + 1, end).join(''));
    if (der === undefined) return refuse('CONFIG_FILE', `PEM line ${at + 1}: block is not canonical base64`);
    blocks.push({ label, der });
    at = end;
  }
  return blocks.length > 0 ? admit(blocks) : refuse('CONFIG_FILE', 'no PEM block found');
}

/** Node skips what is not base64 and forgives wrong padding; equality with what we would have written does not. */
function decodeBase64(text: string): Buffer | undefined {
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
