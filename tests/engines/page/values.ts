// The values that are stored: what JSON can say and stores like to lose.
//
// Keeps nothing.

/** Stands in every value once: whoever can read it in what is stored has found plain text. */
export const MARKER = 'plain-text-marker';

const LAST = 0x10ffff;
/** Each plane is sampled at both of its ends and this far apart in between. */
const APART = 0x0fff;

/** Characters of every plane, noncharacters, controls and private use included. */
function everyPlane(): string {
  let text = '';
  for (let code = 0; code <= LAST; code += APART) text += String.fromCodePoint(code);
  for (let plane = 0; plane <= 16; plane += 1) {
    text += String.fromCodePoint(plane * 0x10000, plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff);
  }
  return text;
}

/** A value that is hard to keep. Without `lone` it leaves out lone surrogates, which UTF-8 cannot say. */
export function hardValue({ lone = true } = {}): Record<string, unknown> {
  const value: Record<string, unknown> = {
    marker: MARKER,
    planes: everyPlane().replace(/\p{Surrogate}/gu, ''),
    separators: 'a\u2028b\u2029c\u0085d',
    markup: '</script><!-- <script> ]]> &amp; \\u2028 \\" \' `$`',
    controls: '\u0000\u0001\u001f\u007f\ufeff\r\n\t',
    family: '👩‍👩‍👧‍👦 e\u0301 \u202eabc',
    empty: ['', null, [], {}, false, 0],
    numbers: [1e308, -1e-308, 0.1 + 0.2, Number.MAX_SAFE_INTEGER, 5e-324],
    ...(lone ? { lone: ['\ud800', '\udfff', 'x\ud83dy', '\udc00\ud800', '\uffff'] } : {}),
    constructor: { prototype: { polluted: true } },
    deep: nested(60),
    many: Array.from({ length: 200 }, (_, number) => ({
      number,
      title: `row ${number}`,
      done: number % 3 === 0,
    })),
  };
  // JSON may name a property like this; assigning it would set the prototype instead.
  return JSON.parse(
    `${JSON.stringify(value).slice(0, -1)},"__proto__":{"polluted":true,"__proto__":{"polluted":true}}}`,
  );
}

function nested(depth: number): unknown {
  return depth === 0 ? 'bottom' : { down: nested(depth - 1) };
}

/** What a value of the first schema looks like. */
export const OLD = { title: MARKER, version: 'one' };
