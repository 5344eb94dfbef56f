/**
 * Settings that are addresses. What a process listens on is an IP address, never a name: a name could resolve to an
 * interface that nobody meant. What it dials may be a name.
 */
import { isIP, isIPv6 } from 'node:net';

import type { z } from 'zod';

import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import { type FieldSpec, parsed } from './field.ts';

/** `host` is an IP address or a DNS name, without brackets; `podIP` only before `resolveListen`. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where the app is: on this host, never across the network. */
export type AppAddress = ({ readonly kind: 'tcp' } & Address) | { readonly kind: 'unix'; readonly path: string };

/** An address to dial: a DNS name or an IP address, and a port. */
export function address(spec: FieldSpec): z.ZodType<Address, string> {
  return parsed(spec, 'host:port, such as ca.example.net:8443 or "[fd00::1]:8443"', (text) => {
    const found = parseAddress(text);
    return found !== undefined && found.port > 0 && isHost(found.host) ? found : undefined;
  });
}

/** An address to listen on. With `podIp`, the word podIP stands for each address of the pod. */
export function listenAddress(
  spec: FieldSpec & { readonly podIp?: true; readonly loopback?: true },
): z.ZodType<Address, string> {
  const example = spec.loopback === true ? '127.0.0.1:15001' : '0.0.0.0:8443';
  const kind = spec.loopback === true ? 'a loopback address' : 'an IP address';
  const allowed = `${kind} and port, such as ${example}${spec.podIp === true ? ' or podIP:8443' : ''}; port 0: any free one`;
  return parsed(spec, allowed, (text) => {
    const found = parseAddress(text);
    if (found === undefined) return undefined;
    if (found.host === POD_IP) return spec.podIp === true ? found : undefined;
    if (spec.loopback === true && !isLoopback(found.host)) return undefined;
    return isIP(found.host) === 0 ? undefined : found;
  });
}

/** Where the app listens: loopback, or a UNIX socket. */
export function appAddress(spec: FieldSpec): z.ZodType<AppAddress, string> {
  return parsed<AppAddress>(spec, '127.0.0.1:PORT, "[::1]:PORT" or unix:/absolute/path', (text) => {
    if (text.startsWith('unix:')) {
      const path = text.slice('unix:'.length);
      return isSocketPath(path) ? { kind: 'unix', path } : undefined;
    }
    const found = parseAddress(text);
    return found !== undefined && found.port > 0 && isLoopback(found.host) ? { kind: 'tcp', ...found } : undefined;
  });
}

/** The addresses that a listen address stands for. `podIps` is the text of POD_IPS: the pod's addresses, by commas.
 *  Refuses: CONFIG_ENVIRONMENT where podIP is asked for and POD_IPS does not say it. */
export function resolveListen(listen: Address, podIps: string | undefined): Outcome<readonly Address[]> {
  if (listen.host !== POD_IP) return admit([listen]);
  const hosts = (podIps ?? '').split(',').map((host) => host.trim());
  if (hosts.some((host) => isIP(host) === 0)) {
    return refuse(
      'CONFIG_ENVIRONMENT',
      `podIP needs POD_IPS, a list of IP addresses; found ${JSON.stringify(podIps ?? '')}`,
    );
  }
  return admit([...new Set(hosts)].map((host) => ({ host, port: listen.port })));
}

/** Whether who dials the app comes to what listens so. The word podIP is no loopback address. */
export function isTaken(app: AppAddress, listen: Address): boolean {
  return app.kind === 'tcp' && app.port === listen.port && [app.host, '0.0.0.0', '::'].includes(listen.host);
}

/** `host:port`, with brackets around IPv6. */
export function formatAddress({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

const POD_IP = 'podIP';
/** A UNIX socket's path must fit `sun_path` of 108 bytes with its end mark. */
const SOCKET_PATH_MOST = 107;

/** An absolute path that fits a UNIX socket address. */
export function isSocketPath(path: string): boolean {
  return isAbsolutePath(path) && Buffer.byteLength(path) <= SOCKET_PATH_MOST;
}

/** Absolute, without control characters or `.` and `..` segments: what is printed is what is opened. */
export function isAbsolutePath(path: string): boolean {
  return /^(?:\/[^/\u0000-\u001f\u007f]+)+$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path) && path.length <= 4096;
}

function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):(0|[1-9][0-9]{0,4})$/.exec(text);
  if (match === null) return undefined;
  const [, six, other, digits] = match;
  const port = Number(digits);
  if (port > 65535 || (six !== undefined && !isIPv6(six))) return undefined;
  return { host: six ?? other ?? '', port };
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isHost(host: string): boolean {
  return isIP(host) !== 0 || isDnsName(host);
}

/** RFC 1123 section 2.1; a last label of digits alone would be a broken IPv4 address. */
export function isDnsName(name: string): boolean {
  const labels = name.split('.');
  const sound = labels.every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
  return sound && name.length <= 253 && !/^[0-9]+$/.test(labels.at(-1) ?? '');
}
