/**
 * What `sidecar/egress/switch.ts` must not be: the tokens change, the connections keep the certificate they had. A test
 * build takes this file in its place, to show that the demo notices.
 */
import type { Slot } from '../../sidecar/egress/switch.ts';

export function switchGeneration<Generation extends object>(slot: Slot<Generation>, next: Generation): void {
  const channels = slot.current !== undefined && 'channels' in slot.current ? { channels: slot.current.channels } : {};
  slot.current = { ...next, ...channels };
}
