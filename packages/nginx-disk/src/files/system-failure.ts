import { getSystemErrorMap } from 'node:util';
import { type FileFailure, failureMessage } from '@pinwheel/nginx-conf';
import { isSystemError } from '@pinwheel/cli';

/** Errors that libuv words differently from strerror(3), whose words operators know from nginx. */
const STRERROR: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  ENXIO: 'No such device or address',
};

/** `2: No such file or directory`; the error's own message when it is no error of the system. */
export function systemReason(error: unknown): string {
  const { errno, reason } = systemFailure(error);
  return errno === 0 ? reason : `${errno}: ${reason}`;
}

/** The system's call, number and reason; `errno` is 0 for an error that is none of the system. */
export function systemFailure(error: unknown): FileFailure {
  if (!isSystemError(error) || error.errno === undefined) {
    return { call: 'open', errno: 0, reason: error instanceof Error ? error.message : String(error) };
  }
  // Node reads a file with `read` where nginx uses `pread`.
  const call =
    error.syscall === undefined || error.syscall === 'access' ? 'open' : error.syscall.replace(/^read$/, 'pread');
  const [, words = error.message] = getSystemErrorMap().get(error.errno) ?? [];
  const reason = STRERROR[error.code ?? ''] ?? words.charAt(0).toUpperCase() + words.slice(1);
  return { call, errno: Math.abs(error.errno), reason };
}

/** `open() "PATH" failed (2: No such file or directory)`. */
export function fileFailureMessage(path: string, error: unknown): string {
  return failureMessage(path, systemFailure(error));
}
