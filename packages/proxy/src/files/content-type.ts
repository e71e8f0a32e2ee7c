import type { FilesOptions } from './files-options.js';

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
