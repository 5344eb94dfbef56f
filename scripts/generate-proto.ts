/**
 * Makes `runtime/grpc/gen` from `proto`: the types of the wire, and one descriptor set, so that no process parses a
 * .proto at its start. Writes nothing: `scripts/generate.ts` writes what this gives, the house test compares it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GENERATOR = 'node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js';
const TARGET = 'runtime/grpc/gen';
const PROTOS = ['cleat/ca/v1/ca.proto', 'grpc/health/v1/health.proto'] as const;
/** As in `runtime/grpc/descriptors.ts`, or the types would tell of other messages than the process reads. */
const TYPE_OPTIONS = ['--keepCase', '--longs=Number', '--enums=String', '--defaults', '--oneofs'] as const;

/** Every generated file, by its path from the root of the repository. */
export async function generateProto(): Promise<ReadonlyMap<string, string>> {
  const files = new Map(await generateTypes());
  files.set(`${TARGET}/descriptor-set.ts`, descriptorSetSource());
  return files;
}

async function generateTypes(): Promise<readonly (readonly [string, string])[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cleat-proto-'));
  try {
    const options = [...TYPE_OPTIONS, '--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts', '-I', 'proto'];
    await promisify(execFile)(process.execPath, [GENERATOR, ...options, '-O', folder, ...PROTOS], { cwd: ROOT });
    const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.ts')).sort();
    return await Promise.all(
      paths.map(async (path) => {
        const text = await readFile(join(folder, path), 'utf8');
        return [`${TARGET}/${path.split(sep).join('/')}`, text] as const;
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function descriptorSetSource(): string {
  const loaded = loadSync([...PROTOS], { keepCase: true, includeDirs: [join(ROOT, 'proto')] });
  const lines =
    descriptorSet(loaded)
      .toString('base64')
      .match(/.{1,100}/g) ?? [];
  return [
    '// Made by scripts/generate-proto.ts from proto: a google.protobuf.FileDescriptorSet in base64.',
    'export const DESCRIPTOR_SET =',
    lines.map((line) => `  '${line}'`).join(' +\n') + ';',
    '',
  ].join('\n');
}

/** A FileDescriptorSet is its files one after the other, each as field 1: tag, length, bytes. */
function descriptorSet(loaded: PackageDefinition): Buffer {
  const files = Object.values(loaded).flatMap(({ fileDescriptorProtos: files }) =>
    // A service has no such member, and by its type could have a method of that name.
    Array.isArray(files) ? files : [],
  );
  const distinct = [...new Map(files.map((file) => [file.toString('base64'), file])).values()];
  return Buffer.concat(distinct.flatMap((file) => [Buffer.of(0x0a), varint(file.length), file]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
