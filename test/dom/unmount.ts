import { enableAutoUnmount } from '@vue/test-utils'
import { afterEach } from 'vitest'

// A page that outlives its test would draw what it waits for when there is no window any more.
enableAutoUnmount(afterEach)
