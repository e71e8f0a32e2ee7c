import { byId, make, setText } from '@pinwheel/page/browser/element.js';
import type { ProcessStatus } from '@pinwheel/admin';
import type { StatusDocument } from './feed.js';
import { formatBytes, formatCount, formatDuration, formatMs, formatShare } from './format.js';

/** The balancer's version and figures in a row; for several processes the sum or the worst. */
export class ProcessLine {
  readonly #list = byId('process', HTMLElement);
  readonly #figures = new Map<string, HTMLElement>();

  show({ version, uptime, processes, clients, tunnels, handedOff }: StatusDocument): void {
    const worst = (value: (one: ProcessStatus) => number): number => Math.max(0, ...processes.map(value));
    this.#tell('version', version);
    this.#tell('up', formatDuration(uptime));
    this.#tell(
      processes.length > 1 ? 'processes' : 'process',
      processes.length > 1 ? `${processes.length}` : `${processes[0]?.pid ?? '–'}`,
      processes.map(({ pid, role, rss }) => `${role} ${pid}, ${formatBytes(rss)}`).join('\n'),
    );
    this.#tell('clients', formatCount(clients), 'Open HTTP connections');
    this.#tell('tunnels', formatCount(tunnels), 'Open relayed WebSockets');
    this.#tell('handed off', formatCount(handedOff), 'Open WebSockets that were handed off to nodes');
    this.#tell('event loop p99', formatMs(worst(({ eventLoop }) => eventLoop.delayP99)), 'How late timers are');
    this.#tell(
      'busy',
      formatShare(worst(({ eventLoop }) => eventLoop.utilization)),
      'Share of time in which the event loop was busy',
    );
    this.#tell('memory', formatBytes(processes.reduce((sum, { rss }) => sum + rss, 0)), 'Resident memory');
  }

  #tell(label: string, text: string, title = ''): void {
    let figure = this.#figures.get(label);
    if (figure === undefined) {
      const item = make('div', '');
      figure = make('dd', '');
      item.append(make('dt', '', label), figure);
      this.#list.append(item);
      this.#figures.set(label, figure);
    }
    setText(figure, text);
    if (figure.title !== title) figure.title = title;
  }
}
