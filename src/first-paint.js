// Runs in a page before its own first script, when the app has chosen topics with `Builder::first_paint`. Asks for them
// with the command `first_paint`, like any other call of this page but synchronously, and leaves the answer as text for
// the guest (guest-js/client/first-paint.ts). Whatever goes wrong here, the page just has nothing and pulls as always.
//
// Tauri's own bridge makes the request, with the key and the headers that prove it is of this page; it hands it to
// `fetch`, which is replaced for that moment. So access control, scopes and Content-Security-Policy are those of `invoke`.
(() => {
  const { __TAURI_INTERNALS__: internals, fetch } = window;
  // In the isolation pattern calls go through a frame that is not there yet.
  if (internals?.__TAURI_PATTERN__?.pattern !== 'brownfield') return;
  let call;
  window.fetch = (url, init) => {
    call = { url, ...init };
    return new Promise(() => {});
  };
  try {
    internals.postMessage({ cmd: 'plugin:statesync|first_paint', callback: 0, error: 0, payload: {} });
  } finally {
    window.fetch = fetch;
  }
  if (call === undefined) return;
  const request = new XMLHttpRequest();
  try {
    request.open(call.method, call.url, false);
    for (const [name, value] of call.headers) request.setRequestHeader(name, value);
    request.send(call.body);
  } catch {
    return; // The page's policy forbids it; the guest's next call says so.
  }
  if (request.getResponseHeader('Tauri-Response') !== 'ok') return;
  Object.defineProperty(window, Symbol.for('tauri-plugin-statesync.first-paint'), {
    value: request.responseText,
    configurable: true,
  });
})();
