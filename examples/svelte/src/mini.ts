import './style.css';
import { mount } from 'svelte';
import Mini from './Mini.svelte';

mount(Mini, { target: document.body });
