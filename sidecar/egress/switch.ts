/**
 * The act of switching, and nothing else. Certificate, connections and tokens of a generation belong together: a request
 * takes all of them from `slot.current`, read once, and they change in one assignment. A build in which this file
 * changes them one after the other sends new tokens over old certificates, and its requests are refused.
 */

/** Where requests find the generation in use. */
export interface Slot<Generation extends object> {
  current: Generation | undefined;
}

/** Puts the prepared generation in the place of the current one. */
export function switchGeneration<Generation extends object>(slot: Slot<Generation>, next: Generation): void {
  slot.current = next;
}
