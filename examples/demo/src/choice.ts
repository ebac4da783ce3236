// A row of options of which one is chosen: radio buttons underneath, so that arrow keys and screen readers work.
import { element } from './element.ts';

export interface Choice<V extends string> {
  show(value: V): void;
}

export function choiceIn<V extends string>(
  place: HTMLElement,
  options: readonly { value: V; title: string }[],
  choose: (value: V) => void,
): Choice<V> {
  const inputs = options.map(({ value, title }) => {
    const input = element('input', { type: 'radio', name: place.id, value, id: `${place.id}-${value}` });
    input.addEventListener('change', () => choose(value));
    place.append(element('label', {}, input, element('span', {}, title)));
    return input;
  });
  return {
    show(value) {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}
