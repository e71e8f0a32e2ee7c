import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** Errors that libuv words differently from strerror(3). */
const STRERROR: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EHOSTUNREACH: 'No route to host',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENXIO: 'No such device or address',
};

/** An error of the operating system, in the words of strerror(3), which operators know from nginx. */
export interface SystemError {
  /** `ENOENT` */
  readonly code: string;
  /** 2 */
  readonly errno: number;
  /** `No such file or directory` */
  readonly words: string;
}

const numbers: ReadonlyMap<string, number> = new Map(Object.entries(constants.errno));

/**
 * Reads the code, the number and the words of an error of the operating system.
 *
 * @returns undefined for an error of another kind
 * @example
 * systemError(await open('/missing').catch((error) => error))?.words; // 'No such file or directory'
 */
export function systemError(error: unknown): SystemError | undefined {
  // Connecting to a name with several addresses fails with the errors of all of them; the first is shown.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error) || !('code' in first) || typeof first.code !== 'string') return undefined;
  const { code } = first;
  const errno = numbers.get(code);
  if (errno === undefined) return undefined;
  const [, words = code] = getSystemErrorMap().get(-errno) ?? [];
  return { code, errno, words: STRERROR[code] ?? words.charAt(0).toUpperCase() + words.slice(1) };
}

/** The reason of an error: `2: No such file or directory`, or its message when it is not an error of the system. */
export function systemReason(error: unknown): string {
  const known = systemError(error);
  if (known !== undefined) return `${known.errno}: ${known.words}`;
  return error instanceof Error ? error.message : String(error);
}

/** Why a file cannot be used: the code ('' when it is not an error of the system) and the reason, as `systemReason`. */
export interface FileFailure {
  readonly code: string;
  readonly reason: string;
}

export function fileFailure(error: unknown): FileFailure {
  return { code: systemError(error)?.code ?? '', reason: systemReason(error) };
}
