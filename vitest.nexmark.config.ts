// `npm run test:nexmark`: every Nexmark query over a million events, in all settings; about a quarter of an hour.
import { mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

export default mergeConfig(base, {
  test: { include: ['test/nexmark/**/*.test.ts'], env: { NEXMARK_EVENTS: '1000000' } },
})
