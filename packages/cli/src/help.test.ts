import { expect, test } from 'vitest';
import { helpText, settingsTables } from './help.js';
import { integer, text, word } from './kinds.js';
import { HELP, settings } from './settings.js';
import { bareLines } from './testing/index.js';

const SETTINGS = settings({
  size: { value: integer(1, 9), default: '4', unit: 'bytes', help: 'length of a message' },
  aFlagWithALongName: {
    value: text('FROM:BY:TO'),
    example: '500:500:1000',
    many: 'repeated',
    help: 'adds clients step by step, and ends at the first step at which an assertion does not hold',
  },
  adapter: { value: word(['a', 'b']), otherwise: 'the best', variable: 'ADAPTER', help: '`a` or `b`' },
  redisUrl: { value: text('URL'), variable: 'REDIS_URL', variableOnly: true, help: 'a Redis' },
  help: HELP,
});

test('the help text lists flags, then variables, wrapped and without Markdown', () => {
  const program = { name: 'load', usage: ['load URL', 'load -h'], summary: 'Sends.', settings: SETTINGS };
  expect(helpText({ ...program, notes: ['Exit code: 0.'] })).toBe(`usage: load URL
       load -h

Sends.

  --size N                  length of a message (in bytes; default: 4)
  --a-flag-with-a-long-name FROM:BY:TO
                            adds clients step by step, and ends at the first step at which an
                            assertion does not hold; may be repeated (such as 500:500:1000)
  --adapter NAME            a or b; ADAPTER in the environment does the same (default: the best)
  -h, --help                show this text

Environment:

  REDIS_URL  a Redis

Exit code: 0.
`);
});

test('the tables for a README have a row for each setting except --help', () => {
  expect(bareLines(settingsTables(SETTINGS))).toEqual([
    '|flag|meaning|default|',
    '|---|---|---|',
    '|`--size N`|length of a message (in bytes)|`4`|',
    '|`--a-flag-with-a-long-name FROM:BY:TO`|adds clients step by step, and ends at the first step at which an assertion does not hold; may be repeated (such as `500:500:1000`)||',
    '|`--adapter NAME`|`a` or `b`; `ADAPTER` in the environment does the same|the best|',
    '|variable|meaning|default|',
    '|---|---|---|',
    '|`REDIS_URL`|a Redis||',
  ]);
});
