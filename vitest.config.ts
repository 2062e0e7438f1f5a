import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['millrace-source'] },
  ssr: { resolve: { conditions: ['millrace-source'], externalConditions: ['millrace-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/property-tests.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    // By default one core is left free: of two, half of the machine.
    maxWorkers: '100%',
    execArgv: ['--conditions=millrace-source'],
  },
})
