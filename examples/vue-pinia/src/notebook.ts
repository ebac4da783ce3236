// The window that arranges the notes.

import { createPinia } from 'pinia';
import { createStateSyncPlugin } from 'tauri-plugin-statesync-api/pinia';
import { createApp } from 'vue';
import NotebookWindow from './NotebookWindow.vue';

createApp(NotebookWindow).use(createPinia().use(createStateSyncPlugin())).mount('#app');
