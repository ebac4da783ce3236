// What a store really holds, seen past the code under test: through the platform's own interface, or the bytes of a file.
//
// Keeps nothing. What is seen is flattened, so that a claim need not know how a record is laid out.

/** Everything one record is made of. */
export class Stored {
  /** Every piece of text in it, property names included, as it stands there. */
  readonly texts: string[] = [];
  /** Characters of text and bytes of binary data. */
  size = 0;
  readonly #fields = new Map<string, unknown>();

  constructor(pieces: readonly unknown[]) {
    for (const piece of pieces) this.#see(piece);
  }

  get empty(): boolean {
    return this.size === 0;
  }

  has(text: string): boolean {
    return this.texts.some((piece) => piece.includes(text));
  }

  /** The value of the first property of this name, at any depth. */
  field(name: string): unknown {
    return this.#fields.get(name);
  }

  #see(piece: unknown): void {
    if (typeof piece === 'string') {
      this.#count(piece);
      const parsed = parsedObject(piece);
      if (parsed) this.#know(parsed);
    } else if (piece instanceof ArrayBuffer) {
      this.#count(new TextDecoder('latin1').decode(piece));
    } else if (ArrayBuffer.isView(piece)) {
      this.#see(piece.buffer);
    } else if (typeof piece === 'object' && piece !== null) {
      this.#know(piece);
      for (const [name, value] of Object.entries(piece)) {
        this.#count(name);
        this.#see(value);
      }
    } else if (piece !== undefined && piece !== null) {
      this.size += String(piece).length;
    }
  }

  #count(text: string): void {
    this.texts.push(text);
    this.size += text.length;
  }

  #know(holder: object): void {
    for (const [name, value] of Object.entries(holder)) {
      if (!this.#fields.has(name)) this.#fields.set(name, value);
      if (typeof value === 'object' && value !== null) this.#know(value);
    }
  }
}

/** Text that holds an object as JSON: the place web storage puts one. */
function parsedObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The same value with every text replaced, at any depth. */
export function withTexts(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, replace));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withTexts(item, replace)]));
}
