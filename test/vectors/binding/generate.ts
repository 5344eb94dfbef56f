/**
 * `node test/vectors/binding/generate.ts`: writes the binding vectors beside this file, one a topic, and `../binding-reasons.json`, which
 * says for each refused case how Cleat names the reason. Times are fixed; keys are new at each run and their private halves are not kept.
 * To add a case: write its definition at the end of a topic in `cases/`, with what the standard demands, and run this.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { NOW } from './authority.ts';
import { TOPICS } from './cases/topics.ts';
import type { Definition, Topic } from './definition.ts';
import { createWorld, type World } from './world.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

const reasons: Record<string, string> = {};
const world = createWorld();
for (const make of TOPICS) writeTopic(make(world));
writeFileSync(`${HERE}../binding-reasons.json`, `${JSON.stringify(reasons, null, 2)}\n`);
console.log(`${TOPICS.length} topics`);

function writeTopic({ topic, settings, cases }: Topic): void {
  const tests = cases.map((one, at) => {
    const id = `${topic}-${String(at + 1).padStart(3, '0')}`;
    if (one.code !== undefined) reasons[id] = one.code;
    return testOf(id, one, world);
  });
  const document = { format: 'token-binding-vectors/1', topic, defaults: Object.keys(settings)[0], settings, tests };
  writeFileSync(`${HERE}${topic}.json`, `${JSON.stringify(document, null, 2)}\n`);
}

function testOf(id: string, { comment, clauses, flags, input, expect }: Definition, { agent }: World): object {
  const chain = input.chain === undefined ? [agent.der] : input.chain;
  const from = input.from === undefined ? {} : { from: input.from };
  return {
    id,
    comment,
    clauses,
    flags,
    now: input.now ?? NOW,
    ...(input.settings === undefined ? {} : { settings: input.settings }),
    connection: chain === null ? null : { chain: chain.map((der) => der.toString('base64')), ...from },
    request: {
      method: input.method ?? 'GET',
      target: input.target ?? '/v1/x',
      fields: input.fields ?? (input.token === undefined ? [] : [['Authorization', `Bearer ${input.token}`]]),
    },
    state: input.state ?? {},
    expect,
  };
}
