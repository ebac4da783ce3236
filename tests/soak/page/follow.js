// Shows a state: with the plugin by `subscribe`, without it by an event and a command of the app.
const { core, event, statesync } = window.__TAURI__;
const plain = new URLSearchParams(location.search).has('plain');

function show(state) {
  document.body.textContent = `${state.count} ${state.text.length}`;
}

if (plain) {
  await event.listen('state', ({ payload }) => show(payload));
  show(await core.invoke('state'));
} else {
  let first;
  const shown = new Promise((resolve) => {
    first = resolve;
  });
  await statesync.subscribe('state', (state) => {
    show(state);
    first();
  });
  await shown;
}
await core.invoke('hello', { load: crypto.randomUUID() });
