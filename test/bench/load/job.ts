/** Milliseconds. */
export interface Clock {
  /** The time from the first message to the beginning of the window. */
  readonly warmUp: number;
  /** The length of the window that is measured. */
  readonly window: number;
}

/** A request to the load generator. */
export interface Job {
  readonly load: 'ws-echo' | 'polling' | 'connect-ws' | 'connect-sio' | 'idle' | 'fan-out';
  /** The URLs of the servers; clients are spread over them in turn. */
  readonly urls: readonly string[];
  readonly parameters: Readonly<Record<string, number>>;
  readonly clock: Clock;
  /** The processes whose CPU time and memory are read. */
  readonly proxy: readonly number[];
  readonly backends: readonly number[];
}

/**
 * The figures by name: `rate` per second, `p50` and `p99` in milliseconds, `proxyCpu`, `backendCpu` and `loadCpu` in
 * microseconds per unit, `proxyMemory` and `backendMemory` in bytes per connection.
 */
export type Figures = Readonly<Record<string, number>>;

export type Answer = { readonly figures: Figures } | { readonly error: string };

/** A parameter that the scenario has to set. */
export function parameter(job: Job, name: string): number {
  const value = job.parameters[name];
  if (value === undefined) throw new Error(`the scenario has no parameter ${name}`);
  return value;
}
