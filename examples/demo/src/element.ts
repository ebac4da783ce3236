// The few things this app needs from the DOM.

/** The element with this id; a page without it is a mistake in the page. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element with the id "${id}"`);
  return found as E;
}

type Attributes = Record<string, string | number | boolean>;

/** An element with attributes (`true` sets an empty one, `false` none) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

/** Sets text only when it differs, so that nothing is laid out again for equal text. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
