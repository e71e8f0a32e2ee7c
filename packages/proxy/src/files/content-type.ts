import type { FilesOptions } from './files-options.js';

/** What nginx knows without a `types` block. */
export const USUAL_TYPES: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html'],
  ['htm', 'text/html'],
  ['shtml', 'text/html'],
  ['gif', 'image/gif'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
]);

/** The media type of a file by its name; '' where none is to be told. A dot at the beginning of a name begins no extension. */
export function contentTypeOf(
  uri: string,
  { types, defaultType }: Pick<FilesOptions, 'types' | 'defaultType'>,
): string {
  const dot = uri.lastIndexOf('.');
  const slash = uri.lastIndexOf('/');
  const extension = dot > slash + 1 ? uri.slice(dot + 1).toLowerCase() : '';
  return types.get(extension) ?? defaultType;
}
