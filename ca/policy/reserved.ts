/** `/cleat` and all below it belongs to the CA: no evidence of a workload ever gets a name there. */
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';

/** Path of the CA's own SPIFFE ID, which sidecars demand of it. */
export const CA_PATH = '/cleat/ca';

/** Whether the ID is one of the CA's own. */
export function isReserved(id: SpiffeId): boolean {
  return id.segments[0] === 'cleat';
}
