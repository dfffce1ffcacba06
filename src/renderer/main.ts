import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { z } from 'zod'
import App from './App.vue'
import { clientKey, createPageClient } from './client/client.ts'
import { connectTransport } from './client/connect.ts'
import { createAppRouter } from './router.ts'
import './styles.css'

// The content security policy forbids compiled schemas.
z.config({ jitless: true })

createApp(App)
  .provide(clientKey, createPageClient(connectTransport()))
  .use(createPinia())
  .use(createAppRouter())
  .mount('#app')
