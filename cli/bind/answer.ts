/** What the outside sees of a ruling: the challenges of a refusal, the binding methods of an admission. Pure. */
import type { Caller } from '../../core/token/bind.ts';
import type { Ruling } from './trial.ts';

export interface Challenge {
  readonly scheme: string;
  readonly error: string | undefined;
}

export interface Answer {
  readonly challenges: readonly Challenge[];
  /** All that held; `none` alone where nothing binds the token. */
  readonly methods: readonly string[];
}

/** Gives what is seen. */
export function answerOf(ruling: Ruling): Answer {
  if (ruling.verdict === 'accept') return { challenges: [], methods: methodsOf(ruling.caller) };
  const values = (ruling.answer?.fields ?? []).filter(({ name }) => name.toLowerCase() === 'www-authenticate');
  const challenges = values.map(({ value }) => ({
    scheme: value.split(' ', 1)[0] ?? '',
    error: /[ ,]error="([^"]*)"/.exec(value)?.[1],
  }));
  return { challenges, methods: [] };
}

const methodsOf = ({ proofs }: Caller): readonly string[] => (proofs.length === 0 ? ['none'] : proofs);
