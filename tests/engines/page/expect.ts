// What a claim is checked with: it holds or it throws what was found instead.
//
// Keeps nothing.

export function check(holds: boolean, instead: string): void {
  if (!holds) throw new Error(instead);
}

/** The same JSON: that is what a snapshot is. Lone surrogates and own `__proto__` keys are told apart as well. */
export function checkSame(found: unknown, wanted: unknown, what: string): void {
  const [is, should] = [found, wanted].map((value) => JSON.stringify(value) ?? 'undefined') as [
    string,
    string,
  ];
  if (is === should) return;
  let at = 0;
  while (is[at] === should[at]) at += 1;
  throw new Error(`${what} is ${shortened(is, at)}, not ${shortened(should, at)}`);
}

function shortened(text: string, at: number): string {
  return `…${text.slice(Math.max(0, at - 20), at + 60)}…`;
}

/** Waits until it holds; gives the page's other work its turn in between. The runner's patience ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await turn();
}

/** One turn of the page's event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Something that holds or throws, under a name that says what. */
export interface Claim {
  name: string;
  hold(): Promise<void>;
}
