import { constants } from 'node:os';
import {
  type Address,
  isSystemError,
  listenFailure,
  onStopSignal,
  packageVersion,
  printAbout,
  reportUsageError,
  urlOf,
  UsageError,
} from '@pinwheel/cli';
import { createProxy, OptionError, type Proxy } from '@pinwheel/proxy';
import { plainSocketsNotice } from '@pinwheel/raw-socket';
import { type BalancerOptions, describe, PROGRAM, proxyOptions, readBalancerCommand } from './options.js';

/** Milliseconds that requests and tunnels get to finish after the first signal. */
const GRACE = 5_000;

function log(message: string): void {
  process.stderr.write(`${PROGRAM.name}: ${message}\n`);
}

/**
 * Runs the program for a command line of flags.
 *
 * @returns the exit code; undefined when the process serves until a signal ends it
 */
export async function runWithFlags(args: readonly string[]): Promise<number | undefined> {
  try {
    const command = readBalancerCommand(args);
    if (command.kind !== 'serve') {
      printAbout(PROGRAM, command.kind, import.meta.url);
      return undefined;
    }
    return await serve(command.options);
  } catch (error) {
    return reportUsageError(PROGRAM.name, error instanceof OptionError ? new UsageError(error.message) : error);
  }
}

/** @returns 1 when a listener cannot be opened */
async function serve(options: BalancerOptions): Promise<1 | undefined> {
  const notice = plainSocketsNotice();
  if (notice !== undefined) log(`[notice] ${notice}`);
  const proxy = createProxy(proxyOptions(options, (level, message) => log(`[${level}] ${message}`)));
  try {
    await proxy.listen();
  } catch (error) {
    const [first = { host: '127.0.0.1', port: 0 }] = options.listeners;
    return cannotListen(error, failedAddress(error) ?? first, '--listen');
  }
  if (options.adminPort !== undefined) {
    try {
      log(`admin ${await openAdmin(options.adminPort, proxy)}`);
    } catch (error) {
      return cannotListen(error, { host: '127.0.0.1', port: options.adminPort }, '--admin-port');
    }
  }
  closeOnSignal(proxy);
  process.stdout.write(`ready ${proxy.addresses.map(urlOf).join(',')} ${describe(options)}\n`);
  return undefined;
}

function cannotListen(error: unknown, address: Address, flag: string): 1 {
  if (!isSystemError(error)) throw error;
  log(listenFailure(error, address, flag));
  return 1;
}

/** The address that a system error names; undefined when it names none. */
function failedAddress(error: unknown): Address | undefined {
  const { address, port } = error as { address?: unknown; port?: unknown };
  return typeof address === 'string' && typeof port === 'number' ? { host: address, port } : undefined;
}

/** @returns the URL of the admin listener */
async function openAdmin(port: number, proxy: Proxy): Promise<string> {
  const { balancerRoutes, listenAdmin, ProcessMeter } = await import('@pinwheel/admin');
  const meter = new ProcessMeter('alone');
  const routes = balancerRoutes(packageVersion(import.meta.url), {
    status: () => ({ proxy: proxy.status(), processes: [meter.read()] }),
    history: () => proxy.history(),
  });
  const { url } = await listenAdmin({ port, routes, log: (line) => log(`admin ${line}`) });
  return url;
}

function closeOnSignal(proxy: Proxy): void {
  const close = (): void => {
    proxy.close(GRACE).then(
      () => process.exit(0),
      (error: unknown) => {
        log(`closing failed: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  onStopSignal(close, (signal) => process.exit(128 + constants.signals[signal]));
}
