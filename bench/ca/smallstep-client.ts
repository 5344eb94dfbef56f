/**
 * step-ca's HTTP interface as load: `/1.0/sign` with a one-time token of a JWK provisioner each, and `/1.0/renew` over
 * mutual TLS. Tokens and requests are made before a window.
 */
import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { Agent, request } from 'node:https';

import { writeCsr } from '../../core/x509/csr-write.ts';
import { encodePem } from '../../core/x509/pem.ts';

export interface SmallstepTarget {
  readonly port: number;
  /** PEM. */
  readonly root: string;
  readonly provisioner: string;
  readonly keyId: string;
  /** PEM, PKCS#8. */
  readonly provisionerKey: string;
}

export interface Smallstep {
  prepare(count: number): void;
  takePrepared(count: number): readonly string[];
  sign(body: string): Promise<void>;
  /** With the certificate of the last `sign`. */
  renew(): Promise<void>;
}

const CALLERS = 16;
const SUBJECT = 'workload';

/** Connects at the first call, and keeps 16 connections alive. */
export function openSmallstep(target: SmallstepTarget): Smallstep {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS, ca: target.root, servername: 'localhost' });
  let mutual: Agent | undefined;
  let chain = '';
  let prepared: string[] = [];
  return {
    prepare(count) {
      // A new request each, as for us; the key may stay, since its owner pays for it, not the CA.
      for (let made = 0; made < count; made += 1)
        prepared.push(
          JSON.stringify({ csr: encodePem('CERTIFICATE REQUEST', writeCsr(key)), ott: oneTimeToken(target) }),
        );
    },
    takePrepared(count) {
      const taken = prepared.slice(0, count);
      prepared = prepared.slice(count);
      return taken;
    },
    async sign(body) {
      const answer = await post(target.port, '/1.0/sign', body, agent);
      const { certChain } = JSON.parse(answer) as { certChain: readonly string[] };
      chain = certChain.join('');
    },
    async renew() {
      mutual ??= new Agent({
        keepAlive: true,
        maxSockets: CALLERS,
        ca: target.root,
        servername: 'localhost',
        cert: chain,
        key: key.export({ format: 'pem', type: 'pkcs8' }),
      });
      await post(target.port, '/1.0/renew', '', mutual);
    },
  };
}

function oneTimeToken({ port, provisioner, keyId, provisionerKey }: SmallstepTarget): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = encode({ alg: 'ES256', kid: keyId, typ: 'JWT' });
  const claims = encode({
    iss: provisioner,
    aud: `https://localhost:${port}/1.0/sign`,
    sub: SUBJECT,
    sans: [SUBJECT],
    jti: randomUUID(),
    iat: now,
    nbf: now - 5,
    exp: now + 280,
  });
  const signature = sign('sha256', Buffer.from(`${head}.${claims}`), {
    key: provisionerKey as unknown as KeyObject,
    dsaEncoding: 'ieee-p1363',
  });
  return `${head}.${claims}.${signature.toString('base64url')}`;
}

function post(port: number, path: string, body: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path, method: 'POST', agent, headers: { 'content-length': Buffer.byteLength(body) } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.once('end', () => {
          if (response.statusCode === 201) resolve(text);
          else reject(new Error(`${path}: ${response.statusCode} ${text}`));
        });
      },
    );
    call.once('error', reject);
    call.end(body);
  });
}
