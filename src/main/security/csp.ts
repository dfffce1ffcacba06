/**
 * What a page of Facet may load and do: its own files, nothing else. Scripts only from files, so neither text in a data set's
 * name nor a library can make one run. Styles alone may be inline, because Naive UI writes its components' rules into <style>
 * elements as they are first used and offers no nonce; a style cannot call out, since images, fonts and connections are held too.
 */
const directives: Record<string, string> = {
  'default-src': '\'none\'',
  'script-src': '\'self\'',
  'style-src': '\'self\' \'unsafe-inline\'',
  'img-src': '\'self\' data: blob:', // faces arrive as base64, photographs to try as files of the page
  'font-src': '\'self\'',
  'connect-src': '\'self\'',
  'base-uri': '\'none\'',
  'form-action': '\'none\'',
  'object-src': '\'none\'',
}

/** For the page's own `<meta>`: it holds wherever the page is opened. */
export const pagePolicy: string = Object.entries(directives).map(([name, value]) => `${name} ${value}`).join('; ')

/** What every answer of the server, and of the page's own scheme in Electron, carries. `frame-ancestors` counts in a header only. */
export const securityHeaders: Record<string, string> = {
  'content-security-policy': `${pagePolicy}; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
}
