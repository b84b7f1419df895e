import { mount, type Component } from 'svelte'
import '../styles/tokens.css'
import '../styles/base.css'

export function start(App: Component): void {
  const target = document.getElementById('app')
  if (target) mount(App, { target })
}
