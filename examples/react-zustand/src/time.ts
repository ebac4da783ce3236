/** `1:02.3` for an hour less than one minute and so on: minutes, seconds and tenths. */
export function shownTime(milliseconds: number): string {
  const tenths = Math.floor(milliseconds / 100);
  const minutes = Math.floor(tenths / 600);
  const seconds = ((tenths % 600) / 10).toFixed(1);
  return `${minutes}:${seconds.padStart(4, '0')}`;
}
