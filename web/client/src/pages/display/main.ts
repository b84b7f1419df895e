import en from '../../../messages/en.json'
import zh from '../../../messages/zh-CN.json'
import { knows } from '../../i18n'
import { start } from '../../ui/start'
import App from './App.svelte'

// It says some things in both, and has to be there without its server: all that it is made of is kept.
knows('en', en)
knows('zh-CN', zh)
void start(App)
// A screen that boots while the server is away shows this page, which goes on asking. Where there may be no worker
// (an address that is not trusted), it is the browser that has nothing to show then.
navigator.serviceWorker?.register('/display-worker.js', { scope: '/display' }).catch(() => undefined)
