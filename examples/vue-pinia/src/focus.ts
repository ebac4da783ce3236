// The window that shows the open note and nothing else.

import { createApp } from 'vue';
import FocusWindow from './FocusWindow.vue';

createApp(FocusWindow).mount('#app');
