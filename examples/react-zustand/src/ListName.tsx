import { useRenders } from './renders.ts';
import { useSettings } from './settingsStore.ts';

/** The name of the list, in both windows; whoever types in it, it is the same everywhere. */
export function ListName() {
  const renders = useRenders();
  const name = useSettings((settings) => settings.listName);
  const choose = useSettings((settings) => settings.choose);
  return (
    <input
      id="list-name"
      className="list-name"
      aria-label="Name of the list"
      data-renders={renders}
      value={name}
      onChange={(event) => choose({ listName: event.target.value })}
    />
  );
}
