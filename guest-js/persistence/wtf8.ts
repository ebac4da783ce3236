// Text as bytes and as base64. Keeps every JavaScript string: lone surrogates, which UTF-8 cannot say, get the three
// bytes their code point would have (WTF-8). Every other text is plain UTF-8.

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a text holds half of a surrogate pair. Where it does, UTF-8 would lose it. */
export const hasLoneSurrogate = (text: string): boolean => LONE_SURROGATE.test(text);

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  if (!hasLoneSurrogate(text)) return encoder.encode(text);
  const parts = text.split(/(\p{Surrogate})/u).map((part, place) => {
    if (place % 2 === 0) return encoder.encode(part);
    const unit = part.charCodeAt(0);
    return Uint8Array.of(0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The text of these bytes; throws when they are no text. */
export function fromBytes(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  let from = 0;
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    const [second, third] = [bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
    // UTF-8 itself never has a byte above 0x9f behind 0xed.
    if (second < 0xa0) continue;
    text += decoder.decode(bytes.subarray(from, at));
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    from = at + 3;
  }
  return text + decoder.decode(bytes.subarray(from));
}

/** `String.fromCharCode` takes its arguments on the stack. */
const CHUNK = 0x2000;

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
