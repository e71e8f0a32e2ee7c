import { type FileFailure, failureMessage } from '@pinwheel/nginx-conf';
import { systemError } from '@pinwheel/proxy';
import { isSystemError } from '@pinwheel/cli';

/** `2: No such file or directory`; the error's own message when it is no error of the system. */
export function systemReason(error: unknown): string {
  const { errno, reason } = systemFailure(error);
  return errno === 0 ? reason : `${errno}: ${reason}`;
}

/** The system's call, number and reason; `errno` is 0 for an error that is not from the system. */
export function systemFailure(error: unknown): FileFailure {
  const known = systemError(error);
  if (!isSystemError(error) || known === undefined) {
    return { call: 'open', errno: 0, reason: error instanceof Error ? error.message : String(error) };
  }
  // Node reads a file with `read` where nginx uses `pread`.
  const call =
    error.syscall === undefined || error.syscall === 'access' ? 'open' : error.syscall.replace(/^read$/, 'pread');
  return { call, errno: known.errno, reason: known.words };
}

/** `open() "PATH" failed (2: No such file or directory)`. */
export function fileFailureMessage(path: string, error: unknown): string {
  return failureMessage(path, systemFailure(error));
}
