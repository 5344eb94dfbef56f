/** Messages that are nearly right: whole ones of every kind, then cut, doubled, respelled. From a seed, so each can be had again. */

/** Numbers below `most`, the same for the same seed (xorshift). */
export function createDice(seed: number): (most: number) => number {
  let state = (seed >>> 0) + 0x9e3779b9;
  return (most) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % most;
  };
}

type Dice = ReturnType<typeof createDice>;

const pick = <T>(dice: Dice, from: readonly T[]): T => from[dice(from.length)] as T;

const METHODS = [
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'TRACE',
  'get',
  'PRI',
  'M-SEARCH',
];
const TARGETS = [
  '/',
  '/a/b?c=d',
  '/%2e/x',
  '*',
  'http://a/x',
  'https://a/',
  '//a',
  '/a;b',
  '/a%20b',
  'a:1',
  '/x#y',
  '/\\',
];
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.2',
];
const STATUSES = [
  '200 OK',
  '200 ',
  '200',
  '204 No Content',
  '304 Not Modified',
  '404 x',
  '500 a b',
  '206',
  '1000',
  '99 x',
];
const FIELDS = [
  'Host: a',
  'Host: a',
  'Accept: */*',
  'X-A: b',
  'X-A:',
  'X-A:  b  ',
  'X-A:\tb\t',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: keep-alive, close',
  'Connection: x',
  'Content-Length: 0',
  'Content-Length: 3',
  'Content-Length: 003',
  'Content-Length: +3',
  'Content-Length: 3 ',
  'Content-Length: 3, 3',
  'content-length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: CHUNKED',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding:chunked',
  'Transfer-Encoding : chunked',
  'Transfer_Encoding: chunked',
  'Expect: 100-continue',
  'TE: trailers',
  'Trailer: X',
  'Cookie: a=b; c="d"',
  '__proto__: x',
  'Proxy-Connection: keep-alive',
  'Authorization: Bearer aaa.bbb.ccc',
];
const BODIES = [
  '',
  '',
  'abc',
  'abcde',
  '3\r\nabc\r\n0\r\n\r\n',
  '3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n',
  '0\r\n\r\n',
  '003\r\nabc\r\n0\r\n\r\n',
  'A\r\n0123456789\r\n0\r\n\r\n',
  '3;x=y\r\nabc\r\n0\r\n\r\n',
  '3\nabc\n0\n\n',
  '-3\r\nabc\r\n0\r\n\r\n',
];
const ODD = [
  '\r',
  '\n',
  '\0',
  '\t',
  ' ',
  ':',
  ';',
  ',',
  '\v',
  '\x85',
  '\xa0',
  '\r\n',
  '\r\n ',
  '0',
  '\x7f',
  '_',
  'chunked',
];
const LINES = ['Content-Length: 0', 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity', 'Host: b'];

/** A whole message, mostly right. */
export function makeMessage(type: 'request' | 'response', dice: Dice): string {
  const start =
    type === 'request'
      ? `${pick(dice, METHODS)} ${pick(dice, TARGETS)} ${pick(dice, VERSIONS)}`
      : `${pick(dice, VERSIONS)} ${pick(dice, STATUSES)}`;
  const lines = type === 'request' && dice(8) > 0 ? ['Host: a'] : [];
  for (let left = dice(5); left > 0; left -= 1) lines.push(pick(dice, FIELDS));
  return `${[start, ...lines].join('\r\n')}\r\n\r\n${pick(dice, BODIES)}`;
}

type Mutator = (text: string, dice: Dice) => string;

const at = (text: string, dice: Dice): number => dice(text.length + 1);

const MUTATORS: readonly Mutator[] = [
  (text, dice) => {
    const place = at(text, dice);
    return text.slice(0, place) + text.slice(place + 1 + dice(3));
  },
  (text, dice) => {
    const place = at(text, dice);
    return text.slice(0, place) + pick(dice, ODD) + text.slice(place + 1);
  },
  (text, dice) => {
    const place = at(text, dice);
    return text.slice(0, place) + pick(dice, ODD) + text.slice(place);
  },
  (text, dice) => text.replace('\r\n', `\r\n${pick(dice, LINES)}\r\n`),
  (text, dice) => text.replace('\r\n\r\n', `\r\n${pick(dice, LINES)}\r\n\r\n`),
  (text, dice) => text.replace(/^[A-Za-z-]+/, pick(dice, METHODS)),
  (text, dice) => `${text}${pick(dice, ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'x', '\r\n', '0\r\n\r\n'])}`,
  (text, dice) => `${pick(dice, ['\r\n', '\n', ' ', '\r\n\r\n', '\t'])}${text}`,
  (text, dice) => text.slice(0, at(text, dice)),
  (text, dice) =>
    text.replace(/\d+/, () => pick(dice, ['0', '00', '1', '3', '0x3', '3.0', '18446744073709551619', 'fffffff'])),
  (text, dice) => (dice(2) === 0 ? text.toLowerCase() : text.toUpperCase()),
];

/** Up to three changes. */
export function mutate(text: string, dice: Dice): string {
  let changed = text;
  for (let left = dice(4); left > 0; left -= 1) changed = pick(dice, MUTATORS)(changed, dice);
  return changed;
}
