/** Shows messages of alerts and answers them from the lock screen. Caches nothing: an old state would mislead. */
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

const WORDS = {
  'zh-CN': { take: '由我处理', open: '查看' },
  en: { take: 'I take care', open: 'Open' },
}

self.addEventListener('push', (event) => {
  const told = event.data ? event.data.json() : {}
  const words = WORDS[told.language] ?? WORDS['zh-CN']
  const alarm = told.purpose === 'alert'
  event.waitUntil(
    self.registration.showNotification(told.title ?? '同行', {
      body: told.body,
      lang: told.language,
      // The newest message about an incident takes the place of the one before.
      tag: `incident-${told.incident_id}`,
      renotify: alarm,
      requireInteraction: alarm && told.severity !== 'info',
      icon: '/favicon.svg',
      data: { link: told.link, answer: told.answer },
      actions: told.answer
        ? [
            { action: 'take', title: words.take },
            { action: 'open', title: words.open },
          ]
        : [],
    }),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { link, answer } = event.notification.data ?? {}
  event.waitUntil(event.action === 'take' && answer ? take(answer) : show(answer ?? link ?? '/'))
})

/** One tap: answer at once, and show what came of it only if it did not work. */
async function take(answer) {
  const code = answer.split('/').pop()
  try {
    const answered = await fetch(`/api/v1/answers/${code}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ way: 'acknowledge' }),
    })
    if (answered.ok && (await answered.json()).told === 'done') return
  } catch {
    // The page says that there is no connection, and offers it again.
  }
  await show(answer)
}

async function show(address) {
  const path = new URL(address, self.location.origin).pathname
  const windows = await self.clients.matchAll({ type: 'window' })
  const here = windows.find((one) => new URL(one.url).pathname === path)
  await (here ? here.focus() : self.clients.openWindow(path))
}
