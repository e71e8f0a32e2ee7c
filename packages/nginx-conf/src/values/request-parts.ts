/**
 * The argument of a query string that nginx's `$arg_name` finds: the first one with the name, in any case; the value is
 * not decoded.
 */
export function argument(args: string | undefined, name: string): string | undefined {
  if (args === undefined || name === '') return undefined;
  for (const pair of args.split('&')) {
    const equals = pair.indexOf('=');
    if (equals === name.length && pair.slice(0, equals).toLowerCase() === name) return pair.slice(equals + 1);
  }
  return undefined;
}

/** A cookie of a `Cookie` field, the name in any case as in nginx; the first of several. */
export function cookie(field: string | undefined, name: string): string | undefined {
  if (field === undefined || name === '') return undefined;
  for (const pair of field.split(';')) {
    const [, key = '', value] = /^ *([^= ]*) *= *(.*)$/s.exec(pair) ?? [];
    if (value !== undefined && key.toLowerCase() === name) return value;
  }
  return undefined;
}

/** A cookie that the upstream sets: `name=value` at the beginning of a `Set-Cookie` field. */
export function setCookie(fields: readonly string[], name: string): string | undefined {
  for (const field of fields) {
    const value = cookie(field.split(';', 1)[0], name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The user of `Authorization: Basic`; undefined for anything else. */
export function basicUser(field: string | undefined): string | undefined {
  const encoded = /^basic +([^ ]+)/i.exec(field ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : decoded.slice(0, colon);
}
