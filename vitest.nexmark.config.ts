// `npm run test:nexmark`: every Nexmark query over a million events, in all settings; how long it takes stands
// in docs/nexmark.md. Not merged with the base: lists of files would be added up.
import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/nexmark/**/*.test.ts'],
    env: { NEXMARK_EVENTS: '1000000' },
  },
})
