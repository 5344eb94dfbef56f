/**
 * Loads the key set of one issuer from where the configuration says: a file, a URL, or the place that the issuer's own
 * metadata names. The metadata is read at each load, so nothing of it grows old here. Judges no key.
 */
import { demand, Fault } from '../core/fault/fault.ts';
import { KEY_SET_MOST } from '../core/token/key-set.ts';
import { metadataPlaces, readMetadata } from '../core/token/metadata.ts';
import type { KeySetPlace } from './config/place.ts';
import type { ServerTrust } from './https-call.ts';
import { fetchDocument, type FetchedDocument } from './jwks-fetch.ts';
import { readRegularFile } from './regular-file.ts';

export interface KeySetOrigin {
  /** `iss` of the tokens that the keys are for. */
  readonly iss: string;
  readonly place: KeySetPlace;
  /** Asked at each load; undefined means the roots of the system. It vouches for the metadata and the key set alike. */
  readonly trust: () => ServerTrust | undefined;
}

/** Gives the bytes of the key set. Throws TOKEN_KEYS_UNAVAILABLE, TOKEN_ISSUER, TOKEN_JSON or TOKEN_KEY for a document that
 *  cannot be had or speaks for another issuer, CONFIG_FILE for a file. */
export async function loadKeySet({ iss, place, trust }: KeySetOrigin, signal: AbortSignal): Promise<FetchedDocument> {
  if (place.kind === 'file') return readKeyFile(place.path);
  const source = trust();
  const fetchNow = (url: string): Promise<FetchedDocument> => fetchDocument(url, source, signal);
  if (place.kind === 'https') return fetchNow(place.url);
  const issuer = place.issuer ?? iss;
  const { body } = await fetchMetadata(issuer, fetchNow);
  return fetchNow(demand(readMetadata(body, { iss, issuer })));
}

type Fetch = (url: string) => Promise<FetchedDocument>;

/** A document that is there decides, good or bad; only where there is none the other place is asked. */
async function fetchMetadata(issuer: string, fetchNow: Fetch): Promise<FetchedDocument> {
  const [openid, oauth] = metadataPlaces(issuer);
  try {
    return await fetchNow(openid);
  } catch (first) {
    return fetchNow(oauth).catch(() => Promise.reject(Fault.from(first)));
  }
}

async function readKeyFile(path: string): Promise<FetchedDocument> {
  const read = await readRegularFile(path, KEY_SET_MOST);
  if (!read.ok) throw new Fault(read.refusal.code, read.refusal.detail);
  return { body: read.value, cacheControl: undefined };
}
