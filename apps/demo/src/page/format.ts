/** Milliseconds: with tenths below 10 ms, without below 10 s, then in seconds. */
export function formatMs(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 9_999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** A round number of milliseconds, on an axis. */
export function formatTick(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}

/** `1 member`, `2 members`. */
export function formatCount(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** The start of a socket id, enough to distinguish the members of a room. */
export function shortId(id: string): string {
  return id.slice(0, 6);
}

/** Most UTF-16 code units of a payload that are shown. */
export const SHOWN_MAX = 20_000;

/** A payload as text: strings unchanged, binary by its size, everything else as JSON. */
export function formatPayload(payload: unknown): string {
  if (typeof payload === 'string') return clip(payload);
  if (payload instanceof ArrayBuffer || ArrayBuffer.isView(payload)) {
    return `(binary, ${formatCount(payload.byteLength, 'byte', 'bytes')})`;
  }
  if (payload instanceof Blob) return `(binary, ${formatCount(payload.size, 'byte', 'bytes')})`;
  if (payload === undefined || payload === null) return '(nothing)';
  return clip(JSON.stringify(payload, null, 1));
}

function clip(text: string): string {
  return text.length <= SHOWN_MAX
    ? text
    : `${text.slice(0, SHOWN_MAX)}… (${text.length.toLocaleString('en')} characters)`;
}
