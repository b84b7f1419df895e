import { start } from '../../ui/start'
import App from './App.svelte'

start(App)
// A screen that boots while the server is away shows this page, which goes on asking. Where there may be no worker
// (an address that is not trusted), it is the browser that has nothing to show then.
navigator.serviceWorker?.register('/display-worker.js', { scope: '/display' }).catch(() => undefined)
