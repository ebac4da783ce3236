// Keeps one listener until the first violation that concerns us, then nothing. When a page's Content-Security-Policy
// forbids fetches to Tauri's IPC address, Tauri falls back to a slower path without saying why; this says it, once.

interface Violation {
  blocked: string;
  directive: string;
}

/** `ipc:` on macOS and Linux, reported as the bare scheme too; `http(s)://ipc.localhost` on Windows and Android. */
function concernsIpc(blocked: string): boolean {
  return blocked === 'ipc' || /^(ipc:|https?:\/\/ipc\.localhost)/.test(blocked);
}

function warn({ directive }: Violation): void {
  console.warn(
    `statesync: the page's Content-Security-Policy blocks Tauri's fast IPC path (directive ${directive || 'connect-src'}), ` +
      'so every call takes the slow one. Add "ipc: http://ipc.localhost" to connect-src in app.security.csp of ' +
      'tauri.conf.json.',
  );
}

/** Watches for it; returns the function that stops watching. A violation before this call counts where reports are kept. */
export function watchContentSecurityPolicy(): () => void {
  if (typeof document === 'undefined') return () => {};
  let watching = true;
  const stop = () => {
    watching = false;
    document.removeEventListener('securitypolicyviolation', onViolation);
    observer?.disconnect();
  };
  const judge = (violation: Violation) => {
    if (!watching || !concernsIpc(violation.blocked)) return;
    stop();
    warn(violation);
  };
  const onViolation = (event: SecurityPolicyViolationEvent) =>
    judge({ blocked: event.blockedURI, directive: event.effectiveDirective });
  const observer = createObserver(judge);
  document.addEventListener('securitypolicyviolation', onViolation);
  observer?.observe();
  return stop;
}

/** Reports of the time before the listener was there: another call may have been blocked earlier. */
function createObserver(judge: (violation: Violation) => void): ReportingObserver | undefined {
  if (typeof ReportingObserver === 'undefined') return undefined;
  return new ReportingObserver(
    (reports) => {
      for (const { body } of reports) {
        const { blockedURL, effectiveDirective } = (body ?? {}) as Record<string, unknown>;
        judge({ blocked: String(blockedURL ?? ''), directive: String(effectiveDirective ?? '') });
      }
    },
    { types: ['csp-violation'], buffered: true },
  );
}
