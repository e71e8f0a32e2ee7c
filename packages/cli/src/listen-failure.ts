import { type Address, formatAddress } from './address.js';

/** True for an error of the operating system. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/**
 * Says in one line why a listener could not be opened, and what to do.
 *
 * @param address where it should have listened
 * @param flag the flag or variable that moves the listener, such as `--port`
 * @param hostFlag the one that gives its host, where that is another
 * @example '127.0.0.1:3102 is already in use: stop what listens there or choose another with --port'
 */
export function listenFailure(error: NodeJS.ErrnoException, address: Address, flag: string, hostFlag = flag): string {
  const where = formatAddress(address);
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where} is already in use: stop what listens there or choose another with ${flag}`;
    case 'EACCES':
      return `${where} may not be opened by this user: choose a port of 1024 or more with ${flag}`;
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine: choose another with ${hostFlag}`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${where} cannot be found: choose another host with ${hostFlag}`;
    default:
      return `${where} cannot be opened (${error.code ?? error.message}): choose another with ${flag}`;
  }
}
