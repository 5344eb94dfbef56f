/**
 * What a runner makes of a file: cases, each with what the data says and what our entry point said, and the count.
 * An exception is a rule about the content of a case, never about its label: a label that was changed shows.
 */
import type { Code } from '../../core/fault/catalog.ts';
import type { Outcome } from '../../core/fault/refusal.ts';

/** Why a case that the data calls good is refused here all the same, or one that it calls bad accepted. */
export interface Exception {
  readonly rule: string;
  readonly reason: string;
  /** The refusals that the rule allows: refused for another reason is a false reject. None: the rule allows to accept. */
  readonly codes: readonly Code[];
}

/** Why a case is not run. */
export type NotApplicable = Pick<Exception, 'rule' | 'reason'>;

export interface Case {
  readonly id: string;
  /** What the data demands. */
  readonly expected: 'accepted' | 'refused';
  /** Everything that our entry point is given, to find cases that are the same but for their label. */
  readonly content: string;
  /** The rule that covers this content, if any. */
  readonly exception: Exception | undefined;
  /** The rule by which it is not run, if any. */
  readonly skipped?: NotApplicable | undefined;
  /** The data says itself that others demand the opposite of this very content. */
  readonly isDisputed?: boolean;
  /** Throws where it did neither: that counts as a false accept. */
  judge(): Outcome<unknown> | Promise<Outcome<unknown>>;
}

export interface Tally {
  readonly total: number;
  readonly accepted: number;
  readonly refused: number;
  readonly falseAccepts: number;
  readonly falseRejects: number;
  readonly notApplicable: number;
}

export interface Score {
  readonly tally: Tally;
  /** Cases that an exception excuses, by rule. */
  readonly excused: ReadonlyMap<string, number>;
  /** Cases that were not run, by rule. */
  readonly skipped: ReadonlyMap<string, number>;
  /** One line for whatever makes the run fail. */
  readonly problems: readonly string[];
}

/** Runs all cases. */
export async function score(cases: readonly Case[]): Promise<Score> {
  const contradictory = contradictoryContents(cases);
  const excused = new Map<string, number>();
  const applicable = cases.filter((one) => one.skipped === undefined);
  const problems: string[] = [];
  const counts = { accepted: 0, refused: 0, falseAccepts: 0, falseRejects: 0 };
  for (const one of applicable) {
    const verdict = await judged(one);
    if (verdict instanceof Error) {
      // Neither: the worst that it can be.
      counts.accepted += 1;
      counts.falseAccepts += 1;
      problems.push(`${one.id}: ${verdict.message}`);
      continue;
    }
    counts[verdict.ok ? 'accepted' : 'refused'] += 1;
    const finding = find(one, verdict, one.isDisputed === true || contradictory.has(one.content));
    if (finding === 'false accept') counts.falseAccepts += 1;
    if (finding === 'false reject') counts.falseRejects += 1;
    if (finding === 'excused') excused.set(ruleOf(one), (excused.get(ruleOf(one)) ?? 0) + 1);
    else if (finding !== 'matched') problems.push(`${one.id}: ${finding}${describe(one, verdict)}`);
  }
  const tally = { total: cases.length, ...counts, notApplicable: cases.length - applicable.length };
  return { tally, excused, skipped: skippedByRule(cases), problems };
}

async function judged(one: Case): Promise<Outcome<unknown> | Error> {
  try {
    return await one.judge();
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

function skippedByRule(cases: readonly Case[]): ReadonlyMap<string, number> {
  const groups = Map.groupBy(cases, ({ skipped }) => skipped?.rule);
  return new Map([...groups].flatMap(([rule, of]) => (rule === undefined ? [] : [[rule, of.length] as const])));
}

type Finding = 'matched' | 'excused' | 'false accept' | 'false reject' | 'idle exception';

function find({ expected, exception }: Case, verdict: Outcome<unknown>, isContradictory: boolean): Finding {
  const mayAccept = exception?.codes.length === 0;
  if (verdict.ok && expected === 'refused') return mayAccept ? 'excused' : 'false accept';
  const matched = verdict.ok === (expected === 'accepted');
  if (matched) return exception === undefined || isContradictory ? 'matched' : 'idle exception';
  return !verdict.ok && exception?.codes.includes(verdict.refusal.code) === true ? 'excused' : 'false reject';
}

const ruleOf = ({ exception }: Case): string => exception?.rule ?? '';

function describe({ exception }: Case, verdict: Outcome<unknown>): string {
  const said = verdict.ok ? 'accepted' : `${verdict.refusal.code} ${verdict.refusal.detail}`;
  return exception === undefined ? ` (${said})` : ` (${said}; rule "${exception.rule}")`;
}

/** Data that calls the same bytes good here and bad there says nothing about a rule that covers them. */
function contradictoryContents(cases: readonly Case[]): ReadonlySet<string> {
  const labels = Map.groupBy(cases, ({ content }) => content);
  const differ = [...labels].filter(([, same]) => new Set(same.map(({ expected }) => expected)).size > 1);
  return new Set(differ.map(([content]) => content));
}
