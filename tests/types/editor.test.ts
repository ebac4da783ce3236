import { describe, expect, test, vi } from 'vitest';
import { openEditor } from './editor.rig.ts';

// The first question to an editor reads the whole package.
vi.setConfig({ testTimeout: 60_000 });

const HEAD = `import { subscribe, topic, topics, type Topics, type TopicValue } from 'tauri-plugin-statesync-api';`;

const written = openEditor(`${HEAD}
await subscribe('settings', (settings) => settings./*field*/theme);
await subscribe('settings', ({ /*destructured*/volume }) => volume);
await topics./*property*/settings.update((draft) => { draft./*draft*/theme = 'dark'; });
await topics.system./*readable*/get();
export type Mine = Topics[/*index*/'settings'];
export type Its = TopicValue<'settings'>[/*named*/'theme'];
await /*call*/topic('settings').get();
`);

const writing = openEditor(`${HEAD}
subscribe('/*name*/', () => {});
topic('/*topic*/');
subscribe('settings', (settings) => settings./*fields*/);
subscribe('cart:42', (cart) => cart./*member*/);
topic('settings').update((draft) => { draft./*drafted*/ });
topic('settings').action('/*action*/');
topic('system')./*handle*/;
topics./*topics*/;
`);

describe('an editor shows', () => {
  test('the documentation of a topic where its name is one', () => {
    expect(written.errors()).toEqual([]);
    for (const mark of ['property', 'index']) expect(written.hover(mark)?.docs).toBe('How the app looks.');
  });

  test('the documentation of a field wherever it is used', () => {
    expect(written.hover('field')).toEqual({
      text: '(property) theme: Theme',
      docs: 'The color scheme.',
    });
    expect(written.hover('draft')?.docs).toBe('The color scheme.');
    expect(written.hover('named')?.docs).toBe('The color scheme.');
    expect(written.hover('destructured')?.docs).toBe('In percent.');
  });

  test('the types of a topic at every call', () => {
    expect(written.hover('call')?.text).toContain(
      'topic<"settings">(name: "settings"): TopicHandle<Settings, ',
    );
    expect(written.hover('readable')?.text).toBe('(method) get(): Promise<System>');
  });
});

describe('an editor says', () => {
  test('which names there are when one is wrong', () => {
    const { errors } = openEditor(`${HEAD}
      subscribe('setings', () => {});
      topic('setings');
      topics.setings;
    `);
    const [subscribed, named, property] = errors();
    const names = `'"settings" | "system" | \`cart:\${string}\` | \`feed:\${string}/points\`'`;
    for (const error of [subscribed, named]) {
      const listed = /parameter of type ('.*')\.\s*$/.exec(error ?? '')?.[1] ?? '';
      expect(listed.slice(1, -1).split(' | ').sort()).toEqual(names.slice(1, -1).split(' | ').sort());
    }
    expect(property).toContain("Did you mean 'settings'?");
  });
});

describe('an editor offers', () => {
  test('the names of the topics, and no others', () => {
    for (const mark of ['name', 'topic']) expect(writing.offers(mark).sort()).toEqual(['settings', 'system']);
  });

  test('the fields of a topic with their documentation', () => {
    for (const mark of ['fields', 'drafted']) expect(writing.offers(mark)).toEqual(['theme', 'volume']);
    expect(writing.offers('member')).toEqual(['items']);
    expect(writing.docsOfOffer('fields', 'volume')).toBe('In percent.');
  });

  test('the topics as properties with their documentation', () => {
    expect(writing.offers('topics')).toEqual(['settings', 'system']);
    expect(writing.docsOfOffer('topics', 'system')).toBe('The machine the app runs on.');
  });

  test('the actions of a topic', () => {
    expect(writing.offers('action').sort()).toEqual(['rename', 'reset']);
  });

  test('only what a window can do with the topic', () => {
    const offered = writing.offers('handle');
    expect(offered).toEqual(expect.arrayContaining(['action', 'get', 'name', 'status', 'subscribe']));
    for (const write of ['set', 'update', 'patch']) expect(offered).not.toContain(write);
  });
});
