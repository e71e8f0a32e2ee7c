import { type Kind, wrongValue } from '@pinwheel/cli';

/** The transports that a client may use: `upgrade` is a default client, which polls first and then opens a WebSocket. */
export const TRANSPORTS = ['websocket', 'polling', 'upgrade'] as const;

export type TransportName = (typeof TRANSPORTS)[number];

export interface TransportShare {
  readonly transport: TransportName;
  /** The share is this weight divided by the sum of all weights. */
  readonly weight: number;
}

/** `websocket`, or a mix such as `upgrade:95,polling:5`. */
export const TRANSPORT_SHARES: Kind<readonly TransportShare[]> = { placeholder: 'NAME', read: readShares };

function readShares(name: string, text: string): TransportShare[] {
  const shares = text.split(',').map((part): TransportShare => {
    const [word, weight, ...rest] = part.split(':');
    const transport = TRANSPORTS.find((one) => one === word);
    const whole = weight === undefined ? 1 : /^\d{1,6}$/.test(weight) ? Number(weight) : 0;
    if (transport === undefined || whole === 0 || rest.length > 0) {
      throw wrongValue(name, 'websocket, polling, upgrade, or a mix such as upgrade:95,polling:5', text);
    }
    return { transport, weight: whole };
  });
  if (new Set(shares.map((share) => share.transport)).size < shares.length) {
    throw wrongValue(name, 'each transport only once', text);
  }
  return shares;
}

/** The transport of each of `count` clients. Every beginning of the list meets the shares as closely as it can. */
export function dealTransports(shares: readonly TransportShare[], count: number): TransportName[] {
  const sum = shares.reduce((all, share) => all + share.weight, 0);
  const dealt = shares.map(() => 0);
  return Array.from({ length: count }, (_, index) => {
    let best = 0;
    let want = -Infinity;
    for (const [at, share] of shares.entries()) {
      const lacking = ((index + 1) * share.weight) / sum - (dealt[at] ?? 0);
      if (lacking > want + 1e-9) {
        best = at;
        want = lacking;
      }
    }
    dealt[best] = (dealt[best] ?? 0) + 1;
    return shares[best]?.transport ?? 'websocket';
  });
}
