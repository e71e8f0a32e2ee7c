/** A server behind the proxies, in a process of its own. */
export interface Backend {
  readonly port: number;
  readonly pid: number;
}

/** A contender that serves. */
export interface Running {
  /** `http://` or `https://`; clients are dealt over them in turn. */
  readonly urls: readonly string[];
  /** What stands between client and backend; empty for none. */
  readonly proxy: readonly number[];
  /** Its own servers, when it does not use the ones given. */
  readonly backends?: readonly number[];
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** The contenders whose figures its own are divided by. */
  readonly nginx: string;
  readonly direct: string;
  /** Balances over several backends, as rooms over two nodes ask of it. */
  readonly balances: boolean;
  /** How to get what is missing, or undefined when it can start. */
  missing(): Promise<string | undefined>;
  start(backends: readonly Backend[]): Promise<Running>;
}

/** What most contenders are compared with. */
export const PLAIN = { nginx: 'nginx', direct: 'direct' } as const;
export const OVER_TLS = { nginx: 'nginx TLS', direct: 'direct' } as const;
