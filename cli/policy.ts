/** `cleat policy check|test|explain`: a policy file judged, tried and explained by the code of the sidecar, without a sidecar. */
import type { TrustDomain } from '../core/identity/trust-domain.ts';
import { wholeSeconds } from '../core/time/units.ts';
import { formatMistake } from '../runtime/config/mistake.ts';
import { readConfig } from '../runtime/config/read.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import type { Policy } from '../sidecar/policy/policy.ts';
import { readPolicy } from '../sidecar/policy/read.ts';
import { knownNames } from '../sidecar/services.ts';
import { configOf } from './bind/inputs.ts';
import { EXIT, type Io } from './io.ts';
import { type PolicyCase, policyCasesTable, sceneOf } from './policy/cases.ts';
import { judge, type Judged } from './policy/judge.ts';
import { type Invocation, UsageMistake, type Verb } from './verb.ts';

const OPTIONS = {
  config: {
    value: 'FILE',
    doc: 'sidecar.yaml: it says which issuers and audiences there are, and the trust domain.',
    required: true,
  },
  json: { doc: 'Print one JSON object.' },
} as const;

const CASES = { value: 'FILE', doc: 'The cases, YAML; docs/policy.md has the format.', required: true } as const;

export const policyCheck: Verb = {
  name: 'policy check',
  summary: 'tell all mistakes of a policy file',
  about: 'Each with file, line, column, key, what was found and what is allowed. 0: none; 2: some.',
  rest: 'FILE',
  options: OPTIONS,
  example: 'cleat policy check /etc/cleat/policy.yaml --config /etc/cleat/sidecar.yaml',
  async run(invocation, io) {
    const found = await load(invocation, io);
    if (found === undefined) return EXIT.usage;
    const { routes, rules } = found.policy;
    if (invocation.has('json')) io.out(`${toSafeJson({ ok: true, routes: routes.length, rules: rules.length })}\n`);
    else io.out(`${found.file}: ${routes.length} routes, ${rules.length} rules, no mistakes\n`);
    return EXIT.ok;
  },
};

export const policyTest: Verb = {
  name: 'policy test',
  summary: 'try cases against a policy file',
  about:
    'Prints each case that fails, and as its last line how many passed and failed. 0: none failed; 1: some; 2: a file is wrong.',
  rest: 'FILE',
  options: { ...OPTIONS, cases: CASES },
  example: 'cleat policy test /etc/cleat/policy.yaml --config /etc/cleat/sidecar.yaml --cases policy-cases.yaml',
  async run(invocation, io) {
    const found = await loadWithCases(invocation, io);
    if (found === undefined) return EXIT.usage;
    const results = found.cases.map((one) => ({ name: one.name, problem: problemOf(one, judgeCase(one, found)) }));
    const failed = results.filter(({ problem }) => problem !== undefined);
    const passed = results.length - failed.length;
    if (invocation.has('json')) io.out(`${toSafeJson({ passed, failed: failed.length, failures: failed })}\n`);
    else {
      for (const { name, problem } of failed) io.out(`${escapeText(`${name}: ${problem}`)}\n`);
      io.out(`passed ${passed}, failed ${failed.length}\n`);
    }
    return failed.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

export const policyExplain: Verb = {
  name: 'policy explain',
  summary: 'say for each rule why it decides about a request or not',
  about: 'The request is described as a case of `cleat policy test`; what it expects is not looked at.',
  rest: 'FILE',
  options: { ...OPTIONS, cases: CASES },
  example: 'cleat policy explain /etc/cleat/policy.yaml --config /etc/cleat/sidecar.yaml --cases request.yaml',
  async run(invocation, io) {
    const found = await loadWithCases(invocation, io);
    if (found === undefined) return EXIT.usage;
    const explained = found.cases.map((one) => ({ name: one.name, ...judgeCase(one, found) }));
    if (invocation.has('json')) io.out(`${toSafeJson({ cases: explained })}\n`);
    else for (const line of explained.flatMap(linesOf)) io.out(`${escapeText(line)}\n`);
    return EXIT.ok;
  },
};

interface Found {
  readonly file: string;
  readonly policy: Policy;
  readonly trustDomain: TrustDomain;
  readonly now: number;
}

/** Undefined where a file has mistakes, which were told. */
async function load(invocation: Invocation, io: Io): Promise<Found | undefined> {
  const [file, ...more] = invocation.rest;
  if (file === undefined || more.length > 0) throw new UsageMistake('one policy file is needed');
  const config = await configOf(invocation.text('config') ?? '', io);
  if (config === undefined) return undefined;
  const policy = await readPolicy(file, knownNames(config));
  if (!policy.ok) {
    for (const line of policy.refusal.detail.split('\n')) io.err(`${escapeText(line)}\n`);
    return undefined;
  }
  const { trustDomain } = config;
  return { file, policy: policy.value, trustDomain, now: wholeSeconds(io.clock.now()) };
}

async function loadWithCases(
  invocation: Invocation,
  io: Io,
): Promise<(Found & { readonly cases: readonly PolicyCase[] }) | undefined> {
  const found = await load(invocation, io);
  if (found === undefined) return undefined;
  const cases = await readConfig({ file: invocation.text('cases') ?? '', table: policyCasesTable, environment: {} });
  if (cases.ok) return { ...found, ...cases.value };
  io.err(cases.mistakes.map((mistake) => `${formatMistake(mistake)}\n`).join(''));
  return undefined;
}

function judgeCase(one: PolicyCase, { policy, trustDomain, now }: Found): Judged {
  const { caller, request } = sceneOf(one, trustDomain, now);
  return judge(policy, caller, request);
}

/** Undefined where it came as expected. */
function problemOf({ expect }: PolicyCase, { verdict, rule, refusal }: Judged): string | undefined {
  if (expect === undefined) return 'expect is missing';
  const came = refusal === undefined ? verdict : `${verdict} ${refusal.code} (${refusal.detail})`;
  if (verdict !== expect.verdict) return `expected ${expect.verdict}, came ${came}`;
  if (expect.rule !== undefined && expect.rule !== rule) return `expected rule ${expect.rule}, came ${rule ?? 'none'}`;
  if (expect.code !== undefined && expect.code !== refusal?.code) return `expected ${expect.code}, came ${came}`;
  return undefined;
}

function linesOf({
  name,
  verdict,
  rule,
  refusal,
  binding,
  rules,
}: Judged & { readonly name: string }): readonly string[] {
  return [
    `${name}: ${verdict}${rule === undefined ? ', no rule matches' : ` by rule ${rule}`}${refusal === undefined ? '' : `: ${refusal.code}, ${refusal.detail}`}`,
    `  its route wants binding ${binding}`,
    ...rules.map(
      ({ id, unmet }) => `  ${id}: ${unmet.length === 0 ? 'matches' : `does not match in ${unmet.join(', ')}`}`,
    ),
  ];
}
