/** Milliseconds. */
export interface Clock {
  /** From the first message to the beginning of the window. */
  readonly warmUp: number;
  /** What is measured. */
  readonly window: number;
}

/** What the load generator is asked to do. */
export interface Job {
  readonly load: 'ws-echo' | 'polling' | 'connect-ws' | 'connect-sio' | 'idle' | 'fan-out';
  /** Clients are dealt over them in turn. */
  readonly urls: readonly string[];
  readonly parameters: Readonly<Record<string, number>>;
  readonly clock: Clock;
  /** Processes whose CPU and memory are read. */
  readonly proxy: readonly number[];
  readonly backends: readonly number[];
}

/**
 * What came of it, by name: `rate` per second, `p50` and `p99` in milliseconds, `proxyCpu`, `backendCpu` and `loadCpu` in
 * microseconds per unit, `proxyMemory` and `backendMemory` in bytes per connection.
 */
export type Figures = Readonly<Record<string, number>>;

export type Answer = { readonly figures: Figures } | { readonly error: string };

/** A parameter that the scenario must have given. */
export function parameter(job: Job, name: string): number {
  const value = job.parameters[name];
  if (value === undefined) throw new Error(`expected the parameter ${name}`);
  return value;
}
