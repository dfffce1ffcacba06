import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { z } from 'zod'
import App from './App.vue'
import { clientKey, createPageClient } from './client/client.ts'
import { connectTransport } from './client/connect.ts'
import { createDesktop, desktopKey } from './client/desktop.ts'
import { createAppRouter } from './router.ts'
import './styles.css'
import './components/form.css'

// The content security policy forbids compiled schemas.
z.config({ jitless: true })

const transport = connectTransport()
createApp(App)
  .provide(clientKey, createPageClient(transport))
  .provide(desktopKey, createDesktop(transport, window.facet?.desktop))
  .use(createPinia())
  .use(createAppRouter())
  .mount('#app')
