import { useRef } from 'react';

/** How often this component has rendered. The rows and figures show it to the check, as `data-renders`. */
export function useRenders(): number {
  const renders = useRef(0);
  renders.current += 1;
  return renders.current;
}
