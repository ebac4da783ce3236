// Typing into a field while others change the same topic: no key is lost, and the field never shows less than was
// typed so far, not even for one frame.

const WATCH = `
  const field = document.querySelector(arguments[0]);
  const seen = [field.value];
  const look = () => {
    if (field.value !== seen.at(-1)) seen.push(field.value);
    if (window.__seen === seen) requestAnimationFrame(look);
  };
  window.__seen = seen;
  look();
`;

/**
 * Types `text` at the end of the field in window `label` while `foreign()` (a number that grows with each
 * foreign update of the topic) moves on at least `least` times. Throws when a key is lost, or the field ever showed
 * anything but the beginning of what was typed.
 *
 * @param {{ label: string, selector: string, text: string, foreign: () => Promise<number>, least?: number,
 *   atOnce?: boolean, between?: () => Promise<void> }} task `between` runs after every key; with `atOnce` the keys come
 *   as fast as they can be pressed
 */
export async function typeThroughUpdates(
  desk,
  { label, selector, text, foreign, least = 3, atOnce = false, between = async () => {} },
) {
  const before = await desk.value(label, selector);
  const wanted = before + text;
  await desk.ask(label, WATCH, selector);
  const began = await foreign();
  for (const keys of atOnce ? [text] : text) {
    await desk.type(label, selector, keys);
    await between();
  }
  const passed = (await foreign()) - began;
  if (passed < least) throw new Error(`only ${passed} foreign updates came while the keys were pressed`);
  await desk.until('the field holds what was typed', async () => {
    return (await desk.value(label, selector)) === wanted;
  });
  await desk.frames(label);
  const seen = await desk.ask(label, 'const seen = window.__seen; window.__seen = undefined; return seen;');
  const wrong = seen.findIndex(
    (value, at) => !wanted.startsWith(value) || value.length < (seen[at - 1]?.length ?? 0),
  );
  if (wrong >= 0) throw new Error(`the field showed ${JSON.stringify(seen.slice(0, wrong + 1))}`);
  if (seen.at(-1) !== wanted) throw new Error(`the field ended as ${JSON.stringify(seen.at(-1))}`);
}
