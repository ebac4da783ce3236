// The list with two actions that the transport conformance asks for, on a host in memory.

import type { Topic } from '../core/index.ts';
import type { MemoryHost } from './memory-host.ts';

export function registerList(host: MemoryHost, topic: Topic, texts: string[]): void {
  host.register(topic, texts);
  host.action<string[], string>(topic, 'push', (list, text) => list.push(text));
  host.action(topic, 'clear', () => {
    throw new Error('not now');
  });
}
