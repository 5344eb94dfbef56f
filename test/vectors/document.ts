/** Reads what a vector file holds, whatever a copy of it may have been turned into. */

export type Document = unknown;

export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The array of objects under this name; throws where it is none. */
export function listOf(members: Members, name: string): readonly Members[] {
  const list = members[name];
  if (!Array.isArray(list) || !list.every(isMembers)) throw new Error(`"${name}" is not an array of objects`);
  return list;
}

/** The text under this name; throws where it is none. */
export function textOf(members: Members, name: string): string {
  const text = members[name];
  if (typeof text !== 'string') throw new Error(`"${name}" is not a string`);
  return text;
}

/** `result` of a Wycheproof test. */
export function expectedOf(test: Members): 'accepted' | 'refused' {
  const result = textOf(test, 'result');
  if (result !== 'valid' && result !== 'invalid') throw new Error(`result "${result}"`);
  return result === 'valid' ? 'accepted' : 'refused';
}

/** How many cases a file of any set holds. */
export function countCases(document: Document): number {
  if (Array.isArray(document)) return document.length;
  if (!isMembers(document)) return 1;
  if (Array.isArray(document['testcases'])) return document['testcases'].length;
  if (!Array.isArray(document['testGroups'])) return Object.keys(document).length;
  return listOf(document, 'testGroups').reduce((sum, group) => sum + listOf(group, 'tests').length, 0);
}
