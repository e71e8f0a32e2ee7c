import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import * as ws from 'ws';
import { endReceiversOnce } from './receiver-end.js';

it('a finished receiver of ws ignores end(), and still reports an error to a callback', async () => {
  endReceiversOnce();
  endReceiversOnce();
  const { Receiver } = ws as unknown as { Receiver: new () => Writable };
  const receiver = new Receiver();
  receiver.end();
  await finished(receiver);
  expect(receiver.end()).toBe(receiver);
  const error = await new Promise((resolve) => receiver.end(resolve));
  expect(error).toMatchObject({ code: 'ERR_STREAM_ALREADY_FINISHED' });
});
