import { type ReactNode, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { forgetRefusal, useRefusal } from './refusal.ts';
import { useSettings } from './settingsStore.ts';

/** What both windows have around their content: the theme, and what Rust refused. */
function Frame({ children }: { children: ReactNode }) {
  const theme = useSettings((settings) => settings.theme);
  const refusal = useRefusal((state) => state.message);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <>
      {children}
      <div role="alert">
        {refusal !== '' && (
          <p className="refusal">
            <span>{refusal}</span>
            <button type="button" aria-label="Dismiss" onClick={forgetRefusal}>
              ×
            </button>
          </p>
        )}
      </div>
    </>
  );
}

/** Shows a window. */
export function show(content: ReactNode): void {
  const root = document.getElementById('root');
  if (root !== null) createRoot(root).render(<Frame>{content}</Frame>);
}
