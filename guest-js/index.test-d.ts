// Compiled by tsc, never run: what the types of the main entry promise an app.

import { type LiveTopic, type Revision, subscribe, topic, type Unsubscribe } from './index.ts';

declare module './index.ts' {
  interface Topics {
    'declared-topic': { size: number };
  }
}

interface Settings {
  theme: string;
}

export async function promises(): Promise<void> {
  // A declared topic needs no type argument.
  const stop: Unsubscribe = await subscribe('declared-topic', (value, { revision }) => {
    const size: number = value.size;
    const current: Revision = revision;
    return [size, current];
  });
  const live: LiveTopic<{ size: number }> = await subscribe('declared-topic');
  await topic('declared-topic').set({ size: 1 }, { base: live.revision });
  // @ts-expect-error: not the type of this topic
  await topic('declared-topic').set({ size: 'one' });

  // Any other takes one.
  await subscribe<Settings>('settings', (settings) => settings.theme);
  const settings: Settings = await topic<Settings>('settings').get();
  const other = await subscribe<Settings>('settings', { signal: new AbortController().signal });
  other.value.theme = settings.theme;
  // @ts-expect-error: a revision is not just any string
  await topic<Settings>('settings').set(settings, { base: '1' });
  // @ts-expect-error: the handle is read-only
  other.revision = live.revision;
  stop();
}
