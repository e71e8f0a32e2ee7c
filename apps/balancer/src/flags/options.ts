import {
  type Address,
  formatAddress,
  HELP,
  type Kind,
  list,
  LISTEN_ADDRESS,
  PLAIN_SOCKETS,
  type Policies,
  policiesOf,
  POLICY_SETTINGS,
  PORT,
  type Program,
  readCommand,
  settings,
  text,
  VERSION,
} from '@pinwheel/cli';
import type { GivenPeer, GivenProxyOptions } from '@pinwheel/proxy';
import { PEER } from './peer.js';
import { type CertificateAndKey, readTlsFiles } from './tls-files.js';

/** An address or a block that is trusted. The proxy checks its parts. */
const CIDR: Kind<string> = text('CIDR', /^[0-9A-Fa-f:.]+(\/\d{1,3})?$/, 'an address or a block such as 10.0.0.0/8');

export const SETTINGS = settings({
  listen: {
    value: LISTEN_ADDRESS,
    many: 'repeated',
    default: '127.0.0.1:3102',
    help: 'where to listen; a port alone is on 127.0.0.1, port 0 takes a free one',
  },
  upstream: {
    value: list(PEER, 'PEER[,PEER...]'),
    many: 'repeated',
    required: true,
    example: "'app1:3100;weight=2,app2:3100'",
    help: 'the peers: each is `HOST:PORT`, then any parameters `;weight=N`, `;max_fails=N`, `;fail_timeout=10s`, `;max_conns=N`, `;backup`, `;down`, `;drain`, `;route=TAG`',
  },
  ...POLICY_SETTINGS,
  trust: {
    value: list(CIDR),
    many: 'repeated',
    otherwise: 'none',
    help: 'addresses whose `X-Forwarded-For` is believed',
  },
  tlsCert: { value: text('FILE'), needs: 'tlsKey', help: 'PEM certificate chain: serves TLS on every listener' },
  tlsKey: { value: text('FILE'), needs: 'tlsCert', help: 'PEM private key of the certificate' },
  adminPort: {
    value: PORT,
    otherwise: 'no admin listener',
    help: 'serves status and Prometheus metrics on `http://127.0.0.1:PORT`; 0 takes a free port',
  },
  // nginx's form of the command line owns `-h`.
  help: { help: HELP.help },
  version: VERSION,
  plainSockets: PLAIN_SOCKETS,
});

export const PROGRAM: Program = {
  name: 'pinwheel-balancer',
  usage: [
    'pinwheel-balancer --upstream HOST:PORT[,HOST:PORT...] [flags]',
    "pinwheel-balancer -c FILE [nginx's options, see -h]",
  ],
  summary:
    'Balances HTTP, WebSocket and Socket.IO over the peers of one upstream. A Socket.IO session stays on its node.',
  settings: SETTINGS,
  notes: [
    'SIGTERM and SIGINT close gracefully within 5 s; a second signal ends the program at once.',
    'Exit code: 0 after a signal, 1 when the program cannot serve, 2 for a mistake on the command line.',
  ],
};

export interface BalancerOptions extends Policies {
  readonly listeners: readonly Address[];
  readonly peers: readonly GivenPeer[];
  readonly trustedProxies: readonly string[];
  /** Names of PEM files. */
  readonly tls?: CertificateAndKey | undefined;
  /** Port of the admin listener: none when absent, a free one for 0. */
  readonly adminPort?: number | undefined;
}

/**
 * Reads a command line of flags.
 *
 * @param args the command line after the program's name
 * @throws UsageError for the first mistake
 */
export function readBalancerCommand(
  args: readonly string[],
): { readonly kind: 'help' | 'version' } | { readonly kind: 'serve'; readonly options: BalancerOptions } {
  const command = readCommand(SETTINGS, { args });
  if (command.kind !== 'run') return command;
  const { listen, upstream, policy, websocketPolicy, trust, tlsCert, tlsKey, adminPort } = command.values;
  return {
    kind: 'serve',
    options: {
      listeners: listen,
      peers: upstream.flat(),
      ...policiesOf(policy, websocketPolicy),
      trustedProxies: trust.flat(),
      tls: tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey },
      adminPort,
    },
  };
}

/**
 * The options of `createProxy` for a command line.
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

/** The part of the ready line after the URL: `upstream=app1:3100 policy=ip_hash websocket=least_conn`. */
export function describe(options: BalancerOptions): string {
  return `upstream=${options.peers.map(formatAddress).join(',')} policy=${options.policy} websocket=${options.websocketPolicy}`;
}
