/** A short name for the cause of a failed attempt to connect: `websocket: 502`, `polling: ECONNREFUSED`. */
export function causeOf(error: Error): string {
  const transport = /^(xhr|websocket)/.exec(error.message)?.[1];
  if (transport === undefined) return error.message;
  const name = transport === 'xhr' ? 'polling' : transport;
  const detail = detailOf(field(error, 'description'), field(error, 'context'));
  return detail === '' ? `${name}: failed` : `${name}: ${detail}`;
}

function detailOf(description: unknown, context: unknown): string {
  const body = field(context, 'responseText');
  const text = typeof body === 'string' ? body : '';
  if (typeof description === 'number' && description > 0) return `${description} ${engineMessage(text)}`.trim();
  const message = field(description, 'message');
  return shortened(typeof message === 'string' ? message : text);
}

/** The message in the body of an Engine.IO refusal. */
function engineMessage(body: string): string {
  return /"message":"([^"]{1,80})"/.exec(body)?.[1] ?? '';
}

function shortened(text: string): string {
  const status = /Unexpected server response: (\d+)/.exec(text)?.[1];
  const code = /\b(E[A-Z]{4,})\b/.exec(text)?.[1];
  return status ?? code ?? text.split('\n')[0]?.slice(0, 80) ?? '';
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}
