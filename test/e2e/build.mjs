import process from 'node:process'
import { ensureBuilt } from '../../scripts/app/build.mjs'

/** Builds the app before the end-to-end tests where it is out of date. */
export default async function setup() {
  await ensureBuilt({ node: process.execPath })
}
