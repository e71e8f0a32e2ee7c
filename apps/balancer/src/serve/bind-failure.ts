import { formatAddress, isSystemError } from '@pinwheel/cli';
import { systemReason } from '@pinwheel/nginx-disk';

/** nginx's words for a listener that could not be opened; undefined for any other error. */
export function bindFailure(error: unknown): string | undefined {
  if (!isSystemError(error)) return undefined;
  const { address, port, hostname } = error as { address?: unknown; port?: unknown; hostname?: unknown };
  if (error.syscall === 'getaddrinfo') return `host not found in "${String(hostname)}" of the "listen" directive`;
  if (typeof address !== 'string') return undefined;
  // Linux reports a port in use at listen(), but nginx names bind() in both cases.
  const isSocketPath = typeof port !== 'number' || port < 0;
  const where = isSocketPath ? `unix:${address}` : formatAddress({ host: address, port });
  return `bind() to ${where} failed (${systemReason(error)})`;
}
