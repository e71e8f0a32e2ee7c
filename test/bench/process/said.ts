/** The port in the first message of a forked program. */
export function portIn(message: unknown): number {
  if (isObject(message) && 'port' in message && typeof message.port === 'number') return message.port;
  throw new Error(`expected a message { port }, got ${JSON.stringify(message)}`);
}

/** The process ids in `workers` of the first message of a forked program. */
export function workersIn(message: unknown): number[] {
  const workers: unknown = isObject(message) && 'workers' in message ? message.workers : undefined;
  return Array.isArray(workers) ? workers.filter((pid) => typeof pid === 'number') : [];
}

export function saysUnavailable(message: unknown): boolean {
  return isObject(message) && 'unavailable' in message;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
