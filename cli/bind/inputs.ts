/** What the command line of `cleat bind` names, read: the request with its token, keys by issuer, the time. A token never stands in it. */
import { demand } from '../../core/fault/fault.ts';
import { type EpochSeconds, epochSeconds } from '../../core/time/units.ts';
import { formatMistake } from '../../runtime/config/mistake.ts';
import { readConfig } from '../../runtime/config/read.ts';
import { readRegularFile } from '../../runtime/regular-file.ts';
import { type SidecarConfig, sidecarConfigTable } from '../../sidecar/config.ts';
import type { Io } from '../io.ts';
import { type Invocation, UsageMistake } from '../verb.ts';
import { headFrom } from './head.ts';

const INPUT_MOST = 1024 * 1024;

/** Gives the configuration; undefined where it has mistakes, which were told. */
export async function configOf(file: string, io: Io): Promise<SidecarConfig | undefined> {
  const loaded = await readConfig({ file, table: sidecarConfigTable, environment: io.environment });
  if (loaded.ok) return loaded.value;
  io.err(loaded.mistakes.map((mistake) => `${formatMistake(mistake)}\n`).join(''));
  return undefined;
}

/** Gives the bytes of the head: of `--request`, with the token of `--token` or standard input where it has none. */
export async function headOf(invocation: Invocation, io: Io): Promise<Buffer> {
  const request = invocation.text('request');
  const text = request === undefined ? 'GET / HTTP/1.1\n' : (await read(request)).toString('latin1');
  const place = invocation.text('token');
  const hasField = /^authorization:/im.test(text);
  if (hasField && place !== undefined) throw new UsageMistake('--token beside a request with an Authorization field');
  if (hasField) return headFrom(text, undefined);
  const token = place === undefined || place === '-' ? await io.readInput() : await read(place);
  return headFrom(text, token.toString('latin1').trim());
}

/** Gives the files of keys by name of the issuer. */
export function keysOf(invocation: Invocation): ReadonlyMap<string, string> {
  const pairs = invocation.list('keys').map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageMistake('--keys takes NAME=FILE');
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return new Map(pairs);
}

/** Gives the time; undefined where none is named. */
export function timeOf(text: string | undefined): EpochSeconds | undefined {
  if (text === undefined) return undefined;
  const instant = /^\d{1,12}$/.test(text) ? Number(text) : RFC_3339.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  if (Number.isNaN(instant)) throw new UsageMistake('--at takes a time such as 2026-01-01T00:00:00Z, or seconds');
  return epochSeconds(instant);
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Gives the content. Throws CONFIG_FILE. */
export const read = async (file: string): Promise<Buffer> => demand(await readRegularFile(file, INPUT_MOST));
