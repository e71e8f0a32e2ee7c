import { isTag } from '@pinwheel/protocol';
import { describe, expect, it } from 'vitest';
import { defaultTag } from './tag.js';

describe('defaultTag', () => {
  const at = { address: '127.0.0.1', port: 3100 };

  it('is the same after a restart', () => {
    expect(defaultTag('host', 'Server1', at)).toBe(defaultTag('host', 'Server1', { ...at }));
    expect(defaultTag('host', 'Server1', at)).toMatch(/^[A-Za-z0-9]{8}$/);
  });

  it('differs between 10,000 servers', () => {
    const tags = new Set<string>();
    for (let host = 0; host < 10; host += 1) {
      for (let port = 1; port <= 500; port += 1) {
        tags.add(defaultTag(`host${host}`, 'Server1', { ...at, port }));
        tags.add(defaultTag(`host${host}`, 'Server2', { ...at, port }));
      }
    }
    expect(tags.size).toBe(10_000);
    expect([...tags].every(isTag)).toBe(true);
  });

  it('accepts the path of a unix socket', () => {
    expect(defaultTag('host', 'Server1', '/run/app.sock')).not.toBe(defaultTag('host', 'Server1', '/run/b.sock'));
  });
});
