// Keeps a display's page, so that a screen which boots while the server is away shows it, and never an error of the browser.
const SHELF = 'display'
const PAGE = '/display'
const LOOSE = ['/icon.svg']
const WAIT_MS = 5000

/** The page and all that it is made of; the page is put last, so what is kept is always whole. */
async function keep(page) {
  const shelf = await caches.open(SHELF)
  const parts = Array.from(
    (await page.clone().text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g),
    (found) => found[1],
  )
  for (const part of [...parts, ...LOOSE]) {
    if (LOOSE.includes(part) || !(await shelf.match(part))) await shelf.add(part)
  }
  await shelf.put(PAGE, page)
  for (const { url } of await shelf.keys()) {
    if (![PAGE, ...parts, ...LOOSE].includes(new URL(url).pathname)) await shelf.delete(url)
  }
}

/** From the server while it answers, and is what it should be. */
async function fresh(request) {
  const away = new Promise((_, reject) => setTimeout(() => reject(new Error('away')), WAIT_MS))
  const response = await Promise.race([fetch(request), away])
  if (!response.ok) throw new Error(String(response.status))
  return response
}

async function shown(event) {
  try {
    const page = await fresh(event.request)
    event.waitUntil(keep(page.clone()).catch(() => undefined))
    return page
  } catch (fault) {
    return (await caches.match(PAGE)) || Promise.reject(fault)
  }
}

addEventListener('install', (event) =>
  event.waitUntil(
    fresh(PAGE)
      .then(keep)
      .then(() => skipWaiting()),
  ),
)
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url)
  if (origin !== location.origin) return
  if (event.request.mode === 'navigate') event.respondWith(shown(event))
  else if (pathname.startsWith('/assets/')) {
    event.respondWith(caches.match(pathname).then((kept) => kept || fetch(event.request)))
  } else if (LOOSE.includes(pathname)) {
    event.respondWith(fresh(event.request).catch(() => caches.match(pathname)))
  }
})
