import { onMounted, onUpdated, useTemplateRef } from 'vue';

/**
 * Counts how often this component has rendered, and shows it to the check: as `data-renders` of the element with
 * `ref="counted"`.
 */
export function countRenders(): void {
  const element = useTemplateRef<HTMLElement>('counted');
  let renders = 0;
  const show = () => {
    renders += 1;
    if (element.value !== null) element.value.dataset.renders = String(renders);
  };
  onMounted(show);
  onUpdated(show);
}
