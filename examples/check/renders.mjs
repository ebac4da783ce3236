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

// An element's own change of an attribute, or any change of the text inside it.
const OBSERVE = `
  const [component, watched, attribute] = arguments;
  const what = attribute ? { attributes: true, attributeFilter: [attribute] } : { characterData: true, childList: true, subtree: true };
  const renders = () => Number(document.querySelector(component).dataset.renders);
  const began = renders();
  let changes = 0;
  const observer = new MutationObserver((records) => { changes += records.length; });
  observer.observe(document.querySelector(watched), what);
  window.__observed = () => {
    changes += observer.takeRecords().length;
    observer.disconnect();
    return { changes, renders: renders() - began };
  };
`;

/**
 * How often a component rendered while `act` ran, and how often what it shows was changed by that: an attribute of the
 * element `watched`, or its text when none is named. Both are looked at in the same moment.
 */
export async function rendersAndChanges(desk, label, { component, watched, attribute }, act) {
  await desk.ask(label, OBSERVE, component, watched, attribute);
  await act();
  return await desk.ask(label, 'return window.__observed();');
}
