import './style.css';
import { mount } from 'svelte';
import Main from './Main.svelte';

mount(Main, { target: document.body });
