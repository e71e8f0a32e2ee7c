import { constants } from 'node:os';
import { createProxy, OptionError, type Proxy } from '@pinwheel/proxy';
import { urlOf } from './address.js';
import { isSystemError, listenFailure } from './listen-failure.js';
import { type BalancerOptions, describe, HELP, proxyOptions, readBalancerOptions } from './options.js';
import { onStopSignal } from './stop-signals.js';
import { UsageError } from './usage-error.js';
import { packageVersion } from './version.js';

/** Milliseconds that requests and tunnels get to finish after the first signal. */
const GRACE = 5_000;

function say(message: string): void {
  process.stderr.write(`pinwheel-balancer: ${message}\n`);
}

/** Serves until a signal ends the process. */
async function serve(options: BalancerOptions): Promise<void> {
  const proxy = createProxy(proxyOptions(options, (level, message) => say(`[${level}] ${message}`)));
  try {
    await proxy.listen();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const first = options.listeners[0] ?? { host: '127.0.0.1', port: 0 };
    say(listenFailure(error, askedFor(error, first), '--listen'));
    process.exit(1);
  }
  if (options.adminPort !== undefined) await openAdmin(options.adminPort, proxy);
  onStopSignal(
    () => {
      proxy.close(GRACE).then(
        () => process.exit(0),
        (error: unknown) => {
          say(`closing failed: ${String(error)}`);
          process.exit(1);
        },
      );
    },
    (signal) => process.exit(128 + constants.signals[signal]),
  );
  process.stdout.write(`ready ${proxy.addresses.map(urlOf).join(',')} ${describe(options)}\n`);
}

/** Opens the admin listener, or ends the process. */
async function openAdmin(port: number, proxy: Proxy): Promise<void> {
  const { balancerRoutes } = await import('./admin/balancer-routes.js');
  const { listenAdmin } = await import('./admin/admin-listener.js');
  const { ProcessMeter } = await import('./admin/process-meter.js');
  const log = (line: string): void => say(`admin ${line}`);
  try {
    const meter = new ProcessMeter('alone');
    const routes = balancerRoutes(packageVersion(import.meta.url), {
      status: () => ({ proxy: proxy.status(), processes: [meter.read()] }),
      history: () => proxy.history(),
    });
    const { url } = await listenAdmin({ port, routes, log });
    log(url);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    say(listenFailure(error, { host: '127.0.0.1', port }, '--admin-port'));
    process.exit(1);
  }
}

/** The listener that a system error is about: it says so itself, else there was only the one. */
function askedFor(error: NodeJS.ErrnoException, otherwise: { host: string; port: number }) {
  const { address, port } = error as { address?: unknown; port?: unknown };
  return typeof address === 'string' && typeof port === 'number' ? { host: address, port } : otherwise;
}

/**
 * The program with a command line of flags.
 *
 * @returns the exit code; undefined when the process serves, and ends by itself
 */
export async function runWithFlags(args: readonly string[]): Promise<number | undefined> {
  try {
    const options = readBalancerOptions(args);
    if (options.command === 'help') process.stdout.write(HELP);
    else if (options.command === 'version') process.stdout.write(`${packageVersion(import.meta.url)}\n`);
    else await serve(options);
    return undefined;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof OptionError)) throw error;
    say(error.message);
    return 2;
  }
}
