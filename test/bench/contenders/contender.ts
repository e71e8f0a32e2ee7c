/** A server behind the proxies, in a process of its own. */
export interface Backend {
  readonly port: number;
  readonly pid: number;
}

/** A contender that serves. */
export interface Running {
  /** `http://` or `https://`; clients are dealt over them in turn. */
  readonly urls: readonly string[];
  /** The processes between client and backend; empty when clients connect directly. */
  readonly proxy: readonly number[];
  /** The servers that it started itself, when it does not use the given ones. */
  readonly backends?: readonly number[];
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** The contenders that its figures are divided by. */
  readonly nginx: string;
  readonly direct: string;
  /** True when it balances over several backends, which scenarios with two nodes need. */
  readonly balances: boolean;
  /** How to install what is missing; undefined when it can start. */
  missing(): Promise<string | undefined>;
  start(backends: readonly Backend[]): Promise<Running>;
}

/** The references of most contenders. */
export const PLAIN = { nginx: 'nginx', direct: 'direct' } as const;
export const OVER_TLS = { nginx: 'nginx TLS', direct: 'direct' } as const;
