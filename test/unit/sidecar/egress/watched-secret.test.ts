import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { milliseconds } from '../../../../core/time/units.ts';
import {
  API_KEY,
  CLIENT_SECRET,
  JWT,
  REFRESH_TOKEN,
  type SecretForm,
  watchSecret,
} from '../../../../sidecar/egress/watched-secret.ts';
import { collectLog } from '../../../kit/log-lines.ts';

const KEY = `clt_prod_${'k'.repeat(49)}`;
const TOKEN = 'aaaa.bbbb.cccc';

describe('watchSecret()', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cleat-secret-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function read(form: SecretForm, content: string | undefined, mode = 0o600) {
    const path = join(folder, 'secret');
    if (content !== undefined) {
      writeFileSync(path, content, 'latin1');
      chmodSync(path, mode);
    }
    const collected = collectLog();
    const { lines } = collected;
    const line: typeof collected.line = (accept) => collected.line(accept);
    const secret = watchSecret(path, form, collected.log);
    expect(secret.current()).to.have.nested.property('refusal.code', 'CONFIG_FILE');
    await secret.start(new AbortController().signal);
    return { path, secret, lines, line };
  }
  async function resultOf(form: SecretForm, content: string | undefined, mode?: number): Promise<string> {
    const { secret, lines } = await read(form, content, mode);
    await secret[Symbol.asyncDispose]();
    const found = secret.current();
    expect(JSON.stringify([lines, found.ok ? '' : found.refusal]))
      .to.not.include('kkkk')
      .and.to.not.include('bbbb');
    return found.ok ? found.value.text : found.refusal.code;
  }

  it('takes no lasting secret that others may read: CONFIG_PERMISSION', async () => {
    for (const mode of [0o644, 0o604, 0o660, 0o666, 0o601])
      for (const [form, text] of [
        [API_KEY, KEY],
        [REFRESH_TOKEN, 'r'],
        [CLIENT_SECRET, 's'],
      ] as const)
        expect(await resultOf(form, text, mode), mode.toString(8)).to.equal('CONFIG_PERMISSION');
    expect(await resultOf(API_KEY, KEY, 0o440)).to.equal(KEY);
    expect(await resultOf(JWT, TOKEN, 0o644), 'as a kubelet writes it').to.equal(TOKEN);
  });

  it('takes no file that is missing or holds something else: CONFIG_FILE', async () => {
    expect(await resultOf(API_KEY, undefined)).to.equal('CONFIG_FILE');
    for (const [form, contents] of [
      [API_KEY, ['', 'clt_', 'clt_short', `x${KEY}`, `${KEY}\n${KEY}`, `${KEY} `, `${KEY}\0`, `Bearer ${KEY}`, TOKEN]],
      [JWT, ['', 'aaaa.bbbb', `${TOKEN}.dddd`, `${TOKEN}\n\n`, `Bearer ${TOKEN}`, 'aaaa..cccc', 'a'.repeat(9000)]],
      [REFRESH_TOKEN, ['', 'a b', 'a\nb', 'é']],
      [CLIENT_SECRET, ['', 'a\tb', 'é', 'a\nb']],
    ] as const)
      for (const content of contents) expect(await resultOf(form, content), content).to.equal('CONFIG_FILE');
  });

  it('takes one line, with or without its end', async () => {
    for (const end of ['', '\n', '\r\n']) expect(await resultOf(API_KEY, `${KEY}${end}`)).to.equal(KEY);
  });

  it('reads it again when it changes, says what is wrong, and does not take its own writing for a change', async () => {
    const { path, secret, line } = await read(REFRESH_TOKEN, 'one');
    try {
      const first = secret.current();
      secret.wrote('two');
      expect(secret.current()).to.have.nested.property('value.text', 'two');
      expect(secret.current()).to.not.deep.equal(first);
      writeFileSync(`${path}.new`, 'a b', { mode: 0o600 });
      renameSync(`${path}.new`, path);
      await line(({ message }) => message === 'a secret is not usable');
      expect(secret.current()).to.have.nested.property('refusal.code', 'CONFIG_FILE');
    } finally {
      await secret.drain(milliseconds(0));
    }
  });
});
