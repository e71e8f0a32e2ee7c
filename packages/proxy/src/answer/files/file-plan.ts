import { Buffer } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import type { Facts } from '../../facts.js';
import { valueOf } from '../../options/value.js';
import { encodePath } from '../../http1/target.js';
import type { LogLevel } from '../../options/proxy.js';
import type { BodyPart, FileHead } from './file-answer.js';
import { fileAnswer } from './file-answer.js';
import type { FileFailure } from '../../log/system-error.js';
import { fileFailure } from '../../log/system-error.js';
import type { FilesOptions } from '../../options/files.js';

/** A request for a file. Texts are byte strings. */
export interface FileRequest {
  readonly method: string;
  /** Path, decoded and normalised. */
  readonly uri: string;
  /** The query string; undefined without `?`. */
  readonly args: string | undefined;
  /** The value of the first field with a lower-case name. */
  field(name: string): string | undefined;
  /** The file's path in the file system. */
  readonly path: string;
  /** See `Turn.statusOverride`: the status of an error page; 0 for other requests. */
  readonly statusOverride: number;
  readonly facts: () => Facts;
}

/** How a request for a file will be answered. */
export type FilePlan =
  /** With a head and these parts of a file. The caller closes `fd`, which is set when `body` has parts. */
  | { readonly kind: 'file'; readonly head: FileHead; readonly body: readonly BodyPart[]; readonly fd?: number }
  /** With a 301 to this path: the request named a folder without its slash. */
  | { readonly kind: 'redirect'; readonly location: string }
  /** Like a request for this path with the same arguments, perhaps by another location (nginx: `index`). */
  | { readonly kind: 'internal'; readonly uri: string }
  /** With the page of the status; `last` is a field line after all others, ended by CRLF. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly last?: string;
      readonly log?: { readonly level: LogLevel; readonly message: string };
    };

/** Errors for a name that does not exist. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

/**
 * Looks up the file or folder as nginx does (`root`, `index`). Never throws. The calls are synchronous, as in nginx: the
 * kernel usually has names and sizes in memory, and then a detour through libuv's threads costs ten times as much.
 */
export function readFilePlan(request: FileRequest, options: FilesOptions): FilePlan {
  const { method, uri } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return { kind: 'error', status: 405 };
  return uri.endsWith('/') ? planFolder(request, options) : planFile(request, options);
}

function planFolder({ uri, path, facts }: FileRequest, options: FilesOptions): FilePlan {
  let isThere = false;
  for (const index of options.indexes) {
    const name = valueOf(index, facts);
    if (name.startsWith('/')) return { kind: 'internal', uri: name };
    const failure = failureOf(path + name);
    if (failure === undefined) return { kind: 'internal', uri: uri + name };
    const { code, reason } = failure;
    if (code !== 'ENOENT' && (ABSENT.has(code) || code === 'EACCES')) return noIndex(path + name, failure);
    if (!isThere) {
      const folder = failureOf(path.length > 1 ? path.slice(0, -1) : path);
      if (folder?.code === 'ENOENT') return noIndex(path + name, folder);
      isThere = true;
    }
    if (code !== 'ENOENT') return failed(500, 'crit', `stat() "${path}${name}" failed (${reason})`);
  }
  return failed(403, 'error', `directory index of "${path}" is forbidden`);
}

function noIndex(path: string, { code, reason }: FileFailure): FilePlan {
  if (code === 'EACCES') return failed(403, 'error', `"${path}" is forbidden (${reason})`);
  return failed(404, 'error', `"${path}" is not found (${reason})`);
}

function planFile(request: FileRequest, options: FilesOptions): FilePlan {
  const { path } = request;
  let fd: number | undefined;
  try {
    // Opening a FIFO would wait for its writer.
    fd = openSync(bytes(path), constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    const { method, uri, args } = request;
    if (stats.isDirectory()) {
      return {
        kind: 'redirect',
        location: `${encodePath(uri)}/${args === undefined || args === '' ? '' : `?${args}`}`,
      };
    }
    if (!stats.isFile()) return failed(404, 'crit', `"${path}" is not a regular file`);
    if (method === 'POST') return { kind: 'error', status: 405 };
    const plan = fileAnswer(request, options, stats.size, Math.floor(stats.mtimeMs / 1_000));
    if (plan.kind !== 'file' || plan.body.length === 0) return plan;
    const opened = fd;
    fd = undefined;
    return { ...plan, fd: opened };
  } catch (error) {
    const { code, reason } = fileFailure(error);
    const status = ABSENT.has(code) ? 404 : code === 'EACCES' ? 403 : 500;
    return failed(status, status === 500 ? 'crit' : 'error', `open() "${path}" failed (${reason})`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function failed(status: number, level: LogLevel, message: string): FilePlan {
  return { kind: 'error', status, log: { level, message } };
}

/** Why the path cannot be used; undefined when it exists. */
function failureOf(path: string): FileFailure | undefined {
  try {
    statSync(bytes(path));
    return undefined;
  } catch (error) {
    return fileFailure(error);
  }
}

/** A byte string as a path of the file system. */
function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
