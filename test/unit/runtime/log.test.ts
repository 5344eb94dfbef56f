import { expect } from 'chai';

import { Fault } from '../../../core/fault/fault.ts';
import { epochMilliseconds } from '../../../core/time/units.ts';
import { createLog, faultFields, type LogFields, type LogLevel } from '../../../runtime/log.ts';

function logging(level: LogLevel = 'debug', fields: LogFields = {}) {
  const lines: string[] = [];
  const clock = { now: () => epochMilliseconds(Date.UTC(2026, 10, 1)) };
  return { lines, log: createLog({ write: (line) => lines.push(line), level, clock, fields }) };
}

describe('createLog()', () => {
  it('A-561 never writes a control character, an ANSI sequence or a second line', () => {
    const { lines, log } = logging();
    const all = Array.from({ length: 0x200 }, (_, at) => String.fromCharCode(at < 0x100 ? at : at + 0x1f00)).join('');
    log.info(all, { [all]: all, list: [all], deep: { [all]: all } });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.not.match(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/);
    expect(JSON.parse(lines[0] ?? '')).to.have.nested.property('list[0]', all);
  });

  it('A-561 never writes what has the form of a credential', () => {
    const { lines, log } = logging();
    const jws = `ey${'J'.repeat(20)}.ey${'K'.repeat(20)}.sig`;
    const join = `cleat-join.${'0a'.repeat(32)}.${'S'.repeat(43)}`;
    const key = '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----';
    log.error(`bad ${jws}`, {
      join,
      key,
      list: [`Bearer ${'t'.repeat(20)}`],
      deep: { api: `clt_${'k'.repeat(30)}` },
      [jws]: 1,
    });
    const line = lines.join('');
    for (const secret of ['JJJJ', 'KKKK', 'sig', 'SSSS', 'AAAA', 'tttt', 'kkkk']) expect(line).to.not.include(secret);
    expect(line.match(/<hidden>/g)).to.have.length(6);
  });

  it('bounds what one line can hold', () => {
    const { lines, log } = logging();
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`key${at}`, 1]));
    log.info('x'.repeat(100_000), {
      wide,
      list: Array.from({ length: 1000 }, () => 1),
      deep: { a: { b: { c: { d: { e: 1 } } } } },
    });
    expect(lines[0]?.length).to.be.lessThan(8000);
    expect(lines[0]).to.include('<cut>').and.include('<deep>');
  });

  it('does not let a field take the name of time, kind, level or message', () => {
    const { lines, log } = logging('debug', { kind: 'a' });
    log.warn('real', { msg: 'forged', level: 'debug', time: 'never', kind: 'record' });
    expect(JSON.parse(lines[0] ?? '')).to.deep.equal({
      time: '2026-11-01T00:00:00.000Z',
      kind: 'log',
      level: 'warn',
      msg: 'real',
    });
  });

  it('writes nothing below its level', () => {
    for (const [level, count] of [
      ['debug', 4],
      ['info', 3],
      ['warn', 2],
      ['error', 1],
    ] as const) {
      const { lines, log } = logging(level);
      log.debug('a');
      log.info('a');
      log.warn('a');
      log.error('a');
      expect(lines).to.have.length(count);
    }
  });

  it('has its own fields on every line', () => {
    const { lines, log } = logging('info', { process: 'ca' });
    log.info('a', { process: 'b', count: 1, none: undefined, nothing: null });
    expect(JSON.parse(lines[0] ?? ''))
      .to.include({ process: 'b', count: 1, nothing: null })
      .and.not.have.property('none');
  });
});

describe('faultFields()', () => {
  it('gives code, detail and causes, and a stack only for a defect', () => {
    const fault = new Fault('LIFE_PORT', 'in use', { cause: new Error('outer', { cause: new TypeError('inner') }) });
    expect(faultFields(fault)).to.deep.equal({
      code: 'LIFE_PORT',
      detail: 'in use',
      cause: ['outer', 'inner'],
      stack: undefined,
    });
    expect(faultFields(new TypeError('defect'))).to.include({ code: 'BUG_UNEXPECTED', detail: 'defect' });
    expect(faultFields(new TypeError('defect'))['stack']).to.match(/TypeError: defect\n\s+at /);
    expect(faultFields('text')).to.include({ code: 'BUG_UNEXPECTED', detail: 'text' });
  });

  it('does not follow causes for ever', () => {
    const error = new Error('round');
    error.cause = error;
    expect(faultFields(new Fault('LIFE_PORT', 'x', { cause: error }))['cause']).to.have.length(5);
  });
});
