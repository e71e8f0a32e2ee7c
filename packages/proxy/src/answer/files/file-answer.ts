import { valueOf } from '../../options/value.js';
import type { ByteRange } from './byte-ranges.js';
import { parseRanges } from './byte-ranges.js';
import type { Validators } from '../../http1/conditions.js';
import { judgeConditions, rangeApplies } from '../../http1/conditions.js';
import type { FilePlan, FileRequest } from './file-plan.js';
import type { FilesOptions } from '../../options/files.js';

/** A part of the body: a byte string, such as a multipart boundary, or bytes of the file. */
export type BodyPart = string | ByteRange;

/** The fields of a response with a file. A field that is '' or undefined is left out. */
export interface FileHead {
  readonly status: number;
  readonly contentType: string;
  /** Bytes. */
  readonly contentLength: number | undefined;
  /** Value of `Last-Modified`. */
  readonly lastModified: string;
  readonly etag: string | undefined;
  /** The line of `Accept-Ranges` or `Content-Range`, ended by CRLF, or ''. As in nginx it stands last. */
  readonly rangeLine: string;
}

let boundaries = 0;

/**
 * The response with an existing file: whole, in ranges, or 304 (RFC 9110 13, 14).
 *
 * @param size in bytes
 * @param modified seconds since the epoch
 */
export function fileAnswer(request: FileRequest, options: FilesOptions, size: number, modified: number): FilePlan {
  const { maxRanges, modifiedSince } = options;
  const etag = options.etag ? `"${modified.toString(16)}-${size.toString(16)}"` : undefined;
  const contentType = valueOf(options.contentType, request.facts);
  const withBody = request.method !== 'HEAD';
  const { statusOverride } = request;
  if (statusOverride !== 0 && statusOverride !== 200) {
    const { head, body } = whole(contentType, size);
    const errorHead = { ...head, status: statusOverride, rangeLine: '', lastModified: '', etag };
    return { kind: 'file', head: errorHead, body: withBody ? body : [] };
  }
  const validators: Validators = { etag, modified, modifiedSince };
  const field = (name: string): string | undefined => request.field(name);
  const outcome = judgeConditions(field, validators);
  if (outcome === 'failed') return { kind: 'error', status: 412 };
  const common = { lastModified: new Date(modified * 1_000).toUTCString(), etag };
  if (outcome === 'not_modified') {
    return {
      kind: 'file',
      head: { ...common, status: 304, contentType: '', contentLength: undefined, rangeLine: '' },
      body: [],
    };
  }
  const range = field('range');
  const ranges =
    range === undefined || !rangeApplies(field('if-range'), validators) ? 'whole' : parseRanges(range, size, maxRanges);
  if (ranges === 'unsatisfiable') {
    return { kind: 'error', status: 416, last: `Content-Range: bytes */${size}\r\n` };
  }
  const answer = ranges === 'whole' ? whole(contentType, size, maxRanges > 0) : partial(contentType, ranges, size);
  return { kind: 'file', head: { ...common, ...answer.head }, body: withBody ? answer.body : [] };
}

interface Answer {
  readonly head: Omit<FileHead, 'lastModified' | 'etag'>;
  readonly body: readonly BodyPart[];
}

function whole(contentType: string, size: number, acceptsRanges = true): Answer {
  return {
    head: { status: 200, contentType, contentLength: size, rangeLine: acceptsRanges ? 'Accept-Ranges: bytes\r\n' : '' },
    body: size === 0 ? [] : [{ start: 0, end: size }],
  };
}

function partial(contentType: string, ranges: readonly ByteRange[], size: number): Answer {
  const [only, second] = ranges;
  if (only !== undefined && second === undefined) {
    const contentLength = only.end - only.start;
    const rangeLine = `Content-Range: ${contentRange(only, size)}\r\n`;
    return { head: { status: 206, contentType, contentLength, rangeLine }, body: [only] };
  }
  // RFC 9110 14.6, in nginx's layout.
  const boundary = String(++boundaries).padStart(20, '0');
  const typeLine = contentType === '' ? '' : `Content-Type: ${contentType}\r\n`;
  const body: BodyPart[] = [];
  for (const range of ranges) {
    body.push(`\r\n--${boundary}\r\n${typeLine}Content-Range: ${contentRange(range, size)}\r\n\r\n`, range);
  }
  body.push(`\r\n--${boundary}--\r\n`);
  return {
    head: {
      status: 206,
      contentType: `multipart/byteranges; boundary=${boundary}`,
      contentLength: lengthOf(body),
      rangeLine: '',
    },
    body,
  };
}

function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}

/** The bytes of all parts. */
export function lengthOf(parts: readonly BodyPart[]): number {
  return parts.reduce((sum, part) => sum + (typeof part === 'string' ? part.length : part.end - part.start), 0);
}
