import { start } from '../../ui/start'
import App from './App.svelte'

void start(App)
