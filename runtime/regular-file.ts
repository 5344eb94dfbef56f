/**
 * Reads a small file whose name may be given to anything at any time: a device without an end, a FIFO that nobody writes
 * to. Opens once, never waits for the other end, judges what is open, and reads no more than it was allowed.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';

/** Without waiting for the writer of a FIFO; regular files know no other way. */
export const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

/** The content. Refuses: CONFIG_FILE where it is missing, cannot be read, is no regular file, or has more bytes than
 *  `most`. */
export async function readRegularFile(file: string, most: number): Promise<Outcome<Buffer>> {
  try {
    await using handle = await open(file, READ_AT_ONCE);
    const facts = await handle.stat();
    if (!facts.isFile()) return refuse('CONFIG_FILE', `${file} is not a file`);
    const content = facts.size > most ? undefined : await readUpTo(handle, most);
    return content === undefined ? refuse('CONFIG_FILE', `${file} is larger than ${most} bytes`) : admit(content);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    return refuse('CONFIG_FILE', code === 'ENOENT' ? `${file} does not exist` : `${file} cannot be read: ${code}`);
  }
}

/** Undefined where there is more: a file may grow under the reader, and some have a content without a size. */
async function readUpTo(handle: FileHandle, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of handle.createReadStream({ end: most, autoClose: false })) chunks.push(chunk);
  const content = Buffer.concat(chunks);
  return content.length > most ? undefined : content;
}
