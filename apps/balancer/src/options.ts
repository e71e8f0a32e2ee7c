import type { GivenProxyOptions } from '@pinwheel/proxy';
import { formatAddress, parseAddress } from './address.js';
import { type FlagKind, readFlags, readInteger } from './flags.js';
import { readPeer } from './peer.js';
import { type Policies, readPolicies } from './policy.js';
import { type CertificateAndKey, readTlsFiles } from './tls-files.js';
import { UsageError } from './usage-error.js';

const KINDS = {
  listen: 'list',
  upstream: 'list',
  policy: 'value',
  'websocket-policy': 'value',
  trust: 'list',
  'tls-cert': 'value',
  'tls-key': 'value',
  'admin-port': 'value',
  help: 'switch',
  version: 'switch',
} as const satisfies Record<string, FlagKind>;

export const HELP = `usage: pinwheel-balancer --upstream HOST:PORT[,HOST:PORT...] [flags]
       pinwheel-balancer -c FILE [nginx's options, see -h]

Balances HTTP, WebSocket and Socket.IO over the peers of one upstream; a Socket.IO session stays on its node.

  --listen [HOST:]PORT      where to listen; may be repeated (127.0.0.1:3102; a port alone is on 127.0.0.1)
  --upstream PEER,PEER,...  the peers; may be repeated. Each is HOST:PORT, then any of nginx's parameters
                            ;weight=N ;max_fails=N ;fail_timeout=10s ;max_conns=N ;backup ;down ;drain ;route=TAG
  --policy NAME             round_robin, ip_hash or least_conn, for everything
                            (without it: ip_hash, and least_conn for WebSockets that open a session)
  --websocket-policy NAME   the policy for WebSockets that open a session
  --trust CIDR,...          addresses whose X-Forwarded-For is believed; may be repeated (none)
  --tls-cert FILE           PEM certificate chain: serve TLS on every listener
  --tls-key FILE            PEM private key of the certificate
  --admin-port PORT         status and Prometheus metrics on http://127.0.0.1:PORT (none; 0 takes a free one)
  --help                    show this text
  --version                 show the version

SIGTERM and SIGINT close gracefully within 5 s; a second one ends at once.
Exit code: 0 after a signal, 1 when it cannot serve, 2 for a command line that does not fit.
`;

export interface BalancerOptions extends Policies {
  readonly command: 'help' | 'version' | 'serve';
  readonly listeners: readonly { readonly host: string; readonly port: number }[];
  readonly peers: GivenProxyOptions['upstreams'][number]['peers'];
  readonly trustedProxies: readonly string[];
  /** Names of PEM files. */
  readonly tls?: CertificateAndKey | undefined;
  /** Of the admin listener; none when absent, a free one for 0. */
  readonly adminPort?: number | undefined;
}

/**
 * Reads the command line of `pinwheel-balancer`.
 *
 * @param args the command line behind the program's name
 * @throws UsageError for one that does not fit
 */
export function readBalancerOptions(args: readonly string[]): BalancerOptions {
  const flags = readFlags(args, KINDS);
  const command = flags.has('help') ? 'help' : flags.has('version') ? 'version' : 'serve';
  const peers = flags.list('upstream').flatMap(commaList).map(readPeer);
  if (command === 'serve' && peers.length === 0) throw new UsageError('--upstream', 'host:port[,host:port...]', '');
  const listens = flags.list('listen');
  const adminPort = flags.value('admin-port');
  return {
    command,
    listeners: (listens.length === 0 ? ['3102'] : listens).map(readListen),
    peers,
    ...readPolicies(flags),
    trustedProxies: flags.list('trust').flatMap(commaList).map(readTrusted),
    tls: readTls(flags.value('tls-cert'), flags.value('tls-key')),
    adminPort: adminPort === undefined ? undefined : readInteger('--admin-port', adminPort, 0, 65_535),
  };
}

/**
 * What `createProxy` takes for these options.
 *
 * @throws UsageError when the certificate or the key cannot be used
 */
export function proxyOptions(options: BalancerOptions, log: NonNullable<GivenProxyOptions['log']>): GivenProxyOptions {
  const tls = options.tls && readTlsFiles(options.tls);
  return {
    listeners: options.listeners.map((listener) => ({ ...listener, tls, trustedProxies: options.trustedProxies })),
    upstreams: [
      { name: 'upstream', peers: options.peers, policy: options.policy, websocketPolicy: options.websocketPolicy },
    ],
    log,
  };
}

/** The line that says what is served, without `ready` and the URLs. */
export function describe(options: BalancerOptions): string {
  return `upstream=${options.peers.map(formatAddress).join(',')} policy=${options.policy} websocket=${options.websocketPolicy}`;
}

function commaList(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}

function readListen(text: string): { host: string; port: number } {
  const address = parseAddress(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text);
  if (address === undefined) throw new UsageError('--listen', 'PORT or HOST:PORT, the port from 0 to 65535', text);
  return address;
}

function readTrusted(text: string): string {
  if (!/^[0-9A-Fa-f:.]+(\/\d{1,3})?$/.test(text)) {
    throw new UsageError('--trust', 'an address or a block such as 10.0.0.0/8', text);
  }
  return text;
}

function readTls(cert: string | undefined, key: string | undefined): CertificateAndKey | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw new UsageError('--tls-cert', 'the certificate of --tls-key', '');
  if (key === undefined) throw new UsageError('--tls-key', 'the key of --tls-cert', '');
  return { cert, key };
}
