/**
 * step-ca as a process under measurement: root, intermediate and a JWK provisioner of our own making, P-256 throughout,
 * Badger on the same disk as our journal, pinned to the same core. Installed by `go install`, once.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';

import { epochSeconds } from '../../core/time/units.ts';
import { authorityKeyId, basicConstraints, keyUsage, subjectKeyId } from '../../core/x509/extensions.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { encodeCertificate, encodeName, encodeTbs } from '../../core/x509/write.ts';
import type { SmallstepTarget } from './smallstep-client.ts';

export interface MeasuredSmallstep {
  readonly pid: number;
  readonly version: string;
  readonly target: SmallstepTarget;
  end(): Promise<void>;
}

const MODULE = 'github.com/smallstep/certificates/cmd/step-ca@v0.30.2';
const PROVISIONER = 'bench';

/** The program, installed if need be; undefined where there is no Go, or it cannot be fetched. */
export function installSmallstep(cache: string): string | undefined {
  const program = join(cache, 'step-ca');
  if (existsSync(program)) return program;
  try {
    // Without cgo: its PKCS#11 and smart-card parts need headers, and software keys do not.
    execFileSync('go', ['install', MODULE], { env: { ...process.env, GOBIN: cache, CGO_ENABLED: '0' }, stdio: 'pipe' });
    return program;
  } catch {
    return undefined;
  }
}

/** Resolves when it accepts connections. */
export async function startSmallstep(program: string, folder: string, core: number): Promise<MeasuredSmallstep> {
  const place = join(folder, 'step');
  mkdirSync(place, { recursive: true });
  const port = await freePort();
  const root = makeAuthority('Root', undefined);
  const intermediate = makeAuthority('Intermediate', root);
  const provisioner = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const jwk = provisioner.publicKey.export({ format: 'jwk' });
  const keyId = createHash('sha256').update(String(jwk.x)).digest('hex').slice(0, 16);
  const write = (name: string, text: string): string => {
    writeFileSync(join(place, name), text, { mode: 0o600 });
    return join(place, name);
  };
  const config = {
    root: write('root.crt', root.pem),
    crt: write('intermediate.crt', intermediate.pem),
    key: write('intermediate.key', String(intermediate.key.export({ format: 'pem', type: 'sec1' }))),
    address: `127.0.0.1:${port}`,
    dnsNames: ['localhost', '127.0.0.1'],
    logger: { format: 'json' },
    db: { type: 'badgerv2', dataSource: join(place, 'db') },
    authority: {
      provisioners: [{ type: 'JWK', name: PROVISIONER, key: { ...jwk, kid: keyId, use: 'sig', alg: 'ES256' } }],
    },
  };
  const configFile = write('ca.json', JSON.stringify(config));
  const child = spawn('taskset', ['-c', String(core), program, configFile], {
    env: { PATH: process.env['PATH'] ?? '', HOME: place },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: unknown) => (said = `${said}${String(chunk)}`.slice(-2000)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await Promise.race([
    untilAccepts(port),
    ended.then(() => {
      throw new Error(`step-ca ended: ${said}`);
    }),
  ]);
  return {
    pid: child.pid ?? 0,
    version: MODULE.slice(MODULE.indexOf('@') + 1),
    target: {
      port,
      root: root.pem,
      provisioner: PROVISIONER,
      keyId,
      provisionerKey: String(provisioner.privateKey.export({ format: 'pem', type: 'pkcs8' })),
    },
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

interface SmallstepAuthority {
  readonly key: KeyObject;
  readonly spki: Buffer;
  readonly name: Buffer;
  readonly pem: string;
}

function makeAuthority(name: string, issuer: SmallstepAuthority | undefined): SmallstepAuthority {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const subject = encodeName(`Bench ${name}`);
  const now = Math.floor(Date.now() / 1000);
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const tbs = encodeTbs({
    serial,
    issuer: issuer?.name ?? subject,
    subject,
    notBefore: epochSeconds(now - 60),
    notAfter: epochSeconds(now + 86_400),
    spki,
    extensions: [
      basicConstraints({ ca: true, pathLength: issuer === undefined ? 1 : 0 }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectKeyId(spki),
      ...(issuer === undefined
        ? []
        : [authorityKeyId(createHash('sha256').update(bitsOf(issuer.spki)).digest().subarray(0, 20))]),
    ],
  });
  const der = encodeCertificate(tbs, sign('sha256', tbs, issuer?.key ?? key));
  return { key, spki, name: subject, pem: encodePem('CERTIFICATE', der) };
}

/** The point of a P-256 key: the last 65 bytes of its SPKI. */
const bitsOf = (spki: Buffer): Buffer => spki.subarray(-65);

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function untilAccepts(port: number): Promise<void> {
  for (;;) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      socket.once('secureConnect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (accepted) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
