/**
 * `/cleat` and all below it belongs to the CA: no evidence of a workload ever gets a name there. Below `/cleat/admin` are
 * those who administer it; they are no workloads, and get no tokens.
 */
import { matchesId, type IdPattern } from '../../core/identity/pattern.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';

/** Path of the CA's own SPIFFE ID, which sidecars demand of it. */
export const CA_PATH = '/cleat/ca';

/** Whether the ID is one of the CA's own. */
export function isReserved(id: SpiffeId): boolean {
  return id.segments[0] === 'cleat';
}

/** Whether the ID has the form of an administrator's, whoever is one now. */
export function isOfAdministrators(id: SpiffeId): boolean {
  const [first, second, ...name] = id.segments;
  return first === 'cleat' && second === 'admin' && name.length > 0;
}

/** Whether the ID is one that configuration lets administer the CA. A pattern outside of `/cleat/admin` means nobody. */
export function isAdministrator(id: SpiffeId, admins: readonly IdPattern[]): boolean {
  return isOfAdministrators(id) && admins.some((pattern) => matchesId(pattern, id));
}
