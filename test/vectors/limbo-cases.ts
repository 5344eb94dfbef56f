/** x509-limbo through our path validation, each case at its own time, or now. */
import type { Document } from './document.ts';
import { judgePath, type LimboCase, readLimbo } from './limbo.ts';
import { exceptionFor, isDisputed, notApplicable } from './limbo-rules.ts';
import type { Case } from './score.ts';

export function limboCases(document: Document): readonly Case[] {
  return readLimbo(document).map((one) => ({
    ...labelOf(one),
    exception: exceptionFor(one, 'path'),
    skipped: notApplicable(one),
    judge: () => judgePath(one),
  }));
}

/** What every harness says of a case. */
export function labelOf(one: LimboCase): Pick<Case, 'id' | 'expected' | 'content' | 'isDisputed'> {
  const { id, expected, roots, intermediates, leaf, role, at } = one;
  const sent = [roots, intermediates, [leaf]].map((list) => list.map((der) => der.toString('base64')));
  return { id, expected, content: JSON.stringify([role, at, ...sent]), isDisputed: isDisputed(one) };
}
