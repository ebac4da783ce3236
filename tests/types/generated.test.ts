import { expect, test, vi } from 'vitest';
import { openEditor } from './editor.rig.ts';

// The first question to an editor reads the whole package.
vi.setConfig({ testTimeout: 60_000 });

const editor = openEditor(
  `import { topic, topics } from 'tauri-plugin-statesync-api';
const { /*field*/large } = await topics./*topic*/numbers.get();
await topics.documented.update((draft) => { draft./*escaped*/first = true; });
topics.internal.subscribe((shape) => shape.kind === 'circle' && shape./*variant*/outerRadius);
await topic('cart:7').update((cart) => { cart./*member*/items = []; });
topic('cart:7').action('add_item', { /*argument*/sku: 'a' });
topic('cart:7').action('/*actions*/', null);
`,
  'generated',
);

test('an editor shows the documentation of Rust types at topics, and of their fields wherever they are used', () => {
  expect(editor.hover('topic')?.docs).toBe('Numbers of every width: JSON has one kind.');
  expect(editor.hover('field')?.docs).toMatch(/^Up to 9007199254740991, which is 2\^53 - 1/);
  expect(editor.hover('variant')?.docs).toBe('From the middle.');
  expect(editor.hover('member')?.docs).toBe('In the order in which they were added.');
  expect(editor.hover('argument')?.docs).toBe('What the thing is called in the catalog.');
});

test('what would end a comment does not', () => {
  expect(editor.hover('escaped')).toEqual({
    text: '(property) first: boolean',
    docs: 'Ends here: *\\/ not.',
  });
});

test('an editor offers the actions of a family', () => {
  expect(editor.offers('actions').sort()).toEqual(['add_item', 'clear']);
});
