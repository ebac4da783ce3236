import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPersistenceApplierWithDefaults } from './applier.ts';
import { createCrossTabSync } from './cross-tab.ts';
import { createMemoryStorageBackend } from './memory.ts';
import { at } from './persistence.rig.ts';
import { createPersistedRevisionSync } from './revision-sync.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

type Hear = (event: { data: unknown }) => void;

/** A BroadcastChannel with one of the two ways to listen. */
function channelWith(way: 'onmessage' | 'addEventListener') {
  const open = new Set<Channel>();
  class Channel {
    onmessage: Hear | null | undefined = way === 'onmessage' ? null : undefined;
    readonly heard = new Set<Hear>();
    addEventListener?: (kind: string, hear: Hear) => void;
    readonly name: string;

    constructor(name: string) {
      this.name = name;
      open.add(this);
      if (way === 'addEventListener') this.addEventListener = (_kind, hear) => this.heard.add(hear);
    }

    postMessage(data: unknown) {
      for (const other of open) {
        if (other === this || other.name !== this.name) continue;
        if (way === 'onmessage') other.onmessage?.({ data });
        for (const hear of other.heard) hear({ data });
      }
    }

    close() {
      open.delete(this);
    }
  }
  return { Channel, open };
}

describe.each(['onmessage', 'addEventListener'] as const)('a BroadcastChannel with %s alone', (way) => {
  test('carries what pages tell each other, until it is disposed', () => {
    const { Channel, open } = channelWith(way);
    vi.stubGlobal('BroadcastChannel', Channel);
    const heard: unknown[] = [];
    const a = createCrossTabSync<number>({
      channelName: 'c',
      onSnapshot: (snapshot) => heard.push(snapshot),
      onClear: () => heard.push('clear'),
    });
    const b = createCrossTabSync<number>({ channelName: 'c' });
    b.broadcast(at(1, 5));
    b.notifyClear();
    expect(heard).toEqual([at(1, 5), 'clear']);
    const [listening] = [...open];
    a.dispose();
    listening?.onmessage?.({ data: { type: 'clear', tabId: 'late' } });
    expect(heard).toHaveLength(2);
  });
});

test('a topic of blanks names no channel', () => {
  const storage = createMemoryStorageBackend<number>();
  const applier = { apply() {} };
  for (const topic of [' ', '\t\n', '']) {
    expect(() =>
      createPersistenceApplierWithDefaults({ storage, applier, topic, enableCrossTab: true }),
    ).toThrow('topic must be a non-empty string');
    const parts = { subscriber: {} as never, provider: {} as never };
    expect(() => createPersistedRevisionSync({ topic, storage, applier, ...parts })).toThrow(
      'topic must be a non-empty string',
    );
  }
});
