import { tint } from '@pinwheel/page/browser/colour.js';
import { make, makeName, setText } from '@pinwheel/page/browser/element.js';
import type { NodeStatus } from '@pinwheel/protocol';
import type { BalancerStatus } from '@pinwheel/admin';
import { formatBytes, formatCount, formatRate } from './format.js';
import { PEER_COLUMNS, type Peer, type PeerRow, sumPeers } from './peer-columns.js';
import type { Line } from './plot.js';
import { type PeerRates, type Rates, sumOf } from './series.js';
import { peerStanding } from './standing.js';
import { LINES, Strip } from './strip.js';
import { Table } from './table.js';

const PLOTS = ['requests', 'sessions', 'errors', 'bytes'] as const satisfies (keyof PeerRates)[];
const perSecond = (value: number): string => `${formatRate(value)}/s`;

/** One upstream (HAProxy: backend): the last minutes, its peers, and their sum. */
export class UpstreamSection {
  readonly element = make('section', 'block');
  readonly #about = make('p', 'about');
  readonly #strip = new Strip([
    { title: 'Requests', format: perSecond, floor: 5 },
    { title: 'New sessions', format: perSecond, floor: 2 },
    { title: 'Failed attempts', format: perSecond, floor: 2 },
    { title: 'Bytes, both ways', format: (value) => `${formatBytes(value)}/s`, floor: 1_024 },
  ]);
  readonly #table: Table<PeerRow>;
  readonly #rates: Rates;

  constructor(name: string, rates: Rates) {
    this.#rates = rates;
    this.#table = new Table<PeerRow>({
      caption: `Peers of the upstream ${name}`,
      heading: 'Peer',
      columns: PEER_COLUMNS,
      key: ({ peer }) => peer.name,
      head: ({ peer, node }) => peerName(peer, node),
      each(element, { peer, node }) {
        const { tone, word } = peerStanding(peer, node);
        element.dataset['tone'] = tone;
        element.dataset['state'] = word;
        tint(element, node?.name ?? peer.name);
      },
    });
    const head = make('div', 'block-head');
    const title = make('h2', '', 'Upstream ');
    title.append(makeName('', name));
    head.append(title, this.#about);
    this.element.dataset['upstream'] = name;
    this.element.append(head, this.#strip.element, this.#table.element);
  }

  show(upstream: BalancerStatus['upstreams'][number], peers: readonly Peer[], nodes: readonly NodeStatus[]): void {
    const { policy, websocketPolicy, idle, learnedSids } = upstream;
    const policies = policy === websocketPolicy ? policy : `${policy}, WebSockets by ${websocketPolicy}`;
    const learned = learnedSids === 0 ? '' : ` · ${formatCount(learnedSids)} sessions learned`;
    setText(this.#about, `${policies} · ${formatCount(idle)} idle connections kept${learned}`);
    const rows = peers.map((peer): PeerRow => {
      const node = nodes.find(({ tag }) => tag === peer.tag);
      return { peer, node, rate: this.#rates.ofPeer(peer).requests.last };
    });
    const rate = rows.reduce((sum, row) => sum + row.rate, 0);
    const [first] = rows;
    const sum = first === undefined ? undefined : { name: 'All peers', row: sumPeers(first.peer, rows, rate) };
    this.#table.show(rows, rows.length > 1 ? sum : undefined);
    this.#strip.show(
      rows.map(({ peer, node }) => node?.name ?? peer.name),
      () => PLOTS.map((name) => this.#lines(rows, name)),
    );
  }

  #lines(rows: readonly PeerRow[], name: keyof PeerRates): readonly Line[] {
    const series = rows.map(({ peer }) => this.#rates.ofPeer(peer)[name]);
    if (rows.length > LINES) {
      return [{ name: 'all', series: sumOf(series), coloured: this.element }];
    }
    return rows.flatMap(({ peer, node }, index) => {
      const one = series[index];
      const coloured = this.#table.element.querySelector<HTMLElement>(`tr[data-name="${CSS.escape(peer.name)}"] bdi`);
      return one === undefined || coloured === null ? [] : [{ name: node?.name ?? peer.name, series: one, coloured }];
    });
  }

  redraw(): void {
    this.#strip.redraw();
  }
}

/** The node's name where it is known, else the address. */
function peerName(peer: Peer, node: NodeStatus | undefined): Node {
  const box = make('span', 'peer');
  box.append(make('span', 'swatch'), makeName('server', node?.name ?? peer.name));
  if (peer.backup) box.append(make('span', 'badge', 'backup'));
  box.title = peer.tag === undefined ? peer.name : `${peer.name}, tag ${peer.tag}`;
  return box;
}
