import type { NodeAction } from '../options/options.js';
import { RunFailure } from './run-failure.js';

const PATIENCE_MS = 5_000;

/** The admin listener of a cluster: JSON over HTTP. */
export class Admin {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Checks that the listener answers, and that it knows the nodes of all actions.
   *
   * @throws RunFailure when it does not
   */
  async check(actions: readonly NodeAction[]): Promise<void> {
    let status = 0;
    try {
      const response = await fetch(`${this.#url}/status`, { signal: AbortSignal.timeout(PATIENCE_MS) });
      status = response.status;
      const document: unknown = await response.json();
      if (status === 200) {
        checkNodes(nodesIn(document), actions);
        return;
      }
    } catch (error) {
      if (error instanceof RunFailure) throw error;
      if (status === 0) throw new RunFailure(`--admin: ${this.#url} cannot be reached: ${reason(error)}`);
    }
    throw new RunFailure(`--admin: ${this.#url}/status: expected 200 with JSON, got ${status}`);
  }

  /** Requests an action. Resolves with the reason of a failure, or undefined when the action was done. */
  async act(action: NodeAction): Promise<string | undefined> {
    const path = `/nodes/${encodeURIComponent(action.node)}/${action.verb}`;
    try {
      const response = await fetch(this.#url + path, {
        method: 'POST',
        // A page of another origin cannot send this header without a preflight.
        headers: { 'X-Pinwheel-Admin': '1' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const body = await response.text();
      return response.ok ? undefined : `${response.status} ${body.slice(0, 120)}`.trim();
    } catch (error) {
      return reason(error);
    }
  }
}

/** Names of the nodes; none when the listener belongs to a balancer without a cluster. */
function nodesIn(document: unknown): string[] {
  if (typeof document !== 'object' || document === null || !('nodes' in document)) return [];
  const nodes: unknown[] = Array.isArray(document.nodes) ? document.nodes : [];
  return nodes.flatMap((node) => {
    return typeof node === 'object' && node !== null && 'name' in node && typeof node.name === 'string'
      ? node.name
      : [];
  });
}

function checkNodes(nodes: readonly string[], actions: readonly NodeAction[]): void {
  for (const { node, verb } of actions) {
    if (nodes.includes(node)) continue;
    const expected = nodes.length === 0 ? 'the admin listener of a cluster, with nodes' : `one of ${nodes.join(', ')}`;
    throw new RunFailure(`--${verb}: expected ${expected}, got ${JSON.stringify(node)}`);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
