/**
 * What lives long is a `Service`. The composition root starts services from a visible list and drains them in reverse.
 */
import type { Milliseconds } from '../core/time/units.ts';

export interface Service {
  readonly name: string;
  /** Resolves when it serves. Throws a `Fault` when it cannot, or when the signal aborts first. */
  start(signal: AbortSignal): Promise<void>;
  /** Takes nothing new, ends what it has; resolves when done or when the deadline has passed. */
  drain(deadline: Milliseconds): Promise<void>;
  /** Last resort: releases everything at once. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
