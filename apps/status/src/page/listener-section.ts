import { byId, make } from '@pinwheel/page/browser/element.js';
import type { ListenerStatus } from '@pinwheel/proxy';
import type { StatusDocument } from './feed.js';
import { formatBytes, formatCount, formatRate } from './format.js';
import type { Rates, TotalRates } from './series.js';
import { Strip } from './strip.js';
import { type Cell, type Column, count, Table } from './table.js';

const counted = (value: number, tone = ''): Cell => count(value, formatCount(value), tone);
const perSecond = (value: number): string => `${formatRate(value)}/s`;

const COLUMNS: readonly Column<ListenerStatus>[] = [
  { label: 'Speaks', words: true, show: ({ tls }) => ({ text: tls ? 'TLS' : 'plain' }) },
  {
    group: 'Connections',
    label: 'now',
    title: 'Connections of clients now, tunnels and handed-off WebSockets too',
    show: ({ connections }) => counted(connections),
  },
  {
    group: 'Connections',
    label: 'max',
    title: 'Most connections at once',
    show: ({ maxConnections }) => counted(maxConnections),
  },
  {
    group: 'Connections',
    label: 'total',
    title: 'Connections accepted since the start',
    show: ({ accepted }) => counted(accepted),
  },
  { label: 'Requests', title: 'Requests since the start', show: ({ requests }) => counted(requests) },
  {
    label: 'Errors',
    title: 'Requests that failed',
    show: ({ errors }) => counted(errors, 'problem'),
  },
];

const PLOTS = ['requests', 'accepted', 'errors'] as const satisfies (keyof TotalRates)[];

/** The listeners (HAProxy: frontends), and their sum over the last minutes. */
export class ListenerSection {
  readonly #strip = new Strip([
    { title: 'Requests', format: perSecond, floor: 5 },
    { title: 'New connections', format: perSecond, floor: 2 },
    { title: 'Errors', format: perSecond, floor: 2 },
    { title: 'Bytes, both ways', format: (value) => `${formatBytes(value)}/s`, floor: 1_024 },
  ]);
  readonly #table = new Table<ListenerStatus>({
    caption: 'Listeners',
    heading: 'Listener',
    columns: COLUMNS,
    key: ({ name }) => name,
    head: ({ name }) => make('span', 'peer', name),
  });
  readonly #rates: Rates;
  readonly #errors = make('p', 'about');
  readonly #section = byId('listeners', HTMLElement);

  constructor(rates: Rates) {
    this.#rates = rates;
    this.#table.element.classList.add('narrow');
    this.#section.append(this.#strip.element, this.#table.element, this.#errors);
  }

  show({ listeners, errorsByCode }: StatusDocument): void {
    const sum = (value: (listener: ListenerStatus) => number): number =>
      listeners.reduce((all, one) => all + value(one), 0);
    const row: ListenerStatus = {
      name: '',
      tls: listeners.every(({ tls }) => tls),
      accepted: sum(({ accepted }) => accepted),
      connections: sum(({ connections }) => connections),
      maxConnections: sum(({ maxConnections }) => maxConnections),
      requests: sum(({ requests }) => requests),
      errors: sum(({ errors }) => errors),
    };
    this.#table.show(listeners, listeners.length > 1 ? { name: 'All listeners', row } : undefined);
    this.#strip.show(['all'], () => {
      const { bytesSent, bytesReceived } = this.#rates.total;
      const coloured = this.#section;
      return [
        ...PLOTS.map((name) => [{ name, series: this.#rates.total[name], coloured }]),
        [
          { name: 'to peers', series: bytesSent, coloured },
          { name: 'from peers', series: bytesReceived, coloured: this.#errors },
        ],
      ];
    });
    const codes = Object.entries(errorsByCode).toSorted(([, one], [, other]) => other - one);
    this.#errors.textContent = codes
      .map(([code, times]) => `${code.replaceAll('_', ' ')} ${formatCount(times)}`)
      .join(' · ');
    this.#errors.hidden = codes.length === 0;
  }

  redraw(): void {
    this.#strip.redraw();
  }
}
