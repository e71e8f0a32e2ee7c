import { getSystemErrorMap } from 'node:util';

/** Where libuv words an error otherwise than strerror(3), whose words nginx tells. */
const STRERROR: Readonly<Record<string, string>> = {
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENXIO: 'No such device or address',
};

/** Why a file could not be looked at. */
export interface FileFailure {
  /** `ENOENT`; '' for what was no error of the system. */
  readonly code: string;
  /** `2: No such file or directory` */
  readonly reason: string;
}

/** What the system said, in the words of strerror(3). */
export function fileFailure(error: unknown): FileFailure {
  if (!(error instanceof Error)) return { code: '', reason: String(error) };
  const { code = '', errno } = error as NodeJS.ErrnoException;
  const [, words] = errno === undefined ? [] : (getSystemErrorMap().get(errno) ?? []);
  if (errno === undefined || words === undefined) return { code: '', reason: error.message };
  const text = STRERROR[code] ?? words.charAt(0).toUpperCase() + words.slice(1);
  return { code, reason: `${Math.abs(errno)}: ${text}` };
}
