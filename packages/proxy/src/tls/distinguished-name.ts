/**
 * Names of subjects and issuers as Node shows them: a line for each part, the most general one first, several values of
 * one part joined by ` + `, special characters of a value behind a backslash and control characters as two digits.
 */

/** As RFC 2253 has it, the most particular part first, bytes outside of ASCII as `\` and two digits. */
export function rfc2253Name(lines: string): string {
  return parts(lines)
    .toReversed()
    .map((values) => values.toReversed().join('+'))
    .join(',')
    .replace(/[\x80-\u{10ffff}]/gu, (character) => hexBytes(character, '\\'));
}

/** OpenSSL's older form: `/O=name/CN=name`. */
export function onelineName(lines: string): string {
  return parts(lines)
    .map((values) => `/${values.map(onelineValue).join('+')}`)
    .join('');
}

function parts(lines: string): readonly (readonly string[])[] {
  return lines.split('\n').map((line) => line.split(/(?<!\\) \+ /));
}

function onelineValue(text: string): string {
  const plain = text.replace(/\\([0-9A-F]{2}|[^])/g, (_, escaped: string) =>
    escaped.length === 2 ? String.fromCharCode(Number.parseInt(escaped, 16)) : escaped,
  );
  return plain.replace(/[/+]/g, '\\$&').replace(/[^ -~]/gu, (character) => hexBytes(character, '\\x'));
}

function hexBytes(character: string, before: string): string {
  return Array.from(Buffer.from(character), (byte) => before + byte.toString(16).toUpperCase().padStart(2, '0')).join(
    '',
  );
}
