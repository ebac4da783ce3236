// Counting renders: what a component says about itself in an attribute.

/**
 * How often each element rendered while `act` ran, by name: `{ title: '#title', done: '#done' }` gives
 * `{ title: 0, done: 1 }`. The elements carry the count in `data-renders`. `act` returns when what it caused
 * shows in the window; what comes a moment later counts as well.
 */
export async function rendersDuring(desk, label, selectors, act) {
  const before = await renders(desk, label, selectors);
  await act();
  await desk.frames(label);
  const after = await renders(desk, label, selectors);
  return Object.fromEntries(Object.keys(selectors).map((name) => [name, after[name] - before[name]]));
}

function renders(desk, label, selectors) {
  return desk.ask(
    label,
    `return Object.fromEntries(Object.entries(arguments[0]).map(([name, selector]) => {
       const count = Number(document.querySelector(selector).dataset.renders);
       if (!(count >= 0)) throw new Error(selector + ' has no data-renders');
       return [name, count];
     }));`,
    selectors,
  );
}

/** Throws unless exactly these counts were found. */
export function expectRenders(found, wanted) {
  const [is, should] = [found, wanted].map((counts) => JSON.stringify(Object.entries(counts).sort()));
  if (is !== should) throw new Error(`renders: ${is}, expected ${should}`);
}

const OBSERVE = `
  const [selector, attribute] = arguments;
  window.__changes = 0;
  window.__observer = new MutationObserver((records) => { window.__changes += records.length; });
  window.__observer.observe(document.querySelector(selector), { attributes: true, attributeFilter: [attribute] });
`;
const OBSERVED = 'window.__observer.disconnect(); return window.__changes;';

/** How often an attribute of an element was given another value while `act` ran. */
export async function changesDuring(desk, label, selector, attribute, act) {
  await desk.ask(label, OBSERVE, selector, attribute);
  await act();
  return await desk.ask(label, OBSERVED);
}
